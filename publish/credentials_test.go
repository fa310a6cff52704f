package publish_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

const token = "t0p-s3cret"

// hides holds an error and a result to not showing the token.
func hides(t *testing.T, r *publish.Result, err error) {
	t.Helper()
	if said := fmt.Sprintf("%v %+v", err, r); strings.Contains(said, token) {
		t.Errorf("the token is shown: %s", said)
	}
	if r != nil && r.Commit != "" && strings.Contains(r.Text(), token) {
		t.Errorf("the token is shown: %s", r.Text())
	}
}

// guarded serves a repository to those who have the token.
func guarded(t *testing.T) (bare string, s *gitserver.HTTPServer, o publish.Options) {
	t.Helper()
	bare = target(t)
	s = gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{Token: token})
	return bare, s, options(t, tenancy(t), s.URLOf(t, bare), several(2, "prod", "one"))
}

func TestTokens(t *testing.T) {
	for name, c := range map[string]struct {
		credentials publish.Credentials
		inAddress   *url.Userinfo
		want        string
	}{
		"token":                 {credentials: publish.Credentials{Token: token}},
		"token and name":        {credentials: publish.Credentials{Username: "ann", Token: token}},
		"in the address":        {inAddress: url.UserPassword("ann", token)},
		"rather than the other": {credentials: publish.Credentials{Token: token}, inAddress: url.UserPassword("ann", "guess")},
		"none":                  {want: "wants other credentials"},
		"wrong":                 {credentials: publish.Credentials{Token: "guess-" + token}, want: "wants other credentials"},
		"wrong in the address":  {inAddress: url.UserPassword("ann", "guess-"+token), want: "wants other credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			bare, s, o := guarded(t)
			before := head(t, bare)
			o.Credentials = c.credentials
			address, err := url.Parse(o.Target.URL)
			if err != nil {
				t.Fatal(err)
			}
			address.User = c.inAddress
			o.Target.URL = address.String()
			r, err := publishes(t, o)
			hides(t, r, err)
			if c.want != "" {
				refused(t, err, c.want, "HEDGEROW_TOKEN", strings.TrimPrefix(s.URL, "http://"))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustHold(t, bare, before, o, r)
		})
	}
}

// A token is not sent where others can read it. That name is nobody's: to connect
// to it would be another error.
func TestTokenOverPlainHTTP(t *testing.T) {
	o := options(t, tenancy(t), "http://git.invalid/repo.git", several(2, "prod", "one"))
	o.Credentials.Token = token
	r, err := publishes(t, o)
	hides(t, r, err)
	refused(t, err, "plain HTTP", "http://git.invalid/repo.git")
	o.Credentials, o.Target.URL = publish.Credentials{}, "http://ann:"+token+"@git.invalid/repo.git"
	r, err = publishes(t, o)
	hides(t, r, err)
	refused(t, err, "plain HTTP")
}

// A helper is a credential helper as Git is configured with: section and value,
// and whether it knows the token.
func TestCredentialHelpers(t *testing.T) {
	knows := func(password string) string {
		return "!f() { test \"$1\" = get && cat >/dev/null && echo username=ann && echo password=" + password + "; }; f"
	}
	script := filepath.Join(t.TempDir(), "helper")
	write(t, script, "#!/bin/sh\ncat >/dev/null\necho username=ann\necho password="+token+"\n")
	named := filepath.Join(t.TempDir(), "git-credential-hedge")
	write(t, named, "#!/bin/sh\ntest \"$1 $2\" = '--flag get' && echo password="+token+"\n")
	for _, name := range []string{script, named} {
		if err := os.Chmod(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Dir(named)+":"+os.Getenv("PATH"))
	echo := "!f() { grep -q ^host=127.0.0.1: && echo password=" + token + "; }; f"
	for name, c := range map[string]struct {
		config [][2]string
		works  bool
	}{
		"none":               {nil, false},
		"shell":              {[][2]string{{"credential.helper", knows(token)}}, true},
		"wrong":              {[][2]string{{"credential.helper", knows("guess")}}, false},
		"fails":              {[][2]string{{"credential.helper", "!false"}}, false},
		"fails, next knows":  {[][2]string{{"credential.helper", "!false"}, {"credential.helper", knows(token)}}, true},
		"absolute path":      {[][2]string{{"credential.helper", script}}, true},
		"named, on the path": {[][2]string{{"credential.helper", "hedge --flag"}}, true},
		"named, nowhere":     {[][2]string{{"credential.helper", "nobody"}}, false},
		"is told the host":   {[][2]string{{"credential.helper", echo}}, true},
		"of the address":     {[][2]string{{"credential.URL.helper", knows(token)}}, true},
		"of another address": {[][2]string{{"credential.https://example.com.helper", knows(token)}}, false},
		"of a longer name":   {[][2]string{{"credential.URL0.helper", knows(token)}}, false},
		"forgotten":          {[][2]string{{"credential.helper", knows(token)}, {"credential.helper", ""}}, false},
		"forgotten, another": {[][2]string{{"credential.helper", knows("guess")}, {"credential.helper", ""}, {"credential.helper", knows(token)}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bare, s, o := guarded(t)
			before := head(t, bare)
			for _, set := range c.config {
				gitserver.Git(t, o.Source.Dir, "config", "--add", strings.Replace(set[0], "URL", s.URL, 1), set[1])
			}
			r, err := publishes(t, o)
			hides(t, r, err)
			if !c.works {
				refused(t, err, "wants other credentials")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustHold(t, bare, before, o, r)
		})
	}
}

// Whoever a server sends us to is sent nothing.
func TestRedirectToAnother(t *testing.T) {
	for _, kind := range []gitserver.Request{gitserver.Any, gitserver.FetchRefs, gitserver.Push} {
		bare := target(t)
		other := gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{})
		s := gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{Before: gitserver.On(kind, gitserver.RedirectTo(other.URL))})
		o := options(t, tenancy(t), s.URLOf(t, bare), several(2, "prod", "one"))
		o.Credentials.Token = token
		before := head(t, bare)
		r, err := publishes(t, o)
		hides(t, r, err)
		refused(t, err, strings.TrimPrefix(s.URL, "http://"))
		if sent := other.Authorizations(); len(sent) > 0 || other.Requests(gitserver.Any) > 0 || head(t, bare) != before {
			t.Errorf("%q: the other was sent %q", kind, sent)
		}
	}
}

func TestAddressesAreShownWithoutSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"https://ann:" + token + "@example.com/x": "https://example.com/x",
		"https://" + token + "@example.com/x":     "https://example.com/x",
		"ssh://git@example.com/x":                 "ssh://git@example.com/x",
		"ssh://git:" + token + "@example.com/x":   "ssh://example.com/x",
		"git@example.com:x":                       "git@example.com:x",
		"https://ann:%zz" + token + "@host/x":     "https://host/x",
		"/a/path@x":                               "/a/path@x",
	} {
		if got := publish.Redacted(address); got != want || publish.HasPassword(address) != (got != address) {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}
