package generator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A selection finds the ports that a flow opens at each of its destinations.
type selection struct {
	f    *tenancy.Flow
	to   side
	rule portRule
	// What was found over all destinations, to speak of once.
	matched  []bool // by the index of the flow's ports
	declared map[string]bool
	partial  bool
	odd      map[tenancy.Port]bool // numbers that the destination does not declare
	any      bool
}

// A portRule says how a destination's ports are found.
type portRule int

const (
	// onlyOne opens the one port that the destination declares.
	onlyOne portRule = iota
	// everyDeclared opens all that it declares.
	everyDeclared
	// named opens what the flow lists, declared or not: the destination is one
	// explicit thing.
	named
	// matching opens what the flow lists at those that declare it.
	matching
	// literal opens the numbers that the flow lists: nothing is declared there.
	literal
	// apiServerPort opens the cluster's own fact.
	apiServerPort
)

// selection decides the rule for a flow's destination, and gives nil where the
// flow does not say enough.
func (x *expander) selection(f *tenancy.Flow, to side) *selection {
	s := &selection{f: f, to: to, matched: make([]bool, len(f.Ports.List)), declared: map[string]bool{}, odd: map[tenancy.Port]bool{}}
	for _, p := range f.Ports.List {
		if p.Name == "" && p.Port.End < p.Port.Number {
			x.Error(diag.BadPort, p.Pos, "write the smaller number first", "flow %q: port %s runs backwards", f.Name, p.Port)
			return nil
		}
	}
	explicit := to.Workload.Set() || to.External.Set() || x.loneWorkload(to)
	bare := to.AnyPod || to.Nodes || to.APIServer
	switch given := f.Ports.Given(); {
	case to.APIServer && !given:
		s.rule = apiServerPort
	case bare:
		s.rule = literal
		return x.literalOnly(s)
	case !given && explicit:
		s.rule = onlyOne
	case !given:
		x.Error(diag.PortsLeftOut, f.To.Pos, x.portsFix(to), "flow %q leaves out its ports, and its destination is not one workload", f.Name)
		return nil
	case f.Ports.All:
		s.rule = everyDeclared
	case to.Workload.Set() || to.External.Set():
		s.rule = named
	default:
		s.rule = matching
	}
	return s
}

// loneWorkload reports whether the destination is a namespace with one workload.
func (x *expander) loneWorkload(to side) bool {
	_, ws, _ := x.workloadsOf(to.Peer)
	return len(ws) == 1 && !to.Tag.Set() && !to.AnyPod
}

func (x *expander) portsFix(to side) string {
	_, ws, _ := x.workloadsOf(to.Peer)
	if x.bareNamespace(to) {
		return "declare a workload there, or write anyPod: true in to and list the numbers of ports"
	}
	names := map[string]bool{}
	for _, w := range ws {
		for name := range w.Ports {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return `add ports: ["…"], with a name that the workloads give to theirs`
	}
	return "add ports: […], with the ones meant of " + strings.Join(tenancy.Keys(names), ", ")
}

// bareNamespace reports whether the destination is one namespace that declares
// no workload, so that no port can be found in it.
func (x *expander) bareNamespace(to side) bool {
	_, ws, _ := x.workloadsOf(to.Peer)
	return (to.Namespace.Set() || to.Shared.Set()) && len(ws) == 0
}

// literalOnly sees to it that a destination which declares nothing is opened by
// numbers.
func (x *expander) literalOnly(s *selection) *selection {
	what, fix := "a whole namespace declares", "add ports: [8080], or what it is"
	switch {
	case s.to.Nodes:
		what = "nodes declare"
	case s.to.APIServer:
		what, fix = "the API server declares", "leave ports out: the cluster says which it is"
	}
	if !s.f.Ports.Given() || s.f.Ports.All {
		x.Error(diag.PortsLeftOut, s.f.To.Pos, fix, "flow %q must list port numbers: %s no ports", s.f.Name, what)
		return nil
	}
	for _, p := range s.f.Ports.List {
		if p.Name != "" {
			x.Error(diag.UnknownPort, p.Pos, "write its number", "flow %q: port %q is a name, and %s no ports", s.f.Name, p.Name, what)
			return nil
		}
	}
	return s
}

// ports gives the ports to open at one destination, sorted; none where it has
// none of them.
func (s *selection) ports(at endpoint, k *tenancy.Cluster) []tenancy.Port {
	s.partial = s.partial || at.partial
	for name := range at.ports {
		s.declared[name] = true
	}
	var out []tenancy.Port
	switch s.rule {
	case apiServerPort:
		out = []tenancy.Port{{Number: k.APIServer.Port, End: k.APIServer.Port, Protocol: tenancy.TCP}}
	case onlyOne:
		if len(at.ports) == 1 {
			out = slices.Collect(maps.Values(at.ports))
		}
	case everyDeclared:
		out = slices.Collect(maps.Values(at.ports))
	default:
		for i, p := range s.f.Ports.List {
			if port, ok := s.find(p, at); ok {
				s.matched[i] = true
				out = append(out, port)
			}
		}
	}
	s.any = s.any || len(out) > 0
	slices.SortFunc(out, tenancy.Port.Compare)
	return slices.Compact(out)
}

// find gives the number of one of the flow's ports at a destination.
func (s *selection) find(p tenancy.FlowPort, at endpoint) (tenancy.Port, bool) {
	if p.Name != "" {
		port, ok := at.ports[p.Name]
		return port, ok
	}
	declares := false
	for _, d := range at.ports {
		declares = declares || d.Covers(p.Port)
	}
	if s.rule == named && !declares && len(at.ports) > 0 {
		s.odd[p.Port] = true
	}
	return p.Port, declares || s.rule != matching
}

// finish reports, once for all destinations, what was not found.
func (s *selection) finish(x *expander) {
	f, names := s.f, tenancy.Keys(s.declared)
	switch {
	case s.to.AnyPod:
		s.undeclared(x)
		return
	case s.partial, s.rule == literal, s.rule == apiServerPort, s.any && (s.rule == onlyOne || s.rule == everyDeclared):
		return
	case s.rule == onlyOne && len(names) > 0:
		x.Error(diag.PortsLeftOut, f.To.Pos, fmt.Sprintf("add ports: [%q], or which of them is meant", names[0]), "flow %q leaves out its ports, and its destination declares %s",
			f.Name, strings.Join(names, ", "))
		return
	case s.rule == onlyOne, s.rule == everyDeclared:
		x.Error(diag.UnknownPort, f.To.Pos, "declare ports there, or list port numbers", "flow %q: its destination declares no ports", f.Name)
		return
	}
	for i, p := range f.Ports.List {
		switch {
		case s.matched[i] && s.odd[p.Port] && p.Name == "":
			x.Lint(diag.UndeclaredPort, "flows."+f.Name, p.Pos, "declare it, or check that it is the pod's port and not the Service's", "flow %q opens port %s, which its destination does not declare",
				f.Name, p.Port)
		case s.matched[i]:
		case x.bareNamespace(s.to):
			x.Error(diag.UnknownPort, p.Pos, x.portsFix(s.to), "flow %q: its destination declares no workload", f.Name)
		case p.Name != "":
			x.Error(diag.UnknownPort, p.Pos, nearest.Hint(p.Name, "its ports", names), "flow %q: its destination declares no port %q", f.Name, p.Name)
		default:
			x.Error(diag.UnknownPort, p.Pos, "name one that is declared, or one workload as the destination", "flow %q: nothing at its destination declares port %s", f.Name, p.Port)
		}
	}
}

// undeclared speaks of numbers for every pod of a namespace whose workloads
// declare ports, and none of them that. Of a namespace that declares none nothing
// is known.
func (s *selection) undeclared(x *expander) {
	where, ws, partial := x.workloadsOf(s.to.Peer)
	var declared []tenancy.Port
	for _, w := range ws {
		partial = partial || w.Partial
		declared = slices.AppendSeq(declared, maps.Values(w.Ports))
	}
	if partial || len(declared) == 0 {
		return
	}
	for _, p := range s.f.Ports.List {
		declares := func(d tenancy.Port) bool { return d.Covers(p.Port) || p.Port.Covers(d) }
		if !slices.ContainsFunc(declared, declares) {
			x.Lint(diag.UndeclaredPort, "flows."+s.f.Name, p.Pos, "declare it at a workload, or check that it is the pods' port and not a Service's",
				"flow %q opens port %s, which no workload of %s declares", s.f.Name, p.Port, where)
		}
	}
}
