package generator

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Addresses that no wider external opens: link-local ones, and those on which
// clouds hand out credentials (AWS and most others in 169.254.0.0/16 and
// fd00:ec2::/32, Azure 168.63.129.16, Alibaba 100.100.100.200), and the same
// through NAT64, which maps all of IPv4 into 64:ff9b::/96 (RFC 6052).
var reservedAddresses = parsePrefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "168.63.129.16/32", "100.100.100.200/32",
	"64:ff9b::a9fe:0/112", "64:ff9b::a83f:8110/128", "64:ff9b::6464:64c8/128")

// Addresses that organisations use inside (RFC 1918, RFC 6598, RFC 4193), of RFC
// 2544 those that EKS gives to pods where others are short (aws/eks, CNI custom
// networking).
var privateAddresses = parsePrefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7")

// An external wider than this, in bits of its mask, could hold a cluster's
// addresses by accident.
const (
	widestIPv4 = 16
	widestIPv6 = 48
)

func parsePrefixes(ss ...string) (out []netip.Prefix) {
	for _, s := range ss {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// A cut is a range that is taken out of externals, with what it is.
type cut struct {
	prefix netip.Prefix
	what   string
}

// external gives the blocks of an external as they are opened on a cluster: what
// it says without its exceptions, reserved addresses and the cluster's own.
func (x *expander) external(e *tenancy.External, k *tenancy.Cluster) []Peer {
	cuts := clusterCuts(k)
	var out []Peer
	for _, w := range e.CIDRs {
		block, err := netip.ParsePrefix(w.Text)
		if err != nil || block != block.Masked() {
			continue // reported by check
		}
		if missing := missingRanges(k, block); len(missing) > 0 && couldHoldCluster(block) {
			x.Error(diag.ExternalWide, w.Pos, fmt.Sprintf("add them to the cluster, as in %s: cidrs: [\"10.0.0.0/16\"]; \"%s\" shows them", missing[0], rangeCommands[missing[0]]),
				"external %q: %s could hold addresses of cluster %q, which does not say the addresses of its %s",
				e.Name, block, k.Name, strings.Join(missing, ", "))
			continue
		}
		if peer, ok := x.cutBlock(e, w, block, cuts, k); ok {
			out = append(out, peer)
		}
	}
	return out
}

func (x *expander) cutBlock(e *tenancy.External, w tenancy.Word, block netip.Prefix, cuts []cut, k *tenancy.Cluster) (Peer, bool) {
	peer, names := cutOut(e, block, cuts)
	if len(peer.Except) > 0 && emptyBlock(peer) {
		x.Error(diag.ExternalCut, w.Pos, "name addresses outside of those", "external %q: nothing of %s is left on cluster %q once these are cut out: %s",
			e.Name, block, k.Name, strings.Join(names, ", "))
		return Peer{}, false
	}
	return peer, true
}

// cutOut takes the cuts out of a block of an external, and says which.
func cutOut(e *tenancy.External, block netip.Prefix, cuts []cut) (Peer, []string) {
	var except []netip.Prefix
	var names []string
	for _, c := range append(reservedCuts(block), append(cuts, ownCuts(e)...)...) {
		if c.prefix.Overlaps(block) {
			except = append(except, c.prefix)
			names = append(names, fmt.Sprintf("%s (%s)", c.what, c.prefix))
		}
	}
	slices.Sort(names)
	return Peer{Block: block, Except: outermost(except)}, slices.Compact(names)
}

func emptyBlock(p Peer) bool {
	var b netipx.IPSetBuilder
	b.AddPrefix(p.Block)
	for _, e := range p.Except {
		b.RemovePrefix(e)
	}
	left, err := b.IPSet()
	return err == nil && len(left.Ranges()) == 0
}

// OpenExternal gives what a flow to or from an external opens on a cluster, and
// why it would be refused there.
func OpenExternal(e *tenancy.External, k *tenancy.Cluster) ([]Peer, []diag.Diagnostic) {
	x := &expander{}
	return x.external(e, k), x.List
}

// Blocks gives what an external means on a cluster: its ranges without what is
// cut out of every external. A range of which nothing is left is not among them.
func Blocks(e *tenancy.External, k *tenancy.Cluster) (out []Peer) {
	cuts := clusterCuts(k)
	for _, p := range blocks(e.CIDRs) {
		if peer, _ := cutOut(e, p.Block, cuts); len(peer.Except) == 0 || !emptyBlock(peer) {
			out = append(out, peer)
		}
	}
	return out
}

// reservedCuts are not applied to a block that is one single address: whoever
// writes it means it.
func reservedCuts(block netip.Prefix) (out []cut) {
	if block.IsSingleIP() {
		return nil
	}
	for _, p := range reservedAddresses {
		out = append(out, cut{p, "link-local and metadata addresses"})
	}
	return out
}

func clusterCuts(k *tenancy.Cluster) (out []cut) {
	for _, r := range []struct {
		what  string
		words []tenancy.Word
	}{{"the cluster's pods", k.Pods}, {"the cluster's Services", k.Services}, {"the cluster's nodes", k.Nodes}} {
		for _, p := range blocks(r.words) {
			out = append(out, cut{p.Block, r.what})
		}
	}
	return out
}

func ownCuts(e *tenancy.External) (out []cut) {
	for _, p := range blocks(e.Except) {
		out = append(out, cut{p.Block, "its own except"})
	}
	return out
}

// outermost sorts the prefixes and drops those that lie in another one.
func outermost(ps []netip.Prefix) (out []netip.Prefix) {
	slices.SortFunc(ps, comparePrefix)
	for _, p := range ps {
		if n := len(out); n == 0 || !(out[n-1].Bits() <= p.Bits() && out[n-1].Contains(p.Addr())) {
			out = append(out, p)
		}
	}
	return out
}

// rangeCommands show the ranges of a cluster, with kubectl. ServiceCIDRs are there
// since Kubernetes 1.33; before, the flag --service-cluster-ip-range says it.
var rangeCommands = map[string]string{
	"pods":     "kubectl get nodes -o jsonpath='{.items[*].spec.podCIDRs}'",
	"services": "kubectl get servicecidrs",
	"nodes":    "kubectl get nodes -o wide",
}

// missingRanges names the facts without which a cluster's addresses of a block's
// family are unknown.
func missingRanges(k *tenancy.Cluster, block netip.Prefix) (out []string) {
	for _, r := range []struct {
		name  string
		words []tenancy.Word
	}{{"pods", k.Pods}, {"services", k.Services}, {"nodes", k.Nodes}} {
		known := slices.ContainsFunc(blocks(r.words), func(p Peer) bool { return p.Block.Addr().Is4() == block.Addr().Is4() })
		if !known {
			out = append(out, r.name)
		}
	}
	return out
}

// nat64 maps an IPv4 address into its last 32 bits (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// couldHoldCluster reports whether a block is wide, or touches private
// addresses, where clusters have theirs.
func couldHoldCluster(p netip.Prefix) bool {
	widest := widestIPv6
	switch {
	case p.Addr().Is4():
		widest = widestIPv4
	case nat64.Contains(p.Addr()):
		widest = nat64.Bits() + widestIPv4
	}
	return p.Bits() < widest || slices.ContainsFunc(privateAddresses, p.Overlaps)
}
