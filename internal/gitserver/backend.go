package gitserver

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// backend is git http-backend. Its Stderr is no file, so that a request lasts until all processes that hold it have
// ended.
func (s *HTTPServer) backend(t testing.TB) http.Handler {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	return whole(&cgi.Handler{
		Path:   git,
		Args:   []string{"http-backend"},
		Dir:    s.root,
		Env:    append(environment(), "GIT_PROJECT_ROOT="+s.root, "GIT_HTTP_EXPORT_ALL=1"),
		Logger: slog.NewLogLogger(s.said.handler(), slog.LevelError),
		Stderr: &s.said,
	})
}

// whole reads requests to their end before it hands them on, because CGI wants to know their length and a client that
// pushes much does not say it.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // nobody is there to hear of it
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		next.ServeHTTP(w, r)
	})
}

// complaints are what Git and the server have to complain of, for the log of a test that fails.
type complaints struct {
	mu   sync.Mutex
	text strings.Builder
}

func (c *complaints) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *complaints) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// handler takes what net/http logs.
func (c *complaints) handler() slog.Handler { return slog.NewTextHandler(c, nil) }
