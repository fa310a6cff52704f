package reach

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
	"github.com/hedgerow-dev/hedgerow/internal/foreign"
)

// A source is what chance decides by: it gives a number from 0 to n-1.
type source func(n int) int

func seeded(seed uint64) source { return source(foreign.Seeded(seed)) }

func fromBytes(data []byte) source { return source(foreign.FromBytes(data)) }

// oneIn reports true once in n times.
func (s source) oneIn(n int) bool { return foreign.Source(s).OneIn(n) }

func pick[T any](s source, from []T) T { return foreign.Pick(foreign.Source(s), from) }

func some[T any](s source, atMost int, make func() T) []T {
	return foreign.Some(foreign.Source(s), atMost, make)
}

var (
	keys       = foreign.Keys
	words      = foreign.Words
	portNames  = foreign.PortNames
	numbers    = foreign.Numbers
	protocol3  = foreign.Protocols
	namespaces = foreign.Namespaces
)

// A world is what manifests show of a cluster, and the truth about it.
type world struct {
	source
	shown  *Cluster
	truth  *bruteforce.Cluster
	labels map[string]map[string]string // of every namespace
	pods   []*Workload                  // those that are vertices
}

func newWorld(s source) *world {
	w := &world{source: s, shown: &Cluster{}, labels: map[string]map[string]string{}}
	for i, name := range namespaces {
		w.labels[name] = w.someLabels()
		if i < foreign.ShownAtMost && !s.oneIn(3) {
			n := &corev1.Namespace{}
			n.Name, n.Labels = name, maps.Clone(w.labels[name])
			w.shown.Namespaces = append(w.shown.Namespaces, n)
		}
	}
	for i := range s(6) {
		w.addWorkload(fmt.Sprint("w", i))
	}
	w.rule(some(s, 9, w.policy))
	return w
}

// rule puts the policies in force.
func (w *world) rule(policies []*networkingv1.NetworkPolicy) {
	w.shown.Policies = policies
	w.truth = &bruteforce.Cluster{Namespaces: w.labels, Policies: policies}
}

// other is the same world under other policies.
func (w *world) other() *world {
	o, shown := *w, *w.shown
	o.shown = &shown
	policies := slices.Clone(shown.Policies)
	if len(policies) > 0 && w.oneIn(2) { // only one of them changes
		policies[w.source(len(policies))] = w.policy()
	} else {
		policies = some(w.source, 9, w.policy)
	}
	o.rule(policies)
	return &o
}

func (w *world) addWorkload(name string) {
	p := &Workload{Namespace: w.place(), Kind: "Deployment", Name: name, Labels: w.someLabels(), Ports: w.somePorts()}
	if w.oneIn(3) {
		p.Kind = "Pod"
		p.Addresses = some(w.source, 2, w.address)
	}
	p.HostNetwork = w.oneIn(8)
	if !p.HostNetwork {
		w.pods = append(w.pods, p)
	}
	w.shown.Workloads = append(w.shown.Workloads, p)
}

func (w *world) place() string { return foreign.Source(w.source).Place() }

func (w *world) someLabels() map[string]string { return foreign.Source(w.source).Labels() }

func (w *world) somePorts() []NamedPort {
	return some(w.source, 3, func() NamedPort {
		return NamedPort{pick(w.source, portNames), Protocol(w.source(protocols)), int(pick(w.source, numbers))}
	})
}

func (w *world) address() netip.Addr { return foreign.Source(w.source).Address() }

func (w *world) policy() *networkingv1.NetworkPolicy { return foreign.Source(w.source).Policy() }
