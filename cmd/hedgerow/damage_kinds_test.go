package main

import (
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A wound is a place for damage: an overlay alone in its cluster, both of which
// may be changed.
type wound struct {
	*victim
	c *generator.Cluster
	o *generator.Overlay
	*rand.Rand
}

// damages are the kinds of damage. Each reports whether it found a place; a
// place is chosen by chance.
var damages = map[string]func(*wound) bool{
	"a rule left out": onPolicy(func(w *wound, p *generator.Policy) bool {
		rules := w.rules(p)
		i := w.IntN(len(*rules))
		*rules = slices.Delete(*rules, i, i+1)
		return true
	}),
	"a rule of ingress as one of egress": onPolicy(func(_ *wound, p *generator.Policy) bool {
		p.Ingress, p.Egress = p.Egress, p.Ingress
		p.Isolates = []generator.Direction{generator.Ingress, generator.Egress}
		return true
	}),
	"a policy of ingress left out": withoutPolicy(generator.Ingress),
	"a policy of egress left out":  withoutPolicy(generator.Egress),
	"the subject another workload": onPolicy(func(w *wound, p *generator.Policy) bool {
		p.Subject = w.stranger()
		return true
	}),
	"the subject the whole namespace": onPolicy(func(_ *wound, p *generator.Policy) bool {
		had := p.Subject != nil
		p.Subject = nil
		return had
	}),
	"a peer left out": onRule(func(w *wound, r *generator.Rule) bool {
		i := w.IntN(len(r.Peers))
		r.Peers = slices.Delete(r.Peers, i, i+1)
		return len(r.Peers) > 0
	}),
	"a peer more: every pod of another namespace": onRule(func(w *wound, r *generator.Rule) bool {
		r.Peers = append(r.Peers, generator.Peer{Namespaces: []string{w.elsewhere()}})
		return true
	}),
	"a peer more: every address": onRule(func(_ *wound, r *generator.Rule) bool {
		r.Peers = append(r.Peers, generator.Peer{Block: netip.MustParsePrefix("0.0.0.0/0")})
		return true
	}),
	"a port changed": onPort(func(_ *wound, p *tenancy.Port) bool {
		p.Number, p.End = min(p.Number+1, 65535), min(p.End+1, 65535)
		return true
	}),
	"a range of ports one longer": onPort(func(_ *wound, p *tenancy.Port) bool {
		p.End = min(p.End+1, 65535)
		return true
	}),
	"the protocol swapped": onPort(func(_ *wound, p *tenancy.Port) bool {
		p.Protocol = map[tenancy.Protocol]tenancy.Protocol{tenancy.TCP: tenancy.UDP, tenancy.UDP: tenancy.TCP, tenancy.SCTP: tenancy.TCP}[p.Protocol]
		return true
	}),
	"a port left out": onRule(func(w *wound, r *generator.Rule) bool {
		if len(r.Ports) < 2 {
			return false
		}
		i := w.IntN(len(r.Ports))
		r.Ports = slices.Delete(r.Ports, i, i+1)
		return true
	}),
	"a port more": onRule(func(w *wound, r *generator.Rule) bool {
		extra := tenancy.Port{Number: 53, End: 53, Protocol: tenancy.TCP}
		r.Ports = append(r.Ports, extra)
		return true
	}),
	"a namespace more among the peer's": onPods(func(w *wound, p *generator.Peer) bool {
		p.Namespaces = append(p.Namespaces, w.elsewhere())
		return true
	}),
	"a namespace exchanged": onPods(func(w *wound, p *generator.Peer) bool {
		p.Namespaces[w.IntN(len(p.Namespaces))] = w.elsewhere()
		return true
	}),
	"the peer's workload another": onPods(func(w *wound, p *generator.Peer) bool {
		p.Pods = w.stranger()
		return true
	}),
	"the peer's workload every pod": onPods(func(_ *wound, p *generator.Peer) bool {
		had := p.Pods != nil
		p.Pods = nil
		return had
	}),
	"an exception left out": onBlock(func(w *wound, p *generator.Peer) bool {
		if len(p.Except) == 0 {
			return false
		}
		i := w.IntN(len(p.Except))
		p.Except = slices.Delete(p.Except, i, i+1)
		return true
	}),
	"an exception halved": onBlock(func(w *wound, p *generator.Peer) bool {
		if len(p.Except) == 0 {
			return false
		}
		return halve(&p.Except[w.IntN(len(p.Except))])
	}),
	"a block doubled": onBlock(func(_ *wound, p *generator.Peer) bool {
		if p.Block.Bits() == 0 {
			return false
		}
		p.Block = netip.PrefixFrom(p.Block.Addr(), p.Block.Bits()-1).Masked()
		return true
	}),
	"a block halved": onBlock(func(_ *wound, p *generator.Peer) bool {
		if len(p.Except) > 0 || !halve(&p.Block) {
			return false
		}
		return true
	}),
	"deny left out":                   withoutLayer(generator.LayerDeny),
	"look-ups of names left out":      withoutLayer(generator.LayerDNS),
	"the same namespace left out":     withoutLayer(generator.LayerSameNamespace),
	"a layer that was turned off":     exemptLayer,
	"deny of ingress alone":           denyOnly(generator.Ingress),
	"deny of egress alone":            denyOnly(generator.Egress),
	"look-ups at every pod there":     onDNS(func(r *generator.Rule) { r.Peers[0].Pods = nil }),
	"look-ups at every address":       onDNS(func(r *generator.Rule) { r.Peers[0] = generator.Peer{Block: netip.MustParsePrefix("0.0.0.0/0")} }),
	"look-ups at every port":          onDNS(func(r *generator.Rule) { r.Ports[0].Number, r.Ports[0].End = 1, 65535 }),
	"look-ups without TCP":            onDNS(func(r *generator.Rule) { r.Ports = r.Ports[1:] }),
	"the same namespace and one more": sameAndMore,
	"flows of another cluster":        flowsOf(func(a, b *generator.Overlay) bool { return a.Cluster != b.Cluster }),
	"flows of another environment":    flowsOf(func(a, b *generator.Overlay) bool { return a.Environment != b.Environment }),
	"policies in another's namespace": misplaced,
	"no flows at all":                 func(w *wound) bool { had := len(w.o.Policies) > 0; w.o.Policies = nil; return had },
}

func onPolicy(damage func(*wound, *generator.Policy) bool) func(*wound) bool {
	return func(w *wound) bool {
		return len(w.o.Policies) > 0 && damage(w, w.o.Policies[w.IntN(len(w.o.Policies))])
	}
}

// rules gives the rules of a flow's policy: it has one direction.
func (w *wound) rules(p *generator.Policy) *[]generator.Rule {
	if len(p.Ingress) > 0 {
		return &p.Ingress
	}
	return &p.Egress
}

func onRule(damage func(*wound, *generator.Rule) bool) func(*wound) bool {
	return onPolicy(func(w *wound, p *generator.Policy) bool {
		rules := *w.rules(p)
		return damage(w, &rules[w.IntN(len(rules))])
	})
}

func onPort(damage func(*wound, *tenancy.Port) bool) func(*wound) bool {
	return onRule(func(w *wound, r *generator.Rule) bool { return damage(w, &r.Ports[w.IntN(len(r.Ports))]) })
}

func onPods(damage func(*wound, *generator.Peer) bool) func(*wound) bool {
	return onPeer(func(p generator.Peer) bool { return len(p.Namespaces) > 0 }, damage)
}

func onBlock(damage func(*wound, *generator.Peer) bool) func(*wound) bool {
	return onPeer(func(p generator.Peer) bool { return p.Block.IsValid() }, damage)
}

func onPeer(is func(generator.Peer) bool, damage func(*wound, *generator.Peer) bool) func(*wound) bool {
	return func(w *wound) bool {
		var places []*generator.Peer
		for _, p := range w.o.Policies {
			for _, r := range *w.rules(p) {
				for i := range r.Peers {
					if is(r.Peers[i]) {
						places = append(places, &r.Peers[i])
					}
				}
			}
		}
		return len(places) > 0 && damage(w, places[w.IntN(len(places))])
	}
}

// stranger gives the labels of a workload that is not meant, if there is one.
func (w *wound) stranger() tenancy.Labels {
	labels := []tenancy.Labels{{"app": "nobody"}}
	for _, n := range w.tenancy.Namespaces() {
		for _, x := range n.Workloads {
			labels = append(labels, x.Pods)
		}
	}
	slices.SortFunc(labels, func(a, b tenancy.Labels) int { return slices.Compare(flat(a), flat(b)) })
	return labels[w.IntN(len(labels))]
}

func flat(l tenancy.Labels) (out []string) {
	for k, v := range tenancy.Sorted(l) {
		out = append(out, k, v)
	}
	return out
}

// nowhere is a namespace that nobody declares.
const nowhere = "nowhere"

// elsewhere gives another namespace, perhaps one that nobody declared.
func (w *wound) elsewhere() string {
	all := []string{nowhere}
	for _, o := range w.expansion.Overlays() {
		if o.Cluster == w.o.Cluster && o.Namespace != w.o.Namespace {
			all = append(all, o.Namespace)
		}
	}
	return all[w.IntN(len(all))]
}

// halve gives the first half of a block.
func halve(p *netip.Prefix) bool {
	if p.IsSingleIP() {
		return false
	}
	*p = netip.PrefixFrom(p.Addr(), p.Bits()+1)
	return true
}

func withoutPolicy(d generator.Direction) func(*wound) bool {
	return func(w *wound) bool {
		var of []int
		for i, p := range w.o.Policies {
			if slices.Contains(p.Isolates, d) {
				of = append(of, i)
			}
		}
		if len(of) == 0 {
			return false
		}
		i := of[w.IntN(len(of))]
		w.o.Policies = slices.Delete(w.o.Policies, i, i+1)
		return true
	}
}

func withoutLayer(name string) func(*wound) bool {
	return func(w *wound) bool {
		had := slices.Contains(w.o.Layers, name)
		w.o.Layers = slices.DeleteFunc(w.o.Layers, func(l string) bool { return l == name })
		return had && len(w.o.Layers)+len(w.o.Policies) > 0
	}
}

func exemptLayer(w *wound) bool {
	for _, l := range []string{generator.LayerDNS, generator.LayerSameNamespace} {
		if !slices.Contains(w.o.Layers, l) {
			w.o.Layers = append(w.o.Layers, l)
			return true
		}
	}
	return false
}

// layer gives a policy of the base, if the overlay has it.
func (w *wound) layer(name string) *generator.Policy {
	for _, p := range w.c.Base {
		if p.Name == name && slices.Contains(w.o.Layers, name) {
			return p
		}
	}
	return nil
}

// denyOnly lets deny forget a direction. The other layers would isolate in its
// place.
func denyOnly(d generator.Direction) func(*wound) bool {
	return func(w *wound) bool {
		w.layer(generator.LayerDeny).Isolates = []generator.Direction{d}
		return true
	}
}

func onDNS(damage func(*generator.Rule)) func(*wound) bool {
	return func(w *wound) bool {
		p := w.layer(generator.LayerDNS)
		if p != nil {
			damage(&p.Egress[0])
		}
		return p != nil
	}
}

func sameAndMore(w *wound) bool {
	p := w.layer(generator.LayerSameNamespace)
	if p == nil {
		return false
	}
	more := generator.Peer{Namespaces: []string{w.elsewhere()}}
	p.Ingress[0].Peers, p.Egress[0].Peers = append(p.Ingress[0].Peers, more), append(p.Egress[0].Peers, more)
	return true
}

// flowsOf takes the policies of the same namespace elsewhere.
func flowsOf(elsewhere func(a, b *generator.Overlay) bool) func(*wound) bool {
	return func(w *wound) bool {
		for _, o := range w.expansion.Overlays() {
			if o.Kind == w.o.Kind && o.Name == w.o.Name && elsewhere(o, w.o) {
				w.o.Policies = o.Policies
				return true
			}
		}
		return false
	}
}

func misplaced(w *wound) bool {
	w.o.Namespace = w.elsewhere()
	return true
}
