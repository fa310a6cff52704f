package check

import (
	"net/netip"
	"slices"

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
	known := true
	for _, w := range e.CIDRs {
		c.prefix(w)
		may := readings(w)
		known = known && may != nil
		blocks = append(blocks, may...)
	}
	c.externalAPIServer(e)
	for _, w := range e.Except {
		c.prefix(w)
		if may := readings(w); known && may != nil {
			c.except(e, w, may, blocks)
		}
	}
}

// readings gives what a range of addresses may mean: one with bits set behind its
// mask the range or the one address, and one that cannot be read nothing.
func readings(w tenancy.Word) []netip.Prefix {
	p, err := netip.ParsePrefix(w.Text)
	switch {
	case err != nil || p.Addr().Is4In6():
		return nil
	case p != p.Masked():
		return []netip.Prefix{p.Masked(), netip.PrefixFrom(p.Addr(), p.Addr().BitLen())}
	}
	return []netip.Prefix{p}
}

// except sees to it that an exception, however it is read, is a strict part of one
// of the blocks: the API server refuses any other, and then nothing of the policy
// is enforced.
func (c *checker) except(e *tenancy.External, w tenancy.Word, may, blocks []netip.Prefix) {
	sameFamily, p := false, may[0]
	for _, b := range blocks {
		sameFamily = sameFamily || b.Addr().Is4() == p.Addr().Is4()
		if slices.ContainsFunc(may, func(p netip.Prefix) bool { return b.Contains(p.Addr()) && p.Bits() > b.Bits() }) {
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
