package generator

import (
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Cloud DNS answers on the metadata server's address (tektoncd/operator#4000).
const cloudDNSAddress = "169.254.169.254/32"

// Probes of pods in Istio's ambient mode come from this address, and not from the
// pod's own node, which no policy keeps out (Istio's documentation, Ambient and
// Kubernetes NetworkPolicy). It is the node's own, and nobody else's.
const ambientProbes = "169.254.7.127/32"

// Probes gives the address that a mesh's probes come from on a cluster.
func Probes(k *tenancy.Cluster) (netip.Prefix, bool) {
	return netip.MustParsePrefix(ambientProbes), k.Mesh.Text == tenancy.MeshIstioAmbient
}

// baseLayers gives the baseline of a cluster: what every managed namespace has.
func baseLayers(k *tenancy.Cluster) []*Policy {
	own := []Rule{{Peers: []Peer{{}}}}
	out := []*Policy{
		{Name: LayerDeny, Isolates: []Direction{Ingress, Egress}},
		{Name: LayerDNS, Isolates: []Direction{Egress}, Egress: []Rule{dnsRule(k.DNS)}},
		{Name: LayerSameNamespace, Isolates: []Direction{Ingress, Egress}, Ingress: own, Egress: own},
	}
	if probes, ok := Probes(k); ok {
		out = append(out, &Policy{Name: LayerProbes, Isolates: []Direction{Ingress}, Ingress: []Rule{{Peers: []Peer{{Block: probes}}}}})
	}
	return out
}

// dnsRule allows UDP and TCP to the DNS pods or resolvers of the cluster, and to
// nothing else.
func dnsRule(d tenancy.DNS) Rule {
	port := d.PodPort()
	var peers []Peer
	switch namespace := d.PodNamespace(); {
	case d.Provider.Text == tenancy.ProviderCloudDNS:
		peers = blocks([]tenancy.Word{{Text: cloudDNSAddress}})
	case namespace != "":
		peers = []Peer{{Namespaces: []string{namespace}, Pods: d.PodLabels()}}
	default:
		peers = blocks(d.CIDRs)
	}
	for _, w := range []tenancy.Word{d.NodeLocal, d.ClusterIP} {
		if a, err := netip.ParseAddr(w.Text); err == nil && d.NodeLocal.Set() {
			peers = append(peers, Peer{Block: netip.PrefixFrom(a, a.BitLen())})
		}
	}
	return Rule{Peers: peers, Ports: []tenancy.Port{
		{Number: port, End: port, Protocol: tenancy.TCP}, {Number: port, End: port, Protocol: tenancy.UDP},
	}}
}

// declareBaseline declares what an overlay's layers open.
func (x *expander) declareBaseline(o *Overlay) {
	own := []Peer{{Namespaces: []string{o.Namespace}}}
	for _, layer := range o.Layers {
		switch layer {
		case LayerSameNamespace:
			x.declare(o.Cluster, Connection{Layer: layer, From: own, To: own})
		case LayerProbes:
			probes, _ := Probes(x.t.Clusters[o.Cluster])
			x.declare(o.Cluster, Connection{Layer: layer, From: []Peer{{Block: probes}}, To: own})
		case LayerDNS:
			dns := dnsRule(x.t.Clusters[o.Cluster].DNS)
			x.declare(o.Cluster, Connection{Layer: layer, From: own, To: dns.Peers, Ports: dns.Ports})
		}
	}
}

// declare adds a connection to those of its cluster. A cluster without overlays
// has nothing to declare.
func (x *expander) declare(cluster string, c Connection) {
	for _, k := range x.out.Clusters {
		if k.Name == cluster {
			k.Declared = append(k.Declared, c)
		}
	}
}

// blocks gives the ranges that can be read, as peers; check reports the others.
func blocks(words []tenancy.Word) (out []Peer) {
	for _, w := range words {
		if p, err := netip.ParsePrefix(w.Text); err == nil {
			out = append(out, Peer{Block: p.Masked()})
		}
	}
	return out
}
