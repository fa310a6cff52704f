package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// initFrom runs init on a cluster whose server answers so, in an empty folder.
func initFrom(t *testing.T, answer http.HandlerFunc) (code int, dir, out string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	var said bytes.Buffer
	dir = t.TempDir()
	code = run([]string{"init", "--from-cluster", "--kubeconfig", kubeconfigOf(t, server.URL), "-C", dir},
		world{out: &said, err: &said, now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, env: os.Getenv})
	return code, dir, said.String()
}

// TestInitFromCluster has a server serve its namespaces on two pages, as one of
// thousands would.
func TestInitFromCluster(t *testing.T) {
	code, dir, out := initFrom(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/version":
			fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
		case r.URL.Path == "/api/v1/namespaces" && r.URL.Query().Get("continue") == "":
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "NamespaceList", "metadata": {"continue": "more"}, "items": [{"metadata": {"name": "shop"}}, {"metadata": {"name": "closed"}}]}`)
		case r.URL.Path == "/api/v1/namespaces":
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": "stock"}}]}`)
		case r.URL.Path == "/apis/apps/v1/deployments":
			fmt.Fprint(w, `{"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {"name": "web", "namespace": "shop"}, "spec": {
				"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"ports": [{"containerPort": 80}]}]}}}}]}`)
		case strings.HasPrefix(r.URL.Path, "/apis/networking.k8s.io/v1/networkpolicies"):
			fmt.Fprint(w, `{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": [{"metadata": {"name": "x", "namespace": "shop"}}]}`)
		case r.URL.Path == "/apis":
			fmt.Fprint(w, `{"kind": "APIGroupList", "groups": [{"name": "cilium.io", "versions": [{"groupVersion": "cilium.io/v2", "version": "v2"}], "preferredVersion": {"groupVersion": "cilium.io/v2", "version": "v2"}}]}`)
		case r.URL.Path == "/apis/cilium.io/v2":
			fmt.Fprint(w, `{"kind": "APIResourceList", "resources": [{"name": "ciliumnetworkpolicies", "kind": "CiliumNetworkPolicy", "namespaced": true, "verbs": ["list"]}]}`)
		case r.URL.Path == "/apis/cilium.io/v2/ciliumnetworkpolicies":
			fmt.Fprint(w, `{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicyList", "items": [{"metadata": {"name": "x", "namespace": "closed"}}]}`)
		default:
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "List", "items": []}`)
		}
	})
	if code != exitClean || !strings.Contains(out, "found: 1 namespace of 1 team, 0 of the platform, 2 that others isolate; 1 workload, 1 port\n") ||
		!strings.Contains(out, `(2 are there): "kubectl get namespaces,pods,networkpolicies -A -o yaml | hedgerow reach -" lists it`) {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	text := read(t, filepath.Join(dir, "tenants.cue"))
	for _, part := range []string{`kubernetes: "v1.36.3"`, `web: {pods: app: "web", ports: "port-80": 80}`, "stock: {rollout: _asItWas}", `until: "2026-03-02"`} {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %s in\n%s", part, text)
		}
	}
}

// TestInitFromClusterRefused has a server refuse a part: what could be read would
// pass for all that there is.
func TestInitFromClusterRefused(t *testing.T) {
	code, dir, out := initFrom(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/version":
			fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
		case "/apis/apps/v1/statefulsets":
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `{"apiVersion": "v1", "kind": "List", "items": []}`)
		}
	})
	if code != exitFailure || !strings.Contains(out, `statefulsets.apps cannot be read: the user lacks the right to the verb "list" on them in every namespace`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) > 0 {
		t.Errorf("%v was written, %v", there, err)
	}
}
