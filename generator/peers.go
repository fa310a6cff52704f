package generator

import (
	"go/token"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// An endpoint is one thing that a peer names in an environment: pods of a
// namespace, or addresses.
type endpoint struct {
	overlay  *Overlay // nil: not managed
	peer     Peer     // how policies name it
	workload string   // "" for a whole namespace, and for addresses
	ports    map[string]tenancy.Port
	partial  bool // there may be ports that could not be read
}

// A side is one end of a flow, with the words for it in messages.
type side struct {
	*tenancy.Peer
	what string // the flow or guard, and the end: flow "x": from
}

// hasTeams reports whether the peer is namespaces of teams.
func hasTeams(p *tenancy.Peer) bool {
	return p.Namespace.Set() || p.Team.Set() || p.AnyNamespace || p.Environment.Set()
}

// heads names the fields of the peer that say who it is.
func heads(p *tenancy.Peer) (out []string) {
	for _, h := range []struct {
		name string
		set  bool
	}{
		{"namespace", p.Namespace.Set()}, {"team", p.Team.Set()}, {"anyNamespace", p.AnyNamespace}, {"class", p.Class.Set()},
		{"shared", p.Shared.Set()}, {"external", p.External.Set()}, {"nodes", p.Nodes}, {"apiServer", p.APIServer},
	} {
		if h.set {
			out = append(out, h.name)
		}
	}
	if p.Environment.Set() && (len(out) != 1 || out[0] != "namespace" && out[0] != "team") {
		out = append(out, "environment")
	}
	return out
}

// shape checks that a peer has one head and only qualifiers that belong to it.
func (x *expander) shape(s side) bool {
	hs := heads(s.Peer)
	if len(hs) != 1 {
		if s.Partial {
			return false // the decoder spoke of it
		}
		got := "names nobody"
		if len(hs) > 1 {
			got = "names " + strings.Join(hs, " and ") + " at once"
		}
		x.Error(diag.PeerHeads, s.Pos, "name exactly one of namespace, team, environment, anyNamespace, shared, external, nodes, apiServer",
			"%s %s", s.what, got)
		return false
	}
	ok := x.qualifier(s, "workload", s.Workload.Pos, !s.Workload.Set() || s.Namespace.Set() || s.Shared.Set(), "namespace or shared")
	ok = x.qualifier(s, "tag", s.Tag.Pos, !s.Tag.Set() || hasTeams(s.Peer) || s.Class.Set(), "namespace, team, environment or anyNamespace") && ok
	ok = x.qualifier(s, "anyPod", s.Pos, !s.AnyPod || s.Namespace.Set() || s.Shared.Set(), "namespace or shared") && ok
	for _, pair := range [][2]string{{"workload", "tag"}, {"workload", "anyPod"}, {"tag", "anyPod"}} {
		set := map[string]bool{"workload": s.Workload.Set(), "tag": s.Tag.Set(), "anyPod": s.AnyPod}
		if set[pair[0]] && set[pair[1]] {
			x.Error(diag.PeerQualifier, s.Pos, "keep one of the two", "%s is narrowed by %s and by %s", s.what, pair[0], pair[1])
			ok = false
		}
	}
	return ok
}

func (x *expander) qualifier(s side, name string, pos token.Position, ok bool, fits string) bool {
	if !ok {
		x.Error(diag.PeerQualifier, pos, "leave it out, or name a "+fits, "%s: %s goes with %s, not with %s",
			s.what, name, fits, heads(s.Peer)[0])
	}
	return ok
}

// references checks that everything that a peer names is declared.
func (x *expander) references(s side) bool {
	ok := x.known(s, diag.UnknownEnvironment, "environment", "environments", s.Environment, tenancy.Keys(x.t.Environments))
	ok = x.known(s, diag.UnknownTeam, "team", "teams", s.Team, tenancy.Keys(x.t.Teams)) && ok
	ok = x.known(s, diag.UnknownNamespace, "namespace", "namespaces", s.Namespace, tenancy.Keys(x.namespaces)) && ok
	ok = x.known(s, diag.UnknownShared, "shared namespace", "shared namespaces", s.Shared, tenancy.Keys(x.t.Shared)) && ok
	ok = x.known(s, diag.UnknownExternal, "external", "externals", s.External, tenancy.Keys(x.t.Externals)) && ok
	ok = x.known(s, diag.UnknownTag, "tag", "tags", s.Tag, x.tags()) && ok
	ok = x.known(s, diag.UnknownClass, "class", "classes", s.Class, x.classes()) && ok
	if !ok || !s.Workload.Set() {
		return ok
	}
	where, ws, partial := x.workloadsOf(s.Peer)
	if ws[s.Workload.Text] == nil {
		if !partial {
			x.Error(diag.UnknownWorkload, s.Workload.Pos, nearest.Hint(s.Workload.Text, "its workloads", tenancy.Keys(ws)),
				"%s: %s has no workload %q", s.what, where, s.Workload.Text)
		}
		return false
	}
	return true
}

func (x *expander) known(s side, code diag.Code, what, plural string, w tenancy.Word, declared []string) bool {
	for _, d := range declared {
		if d == w.Text {
			return true
		}
	}
	if w.Set() && !x.t.Partial {
		fix := nearest.Hint(w.Text, plural, declared)
		if what == "namespace" && x.t.Shared[w.Text] != nil {
			fix = "it is a shared namespace: write shared: \"" + w.Text + "\""
		}
		x.Error(code, w.Pos, fix, "%s: %s %q is not declared", s.what, what, w.Text)
	}
	return !w.Set()
}

// workloadsOf gives what the namespace or shared namespace of a peer declares.
func (x *expander) workloadsOf(p *tenancy.Peer) (where string, ws map[string]*tenancy.Workload, partial bool) {
	if n := x.namespaces[p.Namespace.Text]; n != nil {
		return "namespace \"" + n.Name + "\"", n.Workloads, n.Partial
	}
	if s := x.t.Shared[p.Shared.Text]; s != nil {
		return "shared namespace \"" + s.Name + "\"", s.Workloads, s.Partial
	}
	return "", nil, false
}

func (x *expander) tags() []string {
	all := map[string]bool{}
	for _, n := range x.sorted {
		for _, w := range n.Workloads {
			for tag := range w.Tags {
				all[tag] = true
			}
		}
	}
	return tenancy.Keys(all)
}

func (x *expander) classes() []string {
	all := map[string]bool{}
	for _, e := range x.t.Environments {
		if e.Class.Set() {
			all[e.Class.Text] = true
		}
	}
	return tenancy.Keys(all)
}
