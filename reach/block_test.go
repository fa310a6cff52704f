package reach

import (
	"net/netip"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
)

// A Pod without a namespace is created in the default one; a block of addresses
// finds it there.
func TestBlockOfPodWithoutNamespace(t *testing.T) {
	p := &networkingv1.NetworkPolicy{}
	p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{
		From: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}},
	}}
	from := &Workload{Kind: "Pod", Name: "from", Addresses: []netip.Addr{netip.MustParseAddr("10.1.2.3")}}
	to := &Workload{Namespace: "default", Kind: "Pod", Name: "to"}
	g, err := Build(&Cluster{Workloads: []*Workload{from, to}, Policies: []*networkingv1.NetworkPolicy{p}})
	if err != nil {
		t.Fatal(err)
	}
	if !g.Allows(from.Endpoint(), to.Endpoint(), TCP, 80) {
		t.Error("the address of the pod is not in the block")
	}
	if g.Allows(to.Endpoint(), from.Endpoint(), TCP, 80) {
		t.Error("a pod without a known address is in the block")
	}
}
