package reach

import (
	"iter"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// selectors iterates over the selectors of a policy: of pods, then of
// namespaces, as the second value says.
func selectors(p *networkingv1.NetworkPolicy) iter.Seq2[*metav1.LabelSelector, bool] {
	return func(yield func(*metav1.LabelSelector, bool) bool) {
		if !yield(&p.Spec.PodSelector, false) {
			return
		}
		var peers []networkingv1.NetworkPolicyPeer
		for _, r := range p.Spec.Ingress {
			peers = append(peers, r.From...)
		}
		for _, r := range p.Spec.Egress {
			peers = append(peers, r.To...)
		}
		for _, peer := range peers {
			if peer.PodSelector != nil && !yield(peer.PodSelector, false) {
				return
			}
			if peer.NamespaceSelector != nil && !yield(peer.NamespaceSelector, true) {
				return
			}
		}
	}
}

// namesAsked gives the namespaces that a selector asks for by name.
func namesAsked(s *metav1.LabelSelector) (out []string) {
	if name, ok := s.MatchLabels[namespaceName]; ok {
		out = append(out, name)
	}
	for _, e := range s.MatchExpressions {
		if e.Key == namespaceName {
			out = append(out, e.Values...)
		}
	}
	return out
}

// mention notes the labels of pods that a policy asks for.
func (u *universe) mention(p *networkingv1.NetworkPolicy) {
	for s, ofNamespaces := range selectors(p) {
		if ofNamespaces {
			continue
		}
		for key := range s.MatchLabels {
			u.mentioned[key] = true
		}
		for _, e := range s.MatchExpressions {
			u.mentioned[e.Key] = true
		}
	}
}
