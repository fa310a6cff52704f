// Package bruteforce judges one packet at a time by NetworkPolicies, as their
// API's documentation says (k8s.io/api, networking/v1), without sets, defaults
// worked out beforehand, or any other cleverness. It is a witness: tests hold
// what is quick and clever against it, so it shares no code with that.
//
// It takes policies to be such as an API server accepts, and panics where one
// would not.
package bruteforce

import (
	"maps"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Cluster is what decides about a packet, besides its two ends.
type Cluster struct {
	Namespaces map[string]map[string]string // the labels of each; its name is one of them by itself
	Policies   []*networkingv1.NetworkPolicy
}

// Pod is a pod as policies see it.
type Pod struct {
	Namespace string
	Labels    map[string]string
	Ports     []Port
	Addresses []netip.Addr // those that are known
}

// Port is a port of a container that has a name.
type Port struct {
	Name     string
	Protocol corev1.Protocol
	Number   int32
}

// End is one end of a connection: a pod or, if that is nil, an address outside
// of the cluster.
type End struct {
	Pod     *Pod
	Address netip.Addr
}

// Allows reports whether a connection can be opened. A pod that connects to
// itself is no case for policies.
func (c *Cluster) Allows(from, to End, protocol corev1.Protocol, port int32) bool {
	return c.mayLeave(from, to, protocol, port) && c.mayEnter(from, to, protocol, port)
}

func (c *Cluster) mayLeave(from, to End, protocol corev1.Protocol, port int32) bool {
	isolated := false
	for _, p := range c.Policies {
		if !selectsPod(p, from) || !affectsEgress(p) {
			continue
		}
		isolated = true
		for _, rule := range p.Spec.Egress {
			if c.matchesPeers(p, rule.To, to) && matchesPorts(rule.Ports, to, protocol, port) {
				return true
			}
		}
	}
	return !isolated
}

func (c *Cluster) mayEnter(from, to End, protocol corev1.Protocol, port int32) bool {
	isolated := false
	for _, p := range c.Policies {
		if !selectsPod(p, to) || !affectsIngress(p) {
			continue
		}
		isolated = true
		for _, rule := range p.Spec.Ingress {
			if c.matchesPeers(p, rule.From, from) && matchesPorts(rule.Ports, to, protocol, port) {
				return true
			}
		}
	}
	return !isolated
}

// selectsPod reports whether the policy applies to the end.
func selectsPod(p *networkingv1.NetworkPolicy, end End) bool {
	return end.Pod != nil && end.Pod.Namespace == namespaceOf(p) && matches(&p.Spec.PodSelector, end.Pod.Labels)
}

// namespaceOf gives the namespace of a policy; without one it is created in
// "default".
func namespaceOf(p *networkingv1.NetworkPolicy) string {
	if p.Namespace == "" {
		return "default"
	}
	return p.Namespace
}

// affectsIngress: "all policies (whether or not they contain an ingress section)
// are assumed to affect ingress", if policyTypes does not say otherwise.
func affectsIngress(p *networkingv1.NetworkPolicy) bool {
	if len(p.Spec.PolicyTypes) == 0 {
		return true
	}
	return lists(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
}

// affectsEgress: "policies that contain an egress section are assumed to affect
// egress", if policyTypes does not say otherwise. A section without rules is
// none: the API server cannot tell the two apart.
func affectsEgress(p *networkingv1.NetworkPolicy) bool {
	if len(p.Spec.PolicyTypes) == 0 {
		return len(p.Spec.Egress) > 0
	}
	return lists(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
}

func lists(types []networkingv1.PolicyType, wanted networkingv1.PolicyType) bool {
	for _, t := range types {
		if t == wanted {
			return true
		}
	}
	return false
}

// matchesPeers: "If this field is empty or missing, this rule matches all".
func (c *Cluster) matchesPeers(p *networkingv1.NetworkPolicy, peers []networkingv1.NetworkPolicyPeer, end End) bool {
	if len(peers) == 0 {
		return true
	}
	for i := range peers {
		if c.matchesPeer(p, &peers[i], end) {
			return true
		}
	}
	return false
}

func (c *Cluster) matchesPeer(p *networkingv1.NetworkPolicy, peer *networkingv1.NetworkPolicyPeer, end End) bool {
	if peer.IPBlock != nil {
		return matchesBlock(peer.IPBlock, end)
	}
	if peer.PodSelector == nil && peer.NamespaceSelector == nil {
		panic("bruteforce: a peer with nothing set")
	}
	if end.Pod == nil {
		return false
	}
	if peer.NamespaceSelector == nil && end.Pod.Namespace != namespaceOf(p) {
		return false
	}
	if peer.PodSelector != nil && !matches(peer.PodSelector, end.Pod.Labels) {
		return false
	}
	return peer.NamespaceSelector == nil || matches(peer.NamespaceSelector, c.namespaceLabels(end.Pod.Namespace))
}

// namespaceLabels gives the labels of a namespace with the one that the API
// server sets.
func (c *Cluster) namespaceLabels(name string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, c.Namespaces[name])
	all[corev1.LabelMetadataName] = name
	return all
}

// matchesBlock asks for the address of the end. The API leaves to plugins whether
// a block is to match pods; here it does, where their addresses are known.
func matchesBlock(block *networkingv1.IPBlock, end End) bool {
	if end.Pod == nil {
		return inBlock(block, end.Address)
	}
	for _, a := range end.Pod.Addresses {
		if inBlock(block, a) {
			return true
		}
	}
	return false
}

func inBlock(block *networkingv1.IPBlock, address netip.Addr) bool {
	if !netip.MustParsePrefix(block.CIDR).Contains(address) {
		return false
	}
	for _, except := range block.Except {
		if netip.MustParsePrefix(except).Contains(address) {
			return false
		}
	}
	return true
}

// matchesPorts: "If this field is empty or missing, this rule matches all ports".
func matchesPorts(ports []networkingv1.NetworkPolicyPort, to End, protocol corev1.Protocol, port int32) bool {
	if len(ports) == 0 {
		return true
	}
	for i := range ports {
		if matchesPort(&ports[i], to, protocol, port) {
			return true
		}
	}
	return false
}

func matchesPort(p *networkingv1.NetworkPolicyPort, to End, protocol corev1.Protocol, port int32) bool {
	wanted := corev1.ProtocolTCP
	if p.Protocol != nil {
		wanted = *p.Protocol
	}
	switch {
	case wanted != protocol:
		return false
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.String:
		return hasPort(to, Port{Name: p.Port.StrVal, Protocol: protocol, Number: port})
	case p.EndPort != nil:
		return p.Port.IntVal <= port && port <= *p.EndPort
	}
	return port == p.Port.IntVal
}

// hasPort reports whether the end is a pod with a container that names the port
// so.
func hasPort(end End, wanted Port) bool {
	if end.Pod == nil {
		return false
	}
	for _, p := range end.Pod.Ports {
		if p == wanted {
			return true
		}
	}
	return false
}

func matches(s *metav1.LabelSelector, of map[string]string) bool {
	if len(s.MatchExpressions) == 0 { // the most are so, and the API's own function is slow
		return hasAll(of, s.MatchLabels)
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return selector.Matches(labels.Set(of))
}

func hasAll(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if has, ok := labels[key]; !ok || has != value {
			return false
		}
	}
	return true
}
