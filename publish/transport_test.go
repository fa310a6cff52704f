package publish_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

// ways are how a repository is reached: each gives the address and what opens
// it.
var ways = map[string]func(*testing.T, string) (string, publish.Credentials){
	"path": func(_ *testing.T, bare string) (string, publish.Credentials) { return bare, publish.Credentials{} },
	"file URL": func(_ *testing.T, bare string) (string, publish.Credentials) {
		return "file://" + bare, publish.Credentials{}
	},
	"HTTP":          byHTTP,
	"SSH key":       bySSH(func(s *gitserver.SSHServer) publish.Credentials { return publish.Credentials{SSHKey: s.ClientKey} }),
	"SSH agent":     bySSH(func(*gitserver.SSHServer) publish.Credentials { return publish.Credentials{} }),
	"encrypted key": bySSH(encryptedKey),
}

func byHTTP(t *testing.T, bare string) (string, publish.Credentials) {
	s := gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{Token: "secret"})
	return s.URLOf(t, bare), publish.Credentials{Token: "secret"}
}

func bySSH(with func(*gitserver.SSHServer) publish.Credentials) func(*testing.T, string) (string, publish.Credentials) {
	return func(t *testing.T, bare string) (string, publish.Credentials) {
		s := gitserver.SSH(t, filepath.Dir(bare))
		t.Setenv("SSH_KNOWN_HOSTS", s.KnownHosts)
		t.Setenv("SSH_AUTH_SOCK", s.Agent)
		return s.URLOf(t, bare), with(s)
	}
}

func encryptedKey(s *gitserver.SSHServer) publish.Credentials {
	return publish.Credentials{SSHKey: s.EncryptedClientKey, SSHPassphrase: s.Passphrase}
}

func TestPublishByEveryTransport(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bare, source := target(t), tenancy(t)
			url, credentials := way(t, bare)
			o := options(t, source, url, several(3, "prod", "one"))
			o.Credentials = credentials
			before := head(t, bare)
			first := published(t, o)
			mustHold(t, bare, before, o, first)
			mustRest(t, bare, o)

			o.Source.Commit = commit(t, source, "second", files{"tenancy.cue": "two\n"})
			change := several(2, "prod", "one")
			change["prod/ns-001/file.yaml"], change["dev/x.yaml"] = "changed\n", "new\n"
			o.Files = change.output()
			second := published(t, o)
			mustHold(t, bare, first.Commit, o, second)
			if len(second.Write) != 3 || len(second.Delete) != 1 {
				t.Errorf("written %q, deleted %q", second.Write, second.Delete)
			}
			mustRest(t, bare, o)
			gitserver.Fsck(t, source)
		})
	}
}

// mustRest publishes the same again, of which no commit may come.
func mustRest(t *testing.T, bare string, o publish.Options) {
	t.Helper()
	before := head(t, bare)
	if r := published(t, o); r.Commit != "" || head(t, bare) != before {
		t.Errorf("a second run commits %s: %s", r.Commit, r.Message)
	}
}

func TestSSHIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		hosts, key, passphrase func(*gitserver.SSHServer) string
		want                   string
	}{
		"wrong host":       {hosts: func(s *gitserver.SSHServer) string { return s.WrongKnownHosts }, want: "somebody may be in between"},
		"unknown host":     {hosts: func(s *gitserver.SSHServer) string { return s.EmptyKnownHosts }, want: "is not in known_hosts"},
		"no known_hosts":   {hosts: func(s *gitserver.SSHServer) string { return s.EmptyKnownHosts + ".no" }, want: "is not in known_hosts"},
		"stranger":         {key: func(s *gitserver.SSHServer) string { return s.StrangerKey }, want: "takes none of the keys"},
		"wrong passphrase": {key: func(s *gitserver.SSHServer) string { return s.EncryptedClientKey }, passphrase: func(*gitserver.SSHServer) string { return "guess" }, want: "HEDGEROW_SSH_PASSPHRASE does not open it"},
		"no such key":      {key: func(s *gitserver.SSHServer) string { return s.ClientKey + ".no" }, want: "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			bare := target(t)
			s := gitserver.SSH(t, filepath.Dir(bare))
			hosts := s.KnownHosts
			o := options(t, tenancy(t), s.URLOf(t, bare), several(3, "prod", "one"))
			o.Credentials.SSHKey = s.ClientKey
			if c.hosts != nil {
				hosts = c.hosts(s)
			}
			if c.key != nil {
				o.Credentials.SSHKey = c.key(s)
			}
			if c.passphrase != nil {
				o.Credentials.SSHPassphrase = c.passphrase(s)
			}
			t.Setenv("SSH_KNOWN_HOSTS", hosts)
			_, err := publishes(t, o)
			refused(t, err, c.want, strings.TrimPrefix(s.URLOf(t, bare), "ssh://git@"))
			if sent := s.Commands(); len(sent) > 0 {
				t.Errorf("the server was asked %q", sent)
			}
		})
	}
}

func TestNoAgentAndNoKey(t *testing.T) {
	bare := target(t)
	s := gitserver.SSH(t, filepath.Dir(bare))
	t.Setenv("SSH_KNOWN_HOSTS", s.KnownHosts)
	_, err := publishes(t, options(t, tenancy(t), s.URLOf(t, bare), several(1, "prod", "one")))
	refused(t, err, "no SSH agent", "HEDGEROW_SSH_KEY")
}

func TestAddressesThatAreRefused(t *testing.T) {
	for url, want := range map[string]string{
		"ftp://example.com/x": "not by ftp",
		"git://example.com/x": "not by git",
		"/nowhere/at/all":     "no Git repository",
	} {
		_, err := publishes(t, options(t, tenancy(t), url, several(1, "prod", "one")))
		refused(t, err, want)
	}
}
