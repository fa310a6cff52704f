package reach

import (
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// Group is a set of endpoints that policies treat alike: pods of some
// namespaces with the same demand on their labels, or addresses outside of the
// cluster. The zero value is empty.
type Group struct {
	namespaces []int32 // sorted; see universe
	pods       pods
	addresses  *netipx.IPSet // nil: a group of pods
}

// everyAddress is all of IPv4 and IPv6.
var everyAddress = mustIPSet(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))

func mustIPSet(blocks ...netip.Prefix) *netipx.IPSet {
	set, err := ipSet(blocks, nil)
	if err != nil {
		panic(err)
	}
	return set
}

func ipSet(blocks, except []netip.Prefix) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for _, p := range blocks {
		b.AddPrefix(p)
	}
	for _, p := range except {
		b.RemovePrefix(p)
	}
	return b.IPSet()
}

// IsAddresses reports whether the group is addresses rather than pods.
func (g Group) IsAddresses() bool { return g.addresses != nil }

// Addresses gives the ranges of a group of addresses, nil for pods.
func (g Group) Addresses() []netip.Prefix {
	if g.addresses == nil {
		return nil
	}
	return g.addresses.Prefixes()
}

// empty reports whether a group whose pods were made by and or minus is empty.
func (g Group) empty() bool {
	if g.addresses != nil {
		return len(g.addresses.Ranges()) == 0
	}
	return len(g.namespaces) == 0
}

// and gives the endpoints of both; it reports false if there are none.
func (g Group) and(h Group) (Group, bool) {
	if g.IsAddresses() != h.IsAddresses() {
		return Group{}, false
	}
	if g.IsAddresses() {
		var b netipx.IPSetBuilder
		b.AddSet(g.addresses)
		b.Intersect(h.addresses)
		return ofAddresses(&b)
	}
	out := Group{namespaces: common(g.namespaces, h.namespaces)}
	if len(out.namespaces) == 0 {
		return Group{}, false
	}
	var ok bool
	out.pods, ok = g.pods.and(h.pods)
	return out, ok
}

// ofAddresses gives the group of what was built; it reports false if that is
// nothing.
func ofAddresses(b *netipx.IPSetBuilder) (Group, bool) {
	set, err := b.IPSet()
	if err != nil {
		return Group{}, false // only of prefixes that are not valid, and none was added
	}
	g := Group{addresses: set}
	return g, !g.empty()
}

// minus gives the endpoints of g that are not in h, in parts.
func (g Group) minus(h Group) (out []Group) {
	if g.IsAddresses() != h.IsAddresses() {
		return []Group{g}
	}
	if g.IsAddresses() {
		var b netipx.IPSetBuilder
		b.AddSet(g.addresses)
		b.RemoveSet(h.addresses)
		if rest, ok := ofAddresses(&b); ok {
			out = append(out, rest)
		}
		return out
	}
	if rest := without(g.namespaces, h.namespaces); len(rest) > 0 {
		out = append(out, Group{namespaces: rest, pods: g.pods})
	}
	if both := common(g.namespaces, h.namespaces); len(both) > 0 {
		for _, p := range g.pods.minus(h.pods) {
			out = append(out, Group{namespaces: both, pods: p})
		}
	}
	return out
}

// common gives what two sorted lists share. One is often much shorter, or the
// very same list.
func common(a, b []int32) []int32 {
	if len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b)) {
		return a // memory of many edges grows with the lists, so they share them
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	var out []int32
	for _, x := range a {
		i, ok := slices.BinarySearch(b, x)
		if ok {
			out = append(out, x)
		}
		b = b[i:]
	}
	return out
}

// without gives what of a is not in b; both are sorted.
func without(a, b []int32) (out []int32) {
	for _, x := range a {
		i, ok := slices.BinarySearch(b, x)
		if !ok {
			out = append(out, x)
		}
		b = b[i:]
	}
	return out
}
