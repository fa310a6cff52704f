package kube_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// TestRoleNamesEveryGroup holds the role of the document against the groups whose
// policies are read.
func TestRoleNamesEveryGroup(t *testing.T) {
	page, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(page, []byte("```yaml file=hedgerow-audit.yaml\n"))
	shown, _, ok := bytes.Cut(rest, []byte("```"))
	values, err := reach.Values("role", shown)
	if !ok || err != nil || len(values) != 1 {
		t.Fatalf("the document shows no role: %v", err)
	}
	var role rbacv1.ClusterRole
	if err := reach.Decode(values[0], &role); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "admissionregistration.k8s.io", "apps", "batch", "networking.k8s.io"}
	for _, api := range policykinds.APIs {
		want = append(want, api.Groups...)
	}
	var got []string
	for _, rule := range role.Rules {
		got = append(got, rule.APIGroups...)
		if of := policykinds.Of(rule.APIGroups[0]); of != nil && of.Mixed != !slices.Equal(rule.Resources, []string{"*"}) {
			t.Errorf("of %q it lists %q", rule.APIGroups, rule.Resources)
		}
		verb := "list"
		if len(rule.ResourceNames) > 0 {
			verb = "get"
		}
		if !slices.Equal(rule.Verbs, []string{verb}) {
			t.Errorf("it may %q on %q", rule.Verbs, rule.APIGroups)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the role is for %q, not %q", got, want)
	}
}
