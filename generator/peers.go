package generator

import (
	"fmt"
	"go/token"
	"slices"
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
	policy   string   // of the Service in front of it, on the addresses of clients
	ports    map[string]tenancy.Port
	partial  bool // there may be ports that could not be read
}

// A side is one end of a flow, with the words for it in messages.
type side struct {
	*tenancy.Peer
	what   string // the flow or guard, and the end: flow "x": from
	source bool   // it opens connections
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
		if s.Partial || !s.Pos.IsValid() {
			return false // the decoder spoke of it
		}
		got := "names nobody"
		if len(hs) > 1 {
			got = "names " + strings.Join(hs, " and ") + " at once"
		}
		x.Error(diag.PeerHeads, s.Pos, headsFix(hs), "%s %s", s.what, got)
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

func headsFix(heads []string) string {
	if slices.Contains(heads, "environment") {
		return "leave environment out: it stands alone, or beside namespace or team"
	}
	return "name exactly one of namespace, team, environment, anyNamespace, shared, external, nodes, apiServer (and class, in a guard)"
}

func (x *expander) qualifier(s side, name string, pos token.Position, ok bool, fits string) bool {
	if !ok {
		x.Error(diag.PeerQualifier, pos, "leave it out, or name a "+fits, "%s: %s goes with %s, not with %s",
			s.what, name, fits, heads(s.Peer)[0])
	}
	return ok
}

// A kindOfName is a kind of thing that peers name, with the names declared.
type kindOfName struct {
	code         diag.Code
	what, plural string
	word         func(*tenancy.Peer) tenancy.Word
	declared     map[string]bool
}

// kindsOfNames lists what peers can name, once for all of them.
func (x *expander) kindsOfNames() []kindOfName {
	return []kindOfName{
		{code: diag.UnknownEnvironment, what: "environment", plural: "environments", declared: setOf(x.t.Environments),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Environment }},
		{code: diag.UnknownTeam, what: "team", plural: "teams", declared: setOf(x.t.Teams),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Team }},
		{code: diag.UnknownNamespace, what: "namespace", plural: "namespaces", declared: setOf(x.namespaces),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Namespace }},
		{code: diag.UnknownShared, what: "shared namespace", plural: "shared namespaces", declared: setOf(x.t.Shared),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Shared }},
		{code: diag.UnknownExternal, what: "external", plural: "externals", declared: setOf(x.t.Externals),
			word: func(p *tenancy.Peer) tenancy.Word { return p.External }},
		{code: diag.UnknownTag, what: "tag", plural: "tags", declared: x.tags(),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Tag }},
		{code: diag.UnknownClass, what: "class", plural: "classes", declared: x.classes(),
			word: func(p *tenancy.Peer) tenancy.Word { return p.Class }},
	}
}

func setOf[V any](m map[string]V) map[string]bool {
	out := make(map[string]bool, len(m))
	for k := range m {
		out[k] = true
	}
	return out
}

// references checks that everything that a peer names is declared.
func (x *expander) references(s side) bool {
	ok := true
	for _, kind := range x.kinds {
		w := kind.word(s.Peer)
		if !w.Set() || kind.declared[w.Text] {
			continue
		}
		ok = false
		if !x.hidden(kind.code) {
			x.Error(kind.code, w.Pos, x.unknownFix(kind, w.Text), "%s: %s %q is not declared", s.what, kind.what, w.Text)
		}
	}
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

// unknownFix names the nearest thing of the kind, or the same name of another.
func (x *expander) unknownFix(kind kindOfName, name string) string {
	if kind.code == diag.UnknownNamespace && x.t.Shared[name] != nil {
		return fmt.Sprintf("it is a shared namespace: write shared: %q", name)
	}
	return nearest.Hint(name, kind.plural, tenancy.Keys(kind.declared))
}

// hidden reports whether a thing of the kind may be declared where the decoder
// could not read it, and spoke of that.
func (x *expander) hidden(kind diag.Code) bool {
	hidden := x.t.Partial
	switch kind {
	case diag.UnknownNamespace:
		for _, t := range x.t.Teams {
			hidden = hidden || t.Partial
		}
	case diag.UnknownTag:
		for _, n := range x.sorted {
			hidden = hidden || n.Partial
		}
	case diag.UnknownClass:
		for _, e := range x.t.Environments {
			hidden = hidden || e.Partial
		}
	}
	return hidden
}

// workloadsOf gives what the namespace or shared namespace of a peer declares.
func (x *expander) workloadsOf(p *tenancy.Peer) (where string, ws map[string]*tenancy.Workload, partial bool) {
	if n := x.namespaces[p.Namespace.Text]; n != nil {
		return "namespace \"" + n.Name + "\"", n.Workloads, n.Partial
	}
	if s := x.t.Shared[p.Shared.Text]; s != nil {
		return "shared namespace \"" + s.Name + "\"", s.Workloads, s.Partial
	}
	return "", nil, true // the decoder spoke of it
}

func (x *expander) tags() map[string]bool {
	all := map[string]bool{}
	for _, n := range x.sorted {
		for _, w := range n.Workloads {
			for tag := range w.Tags {
				all[tag] = true
			}
		}
	}
	return all
}

func (x *expander) classes() map[string]bool {
	all := map[string]bool{}
	for _, e := range x.t.Environments {
		if e.Class.Set() {
			all[e.Class.Text] = true
		}
	}
	return all
}
