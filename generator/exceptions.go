package generator

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// An allowance is a peer of some policy of an overlay, in one direction.
type allowance struct {
	policy *Policy
	peer   Peer
	ports  []tenancy.Port
}

// allowances gives the peers of an overlay's policies in a direction, with those
// of the baseline's layers and of its roll-out.
func (x *expander) allowances(o *Overlay, dir Direction) (out []allowance) {
	var policies []*Policy
	for _, c := range x.out.Clusters {
		for _, p := range c.Base {
			if c.Name == o.Cluster && slices.Contains(o.Layers, p.Name) {
				policies = append(policies, p)
			}
		}
	}
	policies = append(policies, o.Policies...)
	if o.Rollout != nil {
		policies = append(policies, o.Rollout.Policy)
	}
	for _, p := range policies {
		for _, r := range p.rules(dir) {
			for _, peer := range peersOf(r) {
				out = append(out, allowance{p, peer, r.Ports})
			}
		}
	}
	return out
}

// everywhere is what a rule without peers means in addresses.
var everywhere = parsePrefixes("0.0.0.0/0", "::/0")

func peersOf(r Rule) []Peer {
	if r.Peers != nil {
		return r.Peers
	}
	return []Peer{{Block: everywhere[0]}, {Block: everywhere[1]}}
}

func (p *Policy) rules(dir Direction) []Rule {
	if dir == Ingress {
		return p.Ingress
	}
	return p.Egress
}

// exceptions speaks of what is declared to be open, and is closed because a block
// of another rule has an exception there: some plugins take one for a denial.
func (x *expander) exceptions() {
	for _, o := range x.out.Overlays() {
		k := x.t.Clusters[o.Cluster]
		if own, known := cni.Of(k.CNI.Text).OwnExceptions.In(k.CNIVersion.Text); own || !known {
			continue
		}
		for _, dir := range []Direction{Ingress, Egress} {
			all := x.allowances(o, dir)
			for _, a := range all {
				if len(a.peer.Except) == 0 {
					continue
				}
				for _, b := range all {
					if closed := closes(a, b, all); len(closed) > 0 {
						x.closed(o, dir, a, b, closed)
					}
				}
			}
		}
	}
}

// closes gives the exceptions of a that close a part of b: those inside of its
// block that b does not make itself, unless some rule opens just the same block.
// Of two blocks the narrower one counts, and so does a block before an exception
// (aws/aws-network-policy-agent pkg/fwruleprocessor/fw_rule_processor.go; its
// test/integration/policy/except_block_test.go tests the latter).
func closes(a, b allowance, all []allowance) (out []netip.Prefix) {
	if !b.peer.Block.IsValid() || !a.policy.Subject.Overlap(b.policy.Subject) {
		return nil
	}
	for _, e := range a.peer.Except {
		opensIt := func(c allowance) bool {
			return c.peer.Block == e && (c.policy.Subject.Select(a.policy.Subject) || c.policy.Subject.Select(b.policy.Subject))
		}
		inside := e != b.peer.Block && contains(b.peer.Block, e)
		if inside && !emptyBlock(Peer{Block: e, Except: b.peer.Except}) && !slices.ContainsFunc(all, opensIt) {
			out = append(out, e)
		}
	}
	return out
}

// closed speaks of what an exception of a closes of b, once for each two flows and
// cluster. Only flows have exceptions.
func (x *expander) closed(o *Overlay, dir Direction, a, b allowance, at []netip.Prefix) {
	var texts, quoted []string
	for _, p := range at {
		texts, quoted = append(texts, p.String()), append(quoted, strconv.Quote(p.String()))
	}
	closer, f, k := a.policy.Cause.Flow, a.policy.Cause.Flow, x.t.Clusters[o.Cluster]
	to := fmt.Sprintf("policy %q of namespace %q", b.policy.Name, o.Namespace)
	fix := fmt.Sprintf("add %s to %s: a range goes before the same exception", strings.Join(quoted, ", "), b.source(dir, k))
	if b.policy.Cause != nil {
		f = b.policy.Cause.Flow
		to = fmt.Sprintf("flow %q", f.Name)
	} else if slices.Contains(everywhere, b.peer.Block) {
		fix = fmt.Sprintf("leave flow %q out until the roll-out is over", closer.Name)
	}
	fact := fmt.Sprintf("%s, as on cluster %q, closes what flow %q excepts to %s as well, which opens %s: %s",
		k.CNI.Text, k.Name, closer.Name, to, b.peer.Block, strings.Join(texts, ", "))
	if x.said[fact] {
		return
	}
	x.said[fact] = true
	x.Lint(diag.CNILacks, "flows."+f.Name, f.Pos, fix, "%s", fact)
	if f != closer {
		x.Relate(closer.Pos, "flow %q is declared here", closer.Name)
	}
}

// source says where the tenancy has the addresses of a block.
func (a allowance) source(dir Direction, k *tenancy.Cluster) string {
	if a.policy.Cause != nil {
		end := a.policy.Cause.Flow.To
		if dir == Ingress {
			end = a.policy.Cause.Flow.From
		}
		if end.External.Set() {
			return fmt.Sprintf("the cidrs of external %q", end.External.Text)
		}
	}
	return fmt.Sprintf("the cidrs of cluster %q that hold %s", k.Name, a.peer.Block)
}
