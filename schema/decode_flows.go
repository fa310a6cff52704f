package schema

import (
	"fmt"
	gotoken "go/token"

	"cuelang.org/go/cue"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (d *decoder) flow(name string, v cue.Value) *tenancy.Flow {
	f := &tenancy.Flow{Name: name}
	f.Node = d.object(v, "a flow", fields{
		"from":             func(v cue.Value) { f.From = d.peer(v, false) },
		"to":               func(v cue.Value) { f.To = d.peer(v, false) },
		"ports":            func(v cue.Value) { f.Ports = d.flowPorts(v) },
		"reason":           func(v cue.Value) { f.Reason = d.word(v, "reason", lineShape).Text },
		"ticket":           func(v cue.Value) { f.Ticket = d.word(v, "ticket", lineShape).Text },
		"expires":          func(v cue.Value) { f.Expires = d.word(v, "expires", dateShape) },
		"environments":     func(v cue.Value) { f.Environments = d.words(v, "environments", nameShape) },
		"crossEnvironment": func(v cue.Value) { f.CrossEnvironment = d.boolean(v, "crossEnvironment") },
	}, "from", "to", "reason")
	return f
}

func (d *decoder) peer(v cue.Value, inGuard bool) tenancy.Peer {
	var p tenancy.Peer
	name := func(what string, to *tenancy.Word) func(cue.Value) {
		return func(v cue.Value) { *to = d.word(v, what, nameShape) }
	}
	yes := func(what string, to *bool) func(cue.Value) {
		return func(v cue.Value) { *to = d.yes(v, what) }
	}
	fs := fields{
		"namespace":    name("namespace", &p.Namespace),
		"team":         name("team", &p.Team),
		"environment":  name("environment", &p.Environment),
		"shared":       name("shared", &p.Shared),
		"external":     name("external", &p.External),
		"workload":     name("workload", &p.Workload),
		"tag":          name("tag", &p.Tag),
		"anyNamespace": yes("anyNamespace", &p.AnyNamespace),
		"nodes":        yes("nodes", &p.Nodes),
		"apiServer":    yes("apiServer", &p.APIServer),
	}
	what := "a peer"
	if inGuard {
		what = "a guard's peer"
		fs["class"] = name("class", &p.Class)
	} else {
		fs["anyPod"] = yes("anyPod", &p.AnyPod)
	}
	p.Node = d.object(v, what, fs)
	return p
}

// flowPorts reads "all", or a list of names and numbers.
func (d *decoder) flowPorts(v cue.Value) (p tenancy.FlowPorts) {
	v, _ = v.Default()
	n := len(d.problems)
	if v.IncompleteKind() == cue.StringKind && v.IsConcrete() {
		s, _ := v.String()
		if s != "all" {
			d.report(diag.BadPort, d.valuePos(v), fmt.Sprintf("write ports: [%q]", short(s)),
				"ports is a list, or the word \"all\", not %q", short(s))
		}
		p.All = s == "all"
	} else {
		d.list(v, "ports", func(v cue.Value) { p.List = append(p.List, d.flowPort(v)) })
	}
	p.Node = d.node(v, n)
	return p
}

func (d *decoder) flowPort(v cue.Value) tenancy.FlowPort {
	v, _ = v.Default()
	p := tenancy.FlowPort{Pos: d.valuePos(v)}
	if v.IncompleteKind() != cue.StringKind || !v.IsConcrete() {
		p.Port = d.port(v)
		return p
	}
	s, _ := v.String()
	if portNameShape.accepts(s) {
		p.Name = s
		return p
	}
	p.Port = d.port(v)
	return p
}

func (d *decoder) ports(v cue.Value) (ports map[string]tenancy.Port, at map[string]gotoken.Position) {
	ports, at = map[string]tenancy.Port{}, map[string]gotoken.Position{}
	d.entries(v, "ports", portNameShape, func(k string, v cue.Value) {
		ports[k], at[k] = d.port(v), d.valuePos(v)
	})
	return ports, at
}

// port reads a number, which is TCP, or a string that names the protocol.
func (d *decoder) port(v cue.Value) tenancy.Port {
	v, _ = v.Default()
	if v.IncompleteKind() != cue.StringKind {
		n := d.portNumber(v, "a port")
		return tenancy.Port{Number: n, End: n, Protocol: tenancy.TCP}
	}
	if !d.scalar(v, "a port", cue.StringKind) {
		return tenancy.Port{}
	}
	s, _ := v.String()
	if !portSpecShape.accepts(s) {
		d.report(diag.BadPort, d.valuePos(v), portHint(s), "a port cannot be %q", short(s))
		return tenancy.Port{}
	}
	p, _ := tenancy.ParsePort(s)
	return p
}

// portHint says how to write what s probably means.
func portHint(s string) string {
	for _, sh := range []shape{portNameShape, portSpecShape} {
		if hint := trimHint(s, sh); hint != "" {
			return hint
		}
	}
	if p, ok := tenancy.ParsePort(s + "/TCP"); ok && p.End != p.Number {
		return fmt.Sprintf("write %q with its protocol", s+"/TCP")
	} else if ok {
		return fmt.Sprintf("write %s, or %q with its protocol", s, s+"/TCP")
	}
	return portForms
}

const portForms = `write a number from 1 to 65535, "53/UDP", "30000-30100/TCP" or, in a flow, the name of a port`

func (d *decoder) portNumber(v cue.Value, what string) int {
	v, _ = v.Default()
	if !d.scalar(v, what, cue.IntKind) {
		return 0
	}
	n, err := v.Int64()
	if err != nil || n < 1 || n > 65535 {
		d.report(diag.BadPort, d.valuePos(v), "ports go from 1 to 65535", "%s cannot be %s", what, oneLine(fmt.Sprint(v)))
		return 0
	}
	return int(n)
}

func (d *decoder) guard(name string, v cue.Value) *tenancy.Guard {
	g := &tenancy.Guard{Name: name, Except: map[string]*tenancy.GuardRule{}}
	g.Node = d.object(v, "a guard", fields{
		"never":  func(v cue.Value) { g.Never = d.guardRule(v) },
		"always": func(v cue.Value) { g.Always = d.guardRule(v) },
		"reason": func(v cue.Value) { g.Reason = d.word(v, "reason", lineShape).Text },
		"except": func(v cue.Value) {
			d.entries(v, "except", lineShape, func(k string, v cue.Value) { g.Except[k] = d.guardRule(v) })
		},
	}, "reason")
	return g
}

func (d *decoder) guardRule(v cue.Value) *tenancy.GuardRule {
	r := &tenancy.GuardRule{}
	r.Node = d.object(v, "a guard's rule", fields{
		"from":  func(v cue.Value) { p := d.peer(v, true); r.From = &p },
		"to":    func(v cue.Value) { p := d.peer(v, true); r.To = &p },
		"ports": func(v cue.Value) { r.Ports = d.flowPorts(v) },
	})
	return r
}
