package proof_test

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// rolling keeps cart open in production.
var rolling = strings.Replace(guarded, "\t\tcart: {\n", "\t\tcart: {\n\t\t\trollout: open: {reason: \"x\", until: \"2099-01-01\", environments: [\"prod\"]}\n", 1)

// TestRollouts holds what is open because of a roll-out against what a roll-out
// may open, and what is open besides against what flows declare: damage to
// either shows, though the one would hide the other.
func TestRollouts(t *testing.T) {
	isAllowAll := func(p *networkingv1.NetworkPolicy) bool { return p.Name == generator.AllowAll }
	anybody := networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{}}, PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}}
	for name, c := range map[string]struct {
		damage func([]*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy
		want   string
	}{
		"none": {func(ps []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy { return ps }, ""},
		"it is missing": {func(ps []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
			return slices.DeleteFunc(ps, isAllowAll)
		}, "a roll-out keeps"},
		"it lets nothing out": {each(isAllowAll, func(p *networkingv1.NetworkPolicy) { p.Spec.Egress = nil }), "a roll-out keeps prod/cart → "},
		"it is for some pods": {each(isAllowAll, func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector.MatchLabels = map[string]string{"app": "cart"} }), "a roll-out keeps"},
		"it is in another namespace too": {func(ps []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
			i := slices.IndexFunc(ps, isAllowAll)
			more := ps[i].DeepCopy()
			more.Namespace = "ledger"
			return append(ps, more)
		}, "which nothing declares; allowed by ledger/rollout-allow-all"},
		"a flow's policy in it is missing": {func(ps []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
			return slices.DeleteFunc(ps, func(p *networkingv1.NetworkPolicy) bool {
				return p.Namespace == "cart" && p.Name == "allow-site-cart-ingress-api"
			})
		}, `flow "site-cart" declares prod/web/site → prod/cart/api on 8080/TCP, and it is not open: it should be allowed by cart/allow-site-cart-ingress-api`},
		"another policy in it opens more": {each(func(p *networkingv1.NetworkPolicy) bool {
			return p.Namespace == "cart" && p.Name == "allow-site-cart-ingress-api"
		}, func(p *networkingv1.NetworkPolicy) { p.Spec = anybody }), "which nothing declares; allowed by cart/allow-site-cart-ingress-api"},
	} {
		s := load(t, map[string]string{schema.TenancyFile: rolling})
		main := *s.built["main"]
		main.Policies = c.damage(slices.Clone(main.Policies))
		s.built["main"] = &main
		p, err := proof.New(s.tenancy, s.expansion, s.built)
		if err != nil {
			t.Fatal(err)
		}
		var facts []string
		for _, d := range p.Check() {
			facts = append(facts, d.Fact)
		}
		if !slices.ContainsFunc(facts, func(f string) bool { return c.want != "" && strings.Contains(f, c.want) }) && (c.want != "" || len(facts) > 0) {
			t.Errorf("%s: %q, want %q", name, facts, c.want)
		}
	}
}

// each changes copies of the policies that match.
func each(is func(*networkingv1.NetworkPolicy) bool, change func(*networkingv1.NetworkPolicy)) func([]*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
	return func(ps []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
		for i, p := range ps {
			if is(p) {
				ps[i] = p.DeepCopy()
				change(ps[i])
			}
		}
		return ps
	}
}

// TestGuardsOfRollouts judges guards as if every roll-out were over, and names
// those that are suspended until then.
func TestGuardsOfRollouts(t *testing.T) {
	for guard, want := range map[string]string{
		`never: {from: {shared: "gateway"}, to: {namespace: "cart"}}`:                                                     "suspended",
		`never: {from: {namespace: "ledger"}, to: {namespace: "cart"}}`:                                                   "held", // ledger is closed
		`never: {to: {namespace: "cart", workload: "cache"}}`:                                                             "broken",
		`always: {from: {namespace: "cart"}, to: external: "partner"}`:                                                    "broken", // it is open by the roll-out alone
		`always: {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", workload: "api"}, ports: ["http"]}`: "held",
	} {
		p := prove(t, rolling+"\nguards: g: {"+guard+", reason: \"x\"}\n")
		if ds := p.Check(); len(ds) > 0 {
			t.Fatal(ds)
		}
		v, err := p.Guards()
		if err != nil {
			t.Fatal(err)
		}
		got := map[bool]string{true: "held", false: "neither"}[v.Held == 1]
		switch {
		case len(v.Broken) > 0:
			got = "broken"
		case slices.Equal(v.Suspended, []string{"g"}):
			got = "suspended"
		}
		if got != want || (got == "held") != (v.Held == 1) {
			t.Errorf("%s is %s (%d held), want %s", guard, got, v.Held, want)
		}
	}
}

// TestOpenIsOpen: what reach shows of a namespace that is kept open is that.
func TestOpenIsOpen(t *testing.T) {
	p := prove(t, rolling)
	c := p.Clusters["main"]
	if !slices.Equal(c.Open, []string{"cart"}) || !slices.Contains(c.Managed, "cart") {
		t.Errorf("open: %q, managed: %q", c.Open, c.Managed)
	}
	pods, err := c.Graph.Pods([]string{"cart"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if closed := c.Graph.Lacks(reach.Between([]reach.Group{pods}, []reach.Group{c.Graph.EveryAddress()}, reach.AllPorts)); len(closed) > 0 {
		t.Errorf("%d edges from an open namespace to addresses are closed", len(closed))
	}
}

// TestStandings: a namespace that is open suspends the guards that forbid what is
// open from or to it, whatever else is open.
func TestStandings(t *testing.T) {
	p := prove(t, rolling+`
guards: {
	touched: {never: {from: {shared: "gateway"}, to: {namespace: "cart"}}, reason: "x"}
	kept: {never: {from: {namespace: "ledger"}, to: {namespace: "cart"}}, reason: "x"}
}
`)
	v, err := p.Guards()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Standings(v, "", "")
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, n := range s.Namespaces {
		if n.State != proof.Open {
			continue
		}
		if open++; n.Name != "prod/cart" || !slices.Equal(n.Rollout.Suspended, []string{"touched"}) {
			t.Errorf("%s suspends %q", n.Name, n.Rollout.Suspended)
		}
	}
	if all := s.Progress[len(s.Progress)-1]; open != 1 || all.Namespaces-all.Enforced != 1 {
		t.Errorf("%d are open, and counted so %d", open, all.Namespaces-all.Enforced)
	}
	for _, unknown := range [][2]string{{"nowhere", ""}, {"", "nobody"}} {
		if _, err := p.Standings(v, unknown[0], unknown[1]); err == nil {
			t.Errorf("%q are declared", unknown)
		}
	}
}
