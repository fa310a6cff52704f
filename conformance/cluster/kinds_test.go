package cluster

import (
	"strings"
	"testing"
)

// kinds are an object of each kind of policy that clusters know beside
// NetworkPolicy, and what would make it a wrong one.
var kinds = []struct{ object, right, wrong string }{
	{policyHead + "{ingress: [{from: [{podSelector: {}}]}]}", "from", "form"},
	{`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: kind, namespace: default}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress: [{toFQDNs: [{matchName: api.example.com}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, "matchLabels", "matchLabls"},
	{`apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: kind}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress: [{fromEntities: [host]}]`, "[host]", "[hosts]"},
	{`apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: kind}
spec: {order: 10, selector: all(), types: [Ingress], ingress: [{action: Deny, protocol: TCP, destination: {ports: [22]}}]}`, "order", "odrer"},
	{`apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: kind}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {env: prod}}}
  ingress: [{name: d, action: Deny, from: [{namespaces: {matchLabels: {env: dev}}}]}]`, "Deny", "Denny"},
}

// testKinds sees to it that the server takes those objects, and none that is
// misspelt: without strict validation, "form" is dropped and what is left of the
// rule lets everybody in.
func testKinds(t *testing.T, s *server) {
	for _, k := range kinds {
		misspelt := strings.Replace(k.object, k.right, k.wrong, 1)
		if misspelt == k.object {
			t.Errorf("nothing is wrong with %s", misspelt)
		}
		for _, text := range []string{k.object, misspelt} {
			o, err := objectOf([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			_, applied := s.dryApply(t.Context(), o)
			if created := s.judge(t, o); (created == nil) != (text == k.object) || (applied == nil) != (text == k.object) {
				t.Errorf("%s is created with %v, and applied with %v", text, created, applied)
			}
		}
	}
	t.Logf("%d kinds of policies are judged to the letter", len(kinds))
}
