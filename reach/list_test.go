package reach

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// manifest gives what to write for each of so many namespaces, and the cluster of
// it.
func manifest(t testing.TB, namespaces int, each string) *Graph {
	t.Helper()
	var b strings.Builder
	for i := range namespaces {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n%[1]d}\n", i)
		fmt.Fprintf(&b, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: n%d}\nspec: %s\n",
			i, strings.ReplaceAll(each, "NUMBER", fmt.Sprint(i+1)))
	}
	objects, err := Read("cluster.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	g, err := Build(&objects.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Specs of policies, NUMBER being another one in every namespace.
const (
	fromAllOnOwnPort = `{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: NUMBER}]}]}`
	deniedButDNS     = `{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dns}}}], ports: [{port: 53}]}]}`
)

// What every namespace may do to each by another port is a line for each, not one
// for each pair.
func TestAllToAllStaysTogether(t *testing.T) {
	for _, n := range []int{200, 1000} {
		g := manifest(t, n, fromAllOnOwnPort)
		list := g.List(g.Open())
		if len(g.Open()) > 2*n || len(list) > 2*n {
			t.Errorf("%d namespaces have %d edges and %d lines", n, len(g.Open()), len(list))
		}
		if !slices.ContainsFunc(list, func(c Connection) bool {
			return c.From.String() == "every namespace" && c.To.Namespace == "n7" && c.Ports.String() == "8/TCP"
		}) {
			t.Errorf("of %d namespaces n7 is not reached from every namespace", n)
		}
	}
}

// A few namespaces are written pair by pair.
func TestFewNamespacesAreWrittenOut(t *testing.T) {
	g := manifest(t, 10, fromAllOnOwnPort)
	if list := g.List(g.Open()); len(list) < 100 || slices.ContainsFunc(list, func(c Connection) bool { return c.From.AllNamespaces && c.To.Namespace != "" }) {
		t.Errorf("%d lines: %v", len(list), list)
	}
}

// What is the same in many namespaces is written namespace by namespace.
func TestManyNamespacesOfOneEdgeAreWrittenOut(t *testing.T) {
	const n = 10_000
	g := manifest(t, n, deniedButDNS)
	single := 0
	for _, c := range g.List(g.Open()) {
		if c.To.Namespace == "dns" && c.From.Namespace != "" && len(c.Rules) > 0 {
			single++
		}
	}
	if single != n {
		t.Errorf("%d of %d namespaces have a line for their rule", single, n)
	}
}

// The list is the same in whichever order edges come.
func TestListIsOfNoOrder(t *testing.T) {
	for _, n := range []int{20, 150} {
		g := manifest(t, n, fromAllOnOwnPort)
		edges := slices.Clone(g.Open())
		want := fmt.Sprint(g.List(edges))
		slices.Reverse(edges)
		if got := fmt.Sprint(g.List(edges)); got != want {
			t.Errorf("%d namespaces are listed otherwise in another order", n)
		}
	}
}

// What a guard forbids between all and all of a cluster where each namespace
// allows all is listed in proportion to its edges, and so is what is left of it.
func TestWhatIsForbiddenIsListedInProportion(t *testing.T) {
	for _, n := range []int{100, 500} {
		g := manifest(t, n, fromAllOnOwnPort)
		first, err := g.Pods([]string{"n0"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := g.Opens(Between(g.Everything(), g.Everything(), AllPorts))
		left := Subtract(found, Between([]Group{first}, g.Everything(), AllPorts))
		list := g.List(left)
		if limit := max(fewLines, linesOfEach*(len(left)+n)) + linesOfEach*linesOfEach*len(left); len(list) > limit || len(left) > 4*n {
			t.Errorf("%d namespaces: %d edges and %d lines, more than %d", n, len(left), len(list), limit)
		}
		t.Logf("%d namespaces: %d edges, %d lines", n, len(left), len(list))
	}
}

func TestNamespacesTogether(t *testing.T) {
	u := newUniverse([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
	for _, c := range []struct {
		namespaces  []int32
		short, full string
	}{
		{u.all, "every namespace", "every namespace"},
		{without(u.all, []int32{2, 3}), "every namespace but b, c", "every namespace but b, c"},
		{[]int32{others, 1}, "a and any other namespace", "a and any other namespace"},
		{[]int32{others}, "any other namespace", "any other namespace"},
		{[]int32{1}, "a", "a"},
		{[]int32{1, 2, 3, 4, 5, 6}, "a, b, c, d, e, f", "a, b, c, d, e, f"},
		{u.all[1:9], "a, b, c, d, e, 3 more", "a, b, c, d, e, f, g, h"},
		{u.all[:6], "every namespace but f, g, h, i, j", "every namespace but f, g, h, i, j"},
	} {
		ends := u.together(Group{namespaces: c.namespaces})
		if len(ends) != 1 || ends[0].String() != c.short || ends[0].Full() != c.full {
			t.Errorf("%v is %v", c.namespaces, ends)
		}
	}
}
