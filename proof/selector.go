package proof

import (
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A selector finds what the peers of a guard mean on one cluster: everything
// that they do not leave out.
type selector struct {
	p     *Proof
	c     *Cluster
	l     *diag.List
	guard *tenancy.Guard
	// declaredPorts says that a rule without ports means those that its destination
	// declares, rather than all.
	declaredPorts bool
	err           error
}

// A target is endpoints that a peer selects.
type target struct {
	group    reach.Group
	declared map[string]tenancy.Port
	parts    []target // the workloads in it, if it is more than one workload
}

// edges gives the connections that a rule matches. A nil environment is every
// one on the cluster.
func (s *selector) edges(r *tenancy.GuardRule, from, to *tenancy.Environment) (out []reach.Edge) {
	sources := s.targets(r.From, from)
	if len(sources) == 0 {
		return nil
	}
	for _, whole := range s.targets(r.To, to) {
		for _, dest := range s.byPorts(&r.Ports, whole) {
			for _, src := range sources {
				dest.From = src.group
				out = append(out, dest)
			}
		}
	}
	return out
}

// byPorts gives edges to a destination on the ports of a rule: on numbers to all
// of it, on names to each workload that declares them.
func (s *selector) byPorts(wanted *tenancy.FlowPorts, dest target) (out []reach.Edge) {
	if len(wanted.List) == 0 && !s.declaredPorts {
		return []reach.Edge{{To: dest.group, Ports: reach.AllPorts}}
	}
	var numbers []tenancy.Port
	var names []string
	for _, p := range wanted.List {
		if p.Name != "" {
			names = append(names, p.Name)
		} else {
			numbers = append(numbers, p.Port)
		}
	}
	if len(numbers) > 0 {
		out = append(out, reach.Edge{To: dest.group, Ports: ports(numbers)})
	}
	parts := dest.parts
	if parts == nil {
		parts = []target{dest}
	}
	for _, part := range parts {
		var found []tenancy.Port
		for name, p := range part.declared {
			if slices.Contains(names, name) || len(wanted.List) == 0 {
				found = append(found, p)
			}
		}
		if len(found) > 0 {
			out = append(out, reach.Edge{To: part.group, Ports: ports(found)})
		}
	}
	return out
}

// targets gives what a peer selects on the cluster; a nil peer is everything,
// undeclared namespaces and every address included.
func (s *selector) targets(peer *tenancy.Peer, e *tenancy.Environment) []target {
	switch {
	case peer == nil:
		return s.everything()
	case peer.External.Set():
		return s.external(s.p.t.Externals[peer.External.Text])
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
	var parts []target
	for namespace, place := range tenancy.Sorted(s.c.Places) {
		parts = append(parts, s.workloads(&tenancy.Peer{}, namespace, place.workloads)...)
	}
	var outside []target
	for _, ext := range tenancy.Sorted(s.p.t.Externals) {
		outside = append(outside, s.external(ext)...)
	}
	return []target{
		{group: s.c.Graph.Elsewhere(nil), parts: parts},
		{group: s.c.Graph.EveryAddress(), parts: outside},
	}
}

func (s *selector) external(ext *tenancy.External) []target {
	return s.blocks(prefixes(ext.CIDRs), prefixes(ext.Except), ext.Ports)
}

func (s *selector) apiServer(peer *tenancy.Peer) []target {
	api := s.c.facts.APIServer
	if api == nil {
		return s.addresses(nil, "API server", peer, nil)
	}
	port := tenancy.Port{Number: api.Port, End: api.Port, Protocol: tenancy.TCP}
	return s.addresses(api.CIDRs, "API server", peer, map[string]tenancy.Port{"https": port})
}

// addresses gives a fact of the cluster. A guard cannot be judged without it.
func (s *selector) addresses(facts []tenancy.Word, what string, peer *tenancy.Peer, declared map[string]tenancy.Port) []target {
	if len(facts) == 0 {
		s.l.Error(diag.ClusterFact, peer.Pos, "add them to the cluster", "guard %q: the addresses of the %s of cluster %q are unknown", s.guard.Name, what, s.c.Name)
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
	case shared.HostNetwork:
		return s.addresses(s.c.facts.Nodes, "nodes", peer, nil)
	}
	name := shared.Namespace.Text
	return s.narrowed(peer, []string{name}, s.workloads(peer, name, shared.Workloads))
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
		if (!peer.Workload.Set() || name == peer.Workload.Text) && (!peer.Tag.Set() || w.Tags[peer.Tag.Text]) {
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
