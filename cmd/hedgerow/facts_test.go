package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/facts"
)

// findOn finds the facts of a server that answers so, and what was warned of.
func findOn(t *testing.T, answer http.HandlerFunc) (found *facts.Facts, unread []string, warned string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	var said bytes.Buffer
	o := &factsOptions{liveSource: liveSource{kubeconfig: kubeconfigOf(t, server.URL)}}
	found, sources, err := o.find(t.Context(), world{err: &said}, &config{NetworkTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		unread = append(unread, s.resource.String())
	}
	return found, unread, said.String()
}

// TestPartOfASource has a server give the first page of its nodes alone: they are
// not all that there are.
func TestPartOfASource(t *testing.T) {
	found, unread, warned := findOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/version":
			fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
		case r.URL.Path == "/api/v1/nodes" && r.URL.Query().Get("continue") == "":
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "NodeList", "metadata": {"continue": "more"}, "items": [
				{"metadata": {"name": "a"}, "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.2"}]}}]}`)
		case r.URL.Path == "/api/v1/nodes":
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "List", "items": []}`)
		}
	})
	if found.Nodes.State != facts.Unknown || strings.Join(unread, " ") != "nodes" || !strings.Contains(warned, "warning: nodes cannot be read") {
		t.Errorf("the nodes are %v; unread are %q: %s", found.Nodes, unread, warned)
	}
}

// TestEverySourceAtOnce has a server answer only when it was asked for everything:
// where it hangs, it takes the time of one exchange.
func TestEverySourceAtOnce(t *testing.T) {
	var asked, answered atomic.Int32
	all := make(chan struct{})
	findOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/version" {
			fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
			return
		}
		if asked.Add(1) == int32(len(factSources)) {
			close(all)
		}
		select {
		case <-all:
			answered.Add(1)
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusNotFound)
	})
	if n := answered.Load(); n != int32(len(factSources)) {
		t.Errorf("%d of %d sources were asked for while no other had its answer", n, len(factSources))
	}
}

// kubeconfigOf writes a kubeconfig that reaches a server.
func kubeconfigOf(t *testing.T, server string) string {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	config := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters: [{name: test, cluster: {server: %q}}]
users: [{name: test, user: {}}]
`, server)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
