package render

import (
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestGuardedAreForbidden: what an admission guard keeps from being written,
// Argo CD does not apply for tenants either, and an audit reads its group.
func TestGuardedAreForbidden(t *testing.T) {
	project := tenantsProject(&tenancy.Delivery{ArgoCD: &tenancy.ArgoCD{}}).Spec
	forbidden := func(list []groupKind, group string) bool {
		return slices.ContainsFunc(list, func(k groupKind) bool { return k.Group == group })
	}
	for _, rule := range guarded() {
		for _, group := range rule.APIGroups {
			of := policykinds.Of(group)
			if !forbidden(project.NamespaceResourceBlacklist, group) {
				t.Errorf("%q of %s are guarded, and tenants' projects may hold them", rule.Resources, group)
			}
			if group != "networking.k8s.io" && (of == nil || !of.Mixed && !forbidden(project.ClusterResourceBlacklist, group)) {
				t.Errorf("%q of %s are guarded, and not read or let through for the whole cluster", rule.Resources, group)
			}
		}
	}
}
