package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// understood reads a tenancy and expands it; the diagnostics hold errors if it
// is refused.
func understood(t *testing.T, dir string) (*tenancy.Tenancy, *generator.Expansion, []diag.Diagnostic) {
	tn, x, diags, err := tenancies.Expand(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tn, x, diags
}

// graphsOf renders and builds an expansion, and gives what is truly open on each
// cluster.
func graphsOf(x *generator.Expansion) (map[string]*reach.Graph, error) {
	tree, err := render.Files(x)
	if err != nil {
		return nil, err
	}
	built, err := render.Build(x, tree, nil, nil)
	if err != nil {
		return nil, err
	}
	objects := map[string]*reach.Cluster{}
	for _, b := range built {
		cluster, _, _ := strings.Cut(b.Path, "/")
		if objects[cluster] == nil {
			objects[cluster] = &reach.Cluster{}
		}
		c := objects[cluster]
		c.Policies = append(c.Policies, b.Policies...)
		c.Namespaces = append(c.Namespaces, b.Namespaces...)
	}
	graphs := map[string]*reach.Graph{}
	for name, c := range objects {
		if graphs[name], err = reach.Build(c); err != nil {
			return nil, err
		}
	}
	return graphs, nil
}

// tally counts packets.
type tally struct{ all, open atomic.Int64 }

// disagreements gives the packets on which the graph and the tenancy differ.
func disagreements(tn *tenancy.Tenancy, g *reach.Graph, packets []declared.Connection, n *tally) (out []string) {
	for _, c := range packets {
		protocol, _ := reach.ParseProtocol(string(c.Protocol))
		built := g.Allows(endpoint(c.From), endpoint(c.To), protocol, c.Port)
		want := declared.Open(tn, c, testDay)
		n.all.Add(1)
		if want {
			n.open.Add(1)
		}
		if built != want {
			out = append(out, fmt.Sprintf("%s: %s -> %s %d/%s: built %t, declared %t",
				c.Cluster, shown(c.From), shown(c.To), c.Port, c.Protocol, built, want))
		}
	}
	return out
}

func endpoint(e declared.End) reach.Endpoint {
	return reach.Endpoint{Namespace: e.Namespace, Labels: e.Labels, Address: e.Address}
}

func shown(e declared.End) string {
	if e.Namespace == "" {
		return e.Address.String()
	}
	return e.Namespace + fmt.Sprint(e.Labels)
}

// TestDeclaredRandom holds what is built from random tenancies against a reading
// of the tenancy that shares nothing with what built it, packet by packet.
func TestDeclaredRandom(t *testing.T) {
	t.Parallel()
	const wanted = 1000
	var tried, accepted atomic.Int64
	var n tally
	dirs := make([]string, runtime.GOMAXPROCS(0))
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	tenancies.InParallel(dirs, func(dir string) {
		for accepted.Load() < wanted && !t.Failed() {
			if randomAgrees(t, dir, uint64(tried.Add(1)), &n) {
				accepted.Add(1)
			}
		}
	})
	t.Logf("%d of %d random tenancies are accepted; %d packets, %d of them open", accepted.Load(), tried.Load(), n.all.Load(), n.open.Load())
	if accepted.Load()*2 < tried.Load() {
		t.Error("most random tenancies are refused: internal/synthetic no longer writes what the rules want")
	}
}

// randomAgrees judges one random tenancy; it reports whether it was accepted.
func randomAgrees(t *testing.T, dir string, seed uint64, n *tally) bool {
	text := synthetic.Random(seed)
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(text), 0o644); err != nil {
		t.Error(err)
		return false
	}
	tn, x, diags := understood(t, dir)
	if diag.HasErrors(diags) {
		return false
	}
	graphs, err := graphsOf(x)
	if err != nil {
		t.Errorf("seed %d: %v\n%s", seed, err, text)
		return true
	}
	for cluster, g := range tenancy.Sorted(graphs) {
		if wrong := disagreements(tn, g, packets.New(tn, cluster, seed).Packets(800, 120), n); len(wrong) > 0 {
			t.Errorf("seed %d: %d packets, such as\n%s\n%s", seed, len(wrong), strings.Join(wrong[:min(5, len(wrong))], "\n"), text)
		}
	}
	return true
}

// TestDeclaredTenancies does the same with every tenancy of the repository.
func TestDeclaredTenancies(t *testing.T) {
	for _, x := range findTenancies(t) {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			tn, expansion, diags := understood(t, x.dir)
			if diag.HasErrors(diags) {
				t.Fatal(diags)
			}
			graphs, err := graphsOf(expansion)
			if err != nil {
				t.Fatal(err)
			}
			var n tally
			for cluster, g := range tenancy.Sorted(graphs) {
				for _, wrong := range disagreements(tn, g, packets.New(tn, cluster, 1).Packets(8000, 150), &n) {
					t.Error(wrong)
				}
			}
			t.Logf("%d packets, %d of them open", n.all.Load(), n.open.Load())
		})
	}
}
