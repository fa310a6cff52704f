package conformance

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// built gives what the overlays of each cluster are built into.
func built(x *generator.Expansion) (map[string]*reach.Cluster, error) {
	tree, err := render.Files(x)
	if err != nil {
		return nil, err
	}
	overlays, err := render.Build(x, tree, nil)
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

// populate gives the world of what a tenancy's cluster is built into.
func populate(tn *tenancy.Tenancy, cluster string, objects *reach.Cluster, seed uint64) *population {
	p := &population{newWorld(), tn.Clusters[cluster], map[string]int{}, rand.New(rand.NewPCG(seed, 4))}
	p.world.shown = *objects
	for _, n := range objects.Namespaces {
		p.world.labels[n.Name] = n.Labels
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

// packetsOf gives connections as engines are asked of them.
func (p *population) packetsOf(connections []declared.Connection) []engine.Packet {
	out := make([]engine.Packet, len(connections))
	for i, c := range connections {
		out[i] = engine.Packet{From: p.number(c.From), To: p.number(c.To), Protocol: string(c.Protocol), Port: c.Port}
	}
	return out
}

// disagree gives the connections on which reach and the tenancy differ.
func disagree(tn *tenancy.Tenancy, connections []declared.Connection, want []bool) error {
	var wrong []string
	for i, c := range connections {
		if open := declared.Open(tn, c, tenancies.Day); open != want[i] {
			wrong = append(wrong, fmt.Sprintf("%+v: declared open: %t, reach says %t", c, open, want[i]))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%d connections, such as\n%s", len(wrong), strings.Join(wrong[:min(5, len(wrong))], "\n"))
}
