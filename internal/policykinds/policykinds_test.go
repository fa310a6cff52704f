package policykinds_test

import (
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
)

func TestMayDecide(t *testing.T) {
	for kind, want := range map[string]bool{
		"NetworkPolicy.networking.k8s.io":                 false, // it is judged
		"IngressClass.networking.k8s.io":                  false,
		"CiliumNetworkPolicy.cilium.io":                   true,
		"CiliumFuturePolicy.cilium.io":                    true,
		"CiliumEndpoint.cilium.io":                        false,
		"Tier.crd.projectcalico.org":                      false,
		"IPPool.projectcalico.org":                        false,
		"GlobalNetworkPolicy.projectcalico.org":           true,
		"AuthorizationPolicy.security.istio.io":           true,
		"ApplicationNetworkPolicy.networking.k8s.aws":     true,
		"PolicyEndpoint.networking.k8s.aws":               false,
		"ClusterPolicyEndpoint.networking.k8s.aws":        false,
		"FQDNNetworkPolicy.networking.gke.io":             true,
		"HealthCheckPolicy.networking.gke.io":             false,
		"EgressFirewall.k8s.ovn.org":                      true,
		"EgressIP.k8s.ovn.org":                            false,
		"AdminPolicyBasedExternalRoute.k8s.ovn.org":       false,
		"SecurityGroup.kubeovn.io":                        true,
		"Subnet.kubeovn.io":                               false,
		"SomethingNetworkPolicy.example.com":              true,
		"PodDisruptionPolicy.example.com":                 false,
		"ValidatingAdmissionPolicy.admissionregistration": false,
	} {
		name, group, _ := strings.Cut(kind, ".")
		if got := policykinds.MayDecide(group, name); got != want {
			t.Errorf("%s: %t", kind, got)
		}
	}
}

// TestGuardedAreRead: whatever is kept from being written is read by an audit.
func TestGuardedAreRead(t *testing.T) {
	for _, api := range policykinds.APIs {
		for _, resource := range api.Guarded {
			read := len(api.Kinds) == 0 && strings.HasSuffix(resource, "policies")
			for _, kind := range api.Kinds {
				plural := strings.ToLower(kind) + "s"
				if one, ok := strings.CutSuffix(plural, "ys"); ok {
					plural = one + "ies"
				}
				read = read || resource == plural
			}
			if !read {
				t.Errorf("%s of %q is guarded, and no audit reads it", resource, api.Groups)
			}
		}
		if api.Mixed && len(api.Groups)*len(api.Kinds) == 0 {
			t.Errorf("of %q no kind is named", api.Groups)
		}
	}
}
