package main

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// witnesses collects what packets could show a damage.
type witnesses struct {
	*victim
	own, peers []declared.End
	ports      []tenancy.Port
}

// packets gives packets along the policies that the damage touched, as they were
// and as they are: between pods of the overlay and the edges of what the rules
// name. How they are chosen is no judgement; the tenancy judges them.
func (v *victim) packets(damaged *generator.Cluster) (out []declared.Connection) {
	w := &witnesses{victim: v}
	w.anywhere()
	for _, c := range []*generator.Cluster{v.intact, damaged} {
		other := damaged
		if c == damaged {
			other = v.intact
		}
		namespace := c.Overlays[0].Namespace
		w.own = append(w.own, v.podsIn(namespace, nil)...)
		for name, p := range tenancy.Sorted(policiesOf(c)) {
			if !reflect.DeepEqual(p, policiesOf(other)[name]) || namespace != other.Overlays[0].Namespace {
				w.own = append(w.own, v.podsIn(namespace, p.Subject)...)
				w.along(p, namespace)
			}
		}
	}
	slices.SortFunc(w.ports, tenancy.Port.Compare)
	w.own, w.peers, w.ports = packets.Distinct(w.own), packets.Distinct(w.peers), slices.Compact(w.ports)
	for _, own := range w.own {
		for _, peer := range w.peers {
			for _, p := range w.ports {
				out = append(out,
					declared.Connection{Cluster: damaged.Name, From: own, To: peer, Protocol: p.Protocol, Port: p.Number},
					declared.Connection{Cluster: damaged.Name, From: peer, To: own, Protocol: p.Protocol, Port: p.Number})
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2)) // one that shows it comes sooner
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// policiesOf gives all policies of a cluster's one overlay, by their names.
func policiesOf(c *generator.Cluster) map[string]*generator.Policy {
	out := map[string]*generator.Policy{}
	for _, p := range c.Base {
		if slices.Contains(c.Overlays[0].Layers, p.Name) {
			out[p.Name] = p
		}
	}
	for _, p := range c.Overlays[0].Policies {
		out[p.Name] = p
	}
	return out
}

// anywhere adds what is always worth a packet.
func (w *witnesses) anywhere() {
	for _, a := range []string{"198.18.0.1", "2001:db8:ffff::1"} {
		w.peers = append(w.peers, declared.End{Address: netip.MustParseAddr(a)})
	}
	w.peers = append(w.peers, w.podsIn(nowhere, nil)...)
	for _, number := range []int{1, 65535} {
		w.ports = append(w.ports, tenancy.Port{Number: number, Protocol: tenancy.TCP}, tenancy.Port{Number: number, Protocol: tenancy.SCTP})
	}
}

// along adds what the rules of a policy name, and what lies beside it.
func (w *witnesses) along(p *generator.Policy, namespace string) {
	for _, r := range slices.Concat(p.Ingress, p.Egress) {
		for _, peer := range r.Peers {
			w.beside(peer, namespace)
		}
		for _, p := range r.Ports {
			for _, number := range []int{p.Number - 1, p.Number, p.End, p.End + 1} {
				if number > 0 && number < 65536 {
					w.ports = append(w.ports, tenancy.Port{Number: number, Protocol: p.Protocol})
				}
			}
		}
	}
}

func (w *witnesses) beside(p generator.Peer, namespace string) {
	if p.Block.IsValid() {
		for _, e := range w.known {
			if e.Namespace == "" {
				w.peers = append(w.peers, e)
			}
		}
		for _, b := range append(slices.Clone(p.Except), p.Block) {
			for _, a := range edges(b) {
				w.peers = append(w.peers, declared.End{Address: a})
			}
		}
		return
	}
	names := p.Namespaces
	if names == nil {
		names = []string{namespace}
	}
	for _, name := range names {
		w.peers = append(w.peers, w.podsIn(name, p.Pods)...)
	}
}

// edges gives the first and the last address of a block, those beside it, and
// the one in its middle.
func edges(p netip.Prefix) []netip.Addr {
	last := packets.AtRandom(p, func() byte { return 0xff })
	out := []netip.Addr{p.Addr(), last, p.Addr().Prev(), last.Next()}
	if !p.IsSingleIP() {
		half := netip.PrefixFrom(p.Addr(), p.Bits()+1)
		out = append(out, packets.AtRandom(half, func() byte { return 0xff }).Next())
	}
	return slices.DeleteFunc(out, func(a netip.Addr) bool { return !a.IsValid() })
}

// podsIn gives the known pods of a namespace, one that is nobody's, and each of
// them with further labels.
func (v *victim) podsIn(namespace string, labels tenancy.Labels) (out []declared.End) {
	out = packets.In(namespace, packets.PodsOf(nil))
	for _, e := range v.known {
		if e.Namespace == namespace {
			out = append(out, e)
		}
	}
	for _, e := range slices.Clone(out) {
		both := maps.Clone(e.Labels)
		if both == nil {
			both = map[string]string{}
		}
		maps.Copy(both, labels)
		out = append(out, declared.End{Namespace: namespace, Labels: both})
	}
	return append(out, declared.End{Namespace: namespace, Labels: labels})
}
