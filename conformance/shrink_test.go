package conformance

import (
	"iter"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

// A trial is a world and a packet in it.
type trial struct {
	world  *world
	packet engine.Packet
}

// smallerWorlds gives the world without one of its policies, then without one
// part of a policy, then without one of the ends that the packet does not touch.
// Rules lose no last peer and no last port, which would make them wider.
func smallerWorlds(w *world, p engine.Packet) iter.Seq[trial] {
	policies := w.shown.Policies
	return func(yield func(trial) bool) {
		for i := range policies {
			if !yield(trial{w.with(without(policies, i)), p}) {
				return
			}
		}
		for i := range policies {
			for _, smaller := range smallerPolicies(policies[i]) {
				changed := slices.Clone(policies)
				changed[i] = smaller
				if !yield(trial{w.with(changed), p}) {
					return
				}
			}
		}
		for i := range w.ends {
			if i != p.From && i != p.To && !yield(withoutEnd(w, p, i)) {
				return
			}
		}
	}
}

func without[T any](list []T, i int) []T { return slices.Delete(slices.Clone(list), i, i+1) }

// smallerPolicies gives a policy without one of its rules, peers or ports each.
func smallerPolicies(p *networkingv1.NetworkPolicy) (out []*networkingv1.NetworkPolicy) {
	change := func(f func(*networkingv1.NetworkPolicy)) {
		c := p.DeepCopy()
		f(c)
		out = append(out, c)
	}
	for i := range p.Spec.Ingress {
		change(func(c *networkingv1.NetworkPolicy) { c.Spec.Ingress = without(c.Spec.Ingress, i) })
	}
	for i := range p.Spec.Egress {
		change(func(c *networkingv1.NetworkPolicy) { c.Spec.Egress = without(c.Spec.Egress, i) })
	}
	at := 0
	forEachRule(p, func(r rule) {
		n := at
		at++
		for j := range *r.peers {
			if len(*r.peers) > 1 {
				change(func(c *networkingv1.NetworkPolicy) { *nthRule(c, n).peers = without(*nthRule(c, n).peers, j) })
			}
		}
		for j := range *r.ports {
			if len(*r.ports) > 1 {
				change(func(c *networkingv1.NetworkPolicy) { *nthRule(c, n).ports = without(*nthRule(c, n).ports, j) })
			}
		}
	})
	return out
}

func nthRule(p *networkingv1.NetworkPolicy, n int) (out rule) {
	forEachRule(p, func(r rule) {
		if n == 0 {
			out = r
		}
		n--
	})
	return out
}

// withoutEnd gives the world without an end; those behind it move up.
func withoutEnd(w *world, p engine.Packet, i int) trial {
	out := *w
	out.ends = without(w.ends, i)
	move := func(n int) int {
		if n > i {
			n--
		}
		return n
	}
	p.From, p.To = move(p.From), move(p.To)
	return trial{&out, p}
}
