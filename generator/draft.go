package generator

import (
	"cmp"
	"slices"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A policyKey names a policy in the tenancy's terms: one for each flow,
// direction and subject of an overlay.
type policyKey struct {
	overlay   *Overlay
	flow      string
	direction Direction
	workload  string
}

// A draft is a policy that is being collected. A shared namespace collects over
// all environments of its cluster.
type draft struct {
	overlay      *Overlay
	flow         *tenancy.Flow
	direction    Direction
	workload     string // "" for the whole namespace
	subject      tenancy.Labels
	environments []string
	rules        []Rule
}

// allow adds rules to the policy of one end of a flow.
func (x *expander) allow(f *tenancy.Flow, dir Direction, at endpoint, environment string, rules ...Rule) {
	key := policyKey{at.overlay, f.Name, dir, at.workload}
	d := x.policies[key]
	if d == nil {
		d = &draft{overlay: at.overlay, flow: f, direction: dir, workload: at.workload, subject: at.peer.Pods}
		x.policies[key] = d
	}
	d.environments = append(d.environments, environment)
	d.rules = append(d.rules, rules...)
}

func (d *draft) name() string {
	name := "allow-" + d.flow.Name + "-" + string(d.direction)
	if d.workload != "" {
		name += "-" + d.workload
	}
	return name
}

func (d *draft) policy(owners []string) *Policy {
	slices.Sort(d.environments)
	p := &Policy{
		Name: d.name(), Subject: d.subject, Isolates: []Direction{d.direction},
		Cause: &Cause{Flow: d.flow, Cluster: d.overlay.Cluster, Environments: slices.Compact(d.environments), Owners: owners},
	}
	if d.direction == Ingress {
		p.Ingress = mergeRules(d.rules)
	} else {
		p.Egress = mergeRules(d.rules)
	}
	return p
}

// mergeRules joins the peers of rules with the same ports, and sorts.
func mergeRules(rules []Rule) []Rule {
	slices.SortStableFunc(rules, func(a, b Rule) int { return slices.CompareFunc(a.Ports, b.Ports, tenancy.Port.Compare) })
	var out []Rule
	for _, r := range rules {
		if n := len(out); n > 0 && slices.Equal(out[n-1].Ports, r.Ports) {
			out[n-1].Peers = append(out[n-1].Peers, r.Peers...)
		} else {
			out = append(out, Rule{Peers: slices.Clone(r.Peers), Ports: r.Ports})
		}
	}
	for i := range out {
		out[i].Peers = mergePeers(out[i].Peers)
	}
	return out
}

// mergePeers joins whole namespaces into one peer, drops peers that are there
// twice, and sorts.
func mergePeers(peers []Peer) []Peer {
	var whole []string
	var out []Peer
	for _, p := range peers {
		if len(p.Namespaces) > 0 && p.Pods == nil {
			whole = append(whole, p.Namespaces...)
		} else {
			out = append(out, p)
		}
	}
	if len(whole) > 0 {
		slices.Sort(whole)
		out = append(out, Peer{Namespaces: slices.Compact(whole)})
	}
	slices.SortFunc(out, Peer.compare)
	return slices.CompactFunc(out, func(a, b Peer) bool { return a.compare(b) == 0 })
}

func compareStrings(a, b string) int { return cmp.Compare(a, b) }
