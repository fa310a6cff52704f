package foreign

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Policy gives any policy that an API server accepts. Blocks with bits behind
// their mask are such that servers before Kubernetes 1.36 did.
func (s Source) Policy() *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{}
	p.Name, p.Namespace = fmt.Sprint("p", s(1000)), s.Place()
	p.Spec.PodSelector = *s.selector(false)
	p.Spec.PolicyTypes = Pick(s, [][]networkingv1.PolicyType{
		nil, {}, {"Ingress"}, {"Egress"}, {"Ingress", "Egress"}, {"Egress", "Ingress"},
	})
	p.Spec.Ingress = Some(s, 2, func() networkingv1.NetworkPolicyIngressRule {
		return networkingv1.NetworkPolicyIngressRule{From: s.peers(), Ports: s.ports()}
	})
	p.Spec.Egress = Some(s, 2, func() networkingv1.NetworkPolicyEgressRule {
		return networkingv1.NetworkPolicyEgressRule{To: s.peers(), Ports: s.ports()}
	})
	if s.OneIn(4) && p.Spec.Egress == nil {
		p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{}
	}
	return p
}

func (s Source) peers() []networkingv1.NetworkPolicyPeer {
	if s.OneIn(8) {
		return []networkingv1.NetworkPolicyPeer{}
	}
	return Some(s, 3, func() networkingv1.NetworkPolicyPeer {
		switch s(5) {
		case 0:
			return networkingv1.NetworkPolicyPeer{PodSelector: s.selector(false)}
		case 1:
			return networkingv1.NetworkPolicyPeer{NamespaceSelector: s.selector(true)}
		case 2:
			return networkingv1.NetworkPolicyPeer{IPBlock: s.block()}
		}
		return networkingv1.NetworkPolicyPeer{PodSelector: s.selector(false), NamespaceSelector: s.selector(true)}
	})
}

func (s Source) block() *networkingv1.IPBlock {
	b := Pick(s, blocks)
	out := &networkingv1.IPBlock{CIDR: b[0]}
	if len(b) > 1 {
		out.Except = Some(s, 2, func() string { return Pick(s, b[1:]) })
	}
	return out
}

func (s Source) ports() []networkingv1.NetworkPolicyPort {
	if s.OneIn(8) {
		return []networkingv1.NetworkPolicyPort{}
	}
	return Some(s, 3, func() (p networkingv1.NetworkPolicyPort) {
		if !s.OneIn(3) {
			p.Protocol = new(Pick(s, Protocols))
		}
		switch s(5) {
		case 0: // every port of the protocol
		case 1, 2:
			p.Port = new(intstr.FromString(Pick(s, PortNames)))
		case 3:
			p.Port = new(intstr.FromInt32(Pick(s, Numbers)))
		case 4:
			first, last := Pick(s, Numbers), Pick(s, Numbers)
			p.Port, p.EndPort = new(intstr.FromInt32(min(first, last))), new(max(first, last))
		}
		return p
	})
}

func (s Source) selector(ofNamespaces bool) *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	if s.OneIn(5) {
		return out
	}
	if s.OneIn(2) {
		key, values := s.label(ofNamespaces)
		out.MatchLabels = map[string]string{key: values[0]}
	}
	out.MatchExpressions = Some(s, 2, func() (r metav1.LabelSelectorRequirement) {
		r.Key, r.Values = s.label(ofNamespaces)
		switch s(4) {
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
func (s Source) label(ofNamespaces bool) (string, []string) {
	key, values := Pick(s, Keys), Words
	if ofNamespaces && s.OneIn(3) {
		key, values = corev1.LabelMetadataName, Namespaces[:askedAtMost]
	}
	out := Some(s, 1, func() string { return Pick(s, values) })
	return key, append(out, Pick(s, values))
}
