package reach

import "slices"

// meet gives what both directions allow.
func (u *universe) meet(egress, ingress []Edge) (out []Edge) {
	index := newIndex(ingress)
	for i := range egress {
		e := &egress[i]
		for _, j := range index.overlapping(e) {
			f := &ingress[j]
			var edges []Edge
			if both, ok := e.and(f); ok {
				edges = append(edges, both)
			}
			if len(e.names)+len(f.names) > 0 {
				edges = append(edges, u.meetByName(e, f)...)
			}
			for _, both := range edges {
				both.Egress, both.Ingress, both.u = e.Egress, f.Ingress, u
				out = append(out, both)
			}
		}
	}
	return out
}

// meetByName gives what two edges allow only because rules call ports by names:
// to each workload that gives the names numbers, and to pods that no manifest
// shows.
func (u *universe) meetByName(e, f *Edge) (out []Edge) {
	from, ok := e.From.and(f.From)
	if !ok {
		return nil
	}
	to, ok := e.To.and(f.To)
	if !ok || to.IsAddresses() {
		return nil
	}
	plain := e.Ports.And(f.Ports)
	add := func(to Group, of func([]portName) Ports, names []string) {
		ports := e.Ports.Or(of(e.names)).And(f.Ports.Or(of(f.names))).Minus(plain)
		if !ports.Empty() {
			out = append(out, Edge{From: from, To: to, Ports: ports, ByName: names})
		}
	}
	for _, n := range to.namespaces {
		for _, w := range u.shown(n, to.pods) { // a region of each workload would be slow to make
			if at, ok := to.and(Group{namespaces: []int32{n}, pods: pods{in: u.exactly(w)}}); ok {
				add(at, w.numbers, nil)
			}
		}
	}
	rest := Group{namespaces: to.namespaces}
	if unseen := u.unseenIn(to.namespaces); len(unseen.list) > 0 {
		rest.pods.in = region{{identityKey, unseen}}
	}
	if at, ok := to.and(rest); ok {
		add(at, anyNumber, namesOf(e, f))
	}
	return out
}

// numbers gives the ports that a workload's containers give these names.
func (w *Workload) numbers(names []portName) Ports {
	var out []Range
	for _, p := range w.Ports {
		if slices.Contains(names, portName{p.Protocol, p.Name}) {
			out = append(out, Range{p.Protocol, p.Number, p.Number})
		}
	}
	return NewPorts(out...)
}

// anyNumber gives the ports to which a pod could give these names.
func anyNumber(names []portName) Ports {
	var out []Range
	for _, n := range names {
		out = append(out, Range{n.protocol, firstPort, lastPort})
	}
	return NewPorts(out...)
}

func namesOf(e, f *Edge) (out []string) {
	for _, n := range slices.Concat(e.names, f.names) {
		out = append(out, n.name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
