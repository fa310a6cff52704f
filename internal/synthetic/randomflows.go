package synthetic

import (
	"fmt"
	"slices"
	"strings"
)

// end is one side of a flow that is being made up.
type end struct {
	peer    string   // as CUE
	envs    []int    // in which it exists
	env     int      // that it names; -1: none
	own     []string // ports that it declares, by name and by number
	one     bool     // it is one thing, which may be asked for other numbers
	bare    bool     // it declares no ports: literal ones only
	none    bool     // ports may be left out
	must    bool     // the flow must say its environments
	managed bool
}

// flow declares a flow between two ends that meet.
func (d *dice) flow(i int) {
	for range 50 {
		from, to := d.source(), d.destination()
		envs, cross, ok := d.meet(from, to)
		if !ok || len(to.own) == 0 && !to.bare && !to.one {
			continue
		}
		d.line("flows: f%d: {", i)
		d.line("\tfrom: {%s}\n\tto: {%s}", from.peer, to.peer)
		d.flowPorts(to)
		if from.must || to.must || !cross && d.one(6) {
			d.line("\tenvironments: %s", quoted(d.named(some(d, envs))))
		}
		if cross {
			d.line("\tcrossEnvironment: true")
		}
		if d.one(5) {
			// Around the day that tests live on, 2026-11-20.
			d.line("\texpires: %q", pick(d, []string{"2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "2031-01-31"}))
		}
		d.line("\treason: \"flow %d\"\n}", i)
		return
	}
}

// meet gives the environments in which both ends exist, and whether they are in
// two different ones.
func (d *dice) meet(from, to end) (envs []int, cross, ok bool) {
	if !from.managed && !to.managed {
		return nil, false, false
	}
	if from.env >= 0 && to.env >= 0 && from.env != to.env {
		same := d.envs[from.env].cluster == d.envs[to.env].cluster
		return nil, true, same && slices.Contains(from.envs, from.env) && slices.Contains(to.envs, to.env)
	}
	for _, e := range from.envs {
		if slices.Contains(to.envs, e) && (from.env < 0 || from.env == e) && (to.env < 0 || to.env == e) {
			envs = append(envs, e)
		}
	}
	return envs, false, len(envs) > 0
}

func (d *dice) source() end {
	switch d.IntN(10) {
	case 0, 1:
		return d.group()
	case 2:
		return d.cluster()
	case 3:
		return d.external()
	}
	return d.space(false)
}

func (d *dice) destination() end {
	switch d.IntN(10) {
	case 0, 1, 2:
		return d.group()
	case 3:
		return d.cluster()
	case 4, 5:
		return d.external()
	}
	return d.space(true)
}

// space gives one namespace, of a team or shared, or part of it.
func (d *dice) space(destination bool) end {
	n := pick(d, d.spaces)
	head := "shared"
	if n.team != "" {
		head = "namespace"
	}
	e := end{peer: fmt.Sprintf("%s: %q", head, n.name), envs: n.envs, managed: n.managed, env: -1}
	if n.team != "" && d.one(4) {
		e.env = pick(d, n.envs)
		e.peer += fmt.Sprintf(", environment: %q", d.envs[e.env].name)
	}
	switch {
	case destination && d.one(8):
		e.peer += ", anyPod: true"
		e.bare = true
	case len(n.workloads) > 0 && d.one(2):
		w := pick(d, n.workloads)
		e.peer += fmt.Sprintf(", workload: %q", w.name)
		e.own, e.one, e.none = w.open(), true, len(w.ports) == 1
	case n.team != "" && d.one(4):
		e.own = d.tagged(&e, []randomSpace{n})
	default:
		for _, w := range n.workloads {
			e.own = append(e.own, w.open()...)
		}
		e.none = len(n.workloads) == 1 && len(n.workloads[0].ports) == 1
	}
	return e
}

// group gives namespaces by what they have in common.
func (d *dice) group() end {
	e := end{env: -1, managed: true}
	team := ""
	switch d.IntN(4) {
	case 0:
		team = pick(d, []string{"red", "blue"})
		e.peer = fmt.Sprintf("team: %q", team)
	case 1:
		team = pick(d, []string{"red", "blue"})
		e.env = pick(d, d.numbers())
		e.peer = fmt.Sprintf("team: %q, environment: %q", team, d.envs[e.env].name)
	case 2:
		e.env = pick(d, d.numbers())
		e.peer = fmt.Sprintf("environment: %q", d.envs[e.env].name)
	default:
		e.peer = "anyNamespace: true"
	}
	var of []randomSpace
	for _, n := range d.spaces {
		if n.team != "" && (team == "" || n.team == team) && (e.env < 0 || slices.Contains(n.envs, e.env)) {
			of = append(of, n)
			e.envs = append(e.envs, n.envs...)
			for _, w := range n.workloads {
				e.own = append(e.own, w.open()...)
			}
		}
	}
	slices.Sort(e.envs)
	e.envs = slices.Compact(e.envs)
	if d.one(3) {
		e.own = d.tagged(&e, of)
	}
	return e
}

// tagged narrows an end to the workloads that carry a tag, and gives their
// ports.
func (d *dice) tagged(e *end, of []randomSpace) (own []string) {
	tag, found := pick(d, []string{"cold", "hot"}), false
	e.peer += fmt.Sprintf(", tag: %q", tag)
	for _, n := range of {
		for _, w := range n.workloads {
			if slices.Contains(w.tags, tag) {
				own, found = append(own, w.open()...), true
			}
		}
	}
	if !found {
		e.envs = nil
	}
	return own
}

// cluster gives what every cluster has: nodes, an API server.
func (d *dice) cluster() end {
	if d.one(2) {
		if !d.everywhere(func(k randomCluster) bool { return k.facts && !k.cilium }) {
			return end{}
		}
		return end{peer: "nodes: true", envs: d.numbers(), bare: true, env: -1}
	}
	if !d.everywhere(func(k randomCluster) bool { return k.api && !k.cilium }) {
		return end{}
	}
	return end{peer: "apiServer: true", envs: d.numbers(), bare: true, none: true, env: -1}
}

func (d *dice) external() end {
	x := pick(d, d.outside)
	e := end{peer: fmt.Sprintf("external: %q", x.name), envs: x.envs, none: len(x.ports) == 1, one: true, env: -1}
	if x.envs == nil {
		e.envs, e.must = d.numbers(), true
	}
	e.own = open(x.ports)
	return e
}

func (w randomWorkload) open() []string { return open(w.ports) }

// open gives ports as flows name them: by name, and by what stands behind it.
func open(ports map[string]string) (out []string) {
	for _, name := range portNames {
		if p, ok := ports[name]; ok {
			out = append(out, fmt.Sprintf("%q", name), p)
		}
	}
	return out
}

// literalPorts are declared by some workloads and not by others.
var literalPorts = []string{"53", "8080", "9091", `"8081-8083/TCP"`, `"30000-30003/UDP"`, `"8080/SCTP"`, `"5300/UDP"`}

func (d *dice) flowPorts(to end) {
	switch {
	case to.none && d.one(2):
	case len(to.own) > 0 && d.one(5):
		d.line("\tports: \"all\"")
	case to.bare || to.one && (len(to.own) == 0 || d.one(5)):
		d.line("\tports: [%s]", strings.Join(some(d, literalPorts)[:1], ", "))
	default:
		list := some(d, to.own)
		d.line("\tports: [%s]", strings.Join(list[:min(len(list), 3)], ", "))
	}
}

// letResolve opens managed DNS pods to everybody, without which they could not
// be managed.
func (d *dice) letResolve() {
	for _, r := range d.resolvers {
		d.line("flows: resolve: {from: anyNamespace: true, to: {shared: %q, workload: \"unbound\"}, ports: \"all\", reason: \"names\"}", r)
	}
}
