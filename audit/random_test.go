package audit

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/foreign"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestEverythingThatOpensHasAFinding damages the policies of whole tenancies by
// chance: whatever then opens or closes, some finding says so, and of a cluster
// that nobody touched there is none.
func TestEverythingThatOpensHasAFinding(t *testing.T) {
	dirs, err := filepath.Glob("../testdata/tenancies/*")
	if err != nil || len(dirs) < 5 {
		t.Fatal(dirs, err)
	}
	differ := 0
	for _, dir := range dirs {
		known, clusters := proved(t, dir)
		for name, c := range tenancy.Sorted(clusters) {
			if len(c.Managed) == 0 {
				continue
			}
			clean, err := Check(Input{Tenancy: known, Built: c, Found: &reach.Objects{Cluster: reach.Cluster{Policies: c.Objects.Policies}}})
			if err != nil || len(clean.Findings) > 0 {
				t.Errorf("%s, %s: %v %v", dir, name, clean, err)
			}
			for seed := range uint64(5) {
				differ += judge(t, fmt.Sprint(dir, ", ", name, ", seed ", seed), known, c, damaged(foreign.Seeded(seed), c))
			}
		}
	}
	if differ < 200 {
		t.Errorf("only %d edges differ", differ)
	}
}

// judge gives how many edges differ.
func judge(t *testing.T, what string, known *tenancy.Tenancy, c *proof.Cluster, found []*networkingv1.NetworkPolicy) int {
	folder := func(string, string) string { return "overlays" }
	a := &auditor{Input: Input{Tenancy: known, Built: c, Folder: folder, Found: &reach.Objects{Cluster: reach.Cluster{Policies: found}}}}
	compared, err := a.compare(c.Objects.Policies, found)
	if err != nil {
		t.Fatal(what, err)
	}
	result, err := Check(a.Input)
	if err != nil {
		t.Fatal(what, err)
	}
	differ := 0
	for _, n := range c.Managed {
		opened, closed, err := compared.By(n)
		if err != nil {
			t.Fatal(what, err)
		}
		differ += len(opened) + len(closed)
		var of []Finding
		for _, f := range result.Findings {
			if f.Namespace == n {
				of = append(of, f)
			}
		}
		for _, list := range []struct {
			verb        string
			want        []reach.Connection
			connections func(*Finding) []reach.Connection
		}{
			{"opens", compared.ListOpened(opened), func(f *Finding) []reach.Connection { return f.Opened }},
			{"closes", compared.ListClosed(closed), func(f *Finding) []reach.Connection { return f.Closed }},
		} {
			for _, e := range list.want {
				if !said(of, &e, list.connections) {
					t.Errorf("%s: %s → %s on %s %s, and nothing says so", what, e.From, e.To, e.Ports, list.verb)
				}
			}
		}
		for _, f := range of {
			if len(f.Opened)+len(f.Closed) > 0 && f.Severity != diag.Error {
				t.Errorf("%s: %s is a warning", what, f.Fact)
			}
		}
	}
	return differ
}

// said reports whether errors say together what is open between two ends.
func said(findings []Finding, e *reach.Connection, of func(*Finding) []reach.Connection) bool {
	left := e.Ports
	for i := range findings {
		for _, c := range of(&findings[i]) {
			if c.From.Compare(e.From) == 0 && c.To.Compare(e.To) == 0 {
				left = left.Minus(c.Ports)
			}
		}
	}
	return left.Empty()
}

// damaged gives the policies of a cluster after somebody was there.
func damaged(s foreign.Source, c *proof.Cluster) (out []*networkingv1.NetworkPolicy) {
	strange := func() *networkingv1.NetworkPolicy {
		p := s.Policy()
		p.Namespace = foreign.Pick(s, c.Managed)
		return p
	}
	for _, p := range c.Objects.Policies {
		if s.OneIn(6) {
			continue
		}
		p = p.DeepCopy()
		if s.OneIn(6) {
			p.Spec = strange().Spec
		}
		out = append(out, p)
	}
	for i, p := range foreign.Some(s, 4, strange) {
		p.Name = fmt.Sprint("strange-", i)
		out = append(out, p)
	}
	return slices.DeleteFunc(out, func(p *networkingv1.NetworkPolicy) bool { return s.OneIn(30) })
}

// proved builds the tenancy of a folder.
func proved(t *testing.T, dir string) (*tenancy.Tenancy, map[string]*proof.Cluster) {
	known, x, diags, err := tenancies.Expand(dir)
	if err != nil || diag.HasErrors(diags) {
		t.Fatal(dir, err, diags)
	}
	tree, err := render.Files(x)
	if err != nil {
		t.Fatal(err)
	}
	all, err := render.Build(x, tree, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]*reach.Cluster{}
	for _, b := range all {
		if built[b.Cluster] == nil {
			built[b.Cluster] = &reach.Cluster{}
		}
		built[b.Cluster].Policies = append(built[b.Cluster].Policies, b.Policies...)
	}
	p, err := proof.New(known, x, built)
	if err != nil {
		t.Fatal(err)
	}
	return known, p.Clusters
}
