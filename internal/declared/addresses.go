package declared

import (
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// dangerous are the link-local and metadata addresses, and the IPv4 ones again
// as NAT64 maps them into 64:ff9b::/96 (RFC 6052). An external holds one only by
// naming it alone.
var dangerous = []tenancy.Word{
	{Text: "169.254.0.0/16"}, {Text: "fe80::/10"}, {Text: "fd00:ec2::/32"}, {Text: "168.63.129.16/32"}, {Text: "100.100.100.200/32"},
	{Text: "64:ff9b::169.254.0.0/112"}, {Text: "64:ff9b::168.63.129.16/128"}, {Text: "64:ff9b::100.100.100.200/128"},
}

// external reports whether an end is an address of the external that a peer
// names, as far as the environment may use it and its cluster leaves it.
func (q question) external(p tenancy.Peer, env *tenancy.Environment, e End) bool {
	x, cluster := q.t.Externals[p.External.Text], q.t.Clusters[q.Cluster]
	if !listed(x.Environments, env.Name) || e.within(x.Except) {
		return false
	}
	if e.within(cluster.Pods) || e.within(cluster.Services) || e.within(cluster.Nodes) {
		return false
	}
	for _, w := range x.CIDRs {
		block := netip.MustParsePrefix(w.Text)
		if e.within([]tenancy.Word{w}) && (block.IsSingleIP() || !e.within(dangerous)) {
			return true
		}
	}
	return false
}

// within reports whether an end is an address in one of the blocks.
func (e End) within(blocks []tenancy.Word) bool {
	if e.Namespace != "" {
		return false
	}
	for _, w := range blocks {
		if netip.MustParsePrefix(w.Text).Contains(e.Address) {
			return true
		}
	}
	return false
}

func (e End) isAt(address string) bool {
	return e.Namespace == "" && e.Address == netip.MustParseAddr(address)
}
