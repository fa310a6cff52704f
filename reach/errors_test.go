package reach

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// What an API server would not take is an error, and opens nothing.
var unreadable = []struct{ spec, want string }{
	{`policyTypes: [Both]`, `spec.policyTypes: "Both" is not a type`},
	{`podSelector: {matchExpressions: [{key: a, operator: In}]}`, `spec.podSelector: operator In of label "a" has no values`},
	{`podSelector: {matchExpressions: [{key: a, operator: NotIn, values: []}]}`, `operator NotIn of label "a" has no values`},
	{`podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}`, `operator Exists of label "a" has values`},
	{`podSelector: {matchExpressions: [{key: a, operator: Like}]}`, `label "a" has the unknown operator "Like"`},
	{`ingress: [{from: [{}]}]`, `spec.ingress[0]: peer 0: it is empty`},
	{`egress: [{}, {to: [{podSelector: {}}, {}]}]`, `spec.egress[1]: peer 1: it is empty`},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]`, `it has an ipBlock beside a selector`},
	{`ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: a}]}}]}]`, `namespaceSelector: label "a" has the unknown operator ""`},
	{`ingress: [{from: [{podSelector: {matchExpressions: [{key: a}]}}]}]`, `podSelector: label "a" has the unknown operator ""`},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]`, `"10.0.0.1" is not a range of addresses`},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10]}}]}]`, `except "10" is not a range of addresses`},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]`, `except "10.0.0.0/8" is not a part of "10.0.0.0/8"`},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ["fd00::/16"]}}]}]`, `except "fd00::/16" is not a part of`},
	{`ingress: [{ports: [{protocol: ICMP}]}]`, `port 0: "ICMP" is not a protocol that policies know`},
	{`ingress: [{ports: [{endPort: 80}]}]`, `it has an endPort and no port`},
	{`ingress: [{ports: [{port: http, endPort: 80}]}]`, `"http" is not the name of a single port`},
	{`ingress: [{ports: [{port: "8080"}]}]`, `"8080" is not the name of a single port`},
	{`ingress: [{ports: [{port: 81, endPort: 80}]}]`, `81-80/TCP is not a port or a range of ports`},
	{`ingress: [{ports: [{port: 0}]}]`, `0/TCP is not a port or a range of ports`},
	{`ingress: [{ports: [{port: 65535, endPort: 65536}]}]`, `65535-65536/TCP is not a port or a range of ports`},
}

func TestBuildErrors(t *testing.T) {
	for _, c := range unreadable {
		p := &networkingv1.NetworkPolicy{}
		p.Name = "rule"
		if err := yaml.UnmarshalStrict([]byte(c.spec), &p.Spec); err != nil {
			t.Fatal(err)
		}
		g, err := Build(&Cluster{Policies: []*networkingv1.NetworkPolicy{{}, p}})
		if g != nil || err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "NetworkPolicy default/rule: spec.") {
			t.Errorf("%s gives %v, want %s", c.spec, err, c.want)
		}
	}
}

func TestNamespaceThatIsThereTwice(t *testing.T) {
	one, two := &corev1.Namespace{}, &corev1.Namespace{}
	one.Name, two.Name = "shop", "shop"
	c := &Cluster{Namespaces: []*corev1.Namespace{one, two}}
	if _, err := Build(c); err != nil {
		t.Error(err)
	}
	two.Labels = map[string]string{"team": "retail"}
	if _, err := Build(c); err == nil || err.Error() != `namespace "shop" is there twice, with other labels` {
		t.Errorf("the error is %v", err)
	}
}
