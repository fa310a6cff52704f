package gitserver_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// served is a new bare repository behind HTTP, and its URL there.
func served(t *testing.T, o gitserver.Options) (string, *gitserver.HTTPServer, string) {
	t.Helper()
	bare := gitserver.Bare(t)
	server := gitserver.HTTP(t, filepath.Dir(bare), o)
	return bare, server, server.URLOf(t, bare)
}

func TestHTTP(t *testing.T) {
	bare, server, url := served(t, gitserver.Options{})
	roundTrip(t, bare, url)
	counts := map[gitserver.Request]int{
		gitserver.PushRefs: 1, gitserver.Push: 1,
		gitserver.FetchRefs: 1, gitserver.Fetch: 2, // protocol 2 lists references by a request of its own
		gitserver.Any: 5,
	}
	for kind, want := range counts {
		if got := server.Requests(kind); got != want {
			t.Errorf("%d requests of %q, want %d", got, kind, want)
		}
	}
	if got := server.Authorizations(); len(got) != 0 {
		t.Errorf("authorizations are %q", got)
	}
	refused(t, soon, "", "not found", "ls-remote", server.URL+"/other.git")
}

// Beyond http.postBuffer git sends chunks, which CGI cannot take as they are.
func TestHTTPTakesMuch(t *testing.T) {
	bare, server, url := served(t, gitserver.Options{})
	work := worktree(t, 3<<20)
	gitserver.Git(t, work, "push", "--quiet", url, "main")
	if head(t, bare) != head(t, work) || server.Requests(gitserver.Push) != 2 {
		t.Errorf("main is %s after %d requests", head(t, bare), server.Requests(gitserver.Push))
	}
}

func TestHTTPWithToken(t *testing.T) {
	credentials := base64.StdEncoding.EncodeToString([]byte("anybody:secret"))
	t.Run("header", func(t *testing.T) {
		bare, server, url := served(t, gitserver.Options{Token: "secret"})
		roundTrip(t, bare, url, "-c", "http.extraHeader=Authorization: Basic "+credentials)
		if got := server.Authorizations(); len(got) != 5 || got[0] != "Basic "+credentials {
			t.Errorf("authorizations are %q", got)
		}
	})
	t.Run("address", func(t *testing.T) {
		bare, _, url := served(t, gitserver.Options{Token: "secret"})
		roundTrip(t, bare, strings.Replace(url, "//", "//anybody:secret@", 1))
	})
	t.Run("wrong", func(t *testing.T) {
		_, server, url := served(t, gitserver.Options{Token: "secret"})
		wrong := strings.Replace(url, "//", "//anybody:guess@", 1)
		refused(t, soon, worktree(t, 1), "Authentication failed", "push", wrong, "main")
		if got := server.Requests(gitserver.Push); got != 0 {
			t.Errorf("%d pushes", got)
		}
	})
	t.Run("none", func(t *testing.T) {
		_, _, url := served(t, gitserver.Options{Token: "secret"})
		refused(t, soon, "", "could not read Username", "ls-remote", url)
	})
}

func TestHTTPWithTLS(t *testing.T) {
	bare, server, url := served(t, gitserver.Options{TLS: true})
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("URL is %s", url)
	}
	refused(t, soon, "", "certificate", "ls-remote", url)
	roundTrip(t, bare, url, "-c", "http.sslCAInfo="+server.CA)
}
