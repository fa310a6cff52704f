package generator

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// manyPorts speaks of more ports than a network plugin keeps for one peer.
func (x *expander) manyPorts() {
	for _, o := range x.out.Overlays() {
		plugin := cni.Of(x.t.Clusters[o.Cluster].CNI.Text)
		if plugin.MostPorts == 0 {
			continue
		}
		for _, dir := range []Direction{Ingress, Egress} {
			for _, c := range crowded(single(x.allowances(o, dir), o.Namespace), plugin.MostPorts) {
				f := c.cause.Flow
				x.Lint(diag.ManyPorts, "flows."+f.Name, f.Pos, "open fewer ports, or let several workloads share the flows",
					"%s of namespace %q opens %d ports to one peer, and %s, as on cluster %q, keeps %d", dir, o.Namespace, c.ports, plugin.Name, o.Cluster, plugin.MostPorts)
			}
		}
	}
}

// single splits peers of several namespaces, and names the own one.
func single(as []allowance, own string) (out []allowance) {
	for _, a := range as {
		namespaces := a.peer.Namespaces
		if namespaces == nil && !a.peer.Block.IsValid() {
			namespaces = []string{own}
		}
		if namespaces == nil {
			out = append(out, a)
		}
		for _, n := range namespaces {
			b := a
			b.peer.Namespaces = []string{n}
			out = append(out, b)
		}
	}
	return out
}

// A crowd is the ports that are open to one peer, and the flow with which they
// are too many.
type crowd struct {
	ports int
	cause *Cause
}

// crowded gives, for each flow with which some pods may have more ports to one
// peer than the limit, the most that they have: those of all rules that select
// the pods and hold the peer.
func crowded(all []allowance, limit int) (out []crowd) {
	if len(portsOf(all)) <= limit {
		return nil // whoever the peers are
	}
	peers := slices.Clone(all)
	slices.SortFunc(peers, func(a, b allowance) int { return a.peer.compare(b.peer) })
	peers = slices.CompactFunc(peers, func(a, b allowance) bool { return a.peer.compare(b.peer) == 0 })
	for _, subject := range subjectsOf(all) {
		selecting := those(all, func(a allowance) bool { return a.policy.Subject.Select(subject) })
		if len(portsOf(selecting)) <= limit {
			continue
		}
		for _, p := range peers {
			holding := those(selecting, func(a allowance) bool { return a.peer.holds(p.peer) })
			if cause := exceeding(holding, limit); cause != nil {
				out = worst(out, crowd{len(portsOf(holding)), cause})
			}
		}
	}
	return out
}

func those(as []allowance, keep func(allowance) bool) (out []allowance) {
	for _, a := range as {
		if keep(a) {
			out = append(out, a)
		}
	}
	return out
}

// subjectsOf gives what the policies select, each once.
func subjectsOf(as []allowance) (out []tenancy.Labels) {
	for _, a := range as {
		out = append(out, a.policy.Subject)
	}
	slices.SortFunc(out, compareLabels)
	return slices.CompactFunc(out, func(a, b tenancy.Labels) bool { return maps.Equal(a, b) })
}

func portsOf(as []allowance) map[tenancy.Port]bool {
	out := map[tenancy.Port]bool{}
	for _, a := range as {
		for _, p := range a.ports {
			out[p] = true
		}
	}
	return out
}

// exceeding gives the cause of the first flow with which there are more ports than
// the limit, and nil where there are not.
func exceeding(as []allowance, limit int) *Cause {
	ports := map[tenancy.Port]bool{}
	for _, a := range as {
		for _, p := range a.ports {
			ports[p] = true
		}
		if len(ports) > limit && a.policy.Cause != nil {
			return a.policy.Cause
		}
	}
	return nil
}

// worst adds a crowd, and keeps the largest of each flow.
func worst(crowds []crowd, c crowd) []crowd {
	for i := range crowds {
		if crowds[i].cause.Flow == c.cause.Flow {
			crowds[i].ports = max(crowds[i].ports, c.ports)
			return crowds
		}
	}
	return append(crowds, c)
}

// holds reports whether all of another peer, which is of one namespace or a block,
// is in this one, but perhaps for parts of a block.
func (p Peer) holds(q Peer) bool {
	if !p.Block.IsValid() || !q.Block.IsValid() {
		return slices.Equal(p.Namespaces, q.Namespaces) && p.Block == q.Block && p.Pods.Select(q.Pods)
	}
	excepted := slices.ContainsFunc(p.Except, func(e netip.Prefix) bool { return contains(e, q.Block) })
	return contains(p.Block, q.Block) && !excepted
}

// contains reports whether all of b is in a.
func contains(a, b netip.Prefix) bool { return a.Bits() <= b.Bits() && a.Contains(b.Addr()) }
