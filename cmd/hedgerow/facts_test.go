package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/kube"
)

// TestPartOfASource has a server give the first page of its nodes alone: they are
// not all that there are.
func TestPartOfASource(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continue") != "" {
			http.Error(w, "too busy", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"apiVersion": "v1", "kind": "NodeList", "metadata": {"continue": "more"}, "items": [
			{"metadata": {"name": "a"}, "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.2"}]}}]}`))
	}))
	defer server.Close()
	c, err := kube.Connect(kube.Options{Kubeconfig: kubeconfigOf(t, server.URL)})
	if err != nil {
		t.Fatal(err)
	}
	var objects facts.Objects
	err = (&factSource{resource: kube.Nodes}).read(t.Context(), c, &objects)
	if found := facts.Find(&objects).Nodes; err == nil || found.State != facts.Unknown {
		t.Errorf("%v, and the nodes are %v", err, found)
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
