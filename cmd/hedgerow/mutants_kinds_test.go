package main

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Short names for what policies are made of.
type (
	netpol = networkingv1.NetworkPolicy
	peer   = networkingv1.NetworkPolicyPeer
	port   = networkingv1.NetworkPolicyPort
)

// A ruleOf is a rule of either direction.
type ruleOf struct {
	peers *[]peer
	ports *[]port
}

func rulesOf(p *netpol) (out []ruleOf) {
	for i := range p.Spec.Ingress {
		r := &p.Spec.Ingress[i]
		out = append(out, ruleOf{&r.From, &r.Ports})
	}
	for i := range p.Spec.Egress {
		r := &p.Spec.Egress[i]
		out = append(out, ruleOf{&r.To, &r.Ports})
	}
	return out
}

// inPolicy damages policies as a whole, where it can be done.
func inPolicy(can func(*netpol) bool, do func(*netpol)) func(*netpol) []damage {
	return func(p *netpol) []damage {
		if !can(p) {
			return nil
		}
		return []damage{func(p *netpol) []*netpol { do(p); return []*netpol{p} }}
	}
}

// inList damages items of lists that are somewhere in a policy: each where it can
// be done, one at a time.
func inList[T any](lists func(*netpol) []*[]T, can func([]T, int) bool, do func(*[]T, int)) func(*netpol) []damage {
	return func(p *netpol) (out []damage) {
		for i, list := range lists(p) {
			for j := range *list {
				if can(*list, j) {
					out = append(out, func(p *netpol) []*netpol { do(lists(p)[i], j); return []*netpol{p} })
				}
			}
		}
		return out
	}
}

func peerLists(p *netpol) (out []*[]peer) {
	for _, r := range rulesOf(p) {
		out = append(out, r.peers)
	}
	return out
}

func portLists(p *netpol) (out []*[]port) {
	for _, r := range rulesOf(p) {
		out = append(out, r.ports)
	}
	return out
}

func ruleLists(p *netpol) []*[]ruleOf {
	rules := rulesOf(p)
	return []*[]ruleOf{&rules}
}

func inRules(can func(ruleOf) bool, do func(ruleOf)) func(*netpol) []damage {
	return inList(ruleLists, func(rs []ruleOf, i int) bool { return can(rs[i]) }, func(rs *[]ruleOf, i int) { do((*rs)[i]) })
}

func inPeers(can func(*peer) bool, do func(*peer)) func(*netpol) []damage {
	return inList(peerLists, func(ps []peer, i int) bool { return can(&ps[i]) }, func(ps *[]peer, i int) { do(&(*ps)[i]) })
}

func inPorts(can func(*port) bool, do func(*port)) func(*netpol) []damage {
	return inList(portLists, func(ps []port, i int) bool { return can(&ps[i]) }, func(ps *[]port, i int) { do(&(*ps)[i]) })
}

func drop[T any](list *[]T, i int)     { *list = slices.Delete(*list, i, i+1) }
func several[T any](l []T, _ int) bool { return len(l) > 1 }

func hasBoth(p *peer) bool          { return p.NamespaceSelector != nil && p.PodSelector != nil }
func hasNames(p *peer) bool         { return p.NamespaceSelector != nil }
func hasPods(p *peer) bool          { return p.PodSelector != nil && len(p.PodSelector.MatchLabels) > 0 }
func hasLabels(p *peer) bool        { return hasPods(p) && len(p.PodSelector.MatchLabels) > 1 }
func hasBlock(p *peer) bool         { return p.IPBlock != nil }
func hasExcept(p *peer) bool        { return hasBlock(p) && len(p.IPBlock.Except) > 0 }
func hasName(p *peer) bool          { return hasNames(p) && len(p.NamespaceSelector.MatchLabels) > 0 }
func hasList(p *peer) bool          { return hasNames(p) && len(p.NamespaceSelector.MatchExpressions) > 0 }
func isWide(p *peer) bool           { return hasBlock(p) && prefixOf(p).Bits() > 0 }
func isNetwork(p *peer) bool        { return hasBlock(p) && prefixOf(p).Bits() < 32 }
func prefixOf(p *peer) netip.Prefix { return netip.MustParsePrefix(p.IPBlock.CIDR) }

// listed gives the namespaces that a peer lists.
func listed(p *peer) *[]string { return &p.NamespaceSelector.MatchExpressions[0].Values }

func named(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

// another gives a namespace that is not the one given, as a slip would.
func another(namespace string) string {
	name, isDev := strings.CutSuffix(namespace, "-dev")
	if isDev {
		return name + "-staging"
	}
	if name, isStaging := strings.CutSuffix(namespace, "-staging"); isStaging {
		return name + "-dev"
	}
	if name == "cart" {
		return "search"
	}
	return "cart"
}

// setCIDR gives a peer another block, and what is cut out of it only where that
// still lies inside.
func setCIDR(p *peer, to netip.Prefix) {
	p.IPBlock.CIDR = to.Masked().String()
	p.IPBlock.Except = slices.DeleteFunc(p.IPBlock.Except, func(s string) bool {
		e := netip.MustParsePrefix(s)
		return !to.Contains(e.Addr()) || e.Bits() <= to.Bits()
	})
}

// beside gives the other half of the block that a block is a half of.
func beside(p netip.Prefix) netip.Prefix {
	both := halves(netip.PrefixFrom(p.Addr(), p.Bits()-1))
	if both[0] == p.Masked() {
		return both[1]
	}
	return both[0]
}

// halves gives the two halves of a block.
func halves(p netip.Prefix) [2]netip.Prefix {
	second := p.Masked().Addr().As4()
	second[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	return [2]netip.Prefix{
		netip.PrefixFrom(p.Masked().Addr(), p.Bits()+1),
		netip.PrefixFrom(netip.AddrFrom4(second), p.Bits()+1),
	}
}

// firstKey gives the first key of some labels in their order.
func firstKey(labels map[string]string) string { return slices.Sorted(maps.Keys(labels))[0] }

// The damages to labels, of which there are the same for subjects and peers.
func otherValue(s *metav1.LabelSelector) { s.MatchLabels[firstKey(s.MatchLabels)] += "-x" }
func otherKey(s *metav1.LabelSelector) {
	key := firstKey(s.MatchLabels)
	s.MatchLabels[key+"-x"] = s.MatchLabels[key]
	delete(s.MatchLabels, key)
}
func fewerLabels(s *metav1.LabelSelector) { delete(s.MatchLabels, firstKey(s.MatchLabels)) }
func moreLabels(s *metav1.LabelSelector) {
	s.MatchLabels = maps.Clone(s.MatchLabels)
	if s.MatchLabels == nil {
		s.MatchLabels = map[string]string{}
	}
	s.MatchLabels["pod-template-hash"] = "x"
}
func inverted(s *metav1.LabelSelector) {
	key := firstKey(s.MatchLabels)
	s.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: []string{s.MatchLabels[key]}}}
	delete(s.MatchLabels, key)
}
func anyValue(s *metav1.LabelSelector) {
	key := firstKey(s.MatchLabels)
	s.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: key, Operator: metav1.LabelSelectorOpExists}}
	delete(s.MatchLabels, key)
}
func written(s *metav1.LabelSelector) {
	key := firstKey(s.MatchLabels)
	s.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{s.MatchLabels[key]}}}
	delete(s.MatchLabels, key)
}
func contradicted(s *metav1.LabelSelector) {
	key := firstKey(s.MatchLabels)
	s.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: []string{s.MatchLabels[key]}}}
}

// ofPods does to the selector of a peer's pods, ofSubject to that of a policy's.
func ofPods(can func(*peer) bool, do func(*metav1.LabelSelector)) func(*netpol) []damage {
	return inPeers(can, func(p *peer) { do(p.PodSelector) })
}

func ofSubject(labels int, do func(*metav1.LabelSelector)) func(*netpol) []damage {
	can := func(p *netpol) bool { return len(p.Spec.PodSelector.MatchLabels) >= labels }
	return inPolicy(can, func(p *netpol) { do(&p.Spec.PodSelector) })
}

var peerMutants = []mutantKind{
	{name: "rule without peers", policy: inRules(func(ruleOf) bool { return true }, func(r ruleOf) { *r.peers = nil })},
	{name: "one of several peers dropped", policy: inList(peerLists, several, drop)},
	{name: "peer split in two", policy: inList(peerLists, func(ps []peer, i int) bool { return hasBoth(&ps[i]) }, func(ps *[]peer, i int) {
		*ps = append(*ps, peer{NamespaceSelector: (*ps)[i].NamespaceSelector})
		(*ps)[i].NamespaceSelector = nil
	})},
	{name: "peer without its namespace", policy: inPeers(hasBoth, func(p *peer) { p.NamespaceSelector = nil })},
	{name: "peer without its pods", policy: inPeers(hasBoth, func(p *peer) { p.PodSelector = nil })},
	{name: "peer with all pods", policy: ofPods(hasPods, func(s *metav1.LabelSelector) { *s = metav1.LabelSelector{} })},
	{name: "peer in every namespace", policy: inPeers(hasNames, func(p *peer) { p.NamespaceSelector = &metav1.LabelSelector{} })},
	{name: "own namespace widened to every", policy: inPeers(func(p *peer) bool { return p.PodSelector != nil && !hasNames(p) }, func(p *peer) { p.NamespaceSelector = &metav1.LabelSelector{} })},
	{name: "peer in another namespace", policy: inPeers(hasName, func(p *peer) {
		p.NamespaceSelector = named(another(p.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]))
	})},
	{name: "peer's namespace by another label", policy: inPeers(hasName, func(p *peer) { otherKey(p.NamespaceSelector) })},
	{name: "peer's namespace misspelt", policy: inPeers(hasName, func(p *peer) { otherValue(p.NamespaceSelector) })},
	{name: "peer's namespace by any name", policy: inPeers(hasName, func(p *peer) { anyValue(p.NamespaceSelector) })},
	{name: "peer in all but its namespace", policy: inPeers(hasName, func(p *peer) { inverted(p.NamespaceSelector) })},
	{name: "namespace left out of a list", policy: inPeers(hasList, func(p *peer) { drop(listed(p), len(*listed(p))/2) })},
	{name: "namespace added to a list", policy: inPeers(hasList, func(p *peer) { *listed(p) = append(*listed(p), "kube-system") })},
	{name: "undeclared namespace added to a list", policy: inPeers(hasList, func(p *peer) { *listed(p) = append(*listed(p), "somebody-elses") })},
	{name: "list of namespaces without its values", policy: inPeers(hasList, func(p *peer) { *listed(p) = nil })},
	{name: "list of namespaces inverted", policy: inPeers(hasList, func(p *peer) { p.NamespaceSelector.MatchExpressions[0].Operator = metav1.LabelSelectorOpNotIn })},
	{name: "list of namespaces made Exists", policy: inPeers(hasList, func(p *peer) {
		*listed(p), p.NamespaceSelector.MatchExpressions[0].Operator = nil, metav1.LabelSelectorOpExists
	})},
	{name: "peer's label with another value", policy: ofPods(hasPods, otherValue)},
	{name: "peer's label with another key", policy: ofPods(hasPods, otherKey)},
	{name: "peer's label with any value", policy: ofPods(hasPods, anyValue)},
	{name: "peer's label inverted", policy: ofPods(hasPods, inverted)},
	{name: "peer's label contradicted", policy: ofPods(hasPods, contradicted)},
	{name: "peer's label dropped", policy: ofPods(hasLabels, fewerLabels)},
	{name: "label added to peer", policy: ofPods(func(p *peer) bool { return p.PodSelector != nil }, moreLabels)},
	{name: "peer added", policy: inRules(func(ruleOf) bool { return true }, func(r ruleOf) {
		*r.peers = append(*r.peers, peer{NamespaceSelector: named("envoy-gateway-system")})
	})},
	{name: "peer of any namespace added", policy: inRules(func(ruleOf) bool { return true }, func(r ruleOf) {
		*r.peers = append(*r.peers, peer{NamespaceSelector: &metav1.LabelSelector{}})
	})},
	{name: "block added to peers", policy: inRules(func(ruleOf) bool { return true }, func(r ruleOf) {
		*r.peers = append(*r.peers, peer{IPBlock: &networkingv1.IPBlock{CIDR: "10.60.7.0/30"}})
	})},
	{name: "CIDR wider", policy: inPeers(isWide, func(p *peer) { setCIDR(p, netip.PrefixFrom(prefixOf(p).Addr(), prefixOf(p).Bits()-1)) })},
	{name: "CIDR narrower", policy: inPeers(isNetwork, func(p *peer) { setCIDR(p, halves(prefixOf(p))[0]) })},
	{name: "CIDR moved", policy: inPeers(isWide, func(p *peer) { setCIDR(p, beside(prefixOf(p))) })},
	{name: "CIDR of everything", policy: inPeers(isWide, func(p *peer) { setCIDR(p, netip.MustParsePrefix("0.0.0.0/0")) })},
	{name: "CIDR of the other family", policy: inPeers(hasBlock, func(p *peer) { p.IPBlock = &networkingv1.IPBlock{CIDR: "::/0"} })},
	{name: "except dropped", policy: inPeers(hasExcept, func(p *peer) { p.IPBlock.Except = nil })},
	{name: "one except dropped", policy: inPeers(hasExcept, func(p *peer) { drop(&p.IPBlock.Except, 0) })},
	{name: "except narrower", policy: inPeers(hasExcept, func(p *peer) {
		e := netip.MustParsePrefix(p.IPBlock.Except[0])
		p.IPBlock.Except[0] = netip.PrefixFrom(e.Addr(), e.Bits()+1).String()
	})},
	{name: "except added", policy: inPeers(isNetwork, func(p *peer) {
		p.IPBlock.Except = append(p.IPBlock.Except, halves(prefixOf(p))[1].String())
	})},
	{name: "block and selector in one peer", policy: inPeers(hasNames, func(p *peer) { p.IPBlock = &networkingv1.IPBlock{CIDR: "192.0.2.0/24"} })},
	{name: "peers in another order", harmless: "peers are a set", policy: inRules(func(r ruleOf) bool { return len(*r.peers) > 1 }, func(r ruleOf) { slices.Reverse(*r.peers) })},
	{name: "label written as an expression", harmless: "in (x) is = x", policy: ofPods(hasPods, written)},
	{name: "block written as its halves", harmless: "its halves are the block", policy: inList(peerLists,
		func(ps []peer, i int) bool { return isNetwork(&ps[i]) && !hasExcept(&ps[i]) },
		func(ps *[]peer, i int) {
			for _, h := range halves(prefixOf(&(*ps)[i])) {
				*ps = append(*ps, peer{IPBlock: &networkingv1.IPBlock{CIDR: h.String()}})
			}
			drop(ps, i)
		})},
}

func setProtocol(to corev1.Protocol) func(*port) { return func(p *port) { p.Protocol = &to } }
func shift(by int32) func(*port) {
	return func(p *port) { p.Port = new(intstr.FromInt32(p.Port.IntVal + by)) }
}
func isTCP(p *port) bool   { return *p.Protocol == corev1.ProtocolTCP }
func isUDP(p *port) bool   { return *p.Protocol == corev1.ProtocolUDP }
func anyPort(p *port) bool { return true }

var portMutants = []mutantKind{
	{name: "rule without ports", policy: inRules(func(r ruleOf) bool { return len(*r.ports) > 0 }, func(r ruleOf) { *r.ports = nil })},
	{name: "one of several ports dropped", policy: inList(portLists, several, drop)},
	{name: "port added", policy: inRules(func(r ruleOf) bool { return len(*r.ports) > 0 }, func(r ruleOf) {
		*r.ports = append(*r.ports, port{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(22))})
	})},
	{name: "ports given where there are none", policy: inRules(func(r ruleOf) bool { return len(*r.ports) == 0 }, func(r ruleOf) {
		*r.ports = []port{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(8080))}}
	})},
	{name: "port one higher", policy: inPorts(anyPort, shift(1))},
	{name: "port one lower", policy: inPorts(anyPort, shift(-1))},
	{name: "port made a range", policy: inPorts(anyPort, func(p *port) { p.EndPort = new(p.Port.IntVal + 1) })},
	{name: "port made a range up to the last", policy: inPorts(anyPort, func(p *port) { p.EndPort = new(int32(65535)) })},
	{name: "range that ends before it begins", policy: inPorts(anyPort, func(p *port) { p.EndPort = new(p.Port.IntVal - 1) })},
	{name: "port without its number", policy: inPorts(anyPort, func(p *port) { p.Port = nil })},
	{name: "port number 0", policy: inPorts(anyPort, func(p *port) { p.Port = new(intstr.FromInt32(0)) })},
	{name: "port by a name", policy: inPorts(anyPort, func(p *port) { p.Port = new(intstr.FromString("http")) })},
	{name: "port by a name that nobody has", policy: inPorts(anyPort, func(p *port) { p.Port = new(intstr.FromString("nowhere")) })},
	{name: "port number as text", policy: inPorts(anyPort, func(p *port) { p.Port = new(intstr.FromString(p.Port.String())) })},
	{name: "UDP for TCP", policy: inPorts(isTCP, setProtocol(corev1.ProtocolUDP))},
	{name: "TCP for UDP", policy: inPorts(isUDP, setProtocol(corev1.ProtocolTCP))},
	{name: "SCTP for any", policy: inPorts(anyPort, setProtocol(corev1.ProtocolSCTP))},
	{name: "protocol that there is not", policy: inPorts(anyPort, setProtocol("ICMP"))},
	{name: "UDP without its protocol", policy: inPorts(isUDP, func(p *port) { p.Protocol = nil })},
	{name: "TCP without its protocol", harmless: "TCP is the default", policy: inPorts(isTCP, func(p *port) { p.Protocol = nil })},
	{name: "rule split by its ports", harmless: "rules add up", policy: inPolicy(
		func(p *netpol) bool { return len(p.Spec.Egress) > 0 && len(p.Spec.Egress[0].Ports) > 1 },
		func(p *netpol) {
			r := p.Spec.Egress[0]
			p.Spec.Egress[0].Ports = r.Ports[:1]
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: r.To, Ports: r.Ports[1:]})
		})},
}
