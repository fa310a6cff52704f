package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A pair is the environments of the two ends of a flow: the same one, but for a
// flow that crosses environments.
type pair struct{ from, to *tenancy.Environment }

// flow resolves one flow in every environment in which both ends exist, and
// adds its rules to the policies of both.
func (x *expander) flow(f *tenancy.Flow) {
	from := side{Peer: &f.From, what: fmt.Sprintf("flow %q: from", f.Name)}
	to := side{Peer: &f.To, what: fmt.Sprintf("flow %q: to", f.Name)}
	ok := x.shape(from) && x.references(from)
	ok = x.shape(to) && x.references(to) && ok
	if f.From.AnyPod {
		x.Error(diag.PeerQualifier, f.From.Pos, "leave it out: as a source a namespace is every pod of it", "%s: anyPod goes with a destination", from.what)
		ok = false
	}
	if ok = x.knownEnvironments(f) && ok; !ok || f.Partial {
		return
	}
	if !managed(x.t, &f.From) && !managed(x.t, &f.To) {
		x.Error(diag.NothingManaged, f.Pos, "name a namespace of a team, or set managed: true on a shared one", "flow %q has no end whose policies Hedgerow writes", f.Name)
		return
	}
	pairs, ok := x.pairs(f)
	if !ok {
		return
	}
	sel := x.selection(f, to)
	if sel == nil {
		return
	}
	n, drafts := len(x.List), len(x.policies)
	for _, p := range pairs {
		x.open(f, from, to, p, sel)
	}
	if !diag.HasErrors(x.List[n:]) {
		sel.finish(x)
	}
	if !diag.HasErrors(x.List[n:]) && len(x.policies) == drafts && !sel.partial {
		x.Error(diag.NeverMeets, f.Pos, "check its tag and workloads", "flow %q opens nothing: its %s is no workload at all", f.Name, x.emptyEnd(from, pairs))
	}
	x.alreadyOpen(f)
	x.clients(f, to, pairs)
}

// managed reports whether Hedgerow writes policies for the peer.
func managed(t *tenancy.Tenancy, p *tenancy.Peer) bool {
	return hasTeams(p) || p.Shared.Set() && t.Shared[p.Shared.Text].Managed
}

func (x *expander) knownEnvironments(f *tenancy.Flow) bool {
	ok := true
	for _, w := range f.Environments {
		if x.t.Environments[w.Text] == nil {
			ok = false
			if !x.t.Partial {
				x.Error(diag.UnknownEnvironment, w.Pos, nearest.Hint(w.Text, "environments", tenancy.Keys(x.t.Environments)),
					"flow %q: environment %q is not declared", f.Name, w.Text)
			}
		}
	}
	return ok
}

// pairs gives the environments in which a flow opens.
func (x *expander) pairs(f *tenancy.Flow) ([]pair, bool) {
	a, b := f.From.Environment, f.To.Environment
	if crosses := a.Set() && b.Set() && a.Text != b.Text; crosses || f.CrossEnvironment {
		return x.crossing(f, crosses)
	}
	if !x.externalEnvironments(f) {
		return nil, false
	}
	var out []pair
	for name, e := range tenancy.Sorted(x.t.Environments) {
		named := (!a.Set() || a.Text == name) && (!b.Set() || b.Text == name)
		listed := len(f.Environments) == 0 || tenancy.Contains(f.Environments, name)
		if named && listed && x.exists(&f.From, e) && x.exists(&f.To, e) {
			out = append(out, pair{e, e})
		}
	}
	if len(out) == 0 {
		fix := "name ends that exist in one environment, or name both environments and add crossEnvironment: true"
		if len(f.Environments) > 0 {
			fix = "list an environment in which both ends exist"
		}
		x.Error(diag.NeverMeets, f.Pos, fix, "flow %q opens nothing: from exists in %s; to in %s%s",
			f.Name, x.where(&f.From), x.where(&f.To), narrowed(f))
	}
	return out, len(out) > 0
}

// emptyEnd names the end of a flow that selects nothing.
func (x *expander) emptyEnd(from side, pairs []pair) string {
	for _, p := range pairs {
		if len(x.sources(from, p.from)) > 0 {
			return "destination"
		}
	}
	return "source"
}

func narrowed(f *tenancy.Flow) string {
	if len(f.Environments) == 0 {
		return ""
	}
	return "; and the flow is for " + strings.Join(tenancy.Texts(f.Environments), ", ")
}

// where says in which environments a peer exists.
func (x *expander) where(p *tenancy.Peer) string {
	var out []string
	for name, e := range tenancy.Sorted(x.t.Environments) {
		if (!p.Environment.Set() || p.Environment.Text == name) && x.exists(p, e) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return "no environment"
	}
	return strings.Join(out, ", ")
}

// crossing gives the one pair of a flow from one environment to another.
func (x *expander) crossing(f *tenancy.Flow, crosses bool) ([]pair, bool) {
	a, b := x.t.Environments[f.From.Environment.Text], x.t.Environments[f.To.Environment.Text]
	switch {
	case !crosses:
		x.Error(diag.CrossEnvironment, f.Pos, "name both environments, or leave crossEnvironment out",
			"flow %q says crossEnvironment, and its ends do not name two environments", f.Name)
	case a.Cluster.Text != b.Cluster.Text:
		x.Error(diag.CrossCluster, f.Pos, "declare the far end as an external with its addresses",
			"flow %q leads from cluster %q to cluster %q, and a NetworkPolicy cannot see into another cluster", f.Name, a.Cluster.Text, b.Cluster.Text)
	case !f.CrossEnvironment:
		x.Error(diag.CrossEnvironment, f.Pos, "add crossEnvironment: true if that is meant",
			"flow %q leads from environment %q to environment %q", f.Name, a.Name, b.Name)
	case len(f.Environments) > 0:
		x.Error(diag.CrossEnvironment, f.Environments[0].Pos, "leave environments out", "flow %q names an environment at each end already", f.Name)
	case !x.exists(&f.From, a) || !x.exists(&f.To, b):
		x.Error(diag.NeverMeets, f.Pos, "name namespaces that exist there", "flow %q opens nothing: from exists in %s; to in %s", f.Name, x.where(&f.From), x.where(&f.To))
	default:
		return []pair{{a, b}}, true
	}
	return nil, false
}

// externalEnvironments sees to it that a flow with an external is for named
// environments: a new one must not inherit the way out.
func (x *expander) externalEnvironments(f *tenancy.Flow) bool {
	for _, p := range []*tenancy.Peer{&f.From, &f.To} {
		e := x.t.Externals[p.External.Text]
		if e == nil || e.Partial || len(e.Environments) > 0 || len(f.Environments) > 0 || f.From.Environment.Set() || f.To.Environment.Set() {
			continue
		}
		x.Error(diag.ExternalEnvironment, p.Pos, `add environments: ["…"] to the flow or to the external`,
			"flow %q: neither it nor external %q says in which environments", f.Name, e.Name)
		return false
	}
	return true
}

// open adds the rules of a flow in one pair of environments to both ends.
func (x *expander) open(f *tenancy.Flow, from, to side, p pair, sel *selection) {
	sources := x.sources(from, p.from)
	var sourcePeers []Peer
	for _, src := range sources {
		sourcePeers = append(sourcePeers, src.peer)
	}
	declared := Connection{Flow: f, FromEnvironment: p.from.Name, ToEnvironment: p.to.Name, From: sourcePeers}
	k := x.t.Clusters[p.to.Cluster.Text]
	var rules []Rule // as the sources see them
	for _, dest := range x.destinations(to, p.to) {
		ports := sel.ports(dest, k)
		if len(ports) == 0 || len(sources) == 0 {
			continue
		}
		x.able(f, k, ports)
		x.note(sources, dest, ports)
		ports = meshed(k, ports, sourcePeers, []Peer{dest.peer})
		rules = append(rules, Rule{Peers: []Peer{dest.peer}, Ports: ports})
		declared.To, declared.Ports = []Peer{dest.peer}, ports
		x.declare(p.to.Cluster.Text, declared)
		if dest.overlay != nil {
			x.allow(f, Ingress, dest, p.to.Name, Rule{Peers: sourcePeers, Ports: ports})
		}
	}
	rules = mergeRules(rules)
	for _, src := range sources {
		if src.overlay != nil && len(rules) > 0 {
			x.allow(f, Egress, src, p.from.Name, rules...)
		}
	}
}

// alreadyOpen speaks of a flow inside a namespace whose inside is open anyway.
func (x *expander) alreadyOpen(f *tenancy.Flow) {
	n := x.namespaces[f.From.Namespace.Text]
	if n != nil && f.To.Namespace.Text == n.Name && n.Baseline.IntraNamespace == nil && !f.CrossEnvironment {
		x.Lint(diag.AlreadyOpen, "flows."+f.Name, f.Pos, "remove it, or turn baseline.intraNamespace of the namespace off",
			"flow %q stays inside namespace %q, where everything is open", f.Name, n.Name)
	}
}

// bridges speaks of shared namespaces through which one environment could reach
// another: guards see one hop only.
func (x *expander) bridges() {
	in, out := map[string][]string{}, map[string][]string{}
	for _, f := range x.t.Flows {
		if f.Expires.Set() && f.Expires.Text < x.opts.AsOf {
			continue
		}
		for _, name := range tenancy.Keys(x.t.Environments) {
			e := x.t.Environments[name]
			listed := len(f.Environments) == 0 || tenancy.Contains(f.Environments, name)
			if s := f.To.Shared.Text; s != "" && listed && x.reaches(&f.From, e) {
				in[s] = append(in[s], name)
			}
			if s := f.From.Shared.Text; s != "" && listed && x.reaches(&f.To, e) {
				out[s] = append(out[s], name)
			}
		}
	}
	for name, s := range tenancy.Sorted(x.t.Shared) {
		if a, b, ok := twoOf(x.t, in[name], out[name]); ok {
			x.Lint(diag.SharedBridge, "shared."+name, s.Pos, "see to it that what runs there does not pass connections on",
				"shared namespace %q is reached from environment %q and reaches environment %q: guards do not see such a detour", name, a, b)
		}
	}
}

// reaches reports whether a peer has team namespaces in an environment.
func (x *expander) reaches(p *tenancy.Peer, e *tenancy.Environment) bool {
	if !hasTeams(p) || p.Environment.Set() && p.Environment.Text != e.Name {
		return false
	}
	if p.Namespace.Set() && x.namespaces[p.Namespace.Text] == nil {
		return false
	}
	return len(x.members(p, e)) > 0
}

// twoOf finds two environments of one cluster, the first among a and the second
// among b.
func twoOf(t *tenancy.Tenancy, a, b []string) (string, string, bool) {
	slices.Sort(a)
	slices.Sort(b)
	for _, e := range a {
		for _, f := range b {
			if e != f && t.Environments[e].Cluster.Text == t.Environments[f].Cluster.Text {
				return e, f, true
			}
		}
	}
	return "", "", false
}
