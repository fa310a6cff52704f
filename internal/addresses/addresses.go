// Package addresses says which addresses no part of a cluster can have: what
// claims to be one of them is a mistake, or somebody's trick.
package addresses

import (
	"fmt"
	"net/netip"
	"slices"
)

// Use is what a range of a cluster's is for.
type Use struct {
	widestIPv4, widestIPv6 int // in bits of its mask
	refuse                 refusal
}

// A refusal is when a range is refused for what is reserved.
type refusal int

const (
	never    refusal = iota
	within           // where all of it is
	touching         // where any of it is
)

// The uses of ranges. What is wider would open the world in the place of a
// cluster's own addresses. What flows open is refused for a single reserved
// address; others may lie around one, as 100.64.0.0/10 does. Resolvers have
// link-local addresses rightly.
var (
	Ranges    = Use{8, 32, within} // of pods, Services and nodes
	Endpoints = Use{16, 48, touching}
	Resolvers = Use{16, 48, never}
)

// Widest gives the number of bits that the mask of a range needs at least.
func (u Use) Widest(p netip.Prefix) int {
	if p.Addr().Is4() {
		return u.widestIPv4
	}
	return u.widestIPv6
}

// Reserved says which addresses a range holds that cannot have this use, or "".
func (u Use) Reserved(p netip.Prefix) string {
	for _, r := range reserved {
		if r.prefix.Overlaps(p) && (u.refuse == touching || u.refuse == within && r.prefix.Bits() <= p.Bits()) {
			return fmt.Sprintf("%s (%s)", r.what, r.prefix)
		}
	}
	return ""
}

// reserved are ranges that lead to the node itself, to nobody in particular, or to
// the services by which clouds hand out credentials (RFC 6890; Azure's
// 168.63.129.16, Alibaba's 100.100.100.200, and fd00:ec2::/32 of AWS).
var reserved = []struct {
	what   string
	prefix netip.Prefix
}{
	{"addresses of no host", netip.MustParsePrefix("0.0.0.0/8")},
	{"addresses of no host", netip.MustParsePrefix("::/128")},
	{"loopback addresses", netip.MustParsePrefix("127.0.0.0/8")},
	{"loopback addresses", netip.MustParsePrefix("::1/128")},
	{"link-local addresses, those of metadata among them", netip.MustParsePrefix("169.254.0.0/16")},
	{"link-local addresses", netip.MustParsePrefix("fe80::/10")},
	{"multicast addresses", netip.MustParsePrefix("224.0.0.0/4")},
	{"multicast addresses", netip.MustParsePrefix("ff00::/8")},
	{"the broadcast address", netip.MustParsePrefix("255.255.255.255/32")},
	{"metadata addresses", netip.MustParsePrefix("168.63.129.16/32")},
	{"metadata addresses", netip.MustParsePrefix("100.100.100.200/32")},
	{"metadata addresses", netip.MustParsePrefix("fd00:ec2::/32")},
}

// HandsOutCredentials reports whether a range holds an address on which a cloud
// hands out credentials. Some resolve names there as well, on port 53.
func HandsOutCredentials(p netip.Prefix) bool {
	return slices.ContainsFunc(metadata, p.Contains)
}

// metadata are the services of AWS, Google and most others, of AWS by IPv6, of
// Azure and of Alibaba.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("100.100.100.200"),
}

// IsInternal reports whether an address is one that nobody has on the Internet.
func IsInternal(a netip.Addr) bool { return a.IsLinkLocalUnicast() || a.IsPrivate() }
