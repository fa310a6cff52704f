package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestDeclaredCatchesDamage damages what the generator gives for an overlay, in
// one place at a time, as a mistake in it would: whatever changes who reaches
// whom, which the sets of the two graphs say exactly, a packet must show.
func TestDeclaredCatchesDamage(t *testing.T) {
	t.Parallel()
	all := &score{kinds: map[string]*[outcomes]int{}}
	t.Run("all", func(t *testing.T) {
		for _, x := range findTenancies(t) {
			t.Run(x.name, func(t *testing.T) {
				t.Parallel()
				damageTenancy(t, x, all)
			})
		}
	})
	var sum [outcomes]int
	for name, k := range tenancy.Sorted(all.kinds) {
		for i, n := range k {
			sum[i] += n
		}
		t.Logf("%-45s %3d of %3d caught, %3d equivalent", name, k[caught], k[caught]+k[missed], k[equivalent])
	}
	t.Logf("%-45s %3d of %3d caught, %3d equivalent", "all", sum[caught], sum[caught]+sum[missed], sum[equivalent])
	for _, name := range append(tenancy.Keys(damages), expiredFlow) {
		if k := all.kinds[name]; k == nil || k[caught] == 0 {
			t.Errorf("%s: nothing of the kind was done, or it changes nothing", name)
		}
	}
}

// What becomes of a damage.
const (
	caught = iota
	missed
	equivalent // it changes nothing
	outcomes
)

// score counts damages by their kind.
type score struct {
	sync.Mutex
	kinds map[string]*[outcomes]int
}

func (s *score) count(kind string, outcome int) {
	s.Lock()
	defer s.Unlock()
	if s.kinds[kind] == nil {
		s.kinds[kind] = new([outcomes]int)
	}
	s.kinds[kind][outcome]++
}

// overlaysDamaged bounds how many overlays of each tenancy are damaged.
const overlaysDamaged = 5

func damageTenancy(t *testing.T, x exampleTenancy, all *score) {
	tn, expansion, diags := understood(t, x.dir)
	if diag.HasErrors(diags) {
		t.Fatal(diags)
	}
	built := buildAll(t, expansion)
	if expansion.LastExpired != "" {
		rendersExpired(t, tn, all)
	}
	r := rand.New(rand.NewPCG(7, uint64(len(built))))
	for _, o := range toDamage(expansion.Overlays(), r) {
		v := newVictim(t, tn, expansion, built, o)
		for name, damage := range tenancy.Sorted(damages) {
			for range 2 {
				if c := v.cluster(); damage(&wound{v, c, c.Overlays[0], r}) {
					all.count(name, v.judge(t, name, c))
				}
			}
		}
	}
}

// toDamage chooses some overlays: those that do without a layer, in which the
// others do not hide what deny does, then those with many policies, which offer
// the most to damage.
func toDamage(overlays []*generator.Overlay, r *rand.Rand) []*generator.Overlay {
	offers := map[*generator.Overlay]int{}
	for _, o := range overlays {
		offers[o] = len(o.Policies) + r.IntN(10)
		if len(o.Layers) < 3 {
			offers[o] += 1000
		}
	}
	slices.SortStableFunc(overlays, func(a, b *generator.Overlay) int { return offers[b] - offers[a] })
	return overlays[:min(overlaysDamaged, len(overlays))]
}

// rendersExpired renders flows that have expired as well. At one end alone they
// would open nothing.
func rendersExpired(t *testing.T, tn *tenancy.Tenancy, all *score) {
	x, _ := generator.Expand(tn, generator.Options{AsOf: "0001-01-01", Today: testDay, Soon: testDay})
	graphs, err := graphsOf(x)
	if err != nil {
		t.Fatal(err)
	}
	var shown int
	for cluster, g := range tenancy.Sorted(graphs) {
		shown += len(disagreements(tn, g, packets.New(tn, cluster, 1).Packets(0, 500), &tally{}))
	}
	if shown == 0 {
		t.Error("no packet shows the flows that have expired")
		return
	}
	all.count(expiredFlow, caught)
}

// expiredFlow is the kind of damage that concerns more than one overlay.
const expiredFlow = "a flow that has expired"

func buildAll(t *testing.T, x *generator.Expansion) []render.Built {
	tree, err := render.Files(x)
	if err != nil {
		t.Fatal(err)
	}
	built, err := render.Build(x, tree, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// A victim is an overlay that is damaged again and again.
type victim struct {
	tenancy   *tenancy.Tenancy
	expansion *generator.Expansion
	intact    *generator.Cluster // with the overlay alone
	others    []*networkingv1.NetworkPolicy
	known     []declared.End // that are worth a packet
	names     []string       // of their namespaces, and of all that policies name
	graph     *reach.Graph   // without damage
}

func newVictim(t *testing.T, tn *tenancy.Tenancy, x *generator.Expansion, built []render.Built, o *generator.Overlay) *victim {
	v := &victim{tenancy: tn, expansion: x}
	for _, c := range x.Clusters {
		if c.Name == o.Cluster {
			v.intact = &generator.Cluster{Name: c.Name, Base: c.Base, Overlays: []*generator.Overlay{o}}
		}
	}
	whole := reach.Cluster{}
	for _, b := range built {
		if b.Overlay == nil || b.Overlay.Cluster != o.Cluster {
			continue
		}
		whole.Policies = append(whole.Policies, b.Policies...)
		if b.Overlay != o {
			v.others = append(v.others, b.Policies...)
		}
	}
	a := packets.New(tn, o.Cluster, 3)
	v.known = slices.Concat(a.Ends.Managed, a.Ends.Others)
	v.names = append(whole.NamespaceNames(), nowhere)
	for _, e := range v.known {
		if e.Namespace != "" {
			v.names = append(v.names, e.Namespace)
		}
	}
	var err error
	if v.graph, err = reach.Build(&whole, v.names...); err != nil {
		t.Fatal(err)
	}
	return v
}

// cluster gives a cluster of the overlay alone, which may be changed.
func (v *victim) cluster() *generator.Cluster {
	o := *v.intact.Overlays[0]
	o.Layers, o.Policies = slices.Clone(o.Layers), clonePolicies(o.Policies)
	return &generator.Cluster{Name: o.Cluster, Base: clonePolicies(v.intact.Base), Overlays: []*generator.Overlay{&o}}
}

func clonePolicies(ps []*generator.Policy) (out []*generator.Policy) {
	for _, p := range ps {
		q := *p
		q.Isolates, q.Ingress, q.Egress = slices.Clone(p.Isolates), cloneRules(p.Ingress), cloneRules(p.Egress)
		out = append(out, &q)
	}
	return out
}

func cloneRules(rs []generator.Rule) (out []generator.Rule) {
	for _, r := range rs {
		s := generator.Rule{Ports: slices.Clone(r.Ports)}
		for _, p := range r.Peers {
			p.Namespaces, p.Except = slices.Clone(p.Namespaces), slices.Clone(p.Except)
			s.Peers = append(s.Peers, p)
		}
		out = append(out, s)
	}
	return out
}

// judge builds the damaged overlay and looks for a packet that shows it.
func (v *victim) judge(t *testing.T, name string, c *generator.Cluster) int {
	x := &generator.Expansion{Clusters: []*generator.Cluster{c}}
	tree, err := render.Files(x)
	if err != nil {
		t.Fatal(name, err)
	}
	built, err := render.Build(x, tree, nil, nil)
	if !slices.Contains(c.Overlays[0].Layers, generator.LayerDeny) && err != nil {
		return caught // such an overlay is not even built
	}
	if err != nil {
		t.Fatal(name, err)
	}
	g, err := reach.Build(&reach.Cluster{Policies: slices.Concat(v.others, built[0].Policies)}, v.names...)
	if err != nil {
		t.Fatal(name, err)
	}
	closed, opened := reach.Subtract(v.graph.Open(), g.Open()), reach.Subtract(g.Open(), v.graph.Open())
	if len(closed)+len(opened) == 0 {
		return equivalent
	}
	if v.shows(g, c) {
		return caught
	}
	t.Errorf("%s in overlay %s of %s: no packet shows it; %d edges closed, %d opened\n%s", name, v.intact.Overlays[0].Namespace, c.Name,
		len(closed), len(opened), flowFiles(tree))
	return missed
}

// shows reports whether a packet is judged otherwise by the graph than by the
// tenancy.
func (v *victim) shows(g *reach.Graph, damaged *generator.Cluster) bool {
	for _, p := range v.packets(damaged) {
		protocol, _ := reach.ParseProtocol(string(p.Protocol))
		if g.Allows(endpoint(p.From), endpoint(p.To), protocol, p.Port) != declared.Open(v.tenancy, p, testDay) {
			return true
		}
	}
	return false
}

// flowFiles shows the policies of flows in a tree.
func flowFiles(tree render.Tree) string {
	var out strings.Builder
	for name, data := range tenancy.Sorted(tree) {
		if strings.Contains(name, "/allow-") && !strings.Contains(name, "/base/") {
			fmt.Fprintf(&out, "%s\n%s\n", name, data)
		}
	}
	return out.String()
}
