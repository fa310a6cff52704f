package proof

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// declare takes down what must be open.
func (c *Cluster) declare(connections []generator.Connection) error {
	for i := range connections {
		d := &connections[i]
		edges, err := c.edges(d)
		if err != nil {
			return err
		}
		for range edges {
			c.causes = append(c.causes, d)
		}
		c.declared = append(c.declared, edges...)
	}
	return nil
}

func (c *Cluster) edges(d *generator.Connection) (out []reach.Edge, err error) {
	open := reach.AllPorts
	if d.Ports != nil {
		open = ports(d.Ports)
	}
	froms, err := c.groups(d.From)
	if err != nil {
		return nil, err
	}
	tos, err := c.groups(d.To)
	if err != nil {
		return nil, err
	}
	for _, from := range froms {
		for _, to := range tos {
			out = append(out, reach.Edge{From: from, To: to, Ports: open})
		}
	}
	return out, nil
}

// groups gives the endpoints of peers: pods with the same labels together, then
// addresses.
func (c *Cluster) groups(peers []generator.Peer) (out []reach.Group, err error) {
	byLabels := grouped{c: c}
	for _, p := range peers {
		if p.Block.IsValid() {
			g, err := reach.Addresses([]netip.Prefix{p.Block}, p.Except)
			if err != nil {
				return nil, err
			}
			out = append(out, g)
			continue
		}
		for _, name := range p.Namespaces {
			byLabels.add(name, p.Pods)
		}
	}
	pods, err := byLabels.groups()
	return append(pods, out...), err
}

// grouped collects pods of namespaces by their labels.
type grouped struct {
	c          *Cluster
	labels     []tenancy.Labels
	namespaces [][]string
	byKey      map[string]int
}

func (b *grouped) add(namespace string, labels tenancy.Labels) {
	if b.byKey == nil {
		b.byKey = map[string]int{}
	}
	key := fmt.Sprint(labels) // sorted by fmt
	i, ok := b.byKey[key]
	if !ok {
		i = len(b.labels)
		b.byKey[key] = i
		b.labels, b.namespaces = append(b.labels, labels), append(b.namespaces, nil)
	}
	b.namespaces[i] = append(b.namespaces[i], namespace)
}

func (b *grouped) groups() (out []reach.Group, err error) {
	for i, labels := range b.labels {
		g, err := b.c.Graph.Pods(slices.Compact(slices.Sorted(slices.Values(b.namespaces[i]))), labels)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
