// Package reach answers, from Kubernetes objects alone, who can talk to whom. It
// knows the whole of NetworkPolicy v1 and nothing of who wrote the policies.
//
// Everything is sets: endpoints are groups of pods, by demands on their labels,
// or ranges of addresses; ports are ranges of numbers. What egress rules allow
// is one list of edges from groups to groups, what ingress rules allow is
// another, and open is what both allow. No pair of pods is ever enumerated.
//
// Whether any labels fit selectors that exclude each other is hard to say where
// they are many and of several keys each. After some steps the engine takes it
// that some do: what it says is open is then too much, never too little.
package reach

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// Cluster is the objects of one cluster that decide who reaches whom.
type Cluster struct {
	Namespaces []*corev1.Namespace
	Workloads  []*Workload
	Policies   []*networkingv1.NetworkPolicy
}

// Workload is pods that are alike: a Pod, or what a pod template makes.
type Workload struct {
	Namespace string
	Kind      string
	Name      string
	Labels    map[string]string
	Ports     []NamedPort
	// Addresses are known of a Pod that runs.
	Addresses []netip.Addr
	// HostNetwork pods have the addresses of their nodes; selectors do not match
	// them and policies do not rule them (Kubernetes, Network Policies).
	HostNetwork bool
}

// NamedPort is a port of a container that has a name.
type NamedPort struct {
	Name     string
	Protocol Protocol
	Number   int
}

// Graph is who can talk to whom in a cluster.
type Graph struct {
	u        *universe
	policies [][]*policy        // by the number of their namespace
	halves   [directions][]Edge // what each side allows
	open     []Edge             // what both allow
	byPlace  *index             // of open
}

// Build gives the graph of a cluster. The further namespaces are known to it
// without an object that names them: graphs that know the same ones can be
// compared. The error names every policy that cannot be read, and why.
func Build(c *Cluster, further ...string) (*Graph, error) {
	u := newUniverse(slices.Concat(c.NamespaceNames(), further))
	if err := u.add(c); err != nil {
		return nil, err
	}
	g := &Graph{u: u, policies: make([][]*policy, len(u.names)+1)}
	var errs []error
	for _, np := range c.Policies {
		p, err := u.understand(np)
		if err != nil {
			errs = append(errs, fmt.Errorf("NetworkPolicy %s/%s: %w", namespaceOf(np.Namespace), np.Name, err))
			continue
		}
		g.policies[p.namespace] = append(g.policies[p.namespace], p)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	for d := range directions {
		g.halves[d] = g.half(direction(d))
	}
	g.open = u.meet(g.halves[egress], g.halves[ingress])
	return g, nil
}

// Shows gives the namespaces that the objects are in, or are.
func (c *Cluster) Shows() (out []string) {
	for _, n := range c.Namespaces {
		out = append(out, n.Name)
	}
	for _, w := range c.Workloads {
		out = append(out, namespaceOf(w.Namespace))
	}
	for _, p := range c.Policies {
		out = append(out, namespaceOf(p.Namespace))
	}
	return out
}

// NamespaceNames gives the namespaces that the objects show or name.
func (c *Cluster) NamespaceNames() []string {
	names := map[string]bool{}
	for _, name := range c.Shows() {
		names[name] = true
	}
	for _, p := range c.Policies {
		for s, ofNamespaces := range selectors(p) {
			if !ofNamespaces {
				continue
			}
			for _, name := range namesAsked(s) {
				names[name] = true
			}
		}
	}
	return slices.Collect(maps.Keys(names))
}

// add fills in what the objects say about namespaces and pods.
func (u *universe) add(c *Cluster) error {
	var errs []error
	for _, n := range c.Namespaces {
		labels := maps.Clone(n.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels[namespaceName] = n.Name
		at := u.number(n.Name)
		if u.labels[at] != nil && !maps.Equal(u.labels[at], labels) {
			errs = append(errs, fmt.Errorf("namespace %q is there twice, with other labels", n.Name))
		}
		u.labels[at] = labels
	}
	for _, w := range c.Workloads {
		if w.HostNetwork {
			continue
		}
		at := u.number(namespaceOf(w.Namespace))
		u.workloads[at] = append(u.workloads[at], w)
		if len(w.Addresses) > 0 {
			u.addressed = append(u.addressed, w)
		}
	}
	u.indexWorkloads()
	for _, p := range c.Policies {
		u.mention(p)
	}
	return errors.Join(errs...)
}

// half gives what one direction allows: the rules of its policies, and
// everything for pods that nothing isolates and for addresses.
func (g *Graph) half(d direction) []Edge {
	h := halves{d: d, byKey: map[string]int{}}
	h.edges = append(h.edges, g.u.outside(d))
	for n, ps := range g.policies {
		free := pods{}
		for _, p := range ps {
			if !p.isolates[d] || p.subject.isNothing() {
				continue
			}
			free.not = append(free.not, p.subject)
			for i := range p.rules[d] {
				r := &p.rules[d][i]
				for _, peer := range r.peers {
					h.add(int32(n), pods{in: p.subject}, peer, r, Rule{p.object, i})
				}
			}
		}
		if free, ok := free.checked(); ok {
			for _, peer := range g.u.everything() {
				h.add(int32(n), free, peer, &rule{ports: AllPorts}, Rule{})
			}
		}
	}
	return h.edges
}

// outside gives what addresses may do: no policy rules them.
func (u *universe) outside(d direction) Edge {
	e := Edge{From: Group{addresses: everyAddress}, To: Group{namespaces: u.all}, Ports: AllPorts}
	if d == ingress {
		e.From, e.To = e.To, e.From
	}
	return e
}

// halves collects the edges of one direction. Pods of many namespaces to which
// the same applies become one edge.
type halves struct {
	d     direction
	edges []Edge
	byKey map[string]int
}

func (h *halves) add(n int32, subject pods, peer Group, r *rule, why Rule) {
	key := subject.key() + "|" + peer.key() + fmt.Sprint(r.ports, r.names, why.Policy == nil)
	i, ok := h.byKey[key]
	if !ok {
		i = len(h.edges)
		h.byKey[key] = i
		own := Group{pods: subject}
		e := Edge{From: own, To: peer, Ports: r.ports, names: r.names}
		if h.d == ingress {
			e.From, e.To = peer, own
		}
		h.edges = append(h.edges, e)
	}
	e := &h.edges[i]
	own, rules := &e.From, &e.Egress
	if h.d == ingress {
		own, rules = &e.To, &e.Ingress
	}
	if len(own.namespaces) == 0 || own.namespaces[len(own.namespaces)-1] != n {
		own.namespaces = append(own.namespaces, n) // they come in order
	}
	if why.Policy != nil {
		*rules = append(*rules, why)
	}
}

// Open gives everything that is open: no more, and together no less. What is
// open twice, by rules of several policies, is there twice.
func (g *Graph) Open() []Edge { return g.open }
