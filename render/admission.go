package render

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// admissionAPI is served from Kubernetes 1.30 on (KEP-3488).
const admissionAPI = "admissionregistration.k8s.io/v1"

// guardName is the name of a guard, of which a cluster has but one.
const guardName = fluxName

// An admissionPolicy says what is guarded and who is let in. It has no
// matchConditions, parameters or exclusions, by which something would pass.
type admissionPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              admissionPolicySpec `json:"spec"`
}

type admissionPolicySpec struct {
	FailurePolicy    string                `json:"failurePolicy"`
	MatchConstraints admissionMatch        `json:"matchConstraints"`
	Validations      []admissionValidation `json:"validations"`
}

// admissionMatch says all that the API server would set itself: Argo CD would
// see a difference in what is left out.
type admissionMatch struct {
	MatchPolicy       string               `json:"matchPolicy"`
	NamespaceSelector metav1.LabelSelector `json:"namespaceSelector"`
	ObjectSelector    metav1.LabelSelector `json:"objectSelector"`
	ResourceRules     []admissionRule      `json:"resourceRules,omitempty"`
}

type admissionRule struct {
	APIGroups   []string `json:"apiGroups"`
	APIVersions []string `json:"apiVersions"`
	Operations  []string `json:"operations"`
	Resources   []string `json:"resources"`
	Scope       string   `json:"scope"`
}

type admissionValidation struct {
	Expression string `json:"expression"`
	Message    string `json:"message"`
	Reason     string `json:"reason"`
}

// An admissionBinding says in which namespaces a policy is in force.
type admissionBinding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              admissionBindingSpec `json:"spec"`
}

type admissionBindingSpec struct {
	PolicyName        string         `json:"policyName"`
	MatchResources    admissionMatch `json:"matchResources"`
	ValidationActions []string       `json:"validationActions"`
}

// guarded gives the kinds that decide who may connect, in Kubernetes and in the
// network plugins that a tenancy can name. Kinds that a cluster lacks do no harm.
func guarded() []admissionRule {
	rules := []admissionRule{guardedRule([]string{"networking.k8s.io"}, "networkpolicies")}
	for _, api := range policykinds.APIs {
		if len(api.Guarded) > 0 {
			rules = append(rules, guardedRule(api.Groups, api.Guarded...))
		}
	}
	return rules
}

// guardedRule leaves subresources out: what decides is not in them, and plugins
// write their status.
func guardedRule(groups []string, resources ...string) admissionRule {
	return admissionRule{
		APIGroups: groups, APIVersions: []string{"*"}, Operations: []string{"CREATE", "UPDATE", "DELETE"}, Resources: resources, Scope: "*",
	}
}

// kubernetesOwn are the users as whom Kubernetes takes objects away: with a
// namespace that goes, and after their owners, for which the garbage collector
// updates finalizers. Controllers have accounts of their own if
// kube-controller-manager runs with --use-service-account-credentials, else they
// share its own (kubernetes v1.36.3, cmd/kube-controller-manager/app).
var kubernetesOwn = []string{
	"system:kube-controller-manager",
	tenancy.ServiceAccountUser("kube-system", "generic-garbage-collector"),
	tenancy.ServiceAccountUser("kube-system", "namespace-controller"),
}

// guardMessage is what the API server answers to everybody else.
const guardMessage = "network policies come from the tenancy: declare the flow in tenants.cue, or remove it there"

// guardObjects gives what keeps everybody but those who are let in from writing
// network policies in the namespaces that have overlays. Policies of a whole
// cluster have no namespace, and are matched by every selector of namespaces.
func guardObjects(d *tenancy.Delivery, c *generator.Cluster) []deliveryObject {
	all := admissionMatch{MatchPolicy: "Equivalent"}
	policy := &admissionPolicy{
		TypeMeta: typeMeta(admissionAPI, "ValidatingAdmissionPolicy"), ObjectMeta: objectMeta("", guardName),
		Spec: admissionPolicySpec{
			FailurePolicy: "Fail", MatchConstraints: all,
			Validations: []admissionValidation{{Expression: admitted(d, c), Message: guardMessage, Reason: "Forbidden"}},
		},
	}
	policy.Spec.MatchConstraints.ResourceRules = guarded()
	binding := &admissionBinding{
		TypeMeta: typeMeta(admissionAPI, "ValidatingAdmissionPolicyBinding"), ObjectMeta: objectMeta("", guardName),
		Spec: admissionBindingSpec{PolicyName: guardName, MatchResources: all, ValidationActions: []string{"Deny"}},
	}
	// Here, and not in the policy, whose selector the API server would work out
	// for every object that anybody writes, of whatever kind (apiserver v0.36.3,
	// pkg/admission/plugin/policy/matching).
	binding.Spec.MatchResources.NamespaceSelector.MatchExpressions = []metav1.LabelSelectorRequirement{
		{Key: namespaceName, Operator: metav1.LabelSelectorOpIn, Values: guardedNamespaces(c)},
	}
	return []deliveryObject{policy, binding}
}

func guardedNamespaces(c *generator.Cluster) (out []string) {
	for _, o := range c.Overlays {
		out = append(out, o.Namespace)
	}
	slices.Sort(out)
	return out
}

// admitted is the expression that holds for those who are let in.
func admitted(d *tenancy.Delivery, c *generator.Cluster) string {
	users, groups := guardAccounts(d, c)
	lines := []string{"request.userInfo.username in " + celList(users)}
	if len(groups) > 0 {
		lines = append(lines, "request.userInfo.groups.exists(group, group in "+celList(groups)+")")
	}
	lines = append(lines, `request.operation != "CREATE" && request.userInfo.username in `+celList(kubernetesOwn))
	return strings.Join(lines, " ||\n")
}

// guardAccounts gives the users and the groups that the guard of a cluster lets
// in, sorted.
func guardAccounts(d *tenancy.Delivery, c *generator.Cluster) (users, groups []string) {
	users = c.Guard.Controllers(d, c.Name)
	for _, x := range c.Guard.Except {
		if x.User.Set() {
			users = append(users, x.User.Text)
		} else {
			groups = append(groups, x.Group.Text)
		}
	}
	slices.Sort(users)
	slices.Sort(groups)
	return slices.Compact(users), slices.Compact(groups)
}

// celList writes words as a list of strings of CEL, which those of JSON are.
func celList(words []string) string {
	var out []string
	for _, w := range words {
		data, _ := json.Marshal(w) // no string is without one
		out = append(out, string(data))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
