package render

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/generator"
)

// mustBeGuarded are the kinds that a guard must speak of, as kubectl names them.
const mustBeGuarded = `
adminnetworkpolicies.policy.networking.k8s.io
applicationnetworkpolicies.networking.k8s.aws
baselineadminnetworkpolicies.policy.networking.k8s.io
ciliumclusterwidenetworkpolicies.cilium.io
ciliumnetworkpolicies.cilium.io
clusternetworkpolicies.crd.antrea.io
clusternetworkpolicies.networking.k8s.aws
clusternetworkpolicies.policy.networking.k8s.io
egressfirewalls.k8s.ovn.org
fqdnnetworkpolicies.networking.gke.io
globalnetworkpolicies.crd.projectcalico.org
globalnetworkpolicies.projectcalico.org
networkpolicies.crd.antrea.io
networkpolicies.crd.projectcalico.org
networkpolicies.networking.k8s.io
networkpolicies.projectcalico.org
stagedglobalnetworkpolicies.crd.projectcalico.org
stagedglobalnetworkpolicies.projectcalico.org
stagedkubernetesnetworkpolicies.crd.projectcalico.org
stagedkubernetesnetworkpolicies.projectcalico.org
stagednetworkpolicies.crd.projectcalico.org
stagednetworkpolicies.projectcalico.org
`

// guard judges what keeps everybody else from the policies of a cluster: no
// kind, namespace or operation may be missing from it, and none may be more.
func (j *deliveryJudge) guard(c *generator.Cluster) error {
	dir, policy, binding := path.Join(guardFolder, c.Name), &admissionPolicy{}, &admissionBinding{}
	const kind = "ValidatingAdmissionPolicy"
	if err := j.read(dir, kind, guardName, "", policy); err != nil {
		return err
	}
	if err := inFile(dir, kind, guardName, guardWrong(policy.Spec), j.admittedWrong(c, policy.Spec.Validations)); err != nil {
		return err
	}
	if err := j.read(dir, kind+"Binding", guardName, "", binding); err != nil {
		return err
	}
	return inFile(dir, kind+"Binding", guardName, bindingWrong(c, binding.Spec))
}

// guardWrong says what is wrong with what a guard speaks of.
func guardWrong(s admissionPolicySpec) string {
	kinds, m := map[string]bool{}, s.MatchConstraints
	for _, r := range m.ResourceRules {
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				kinds[resource+"."+group] = true
			}
		}
		if !slices.Equal(r.APIVersions, []string{"*"}) || !slices.Equal(r.Operations, []string{"CREATE", "UPDATE", "DELETE"}) || r.Scope != "*" {
			return "it passes over versions, operations or objects"
		}
	}
	want := map[string]bool{}
	for kind := range strings.FieldsSeq(mustBeGuarded) {
		want[kind] = true
	}
	switch {
	case s.FailurePolicy != "Fail":
		return "who is not judged would be let in"
	case !maps.Equal(kinds, want):
		return "it speaks of other kinds than those that decide who may connect"
	case m.MatchPolicy != "Equivalent":
		return "a kind would pass under another version"
	case !reflect.ValueOf(m.NamespaceSelector).IsZero() || !reflect.ValueOf(m.ObjectSelector).IsZero():
		return "it passes over namespaces or objects"
	}
	return ""
}

// admittedWrong says whether a guard lets in others than it should. The
// expression has a line for users, one for groups if there are any, and one for
// Kubernetes' own.
func (j *deliveryJudge) admittedWrong(c *generator.Cluster, validations []admissionValidation) string {
	const others = "it lets in others than the tenancy says"
	if len(validations) != 1 || validations[0].Reason != "Forbidden" || !strings.Contains(validations[0].Message, "declare the flow in tenants.cue") {
		return "it does not say what to do instead"
	}
	users, groups := map[string]bool{}, map[string]bool{}
	for _, u := range c.Guard.Controllers(j.d, c.Name) {
		users[u] = true
	}
	for _, x := range c.Guard.Except {
		if x.User.Set() {
			users[x.User.Text] = true
		}
		if x.Group.Set() {
			groups[x.Group.Text] = true
		}
	}
	want := []map[string]bool{users, groups, {
		"system:kube-controller-manager":                              true,
		"system:serviceaccount:kube-system:namespace-controller":      true,
		"system:serviceaccount:kube-system:generic-garbage-collector": true,
	}}
	around := [][2]string{
		{"request.userInfo.username in ", ""},
		{"request.userInfo.groups.exists(group, group in ", ")"},
		{`request.operation != "CREATE" && request.userInfo.username in `, ""},
	}
	if len(groups) == 0 {
		want, around = slices.Delete(want, 1, 2), slices.Delete(around, 1, 2)
	}
	lines := strings.Split(validations[0].Expression, " ||\n")
	if len(lines) != len(want) {
		return others
	}
	for i, line := range lines {
		list, before := strings.CutPrefix(line, around[i][0])
		list, behind := strings.CutSuffix(list, around[i][1])
		var words []string
		if !before || !behind || json.Unmarshal([]byte(list), &words) != nil || !holds(words, want[i]) {
			return others
		}
	}
	return ""
}

// bindingWrong says whether a guard is in force anywhere but in the namespaces
// that have overlays.
func bindingWrong(c *generator.Cluster, s admissionBindingSpec) string {
	m, want := s.MatchResources, map[string]bool{}
	for _, o := range c.Overlays {
		want[o.Namespace] = true
	}
	selector := m.NamespaceSelector.MatchExpressions
	switch {
	case s.PolicyName != guardName:
		return "it binds something else"
	case !slices.Equal(s.ValidationActions, []string{"Deny"}):
		return "nobody would be refused"
	case m.MatchPolicy != "Equivalent" || len(m.ResourceRules) > 0 || !reflect.ValueOf(m.ObjectSelector).IsZero():
		return "it passes over kinds or objects"
	case len(selector) != 1 || len(m.NamespaceSelector.MatchLabels) > 0 ||
		selector[0].Key != namespaceName || selector[0].Operator != "In" || !holds(selector[0].Values, want):
		return "it is in force in other namespaces than those that have overlays"
	}
	return ""
}
