package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hedgerow-dev/hedgerow/proof"
)

// TestSnippets takes explain at its word: the flow that it suggests for a
// connection that is closed, pasted into the tenancy, passes and opens it.
func TestSnippets(t *testing.T) {
	denied, opened := trySnippets(t, readBase(t), []string{
		"dev/frontend/web", "staging/payments", "prod/checkout", "prod/payments/api", "shared/gateway/proxy", "external/card-network", "198.51.100.7",
		"nodes", "apiServer", "undeclared/sandbox", "169.254.169.254", "10.244.3.4", "10.245.3.4", "fd00::7", "10.9.9.9", "kube-system",
	})
	t.Logf("%d denied, %d of them opened by the suggested flow", denied, opened)
	if opened < 60 {
		t.Errorf("only %d flows were suggested", opened)
	}
}

// ofPlatforms is a tenancy in which shared namespaces have policies, on two
// clusters of which one says little about its addresses.
const ofPlatforms = `package tenancy

clusters: {
	main: {
		cni: "calico"
		pods: cidrs: ["10.244.0.0/16"]
		services: cidrs: ["10.96.0.0/16"]
		nodes: cidrs: ["172.18.0.0/24"]
		apiServer: {cidrs: ["172.18.0.2/32"], port: 6443}
	}
	west: cni: "calico"
	bare: cni: "calico"
}
environments: {
	prod: cluster: "main"
	staging: {cluster: "main", suffix: "-staging"}
	live: {cluster: "west", suffix: "-live"}
}
shared: {
	gateway: {managed: true, workloads: proxy: {pods: app: "envoy", ports: https: 8443}}
	monitoring: {managed: true, workloads: prometheus: {pods: app: "prometheus", ports: web: 9090}}
}
teams: shop: {
	owners: ["@shop"]
	namespaces: orders: workloads: api: {pods: app: "orders", ports: https: 8443}
}
externals: {
	bank: {cidrs: ["203.0.113.0/24"], ports: tls: 443}
	"west-only": {cidrs: ["192.0.2.0/24"], ports: https: 443, environments: ["live"]}
}
`

// TestSnippetsOfPlatforms is the same where ends are in no environment.
func TestSnippetsOfPlatforms(t *testing.T) {
	files := []txtar.File{{Name: "tenants.cue", Data: []byte(ofPlatforms)}}
	_, opened := trySnippets(t, files, []string{
		"shared/gateway/proxy", "shared/monitoring", "prod/orders/api", "live/orders", "external/bank", "external/west-only", "198.51.100.7",
		"10.1.2.3", "203.0.112.0/22", "nodes", "apiServer",
	})
	if opened < 60 {
		t.Errorf("only %d flows were suggested", opened)
	}
}

// trySnippets asks for every pair of ends, and tries what is suggested.
func trySnippets(t *testing.T, files []txtar.File, ends []string) (denied, opened int) {
	(&mistake{args: []string{"version"}}).run(t, files) // lays the files and changes the folder
	for _, from := range ends {
		for _, to := range ends {
			for _, port := range []string{"", "https", "8000-8010"} {
				for _, x := range explained(t, from, to, port) {
					if x.Verdict != proof.Denied {
						continue
					}
					denied++
					if x.Snippet == "" {
						if !excused(x, from, to) {
							t.Errorf("%s → %s on %q is denied on %s, and there is no flow that would open it", from, to, port, x.Cluster)
						}
						continue
					}
					opened++
					tryFlow(t, from, to, port, &x)
				}
			}
		}
	}
	return denied, opened
}

// excused reports whether no flow can open a connection: its ends are on two
// clusters, one is undeclared, or a note says why.
func excused(x proof.Explanation, ends ...string) bool {
	return x.Egress.End == "" ||
		slices.ContainsFunc(ends, func(s string) bool { return strings.HasPrefix(s, "undeclared/") || s == "kube-system" }) ||
		slices.ContainsFunc(x.Notes, func(s string) bool {
			return strings.Contains(s, " alone") || strings.HasPrefix(s, "no external opens") || strings.HasPrefix(s, "no flow ")
		})
}

// explained asks for the explanations of all clusters; there are none for a port
// that the destination does not declare.
func explained(t *testing.T, from, to, port string) (out []proof.Explanation) {
	args := []string{"explain", "--json", from, to}
	if port != "" {
		args = append(args, port)
	}
	got := runIn(args)
	if got.exit == "2" && strings.Contains(got.stderr, "declares no port") {
		return nil
	}
	if got.exit != "0" {
		t.Fatalf("%v: %s", args, got)
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	if strings.Contains(got.stdout, "null") {
		t.Errorf("%v: a list is null", args)
	}
	return out
}

// isNumber reports whether a port is not a name: of a whole namespace, a name
// means the workloads alone that declare it.
func isNumber(port string) bool { return strings.ContainsAny(port, "/-") }

// tryFlow pastes a suggested flow, looks whether it opens the connection, there
// and nowhere else, and takes it away again.
func tryFlow(t *testing.T, from, to, port string, x *proof.Explanation) {
	const file, some = "added.cue", "4321/TCP"
	ask := port
	if strings.Contains(x.Snippet, "PORT") {
		ask = some
	}
	before := explained(t, from, to, ask)
	text := strings.NewReplacer("NAME", "suggested", "WHY", "explain said so", "PORT", some).Replace(x.Snippet)
	if err := os.WriteFile(file, []byte("package tenancy\n\n"+text), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	forewarned := slices.ContainsFunc(x.Notes, func(s string) bool { return strings.HasPrefix(s, "guard ") })
	if got := runIn([]string{"vet", "-q"}); got.exit != "0" && !forewarned {
		t.Errorf("%s → %s on %q: what explain suggests does not pass:\n%s\n%s", from, to, port, text, got)
		return
	}
	for i, y := range explained(t, from, to, ask) {
		switch {
		case y.Cluster != x.Cluster && y.Verdict != before[i].Verdict:
			t.Errorf("%s → %s on %q is %s on cluster %s as well with\n%s", from, to, ask, y.Verdict, y.Cluster, text)
		case y.Cluster == x.Cluster && (y.Verdict == proof.Denied || isNumber(ask) && y.Verdict != proof.Allowed):
			t.Errorf("%s → %s on %q is still %s with\n%s", from, to, ask, y.Verdict, text)
		}
	}
}
