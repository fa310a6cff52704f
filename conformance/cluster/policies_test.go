package cluster

import (
	"os"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// refusedPolicies are specs of policies of which reach says that no server
// takes them.
const refusedPolicies = repository + "/reach/testdata/refused.yaml"

// unseen are specs that the server refuses and reach reads nevertheless, each
// with the reason. The server that refuses such a policy enforces nothing of it.
var unseen = []struct{ spec, reason string }{
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.1/8}}]}]`, olderServers},
	{`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.1/16]}}]}]`, olderServers},
	{`ingress: [{from: [{ipBlock: {cidr: "::ffff:10.0.0.0/104"}}]}]`, olderServers},
}

const olderServers = "servers before Kubernetes 1.36 took it, and keep it"

// testRefusedPolicies sees to it that the server refuses the policies that
// reach refuses for its sake, and that no others are known.
func testRefusedPolicies(t *testing.T, s *server) {
	data, err := os.ReadFile(refusedPolicies)
	if err != nil {
		t.Fatal(err)
	}
	var refused []struct{ Spec string }
	if err := yaml.Unmarshal(data, &refused); err != nil {
		t.Fatal(err)
	}
	if len(refused) < 20 {
		t.Errorf("%s has only %d specs", refusedPolicies, len(refused))
	}
	if err := s.judgeSpec(t, `podSelector: {}`); err != nil {
		t.Errorf("the server takes no policy: %v", err)
	}
	for _, r := range refused {
		if s.judgeSpec(t, r.Spec) == nil || readByReach(t, r.Spec) == nil {
			t.Errorf("the server, or reach, takes %s", r.Spec)
		}
	}
	for _, u := range unseen {
		if s.judgeSpec(t, u.spec) == nil {
			t.Errorf("the server takes %s", u.spec)
		}
		if readByReach(t, u.spec) != nil {
			t.Errorf("reach refuses %s as well: it belongs into %s", u.spec, refusedPolicies)
		}
	}
	t.Logf("both refuse %d policies, and the server alone %d more", len(refused), len(unseen))
}

// judgeSpec gives the error by which the server refuses a policy.
func (s *server) judgeSpec(t *testing.T, spec string) error {
	o, err := objectOf([]byte(policyHead + "{" + spec + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return s.judge(t, o)
}

// readByReach gives the error by which reach refuses a policy.
func readByReach(t *testing.T, spec string) error {
	p := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatal(err)
	}
	_, err := reach.Build(&reach.Cluster{Policies: []*networkingv1.NetworkPolicy{p}})
	return err
}
