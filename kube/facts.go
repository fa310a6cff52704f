package kube

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Resources that some clusters have and that say which addresses they use:
// ServiceCIDRs from Kubernetes 1.33 on, the others with Calico, Cilium and
// OpenShift.
var (
	ServiceCIDRs      = Resource{Group: "networking.k8s.io", Version: "v1", Name: "servicecidrs", Kind: "ServiceCIDR", ClusterWide: true}
	CalicoPools       = Resource{Group: "crd.projectcalico.org", Version: "v1", Name: "ippools", Kind: "IPPool", ClusterWide: true}
	CiliumNodes       = Resource{Group: "cilium.io", Version: "v2", Name: "ciliumnodes", Kind: "CiliumNode", ClusterWide: true}
	OpenShiftNetworks = Resource{Group: "config.openshift.io", Version: "v1", Name: "networks", Kind: "Network", ClusterWide: true}
)

// Serves reports whether the cluster has a resource, in its version.
func (c *Client) Serves(ctx context.Context, r Resource) (bool, error) {
	var list metav1.APIResourceList
	data, err := c.get(ctx, "/apis/"+r.Group+"/"+r.Version, nil)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err == nil {
		err = decode(data, &list)
	}
	if err != nil {
		return false, c.worded(err, "listing the kinds of "+r.Group)
	}
	return slices.ContainsFunc(list.APIResources, func(k metav1.APIResource) bool { return k.Name == r.Name }), nil
}
