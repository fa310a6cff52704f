package conformance

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// atOnce is how many packets are judged before the next ones are made.
const atOnce = 50_000

// A unit is a cluster of a tenancy with what its overlays are built into.
type unit struct {
	folder, cluster string
	tenancy         *tenancy.Tenancy
	objects         *reach.Cluster
}

// unitsOf gives those of the tenancy in a folder, none if it is refused, which
// the diagnostics say.
func unitsOf(dir string) (out []*unit, diags []diag.Diagnostic, err error) {
	tn, x, diags, err := tenancies.Expand(dir)
	if err != nil || diag.HasErrors(diags) {
		return nil, diags, err
	}
	clusters, err := built(x)
	for name, objects := range tenancy.Sorted(clusters) {
		out = append(out, &unit{filepath.Base(dir), name, tn, objects})
	}
	return out, diags, err
}

// built gives what the overlays of each cluster are built into.
func built(x *generator.Expansion) (map[string]*reach.Cluster, error) {
	tree, err := render.Files(x)
	if err != nil {
		return nil, err
	}
	overlays, err := render.Build(x, tree, nil, nil)
	if err != nil {
		return nil, err
	}
	out := map[string]*reach.Cluster{}
	for _, b := range overlays {
		if out[b.Cluster] == nil {
			out[b.Cluster] = &reach.Cluster{}
		}
		out[b.Cluster].Policies = append(out[b.Cluster].Policies, b.Policies...)
		out[b.Cluster].Namespaces = append(out[b.Cluster].Namespaces, b.Namespaces...)
	}
	return out, nil
}

// A population gives the ends of a tenancy's connections a place in its world,
// and the pods among them addresses of the cluster.
type population struct {
	world   *world
	cluster *tenancy.Cluster
	numbers map[string]int // of ends, by what tells them apart
	chance  *rand.Rand
}

// populate gives the world of a unit, with the ends.
func populate(u *unit, ends packets.Ends, seed uint64) *population {
	p := &population{newWorld(), u.tenancy.Clusters[u.cluster], map[string]int{}, rand.New(rand.NewPCG(seed, 4))}
	p.world.shown = *u.objects
	for _, n := range u.objects.Namespaces {
		p.world.labels[n.Name] = n.Labels
	}
	for _, e := range slices.Concat(ends.Managed, ends.Others) {
		p.number(e)
	}
	return p
}

// number gives the number of an end.
func (p *population) number(e declared.End) int {
	key := fmt.Sprint(e.Namespace, e.Labels, e.Address)
	if n, ok := p.numbers[key]; ok {
		return n
	}
	x := address(e.Address)
	if e.Namespace != "" {
		x = end{
			End:      engine.End{Namespace: e.Namespace, Labels: e.Labels, Addresses: p.addresses()},
			endpoint: reach.Endpoint{Namespace: e.Namespace, Labels: e.Labels},
		}
	}
	p.numbers[key] = p.world.add(x)
	return p.numbers[key]
}

// addresses gives a pod one address out of each range of the cluster's pods: an
// engine by which blocks of addresses mean pods too must find none of them in
// any external.
func (p *population) addresses() (out []netip.Addr) {
	blocks := tenancy.Texts(p.cluster.Pods)
	if len(blocks) == 0 {
		blocks = []string{"10.244.0.0/16"} // what kubeadm's users take
	}
	for _, b := range blocks {
		out = append(out, packets.AtRandom(netip.MustParsePrefix(b), func() byte { return byte(p.chance.IntN(256)) }))
	}
	return out
}

// judge has reach, the engines and the tenancy judge connections of a unit, and
// gives how many they were.
func (c court) judge(u *unit, aim *packets.Aim, connections iter.Seq[declared.Connection], seed uint64) (n int, err error) {
	p := populate(u, aim.Ends, seed)
	g, err := p.world.graph()
	if err != nil {
		return 0, err
	}
	for some := range pieces(connections, atOnce) {
		n += len(some)
		asked := p.packetsOf(some)
		want, err := g.verdicts(asked)
		if err != nil {
			return n, err
		}
		if i := disagree(u.tenancy, some, asked, want); i >= 0 {
			err := verdictsOf(c, p.world, asked[i:i+1], want[i:i+1])
			return n, errors.Join(&undeclared{some[i], want[i], err == nil}, err)
		}
		if err := verdictsOf(c, p.world, asked, want); err != nil {
			return n, err
		}
	}
	return n, nil
}

// pieces gives what there is, so many at once; a piece is gone when the next
// comes.
func pieces[T any](of iter.Seq[T], n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		some := make([]T, 0, n)
		for x := range of {
			if some = append(some, x); len(some) < n {
				continue
			}
			if !yield(some) {
				return
			}
			some = some[:0]
		}
		if len(some) > 0 {
			yield(some)
		}
	}
}

// packetsOf gives connections as engines are asked of them.
func (p *population) packetsOf(connections []declared.Connection) []engine.Packet {
	out := make([]engine.Packet, len(connections))
	for i, c := range connections {
		// Those between the same ends stand beside each other.
		if i > 0 && same(c.From, connections[i-1].From) && same(c.To, connections[i-1].To) {
			out[i] = out[i-1]
		} else {
			out[i].From, out[i].To = p.number(c.From), p.number(c.To)
		}
		out[i].Protocol, out[i].Port = string(c.Protocol), c.Port
	}
	return out
}

func same(a, b declared.End) bool {
	return a.Namespace == b.Namespace && a.Address == b.Address && maps.Equal(a.Labels, b.Labels)
}

// disagree gives the first of the connections on which reach and the tenancy
// differ, or -1.
func disagree(tn *tenancy.Tenancy, connections []declared.Connection, asked []engine.Packet, want []bool) int {
	var ends *declared.Pair
	for i, c := range connections {
		if i == 0 || asked[i].From != asked[i-1].From || asked[i].To != asked[i-1].To {
			ends = declared.Between(tn, c, tenancies.Day)
		}
		if ends.Open(c.Protocol, c.Port) != want[i] {
			return i
		}
	}
	return -1
}

// undeclared is a connection on which reach and the declaration differ.
type undeclared struct {
	declared.Connection
	open   bool // says reach
	agreed bool // and all engines
}

// Error says who says what.
func (u *undeclared) Error() string {
	who := "reach says"
	if u.agreed {
		who = "reach and the engines say"
	}
	return fmt.Sprintf("%s -> %s on %d/%s of cluster %s: declared open: %t, %s %t",
		shown(u.From), shown(u.To), u.Port, u.Protocol, u.Cluster, !u.open, who, u.open)
}

func shown(e declared.End) string {
	if e.Namespace == "" {
		return e.Address.String()
	}
	return fmt.Sprintf("a pod in %s with labels %v", e.Namespace, e.Labels)
}

// of reports whether the two still differ in another tenancy.
func (u *undeclared) of(dir string) bool {
	units, _, err := unitsOf(dir)
	if err != nil {
		return false
	}
	for _, other := range units {
		if other.cluster != u.Cluster {
			continue
		}
		p := populate(other, packets.Ends{Others: []declared.End{u.From, u.To}}, 1)
		open, err := p.world.verdicts(p.packetsOf([]declared.Connection{u.Connection}))
		return err == nil && open[0] == u.open && declared.Open(other.tenancy, u.Connection, tenancies.Day) != u.open
	}
	return false
}
