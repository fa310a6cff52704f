package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

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

// notExternal says why no flow is suggested that opens the addresses of an end as
// an external; "" if one can.
func (e *End) notExternal() string {
	ext := &tenancy.External{Name: e.Name}
	for _, p := range e.Group.Addresses() {
		if p.IsSingleIP() { // alone it would be opened, wherever it lies
			p = netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		}
		ext.CIDRs = append(ext.CIDRs, tenancy.Word{Text: p.String()})
	}
	peers, problems := generator.OpenExternal(ext, e.Cluster.facts)
	if len(problems) > 0 {
		_, fact, _ := strings.Cut(problems[0].Fact, ": ")
		return fmt.Sprintf("no flow is suggested to %s: %s", e.Name, fact)
	}
	for _, p := range peers {
		if overlap(e.Group, p.Except) {
			return fmt.Sprintf("no flow is suggested to %s: link-local and metadata addresses and the cluster's own are cut out of externals", e.Name)
		}
	}
	return ""
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
