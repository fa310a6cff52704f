package reach

import (
	"fmt"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// Namespaces gives the namespaces that the graph knows, sorted.
func (g *Graph) Namespaces() []string { return g.u.names }

// Pods gives the pods with all of the labels in the namespaces, which the graph
// must know: it is an error if it does not.
func (g *Graph) Pods(namespaces []string, labels map[string]string) (Group, error) {
	var out Group
	for _, name := range namespaces {
		n := g.u.number(name)
		if n == others {
			return Group{}, fmt.Errorf("namespace %q is not known", name)
		}
		out.namespaces = append(out.namespaces, n)
	}
	slices.Sort(out.namespaces)
	out.namespaces = slices.Compact(out.namespaces)
	for key, value := range labels {
		out.pods.in, _ = out.pods.in.and(region{{key, values{false, []string{value}}}})
	}
	return out, nil
}

// Elsewhere gives the pods of every namespace but these, unknown ones included.
func (g *Graph) Elsewhere(namespaces []string) Group {
	var but []int32
	for _, name := range namespaces {
		but = append(but, g.u.number(name))
	}
	slices.Sort(but)
	return Group{namespaces: without(g.u.all, but)}
}

// Addresses gives the addresses of the blocks without the exceptions.
func Addresses(blocks, except []netip.Prefix) (Group, error) {
	set, err := ipSet(blocks, except)
	return Group{addresses: set}, err
}

// Lacks gives what of the edges is not open.
func (g *Graph) Lacks(edges []Edge) []Edge { return g.index().without(edges) }

// Opens gives what of the edges is open, with the rules that open it.
func (g *Graph) Opens(edges []Edge) []Edge { return g.index().within(edges) }

// index gives the index of what is open, made when it is first asked for.
func (g *Graph) index() *index {
	if g.byPlace == nil {
		g.byPlace = newIndex(g.open)
	}
	return g.byPlace
}

// EveryAddress gives all addresses.
func (g *Graph) EveryAddress() Group { return Group{addresses: everyAddress} }

// Halves gives what of the edges each side allows by itself, with its rules.
func (g *Graph) Halves(edges []Edge) (egressAllows, ingressAllows []Edge) {
	return Intersect(edges, g.halves[egress]), Intersect(edges, g.halves[ingress])
}

// Isolating gives the policies that isolate some pods of a group for egress, and
// those for ingress.
func (g *Graph) Isolating(group Group) (forEgress, forIngress []*networkingv1.NetworkPolicy) {
	var out [directions][]*networkingv1.NetworkPolicy
	for _, n := range group.namespaces {
		for _, p := range g.policies[n] {
			if _, overlaps := group.pods.and(pods{in: p.subject}); !overlaps || p.subject.isNothing() {
				continue
			}
			for d := range directions {
				if p.isolates[d] {
					out[d] = append(out[d], p.object)
				}
			}
		}
	}
	return out[egress], out[ingress]
}

// Everything is every pod and every address.
func (g *Graph) Everything() []Group { return g.u.everything() }

// Between gives the edges from each group to each other one.
func Between(from, to []Group, ports Ports) (out []Edge) {
	for _, f := range from {
		for _, t := range to {
			out = append(out, Edge{From: f, To: t, Ports: ports})
		}
	}
	return out
}

// PolicyName gives a policy's namespace and name.
func PolicyName(p *networkingv1.NetworkPolicy) string { return namespaceOf(p.Namespace) + "/" + p.Name }
