package reach

import (
	"fmt"
	"slices"
	"testing"
)

// ends gives where connections lead to, each once.
func (g *Graph) ends(edges []Edge) (out []string) {
	for _, c := range g.List(edges) {
		out = append(out, c.To.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Workloads that policies do not tell apart are told apart by the labels that are
// asked for.
func TestConnectionsOfOneOfTwoThatOverlap(t *testing.T) {
	a := &Workload{Namespace: "shop", Kind: "Deployment", Name: "a", Labels: map[string]string{"app": "web", "version": "1"}}
	b := &Workload{Namespace: "shop", Kind: "Deployment", Name: "b", Labels: map[string]string{"app": "web", "version": "2"}}
	g := ruled(t, `{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}`, a, b)
	to, err := g.Pods([]string{"shop"}, b.Labels)
	if err != nil {
		t.Fatal(err)
	}
	got := g.ends(g.Opens(Between(g.Everything(), []Group{to}, AllPorts)))
	if want := []string{"shop/b"}; !slices.Equal(got, want) {
		t.Errorf("what is open to b is listed as %q", got)
	}
}

// With an index of workloads, the same are found as without.
func TestWorkloadsByLabel(t *testing.T) {
	s := seeded(5)
	for range 300 {
		u := newUniverse([]string{"shop"})
		for i := range s(3 * manyWorkloads) {
			labels := map[string]string{}
			for _, k := range keys {
				if s.oneIn(2) {
					labels[k] = pick(s, words)
				}
			}
			u.workloads[1] = append(u.workloads[1], &Workload{Namespace: "shop", Name: fmt.Sprint(i), Labels: labels})
		}
		u.indexWorkloads()
		p := s.pods()
		var want []*Workload
		for _, w := range u.workloads[1] {
			if p.has(lookUp(w.Labels)) {
				want = append(want, w)
			}
		}
		if got := u.shown(1, p); !slices.Equal(got, want) {
			t.Fatalf("%d workloads instead of %d are in %v", len(got), len(want), p)
		}
	}
}

// Of many workloads in one namespace, a selector of one looks at one.
func TestWorkloadsAreNotAllLookedAt(t *testing.T) {
	u := newUniverse([]string{"shop"})
	for i := range 1000 {
		w := &Workload{Namespace: "shop", Name: fmt.Sprint(i), Labels: map[string]string{"app": fmt.Sprint("a", i), "tier": "web"}}
		u.workloads[1] = append(u.workloads[1], w)
	}
	u.indexWorkloads()
	asked := region{{"app", values{false, []string{"a7"}}}, {"tier", values{false, []string{"web"}}}}
	if got := u.labelledAs(1, asked); len(got) != 1 || got[0].Name != "7" {
		t.Errorf("%d workloads are looked at", len(got))
	}
}
