package main

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
)

func always(*netpol) bool { return true }

func isDeny(p *netpol) bool { return p.Name == generator.LayerDeny }

func isBase(p *netpol) bool {
	return isDeny(p) || p.Name == generator.LayerDNS || p.Name == generator.LayerSameNamespace
}

func isFlow(p *netpol) bool { return !isBase(p) }

func hasRules(p *netpol) bool { return len(p.Spec.Ingress)+len(p.Spec.Egress) > 0 }

func hasTypes(n int) func(*netpol) bool {
	return func(p *netpol) bool { return len(p.Spec.PolicyTypes) == n }
}

func typed(types ...networkingv1.PolicyType) func(*netpol) {
	return func(p *netpol) { p.Spec.PolicyTypes = types }
}

// instead gives the damage that puts other policies in the place of one.
func instead(can func(*netpol) bool, of func(*netpol) []*netpol) func(*netpol) []damage {
	return func(p *netpol) []damage {
		if !can(p) {
			return nil
		}
		return []damage{of}
	}
}

func exchanged(p *netpol) {
	var ingress []networkingv1.NetworkPolicyIngressRule
	for _, r := range p.Spec.Egress {
		ingress = append(ingress, networkingv1.NetworkPolicyIngressRule{From: r.To, Ports: r.Ports})
	}
	var egress []networkingv1.NetworkPolicyEgressRule
	for _, r := range p.Spec.Ingress {
		egress = append(egress, networkingv1.NetworkPolicyEgressRule{To: r.From, Ports: r.Ports})
	}
	p.Spec.Ingress, p.Spec.Egress = ingress, egress
}

func flipped(p *netpol) {
	if p.Spec.PolicyTypes[0] == networkingv1.PolicyTypeIngress {
		p.Spec.PolicyTypes[0] = networkingv1.PolicyTypeEgress
	} else {
		p.Spec.PolicyTypes[0] = networkingv1.PolicyTypeIngress
	}
}

var policyMutants = []mutantKind{
	{name: "policy dropped", policy: instead(isFlow, func(*netpol) []*netpol { return nil })},
	{name: "layer of the baseline dropped", policy: instead(isBase, func(*netpol) []*netpol { return nil })},
	{name: "deny dropped", rare: true, policy: instead(isDeny, func(*netpol) []*netpol { return nil })},
	{name: "rules dropped", policy: inPolicy(hasRules, func(p *netpol) { p.Spec.Ingress, p.Spec.Egress = nil, nil })},
	{name: "rules of one direction dropped", policy: inPolicy(hasTypes(2), func(p *netpol) { p.Spec.Ingress = nil })},
	{name: "rules under the other direction", policy: inPolicy(hasRules, exchanged)},
	{name: "rules and policyTypes of the other direction", policy: inPolicy(func(p *netpol) bool { return hasTypes(1)(p) && hasRules(p) }, func(p *netpol) {
		exchanged(p)
		flipped(p)
	})},
	{name: "policyTypes of the other direction", policy: inPolicy(hasTypes(1), flipped)},
	{name: "policyTypes dropped", harmless: "the baseline isolates in both directions", policy: inPolicy(func(p *netpol) bool { return !isDeny(p) }, typed())},
	{name: "policyTypes of deny dropped", rare: true, policy: inPolicy(isDeny, typed())},
	{name: "policyTypes without one", policy: inPolicy(isBase, typed(networkingv1.PolicyTypeIngress))},
	{name: "policyTypes with both", harmless: "the baseline isolates in both directions", policy: inPolicy(hasTypes(1), typed(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))},
	{name: "policyTypes that there are not", policy: inPolicy(always, typed("ingress"))},
	{name: "policy in another namespace", policy: inPolicy(always, func(p *netpol) { p.Namespace = another(p.Namespace) })},
	{name: "policy without a namespace", policy: inPolicy(always, func(p *netpol) { p.Namespace = "" })},
	{name: "subject emptied", policy: ofSubject(1, func(s *metav1.LabelSelector) { *s = metav1.LabelSelector{} })},
	{name: "subject's label with another value", policy: ofSubject(1, otherValue)},
	{name: "subject's label with another key", policy: ofSubject(1, otherKey)},
	{name: "subject's label with any value", policy: ofSubject(1, anyValue)},
	{name: "subject's label inverted", policy: ofSubject(1, inverted)},
	{name: "subject's label contradicted", policy: ofSubject(1, contradicted)},
	{name: "subject's label dropped", policy: ofSubject(2, fewerLabels)},
	{name: "label added to subject", policy: ofSubject(0, moreLabels)},
	{name: "deny for some pods only", rare: true, policy: inPolicy(isDeny, func(p *netpol) { moreLabels(&p.Spec.PodSelector) })},
	{name: "policy with a label's key that cannot be", policy: inPolicy(always, func(p *netpol) {
		p.Spec.PodSelector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "app", Operator: "Is", Values: []string{"x"}}}
	})},
	{name: "subject written as an expression", harmless: "in (x) is = x", policy: ofSubject(1, written)},
	{name: "policy renamed", harmless: "names decide nothing", policy: inPolicy(always, func(p *netpol) { p.Name += "-2" })},
	{name: "policy without labels and annotations", harmless: "they are for people and tools", policy: inPolicy(always, func(p *netpol) {
		p.Labels, p.Annotations = nil, nil
	})},
	{name: "policy there twice", harmless: "policies add up", policy: instead(always, func(p *netpol) []*netpol {
		second := p.DeepCopy()
		second.Name += "-2"
		return []*netpol{p, second}
	})},
	{name: "policies in another order", harmless: "policies are a set", policy: instead(isDeny, func(p *netpol) []*netpol {
		nobody := foreign(p.Namespace, networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "app", Operator: metav1.LabelSelectorOpExists}, {Key: "app", Operator: metav1.LabelSelectorOpDoesNotExist},
		}}})
		return []*netpol{nobody, p}
	})},
}

// A foreign policy is one that somebody else put into a namespace.
func foreign(namespace string, spec networkingv1.NetworkPolicySpec) *netpol {
	return &netpol{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "foreign"}, Spec: spec}
}

// besideDeny adds a foreign policy to each namespace that has a deny.
func besideDeny(spec networkingv1.NetworkPolicySpec) func(*netpol) []damage {
	return instead(isDeny, func(p *netpol) []*netpol { return []*netpol{p, foreign(p.Namespace, *spec.DeepCopy())} })
}

// inUnmanaged adds a foreign policy to namespaces where Hedgerow writes none, once
// on each cluster.
func inUnmanaged(spec networkingv1.NetworkPolicySpec, namespaces ...string) func(*netpol) []damage {
	return func(p *netpol) (out []damage) {
		if !isDeny(p) || p.Namespace != "monitoring" {
			return nil
		}
		for _, name := range namespaces {
			out = append(out, func(p *netpol) []*netpol { return []*netpol{p, foreign(name, *spec.DeepCopy())} })
		}
		return out
	}
}

var (
	allIngress = []networkingv1.NetworkPolicyIngressRule{{}}
	allEgress  = []networkingv1.NetworkPolicyEgressRule{{}}
	both       = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	peersOwned = []string{"kube-system", "envoy-gateway-system"}
)

var foreignMutants = []mutantKind{
	{name: "allow-all added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: allIngress, Egress: allEgress, PolicyTypes: both})},
	{name: "allow-all of ingress added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: allIngress})},
	{name: "allow-all of egress added", policy: besideDeny(networkingv1.NetworkPolicySpec{Egress: allEgress})},
	{name: "allow from every namespace added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{
		{From: []peer{{NamespaceSelector: &metav1.LabelSelector{}}}, Ports: []port{{}}},
	}})},
	{name: "allow from a labelled namespace added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{
		{From: []peer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "sre"}}}}},
	}})},
	{name: "allow from an address added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{
		{From: []peer{{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.200/32"}}}},
	}})},
	{name: "allow to pods without labels added", policy: besideDeny(networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app.kubernetes.io/name", Operator: metav1.LabelSelectorOpDoesNotExist}}},
		Ingress:     allIngress,
	})},
	{name: "allow inside the namespace added", rare: true, policy: besideDeny(networkingv1.NetworkPolicySpec{
		Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []peer{{PodSelector: &metav1.LabelSelector{}}}}},
		Egress:  []networkingv1.NetworkPolicyEgressRule{{To: []peer{{PodSelector: &metav1.LabelSelector{}}}}},
	})},
	{name: "empty peer added", policy: besideDeny(networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []peer{{}}}}})},
	{name: "deny added", harmless: "the baseline denies already", policy: besideDeny(networkingv1.NetworkPolicySpec{PolicyTypes: both})},
	{name: "deny added where no policies are written", policy: inUnmanaged(networkingv1.NetworkPolicySpec{PolicyTypes: both}, peersOwned...)},
	{name: "deny added where nothing is declared", harmless: "who may not talk to it is not ours to say", policy: inUnmanaged(networkingv1.NetworkPolicySpec{PolicyTypes: both}, "default", undeclared)},
	{name: "allow-all added where no policies are written", harmless: "everything is open there", policy: inUnmanaged(networkingv1.NetworkPolicySpec{
		Ingress: allIngress, Egress: allEgress, PolicyTypes: both,
	}, peersOwned...)},
}
