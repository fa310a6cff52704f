package reach

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestByMissesNothing holds what opens and closes by each namespace's policies
// against all that opens and closes: together it is the same.
func TestByMissesNothing(t *testing.T) {
	differ := 0
	for seed := range uint64(150) {
		before := newWorld(seeded(seed))
		after := before.other()
		c, err := Compare(State{Cluster: before.shown}, State{Cluster: after.shown})
		if err != nil {
			t.Fatal(err)
		}
		var opened, closed []Edge
		for _, n := range c.now.Namespaces() {
			o, s, err := c.By(n)
			if err != nil {
				t.Fatal(err)
			}
			opened, closed = append(opened, o...), append(closed, s...)
		}
		for _, d := range []struct {
			what      string
			all, some []Edge
		}{
			{"opens", Subtract(c.now.Open(), c.old.Open()), opened},
			{"closes", Subtract(c.old.Open(), c.now.Open()), closed},
		} {
			differ += len(d.all)
			if missing := Subtract(d.all, d.some); len(missing) > 0 {
				t.Errorf("seed %d: no namespace %s %v", seed, d.what, c.now.List(missing))
			}
			if extra := Subtract(d.some, d.all); len(extra) > 0 {
				t.Errorf("seed %d: a namespace %s %v, and nothing does", seed, d.what, c.now.List(extra))
			}
		}
	}
	if differ < 500 {
		t.Errorf("only %d edges differ", differ)
	}
}

// TestBySaysWhose has two namespaces open a connection together, while a third
// closes one by itself.
func TestBySaysWhose(t *testing.T) {
	policy := func(namespace, name string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
		return &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec}
	}
	var old []*networkingv1.NetworkPolicy
	for _, n := range []string{"a", "b"} {
		old = append(old, policy(n, "deny", networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}}))
	}
	all := []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}
	now := slices.Clone(old)
	now = append(now,
		policy("a", "out", networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Egress"}, Egress: []networkingv1.NetworkPolicyEgressRule{{To: all}}}),
		policy("b", "in", networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}, Ingress: []networkingv1.NetworkPolicyIngressRule{{From: all}}}),
		policy("c", "deny", networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}}))
	c, err := Compare(State{Cluster: &Cluster{Policies: old}, Has: []string{"c"}}, State{Cluster: &Cluster{Policies: now}})
	if err != nil {
		t.Fatal(err)
	}
	for namespace, want := range map[string][2]string{
		"a": {"a → b, a → any other namespace", ""},
		"b": {"a → b, c → b, any other namespace → b", ""},
		"c": {"", "c → c, any other namespace → c, 0.0.0.0/0 → c, ::/0 → c"},
	} {
		opened, closed, err := c.By(namespace)
		if err != nil {
			t.Fatal(err)
		}
		for i, list := range [][]Connection{c.ListOpened(opened), c.ListClosed(closed)} {
			got := ""
			for _, e := range list {
				if got != "" {
					got += ", "
				}
				got += e.From.String() + " → " + e.To.String()
			}
			if got != want[i] {
				t.Errorf("%s: %q, not %q", namespace, got, want[i])
			}
		}
	}
	if _, _, err := c.By("nowhere"); err == nil {
		t.Error("a namespace that nobody knows has changed")
	}
}
