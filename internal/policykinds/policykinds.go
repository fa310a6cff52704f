// Package policykinds lists the kinds beside Kubernetes' own NetworkPolicy that
// decide who may connect. What an audit reads, what Argo CD refuses to tenants
// and what admission guards keep them from writing all follow from it.
package policykinds

import (
	"slices"
	"strings"
)

// API is the kinds of one plugin, mesh or project.
type API struct {
	Groups []string // by which it is served
	// Kinds are those that decide. Without any, all with Policy in their name may,
	// those of versions to come among them.
	Kinds []string
	// Guarded are the resources that only the platform writes. What plugins write
	// for themselves is not among them.
	Guarded []string
	// Mixed says that teams rightly write other kinds of the groups.
	Mixed bool
	// Mesh says that they rightly write all: they narrow what is let into theirs.
	Mesh bool
}

// APIs are all that are known. The plugins are those that a tenancy can name.
var APIs = []API{
	{
		Groups:  []string{"policy.networking.k8s.io"},
		Guarded: []string{"adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"},
	},
	{
		Groups:  []string{"cilium.io"},
		Guarded: []string{"ciliumclusterwidenetworkpolicies", "ciliumnetworkpolicies"},
	},
	{ // The second is of Calico's own API server. Its parts make tiers at every start (calico#9442).
		Groups:  []string{"crd.projectcalico.org", "projectcalico.org"},
		Guarded: []string{"globalnetworkpolicies", "networkpolicies", "stagedglobalnetworkpolicies", "stagedkubernetesnetworkpolicies", "stagednetworkpolicies"},
	},
	{
		Groups:  []string{"crd.antrea.io"},
		Guarded: []string{"clusternetworkpolicies", "networkpolicies"},
	},
	{ // PolicyEndpoints are what its controller makes of policies (aws/amazon-network-policy-controller-k8s).
		Groups:  []string{"networking.k8s.aws"},
		Kinds:   []string{"ApplicationNetworkPolicy", "ClusterNetworkPolicy"},
		Guarded: []string{"applicationnetworkpolicies", "clusternetworkpolicies"},
	},
	{ // The group holds certificates and settings of load balancers, as HealthCheckPolicy is (cloud.google.com, GKE CRDs).
		Groups:  []string{"networking.gke.io"},
		Kinds:   []string{"FQDNNetworkPolicy"},
		Guarded: []string{"fqdnnetworkpolicies"},
		Mixed:   true,
	},
	{ // AdminPolicyBasedExternalRoute says which way packets take (ovn-org/ovn-kubernetes go-controller/pkg/crd).
		Groups:  []string{"k8s.ovn.org"},
		Kinds:   []string{"EgressFirewall"},
		Guarded: []string{"egressfirewalls"},
	},
	{ // Of each pod those decide that its annotation names (kubeovn.github.io, SecurityGroup); a guard has not been tried with its controller.
		Groups: []string{"kubeovn.io"},
		Kinds:  []string{"SecurityGroup"},
	},
	{Groups: []string{"security.istio.io"}, Mesh: true},
	{Groups: []string{"policy.linkerd.io"}, Mesh: true},
}

// Of gives the API that is served by a group, or nil.
func Of(group string) *API {
	for i := range APIs {
		if slices.Contains(APIs[i].Groups, group) {
			return &APIs[i]
		}
	}
	return nil
}

// MayDecide reports whether objects of a kind may decide about connections, as
// those of groups that nobody here knows do by their name. NetworkPolicy itself,
// which is judged, is none of them.
func MayDecide(group, kind string) bool {
	if group == "networking.k8s.io" {
		return false
	}
	switch of := Of(group); {
	case of == nil:
		return strings.HasSuffix(kind, "NetworkPolicy")
	case len(of.Kinds) == 0:
		return strings.Contains(kind, "Policy")
	default:
		return slices.Contains(of.Kinds, kind) || strings.HasSuffix(kind, "NetworkPolicy")
	}
}
