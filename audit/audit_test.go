package audit

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// built is a policy as Hedgerow writes it: everything that has a default is said.
func built() *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", Labels: map[string]string{"by": "us"}, Annotations: map[string]string{"why": "so"}},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}},
			PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From:  []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(80))}},
			}},
			Egress: []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}}}},
		},
	}
}

func TestAlterations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *networkingv1.NetworkPolicy)
		want   string
	}{
		"the same":               {func(*networkingv1.NetworkPolicy) {}, ""},
		"types in another order": {func(p *networkingv1.NetworkPolicy) { slices.Reverse(p.Spec.PolicyTypes) }, ""},
		"types left out":         {func(p *networkingv1.NetworkPolicy) { p.Spec.PolicyTypes = nil }, ""},
		"protocol left out":      {func(p *networkingv1.NetworkPolicy) { p.Spec.Ingress[0].Ports[0].Protocol = nil }, ""},
		"empty for absent":       {func(p *networkingv1.NetworkPolicy) { p.Spec.Egress[0].Ports = []networkingv1.NetworkPolicyPort{} }, ""},
		"a label of others":      {func(p *networkingv1.NetworkPolicy) { p.Labels["argocd"] = "x" }, ""},
		"another label":          {func(p *networkingv1.NetworkPolicy) { p.Labels["by"] = "me" }, `metadata.labels[by] is "me", not "us"`},
		"an annotation gone":     {func(p *networkingv1.NetworkPolicy) { p.Annotations = nil }, `metadata.annotations[why] is gone`},
		"everybody for somebody": {func(p *networkingv1.NetworkPolicy) { p.Spec.Ingress[0].From = nil }, `spec.ingress[0].from is gone`},
		"every pod":              {func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector = metav1.LabelSelector{} }, `spec.podSelector.matchLabels is gone`},
		"another port and a rule": {func(p *networkingv1.NetworkPolicy) {
			p.Spec.Ingress[0].Ports[0].Port = new(intstr.FromString("http"))
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{})
		}, `spec.ingress[0].ports[0].port is "http", not 80; spec.ingress[1] is new, and is {}`},
		"a rule less":   {func(p *networkingv1.NetworkPolicy) { p.Spec.Egress = nil }, `spec.egress is gone`},
		"one type less": {func(p *networkingv1.NetworkPolicy) { p.Spec.PolicyTypes = p.Spec.PolicyTypes[:1] }, `spec.policyTypes lacks "Egress"`},
		"a peer of another kind": {func(p *networkingv1.NetworkPolicy) {
			p.Spec.Egress[0].To[0] = networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}
		}, `spec.egress[0].to[0].ipBlock is gone; spec.egress[0].to[0].podSelector is new, and is {}`},
		"something long": {func(p *networkingv1.NetworkPolicy) {
			p.Spec.Egress[0].To[0].IPBlock.Except = []string{strings.Repeat("1", 70)}
		}, `spec.egress[0].to[0].ipBlock.except is new, and is something else`},
	} {
		found := built()
		c.change(found)
		if got := strings.Join(alterations(&pair{built(), found}), "; "); got != c.want {
			t.Errorf("%s: %s\nnot %s", name, got, c.want)
		}
	}
}

func TestMakers(t *testing.T) {
	labels := func(s ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(s); i += 2 {
			out[s[i]] = s[i+1]
		}
		return out
	}
	found := []*reach.Workload{
		{Kind: "Pod", Name: "web-1", Labels: labels("app", "web", "pod-template-hash", "1")},
		{Kind: "Pod", Name: "web-2", Labels: labels("app", "web", "pod-template-hash", "1")},
		{Kind: "Pod", Name: "host", Labels: labels("app", "web"), HostNetwork: true},
		{Kind: "Pod", Name: "alone"},
		{Kind: "Pod", Name: "alone"}, // named twice among the manifests
		{Kind: "Deployment", Name: "web", Labels: labels("app", "web")},
		{Kind: "Deployment", Name: "bare"}, // without labels it would stand for every pod
		{Kind: "CronJob", Name: "nightly", Labels: labels("app", "job")},
		{Kind: "Job", Name: "nightly-1", Labels: labels("app", "job", "controller-uid", "1")},
		{Kind: "Job", Name: "once", Labels: labels("app", "web")},
	}
	var got []string
	for _, w := range makers(found) {
		got = append(got, called(w))
	}
	want := []string{"CronJob nightly", "Deployment bare", "Deployment web", "Job once", "Pod alone", "Pod host"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestRunning has a pod give a name that is declared to a port that is not.
func TestRunning(t *testing.T) {
	web := reach.NamedPort{Name: "web", Protocol: reach.TCP, Number: 8080}
	shell := reach.NamedPort{Name: "web", Protocol: reach.TCP, Number: 22}
	declared := &reach.Workload{Namespace: "shop", Name: "web", Labels: map[string]string{"app": "web"}, Ports: []reach.NamedPort{web}}
	a := &auditor{Input: Input{
		Built: &proof.Cluster{Objects: &reach.Cluster{Workloads: []*reach.Workload{declared}}},
		Found: &reach.Objects{Cluster: reach.Cluster{Workloads: []*reach.Workload{
			{Namespace: "shop", Labels: map[string]string{"app": "web", "v": "1"}, Ports: []reach.NamedPort{shell, web}},
			{Namespace: "shop", Labels: map[string]string{"app": "db"}, Ports: []reach.NamedPort{{Name: "db"}}},
			{Namespace: "bank", Labels: map[string]string{"app": "web"}, Ports: []reach.NamedPort{{Name: "bank"}}},
		}}},
	}}
	if got := a.running(); len(got) != 1 || !slices.Equal(got[0].Ports, []reach.NamedPort{shell, web}) {
		t.Errorf("%v", got[0])
	}
	if !slices.Equal(declared.Ports, []reach.NamedPort{web}) {
		t.Error("what is declared was changed")
	}
}

func TestSome(t *testing.T) {
	if got := some([]string{"1", "2", "3", "4", "5", "6"}); got != "1, 2, 3, 4, 5, 6" {
		t.Error(got)
	}
	if got := some([]string{"1", "2", "3", "4", "5", "6", "7"}); got != "1, 2, 3, 4, 5 and 2 more" {
		t.Error(got)
	}
}
