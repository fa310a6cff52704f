package proof

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Addresses that the generator cuts out of externals, and those that it takes
// for a cluster's unless the cluster says which are its own.
var (
	reservedBlocks = parsePrefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "168.63.129.16/32", "100.100.100.200/32",
		"64:ff9b::a9fe:0/112", "64:ff9b::a83f:8110/128", "64:ff9b::6464:64c8/128")
	privateBlocks = parsePrefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
)

func parsePrefixes(texts ...string) (out []netip.Prefix) {
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// isRaw reports whether an end is addresses that somebody wrote, rather than
// something that the tenancy has a name for.
func (e *End) isRaw() bool { return e.peer == "" && e.Namespace == "" }

// unknown reports whether an end is addresses that its cluster does not say.
func (e *End) unknown() bool { return e.Group.IsAddresses() && len(e.Group.Addresses()) == 0 }

// An ownRange is addresses of a cluster that externals do not open.
type ownRange struct {
	what   string
	blocks []netip.Prefix
}

func (c *Cluster) ownAddresses() []ownRange {
	return []ownRange{{"pods", prefixes(c.facts.Pods)}, {"Services", prefixes(c.facts.Services)}, {"nodes", prefixes(c.facts.Nodes)}}
}

func overlap(g reach.Group, blocks []netip.Prefix) bool {
	return slices.ContainsFunc(g.Addresses(), func(a netip.Prefix) bool { return slices.ContainsFunc(blocks, a.Overlaps) })
}

// notExternal says why an external could not open the addresses of an end; "" if
// one can.
func (e *End) notExternal() string {
	c := e.Cluster
	for _, own := range c.ownAddresses() {
		if overlap(e.Group, own.blocks) {
			return fmt.Sprintf("no external opens %s: the addresses of a cluster's own %s are cut out of externals", e.Name, own.what)
		}
	}
	if overlap(e.Group, reservedBlocks) {
		return fmt.Sprintf("no flow is suggested to %s: it is, or holds, link-local addresses or those on which clouds hand out credentials", e.Name)
	}
	for _, block := range e.Group.Addresses() {
		if !couldHoldCluster(block) {
			continue
		}
		for _, own := range c.ownAddresses() {
			known := slices.ContainsFunc(own.blocks, func(p netip.Prefix) bool { return p.Addr().Is4() == block.Addr().Is4() })
			if !known {
				return fmt.Sprintf("no external opens %s while cluster %q does not say the addresses of its %s: they could be among them", e.Name, c.Name, own.what)
			}
		}
	}
	return ""
}

// couldHoldCluster reports whether a block is so wide, or so private, that a
// cluster could have its addresses there.
func couldHoldCluster(p netip.Prefix) bool {
	const widestIPv4, widestIPv6 = 16, 48
	widest := widestIPv6
	switch {
	case p.Addr().Is4():
		widest = widestIPv4
	case nat64.Contains(p.Addr()):
		widest = nat64.Bits() + widestIPv4
	}
	return p.Bits() < widest || slices.ContainsFunc(privateBlocks, p.Overlaps)
}

// environments gives those in which a flow between two ends would have to be for
// it to open on their cluster and on no other.
func (p *Proof) environments(from, to *End) (out []string) {
	for name, e := range tenancy.Sorted(p.t.Environments) {
		if e.Cluster.Text == from.Cluster.Name && from.usable(name) && to.usable(name) {
			out = append(out, name)
		}
	}
	return out
}
