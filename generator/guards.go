package generator

import (
	"fmt"
	"maps"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// guard checks the shape of a guard and that each of its peers selects
// something. Whether it holds is judged on what is built.
func (x *expander) guard(g *tenancy.Guard) {
	if (g.Never == nil) == (g.Always == nil) && !g.Partial {
		has := "both never and always"
		if g.Never == nil {
			has = "neither never nor always"
		}
		x.Error(diag.GuardShape, g.Pos, "write exactly one of never: {…} and always: {…}", "guard %q has %s", g.Name, has)
	}
	x.guardRule(g, "never", g.Never)
	x.guardRule(g, "always", g.Always)
	for key, r := range tenancy.Sorted(g.Except) {
		if r.From == nil && r.To == nil && !r.Ports.Given() && !r.Partial {
			x.Error(diag.GuardShape, r.Pos, "say from, to or ports of what is left alone", "guard %q: except %q leaves everything alone", g.Name, key)
		}
		x.guardRule(g, fmt.Sprintf("except %q", key), r)
	}
}

func (x *expander) guardRule(g *tenancy.Guard, what string, r *tenancy.GuardRule) {
	if r == nil {
		return
	}
	if r.From != nil {
		x.guardPeer(side{Peer: r.From, what: fmt.Sprintf("guard %q: %s.from", g.Name, what)})
	}
	if r.To != nil {
		x.guardPeer(side{Peer: r.To, what: fmt.Sprintf("guard %q: %s.to", g.Name, what)})
	}
	declared := x.portNames()
	for _, p := range r.Ports.List {
		switch {
		case p.Name == "" && p.Port.End < p.Port.Number:
			x.Error(diag.BadPort, p.Pos, "write the smaller number first", "guard %q: port %s runs backwards", g.Name, p.Port)
		case p.Name != "" && !declared[p.Name] && !x.t.Partial:
			x.Error(diag.UnknownPort, p.Pos, nearest.Hint(p.Name, "ports", tenancy.Keys(declared)), "guard %q: nothing declares a port %q", g.Name, p.Name)
		}
	}
}

func (x *expander) guardPeer(s side) {
	if !x.shape(s) || !x.references(s) {
		return
	}
	if !x.selects(s.Peer) {
		x.Error(diag.GuardSelectsNothing, s.Pos, "name something that is declared there, or remove the guard", "%s selects nothing, so the guard says nothing", s.what)
	}
}

// selects reports whether a guard's peer matches anything in any environment.
func (x *expander) selects(p *tenancy.Peer) bool {
	for _, e := range x.t.Environments {
		if !x.fits(p, e) {
			continue
		}
		if !p.Tag.Set() {
			return true
		}
		for _, n := range x.members(p, e) {
			for _, w := range n.Workloads {
				if w.Tags[p.Tag.Text] {
					return true
				}
			}
		}
	}
	return false
}

// fits reports whether a guard's peer is there in an environment, and does not
// leave it out.
func (x *expander) fits(p *tenancy.Peer, e *tenancy.Environment) bool {
	return (!p.Environment.Set() || p.Environment.Text == e.Name) && (!p.Class.Set() || p.Class.Text == e.Class.Text) && x.exists(p, e)
}

// portNames gives every name of a port that anything declares.
func (x *expander) portNames() map[string]bool {
	out := map[string]bool{}
	add := func(ports map[string]tenancy.Port) {
		for name := range maps.Keys(ports) {
			out[name] = true
		}
	}
	for _, n := range x.sorted {
		for _, w := range n.Workloads {
			add(w.Ports)
		}
	}
	for _, s := range x.t.Shared {
		for _, w := range s.Workloads {
			add(w.Ports)
		}
	}
	for _, e := range x.t.Externals {
		add(e.Ports)
	}
	return out
}
