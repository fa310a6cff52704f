package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var reviews = schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews"}

// rights are some that who applies could have; true are those that it needs.
var rights = []struct {
	verb, group, resource string
	needed                bool
}{
	{"create", "networking.k8s.io", "networkpolicies", true},
	{"delete", "networking.k8s.io", "networkpolicies", true},
	{"update", "networking.k8s.io", "ingresses", false},
	{"create", "", "pods", false},
	{"get", "", "secrets", false},
	{"create", "", "serviceaccounts", false},
	{"impersonate", "", "serviceaccounts", false},
	{"create", "rbac.authorization.k8s.io", "rolebindings", false},
	{"escalate", "rbac.authorization.k8s.io", "clusterroles", false},
	{"delete", "", "namespaces", false},
}

// mayDoNothingElse sees to it that who applies has no more rights than that
// takes.
func (a *applied) mayDoNothingElse() {
	for _, r := range rights {
		if may, err := a.may(a.Context(), a.as, r.verb, r.group, r.resource); err != nil || may != r.needed {
			a.Errorf("%s may %s %s: %t %v", a.as, r.verb, r.resource, may, err)
		}
	}
	for _, verb := range []string{"create", "patch"} {
		may, err := a.may(a.Context(), a.as, verb, "", "namespaces")
		if managed := a.overlays[0].isNamespaces(); err != nil || may != managed {
			a.Errorf("%s may %s namespaces: %t %v; they are managed: %t", a.as, verb, may, err, managed)
		}
	}
}

// may asks the server whether an account may do something everywhere.
func (s *server) may(ctx context.Context, user, verb, group, resource string) (bool, error) {
	review := &object{Object: map[string]any{
		"apiVersion": reviews.GroupVersion().String(),
		"kind":       "SubjectAccessReview",
		"spec": map[string]any{
			"user":               user,
			"groups":             []any{"system:serviceaccounts", "system:authenticated"},
			"resourceAttributes": map[string]any{"verb": verb, "group": group, "resource": resource},
		},
	}}
	answer, err := s.objects.Resource(reviews).Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	allowed, _, err := unstructured.NestedBool(answer.Object, "status", "allowed")
	return allowed, err
}
