package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/proof"
)

// TestSnippets takes explain at its word: the flow that it suggests for a
// connection that is closed, pasted into the tenancy, passes and opens it.
func TestSnippets(t *testing.T) {
	ends := []string{
		"dev/frontend/web", "staging/payments", "prod/checkout", "prod/payments/api", "shared/gateway/proxy", "external/card-network", "198.51.100.7",
		"nodes", "apiServer", "undeclared/sandbox",
	}
	(&mistake{args: []string{"version"}}).run(t, readBase(t)) // lays the files and changes the folder
	denied, opened := 0, 0
	for _, from := range ends {
		for _, to := range ends {
			for _, port := range []string{"", "https", "8443/TCP"} {
				x, ok := explained(t, from, to, port)
				if !ok || x.Verdict != proof.Denied {
					continue
				}
				denied++
				if x.Snippet == "" {
					if !excused(x, from, to) {
						t.Errorf("%s → %s on %q is denied, and there is no flow that would open it", from, to, port)
					}
					continue
				}
				opened++
				tryFlow(t, from, to, port, x.Snippet)
			}
		}
	}
	t.Logf("%d denied, %d of them opened by the suggested flow", denied, opened)
	if opened < 60 {
		t.Errorf("only %d flows were suggested", opened)
	}
}

// excused reports whether no flow can open a connection: its ends are on two
// clusters, one is undeclared, or an external is for other environments.
func excused(x proof.Explanation, ends ...string) bool {
	return x.Egress.End == "" ||
		slices.ContainsFunc(ends, func(s string) bool { return strings.HasPrefix(s, "undeclared/") }) ||
		slices.ContainsFunc(x.Notes, func(s string) bool { return strings.Contains(s, "may be used in prod alone") })
}

// explained asks for one cluster's explanation; it reports false for a port that
// the destination does not declare, and for ends on more clusters than one.
func explained(t *testing.T, from, to, port string) (proof.Explanation, bool) {
	args := []string{"explain", "--json", from, to}
	if port != "" {
		args = append(args, port)
	}
	got := runIn(args)
	if got.exit == "2" && strings.Contains(got.stderr, "declares no port") {
		return proof.Explanation{}, false
	}
	if got.exit != "0" {
		t.Fatalf("%v: %s", args, got)
	}
	var out []proof.Explanation
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out[0], len(out) == 1
}

// isNumber reports whether a port is not a name: of a whole namespace, a name
// means the workloads alone that declare it.
func isNumber(port string) bool { return strings.Contains(port, "/") }

// tryFlow pastes a suggested flow, looks whether it opens the connection, and
// takes it away again.
func tryFlow(t *testing.T, from, to, port, snippet string) {
	const file, some = "added.cue", "4321/TCP"
	text := strings.NewReplacer("NAME", "suggested", "WHY", "explain said so", "PORT", some).Replace(snippet)
	if err := os.WriteFile(file, []byte("package tenancy\n\n"+text), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	if got := runIn([]string{"vet", "-q"}); got.exit != "0" && !strings.Contains(got.stderr, "guard") {
		t.Errorf("%s → %s on %q: what explain suggests does not pass:\n%s\n%s", from, to, port, text, got)
		return
	}
	ask := port
	if strings.Contains(snippet, "PORT") {
		ask = some
	}
	if x, _ := explained(t, from, to, ask); x.Verdict == proof.Denied || isNumber(ask) && x.Verdict != proof.Allowed {
		t.Errorf("%s → %s on %q is still %s with\n%s", from, to, ask, x.Verdict, text)
	}
}
