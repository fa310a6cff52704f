package proof

import (
	"fmt"
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A selector finds what the peers of a guard mean on one cluster: everything
// that they do not leave out.
type selector struct {
	p *Proof
	c *Cluster
	// always says that the guard asks for what its destination declares: without
	// ports for all of that, on a number for those that declare it.
	always  bool
	named   map[string]bool // the names of ports that were found
	met     bool            // both ends are there
	unknown []fact          // what the cluster does not say, and must
	err     error
}

// A fact is why a cluster cannot say what a peer means there.
type fact struct {
	peer      *tenancy.Peer
	code      diag.Code
	fix, text string
}

// A target is endpoints that a peer selects.
type target struct {
	group    reach.Group
	declared map[string]tenancy.Port
	parts    []target // the workloads in it, if it is more than one workload
}

// edges gives the connections that a rule matches. A nil environment is every
// one on the cluster. A fact that is unknown counts only if the other end is
// there.
func (s *selector) edges(r *tenancy.GuardRule, from, to *tenancy.Environment) (out []reach.Edge) {
	before := len(s.unknown)
	sources := s.sources(r.From, from)
	noSource := len(sources) == 0 && len(s.unknown) == before
	between := len(s.unknown)
	dests := s.targets(r.To, to)
	if noSource || len(dests) == 0 && len(s.unknown) == between {
		s.unknown = s.unknown[:before]
		return nil
	}
	s.met = s.met || len(sources) > 0 && len(dests) > 0
	for _, whole := range dests {
		for _, dest := range s.byPorts(&r.Ports, whole) {
			for _, src := range sources {
				dest.From = src.group
				out = append(out, dest)
			}
		}
	}
	return out
}

// byPorts gives edges to a destination on the ports of a rule: on names to each
// workload that declares them, on numbers to all of it.
func (s *selector) byPorts(wanted *tenancy.FlowPorts, dest target) (out []reach.Edge) {
	if len(wanted.List) == 0 {
		if !s.always {
			return []reach.Edge{{To: dest.group, Ports: reach.AllPorts}}
		}
		return dest.each(func(string, tenancy.Port) (tenancy.Port, bool) { return tenancy.Port{}, true })
	}
	for _, p := range wanted.List {
		edges := s.onPort(p, dest)
		s.named[p.Name] = s.named[p.Name] || len(edges) > 0
		out = append(out, edges...)
	}
	return out
}

// onPort gives edges to a destination on one port.
func (s *selector) onPort(p tenancy.FlowPort, dest target) []reach.Edge {
	if p.Name != "" {
		return dest.each(func(name string, _ tenancy.Port) (tenancy.Port, bool) { return tenancy.Port{}, name == p.Name })
	}
	if s.always {
		declaring := dest.each(func(_ string, declared tenancy.Port) (tenancy.Port, bool) { return p.Port, declared.Covers(p.Port) })
		if len(declaring) > 0 {
			return declaring
		}
	}
	return []reach.Edge{{To: dest.group, Ports: ports([]tenancy.Port{p.Port})}}
}

// each gives an edge to each workload of a target that declares a port for which
// pick reports true: on the port that it gives, or on the declared one.
func (t target) each(pick func(name string, declared tenancy.Port) (tenancy.Port, bool)) (out []reach.Edge) {
	parts := t.parts
	if parts == nil {
		parts = []target{t}
	}
	for _, part := range parts {
		var found []tenancy.Port
		for name, declared := range part.declared {
			if p, ok := pick(name, declared); ok && p.Number > 0 {
				found = append(found, p)
			} else if ok {
				found = append(found, declared)
			}
		}
		if len(found) > 0 {
			out = append(out, reach.Edge{To: part.group, Ports: ports(found)})
		}
	}
	return out
}

// sources gives what a peer selects that opens connections: of everything, not
// the mesh's probes, which are the pod's own node; and of the API server, what it
// calls webhooks from.
func (s *selector) sources(peer *tenancy.Peer, e *tenancy.Environment) []target {
	switch {
	case peer == nil:
		return s.withoutProbes(s.everything())
	case peer.APIServer:
		cidrs, pods := s.c.facts.Callers()
		if pods != nil {
			return []target{{group: s.pods([]string{pods.Namespace.Text}, pods.Pods)}}
		}
		return s.addresses(cidrs, "API server", peer, nil)
	}
	return s.targets(peer, e)
}

func (s *selector) withoutProbes(ts []target) []target {
	probes, ok := generator.Probes(s.c.facts)
	if !ok {
		return ts
	}
	every, except := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, []netip.Prefix{probes}
	return append(ts[:1:1], s.blocks(every, except, nil)...)
}

// targets gives what a peer selects on the cluster; a nil peer is everything,
// undeclared namespaces and every address included.
func (s *selector) targets(peer *tenancy.Peer, e *tenancy.Environment) []target {
	switch {
	case peer == nil:
		return s.everything()
	case peer.External.Set():
		ext := s.p.t.Externals[peer.External.Text]
		s.whole(peer, ext)
		return s.external(ext)
	case peer.Nodes:
		return s.addresses(s.c.facts.Nodes, "nodes", peer, nil)
	case peer.APIServer:
		return s.apiServer(peer)
	case peer.Shared.Set():
		return s.shared(peer)
	}
	return s.teams(peer, e)
}

func (s *selector) everything() []target {
	var inside, outside []target
	for namespace, place := range tenancy.Sorted(s.c.Places) {
		if place.hostNetwork {
			outside = append(outside, s.onNodes(&tenancy.Peer{}, place.workloads)...)
			continue
		}
		inside = append(inside, s.workloads(&tenancy.Peer{}, namespace, place.workloads)...)
	}
	for _, ext := range tenancy.Sorted(s.p.t.Externals) {
		outside = append(outside, s.external(ext)...)
	}
	return []target{
		{group: s.c.Graph.Elsewhere(nil), parts: inside},
		{group: s.c.Graph.EveryAddress(), parts: outside},
	}
}

// whole sees to it that something is left of every range of an external: of one
// that is cut to nothing a guard would say nothing.
func (s *selector) whole(peer *tenancy.Peer, ext *tenancy.External) {
	_, problems := generator.OpenExternal(ext, s.c.facts)
	for _, d := range problems {
		if d.Code == diag.ExternalCut {
			s.unknown = append(s.unknown, fact{peer, d.Code, "name what it is: nodes, or the addresses that are left", d.Fact})
		}
	}
}

// external gives what flows open when they name the external: in a guard, too,
// the cluster's own addresses are not among those of the internet.
func (s *selector) external(ext *tenancy.External) (out []target) {
	for _, p := range generator.Blocks(ext, s.c.facts) {
		out = append(out, s.blocks([]netip.Prefix{p.Block}, p.Except, ext.Ports)...)
	}
	return out
}

// apiServer gives the API server. Its port has no name.
func (s *selector) apiServer(peer *tenancy.Peer) []target {
	api := s.c.facts.APIServer
	if api == nil {
		return s.addresses(nil, "API server", peer, nil)
	}
	port := tenancy.Port{Number: api.Port, End: api.Port, Protocol: tenancy.TCP}
	return s.addresses(api.CIDRs, "API server", peer, map[string]tenancy.Port{"": port})
}

// addresses gives a fact of the cluster. A guard cannot be judged without it.
func (s *selector) addresses(facts []tenancy.Word, what string, peer *tenancy.Peer, declared map[string]tenancy.Port) []target {
	if len(facts) == 0 {
		command := "kubectl get nodes -o wide"
		if what != "nodes" {
			command = "kubectl get endpointslices -n default"
		}
		s.unknown = append(s.unknown, fact{peer, diag.ClusterFact, fmt.Sprintf("add them to the cluster, as %q shows them", command),
			fmt.Sprintf("the addresses of the %s of cluster %q are unknown", what, s.c.Name)})
		return nil
	}
	return s.blocks(prefixes(facts), nil, declared)
}

func (s *selector) blocks(in, except []netip.Prefix, declared map[string]tenancy.Port) []target {
	group, err := reach.Addresses(in, except)
	if err != nil {
		s.err = err
		return nil
	}
	return []target{{group: group, declared: declared}}
}

func prefixes(words []tenancy.Word) (out []netip.Prefix) {
	for _, w := range words {
		if p, err := netip.ParsePrefix(w.Text); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

func (s *selector) shared(peer *tenancy.Peer) []target {
	shared := s.p.t.Shared[peer.Shared.Text]
	switch {
	case !shared.On(s.c.Name):
		return nil
	case shared.HostNetwork && len(s.c.facts.Nodes) == 0:
		return s.addresses(nil, "nodes", peer, nil)
	case shared.HostNetwork:
		nodes := s.addresses(s.c.facts.Nodes, "nodes", peer, nil)
		for i := range nodes {
			nodes[i].parts = s.onNodes(peer, shared.Workloads)
		}
		return nodes
	}
	name := shared.Namespace.Text
	return s.narrowed(peer, []string{name}, s.workloads(peer, name, shared.Workloads))
}

// onNodes gives the workloads on the network of the nodes: each is all of the
// nodes' addresses. Where those are unknown, no policy names them either.
func (s *selector) onNodes(peer *tenancy.Peer, ws map[string]*tenancy.Workload) (out []target) {
	nodes := prefixes(s.c.facts.Nodes)
	for name, w := range tenancy.Sorted(ws) {
		if len(nodes) > 0 && picks(peer, name, w) {
			out = append(out, s.blocks(nodes, nil, w.Ports)...)
		}
	}
	return out
}

// picks reports whether a peer does not leave a workload out.
func picks(peer *tenancy.Peer, name string, w *tenancy.Workload) bool {
	return (!peer.Workload.Set() || name == peer.Workload.Text) && (!peer.Tag.Set() || w.Tags[peer.Tag.Text])
}

// teams gives the namespaces of teams that a peer selects: in every environment
// on the cluster, unless one is given.
func (s *selector) teams(peer *tenancy.Peer, only *tenancy.Environment) []target {
	var names []string
	var parts []target
	for _, e := range tenancy.Sorted(s.p.t.Environments) {
		if e.Cluster.Text != s.c.Name || only != nil && e != only || !fits(peer, e) {
			continue
		}
		for _, n := range s.p.members(peer, e) {
			name := n.KubernetesName(e)
			names = append(names, name)
			parts = append(parts, s.workloads(peer, name, n.Workloads)...)
		}
	}
	return s.narrowed(peer, names, parts)
}

// narrowed gives whole namespaces together, or those of their workloads that the
// peer asks for.
func (s *selector) narrowed(peer *tenancy.Peer, namespaces []string, parts []target) []target {
	switch {
	case peer.Workload.Set() || peer.Tag.Set():
		return parts
	case len(namespaces) == 0:
		return nil
	}
	return []target{{group: s.pods(namespaces, nil), parts: parts}}
}

// workloads gives the workloads of a namespace that a peer does not leave out.
func (s *selector) workloads(peer *tenancy.Peer, namespace string, ws map[string]*tenancy.Workload) (out []target) {
	for name, w := range tenancy.Sorted(ws) {
		if picks(peer, name, w) {
			out = append(out, target{group: s.pods([]string{namespace}, w.Pods), declared: w.Ports})
		}
	}
	return out
}

func (s *selector) pods(namespaces []string, labels tenancy.Labels) reach.Group {
	g, err := s.c.Graph.Pods(namespaces, labels)
	if err != nil {
		s.err = err
	}
	return g
}
