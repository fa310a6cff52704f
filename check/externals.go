package check

import (
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (c *checker) external(e *tenancy.External) {
	c.knownEnvironments(e.Environments)
	c.ports(e.Ports, e.PortsAt)
	if len(e.CIDRs) == 0 && !e.Partial {
		c.Error(diag.ExternalEmpty, e.Pos, `add cidrs: ["203.0.113.0/24"]`, "external %q names no addresses", e.Name)
	}
	var blocks []netip.Prefix
	for _, w := range e.CIDRs {
		if p, ok := c.prefix(w); ok {
			blocks = append(blocks, p)
		}
	}
	for _, w := range e.Except {
		if p, ok := c.prefix(w); ok && len(blocks) == len(e.CIDRs) {
			c.except(e, w, p, blocks)
		}
	}
}

// except sees to it that an exception is a strict part of one of the blocks: the
// API server refuses any other, and then nothing of the policy is enforced.
func (c *checker) except(e *tenancy.External, w tenancy.Word, p netip.Prefix, blocks []netip.Prefix) {
	sameFamily := false
	for _, b := range blocks {
		if b.Addr().Is4() != p.Addr().Is4() {
			continue
		}
		sameFamily = true
		if b.Contains(p.Addr()) && p.Bits() > b.Bits() {
			return
		}
	}
	family := "IPv4"
	if p.Addr().Is6() {
		family = "IPv6"
	}
	if !sameFamily {
		c.Error(diag.ExceptOutside, w.Pos, "remove it, or add the block that it belongs to",
			"external %q has no %s block from which %s could be cut", e.Name, family, p)
		return
	}
	c.Error(diag.ExceptOutside, w.Pos, "name a part of one of the cidrs", "%s is not a part of any block of external %q", p, e.Name)
}
