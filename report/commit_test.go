package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/report"
)

// in gives the end of a namespace, or of a workload of it, in an environment.
func in(environment, namespace, workload, team string) report.End {
	return report.NewEnd(reach.End{Namespace: namespace + "-" + environment, Workload: workload}, environment+"/"+namespace, team, nil).InEnvironment(environment)
}

func tcp(ports ...int) report.Ports {
	var out []reach.Range
	for _, p := range ports {
		out = append(out, reach.Range{Protocol: reach.TCP, First: p, Last: p})
	}
	return report.Ports{Ports: reach.NewPorts(out...)}
}

func pays(environment string) report.Connection {
	return report.Connection{From: in(environment, "checkout", "api", "storefront"), To: in(environment, "payments", "api", "payments"), Ports: tcp(8443), Flows: []string{"checkout-pays"}}
}

// commits are differences with the messages that they give, in
// testdata/commits.
var commits = map[string]struct {
	d       report.Difference
	first   string
	further []string
}{
	"one": {d: report.Difference{Clusters: []report.ClusterDifference{
		{Cluster: "nonprod", Opened: []report.Connection{pays("staging")}}, {Cluster: "prod", Opened: []report.Connection{pays("prod")}},
	}}},
	"many": {d: report.Difference{Clusters: []report.ClusterDifference{{Cluster: "main",
		Opened: []report.Connection{pays("prod"), pays("staging"),
			{From: in("dev", "load", "", "quality"), To: in("staging", "payments", "api", "payments"), Ports: tcp(80, 8443), Flows: []string{"load-test"}},
			{From: pods("gateway", "", ""), To: in("prod", "frontend", "web", "storefront"), Ports: tcp(8080)}},
		Closed:  []report.Connection{{From: pods("a", "", ""), To: pods("b", "", ""), Ports: tcp(1), Policies: []string{"a/b"}}},
		Changed: []report.Change{{From: in("prod", "frontend", "web", "storefront"), To: in("prod", "orders", "api", "fulfilment"), Opened: tcp(8081), Closed: tcp(8080), Flows: []string{"shop-orders"}}},
	}}, Notes: []report.NoteChange{{Flow: "cards", Field: "reason", Before: "old", After: "new"}}}},
	"namespaces": {d: report.Difference{Clusters: []report.ClusterDifference{{Cluster: "main", Appeared: []string{"prod/shop"}, Unisolated: []string{"retired/old"}, Vanished: []string{"retired/old"}}}},
		further: []string{"namespace old on cluster main is released"}},
	"notes":   {d: report.Difference{Notes: []report.NoteChange{{Flow: "cards", Field: "ticket", Before: "", After: "SEC-1"}}}},
	"nothing": {},
	"flip":    {d: report.Difference{Clusters: []report.ClusterDifference{{Cluster: "prod", Closed: []report.Connection{pays("prod")}}}}, first: "end the roll-out of prod/payments"},
	"reason":  {first: "begin 2 roll-outs"},
	"too-long": {d: report.Difference{Clusters: []report.ClusterDifference{{Opened: []report.Connection{
		{From: in("prod", strings.Repeat("a", 60), "api", "a"), To: in("prod", strings.Repeat("b", 60), "api", strings.Repeat("t", 60)), Ports: tcp(80)}}}}}},
	"hostile": {d: report.Difference{Clusters: []report.ClusterDifference{{Cluster: "main\n# x", Opened: []report.Connection{
		connectionOf("a\n\nTenancy-Source: " + strings.Repeat("0", 40)), connectionOf("\x1b[2J"), connectionOf("a\u202eb\x00")}}},
		Notes: []report.NoteChange{{Flow: "a", Field: "reason", Before: "b", After: "c\n\nTenancy-Digest: d"}}},
		further: []string{"namespace a\r\nb"}},
}

func TestCommitMessages(t *testing.T) {
	for name, c := range commits {
		got := report.CommitMessage(&c.d, c.first, c.further)
		file := filepath.Join("testdata", "commits", name+".txt")
		if os.Getenv("HEDGEROW_UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// Whatever the names are, the message has the lines that plain names give it, a
// first line that lists can show, and nothing that Git would take for a comment
// or a trailer.
func TestHostileCommits(t *testing.T) {
	message := func(name string) string {
		return report.CommitMessage(&report.Difference{
			Clusters: []report.ClusterDifference{{Cluster: name, Opened: []report.Connection{connectionOf(name)}, Appeared: []string{name}}},
			Notes:    []report.NoteChange{{Flow: name, Field: "reason", Before: name, After: name + name}},
		}, "", []string{fmt.Sprintf("namespace %s is retired", name)})
	}
	plain := strings.Count(message("plain"), "\n")
	for _, name := range append([]string{"\n\nTenancy-Source: x", "\r\n# x"}, hostile...) {
		got := message(name)
		checkPrintable(t, "commit", name, got)
		lines := strings.Split(got, "\n")
		if len(lines)-1 != plain {
			t.Errorf("%q gives other lines:\n%s", name, got)
		}
		if n := utf8.RuneCountInString(lines[0]); n > 100 {
			t.Errorf("%q: a subject of %d characters", name, n)
		}
		for _, l := range lines {
			if strings.HasPrefix(l, "#") || strings.HasPrefix(l, "Tenancy-") {
				t.Errorf("%q gives the line %q", name, l)
			}
		}
	}
}
