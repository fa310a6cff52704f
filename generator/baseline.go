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

// declareBaseline declares what an overlay's layers open: the inside of each
// namespace by itself, and what lies outside of them once for all.
func (x *expander) declareBaseline(o *Overlay) {
	own := Peer{Namespaces: []string{o.Namespace}}
	for _, layer := range o.Layers {
		switch layer {
		case LayerSameNamespace:
			x.declare(o.Cluster, Connection{Layer: layer, From: []Peer{own}, To: []Peer{own}})
		case LayerProbes:
			probes, _ := Probes(x.t.Clusters[o.Cluster])
			c := x.declareOnce(o.Cluster, Connection{Layer: layer, From: []Peer{{Block: probes}}})
			c.To = append(c.To, own)
		case LayerDNS:
			dns := dnsRule(x.t.Clusters[o.Cluster].DNS)
			c := x.declareOnce(o.Cluster, Connection{Layer: layer, To: dns.Peers, Ports: dns.Ports})
			c.From = append(c.From, own)
		}
	}
}

// declareOnce declares a layer of the baseline, unless it is declared already,
// and gives its connection.
func (x *expander) declareOnce(cluster string, c Connection) *Connection {
	k, at := x.cluster(cluster), layerKey{cluster, c.Layer}
	if _, ok := x.layers[at]; !ok {
		x.layers[at] = len(k.Declared)
		k.Declared = append(k.Declared, c)
	}
	return &k.Declared[x.layers[at]]
}

// declare adds a connection to those of its cluster.
func (x *expander) declare(cluster string, c Connection) {
	if k := x.cluster(cluster); k != nil {
		k.Declared = append(k.Declared, c)
	}
}

// cluster gives a cluster by its name; nil if it has no overlays.
func (x *expander) cluster(name string) *Cluster {
	for _, k := range x.out.Clusters {
		if k.Name == name {
			return k
		}
	}
	return nil
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
