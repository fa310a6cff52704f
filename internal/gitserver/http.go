package gitserver

import (
	"context"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Request is a kind of request of the smart protocol, by the end of its address.
type Request string

// The four kinds of request. A clone or a fetch asks for references and then for a pack, and so does a push.
const (
	FetchRefs Request = "/info/refs?service=git-upload-pack"
	Fetch     Request = "/git-upload-pack"
	PushRefs  Request = "/info/refs?service=git-receive-pack"
	Push      Request = "/git-receive-pack"
	Any       Request = "" // all of them
)

// is reports whether the request is of the kind.
func (k Request) is(uri string) bool { return strings.HasSuffix(uri, string(k)) }

// Options says what an HTTP server is like. The zero value serves everybody in clear text.
type Options struct {
	Token  string // the password that Basic authentication asks for, with any name
	TLS    bool
	Before Fault // stands in front of authentication and Git
}

// HTTPServer serves repositories by smart HTTP.
type HTTPServer struct {
	URL string // of the root, without a slash at its end
	// CA is the path of the certificate in PEM with which a client trusts the server. As SSL_CERT_FILE it is for
	// processes that the test starts: Go reads that variable once.
	CA string

	root  string
	said  complaints
	mu    sync.Mutex
	uris  []string
	auths []string
}

// HTTP serves all repositories below the root until the test ends, to read and to write.
//
// A request under way is cut when the test ends, but a hook of the repository that sleeps holds the end up.
func HTTP(t testing.TB, root string, o Options) *HTTPServer {
	t.Helper()
	s := &HTTPServer{root: root}
	dir := t.TempDir() // before the server, so that it outlives it
	handler := s.backend(t)
	if o.Token != "" {
		handler = authenticated(o.Token, handler)
	}
	if o.Before != nil {
		handler = o.Before(handler)
	}
	server := s.start(t, s.recorded(handler), o.TLS)
	s.URL = server.URL
	if o.TLS {
		s.CA = filepath.Join(dir, "ca.pem")
		block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
		write(t, s.CA, pem.EncodeToMemory(block))
	}
	return s
}

// URLOf gives the URL of a repository below the root.
func (s *HTTPServer) URLOf(t testing.TB, repo string) string {
	t.Helper()
	return below(t, s.URL, s.root, repo)
}

// Requests counts the requests of a kind that have come in, whatever came of them.
func (s *HTTPServer) Requests(kind Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, uri := range s.uris {
		if kind.is(uri) {
			n++
		}
	}
	return n
}

// Authorizations gives the Authorization headers that have come in, in their order.
func (s *HTTPServer) Authorizations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.auths)
}

// start listens, and ends everything with the test.
func (s *HTTPServer) start(t testing.TB, handler http.Handler, tls bool) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	ctx, release := context.WithCancel(context.Background())
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Config.ErrorLog = slog.NewLogLogger(s.said.handler(), slog.LevelError)
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		release() // or closing would wait for the handlers that hang
		server.CloseClientConnections()
		server.Close()
		if said := s.said.String(); t.Failed() && said != "" {
			t.Logf("%s said:\n%s", server.URL, said)
		}
	})
	return server
}

// recorded notes each request and hands it on.
func (s *HTTPServer) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.uris = append(s.uris, r.RequestURI)
		s.auths = append(s.auths, r.Header.Values("Authorization")...)
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// authenticated hands on only what has the token.
func authenticated(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			refuse(w, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers with the status, and as HTTP wants it.
func refuse(w http.ResponseWriter, code int) {
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="gitserver"`)
	}
	http.Error(w, http.StatusText(code), code)
}
