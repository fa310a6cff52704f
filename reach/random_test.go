package reach

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
)

// A source is what chance decides by: it gives a number from 0 to n-1.
type source func(n int) int

func seeded(seed uint64) source { return rand.New(rand.NewPCG(seed, 0)).IntN }

// fromBytes decides by bytes, over and over, each time by their sum with one more
// number: few bytes make a whole cluster.
func fromBytes(data []byte) source {
	at := 0
	return func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := int(data[at%len(data)]) + at/len(data)*37
		at++
		return b % n
	}
}

// oneIn reports true once in n times.
func (s source) oneIn(n int) bool { return s(n) == n-1 }

func pick[T any](s source, from []T) T { return from[s(len(from))] }

func some[T any](s source, atMost int, make func() T) (out []T) {
	for range s(atMost + 1) {
		out = append(out, make())
	}
	return out
}

// Everything is chosen out of little, so that it often meets. Namespaces carry
// the same labels as pods, to see that none is taken for the other.
var (
	keys      = []string{"app", "tier", "env"}
	words     = []string{"a", "b", "c"}
	portNames = []string{"http", "dns", "peer"}
	numbers   = []int32{80, 53, 81, 1, 8080, 65535}
	protocol3 = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

	// Of the last ones no manifest shows anything, but policies ask for the first
	// of those. The first ones have policies and workloads.
	namespaces  = []string{"default", "shop", "bank", "watch", "asked", "never", "never-too"}
	shownAtMost = 4
	askedAtMost = 5

	addresses = []string{
		"10.0.0.1", "10.0.0.9", "10.0.1.1", "10.77.0.1", "192.168.0.1", "8.8.8.8", "0.0.0.0", "255.255.255.255",
		"fd00::1", "fd00::1:1", "2001:db8::1", "::", "ffff::",
	}
	blocks = [][]string{ // each with what it can leave out
		{"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/30", "192.168.0.0/16", "0.0.0.0/1"},
		{"10.0.0.0/24", "10.0.0.8/29", "10.0.0.1/32"},
		{"10.0.0.1/32"},
		{"10.9.9.9/8", "10.77.1.1/16", "10.0.0.0/9"},
		{"::/0", "fd00::/8", "2001:db8::/32", "::/1"},
		{"fd00::/16", "fd00::/112"},
		{"192.168.0.0/16", "192.168.0.0/17", "192.168.128.0/17"},
	}
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
		if i < shownAtMost && !s.oneIn(3) {
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

// place gives a namespace that manifests may show something of; "" is the
// default one.
func (w *world) place() string {
	if w.oneIn(6) {
		return ""
	}
	return pick(w.source, namespaces[:3])
}

func (w *world) someLabels() map[string]string {
	out := map[string]string{}
	for _, k := range keys {
		if w.oneIn(2) {
			out[k] = pick(w.source, words)
		}
	}
	return out
}

func (w *world) somePorts() []NamedPort {
	return some(w.source, 3, func() NamedPort {
		return NamedPort{pick(w.source, portNames), Protocol(w.source(protocols)), int(pick(w.source, numbers))}
	})
}

func (w *world) address() netip.Addr { return netip.MustParseAddr(pick(w.source, addresses)) }

func (w *world) policy() *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{}
	p.Name, p.Namespace = fmt.Sprint("p", w.source(1000)), w.place()
	p.Spec.PodSelector = *w.selector(false)
	p.Spec.PolicyTypes = pick(w.source, [][]networkingv1.PolicyType{
		nil, {}, {"Ingress"}, {"Egress"}, {"Ingress", "Egress"}, {"Egress", "Ingress"},
	})
	p.Spec.Ingress = some(w.source, 2, func() networkingv1.NetworkPolicyIngressRule {
		return networkingv1.NetworkPolicyIngressRule{From: w.peers(), Ports: w.ports()}
	})
	p.Spec.Egress = some(w.source, 2, func() networkingv1.NetworkPolicyEgressRule {
		return networkingv1.NetworkPolicyEgressRule{To: w.peers(), Ports: w.ports()}
	})
	if w.oneIn(4) && p.Spec.Egress == nil {
		p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{}
	}
	return p
}

func (w *world) peers() []networkingv1.NetworkPolicyPeer {
	if w.oneIn(8) {
		return []networkingv1.NetworkPolicyPeer{}
	}
	return some(w.source, 3, func() networkingv1.NetworkPolicyPeer {
		switch w.source(5) {
		case 0:
			return networkingv1.NetworkPolicyPeer{PodSelector: w.selector(false)}
		case 1:
			return networkingv1.NetworkPolicyPeer{NamespaceSelector: w.selector(true)}
		case 2:
			return networkingv1.NetworkPolicyPeer{IPBlock: w.block()}
		}
		return networkingv1.NetworkPolicyPeer{PodSelector: w.selector(false), NamespaceSelector: w.selector(true)}
	})
}

func (w *world) block() *networkingv1.IPBlock {
	b := pick(w.source, blocks)
	out := &networkingv1.IPBlock{CIDR: b[0]}
	if len(b) > 1 {
		out.Except = some(w.source, 2, func() string { return pick(w.source, b[1:]) })
	}
	return out
}

func (w *world) ports() []networkingv1.NetworkPolicyPort {
	if w.oneIn(8) {
		return []networkingv1.NetworkPolicyPort{}
	}
	return some(w.source, 3, func() (p networkingv1.NetworkPolicyPort) {
		if !w.oneIn(3) {
			p.Protocol = new(pick(w.source, protocol3))
		}
		switch w.source(5) {
		case 0: // every port of the protocol
		case 1, 2:
			p.Port = new(intstr.FromString(pick(w.source, portNames)))
		case 3:
			p.Port = new(intstr.FromInt32(pick(w.source, numbers)))
		case 4:
			first, last := pick(w.source, numbers), pick(w.source, numbers)
			p.Port, p.EndPort = new(intstr.FromInt32(min(first, last))), new(max(first, last))
		}
		return p
	})
}

func (w *world) selector(ofNamespaces bool) *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	if w.oneIn(5) {
		return out
	}
	if w.oneIn(2) {
		key, values := w.label(ofNamespaces)
		out.MatchLabels = map[string]string{key: values[0]}
	}
	out.MatchExpressions = some(w.source, 2, func() (r metav1.LabelSelectorRequirement) {
		r.Key, r.Values = w.label(ofNamespaces)
		switch w.source(4) {
		case 0:
			r.Operator = metav1.LabelSelectorOpIn
		case 1:
			r.Operator = metav1.LabelSelectorOpNotIn
		case 2:
			r.Operator, r.Values = metav1.LabelSelectorOpExists, nil
		case 3:
			r.Operator, r.Values = metav1.LabelSelectorOpDoesNotExist, nil
		}
		return r
	})
	return out
}

// label gives a label and some values of it to ask for, some of them twice. A
// namespace is often asked for by its name.
func (w *world) label(ofNamespaces bool) (string, []string) {
	key, values := pick(w.source, keys), words
	if ofNamespaces && w.oneIn(3) {
		key, values = namespaceName, namespaces[:askedAtMost]
	}
	out := some(w.source, 1, func() string { return pick(w.source, values) })
	return key, append(out, pick(w.source, values))
}
