package reach

import networkingv1 "k8s.io/api/networking/v1"

// Edge says that every endpoint of From may open connections to every endpoint
// of To on the ports.
type Edge struct {
	From, To Group
	Ports    Ports
	// ByName are the names of ports through which alone pods that no manifest
	// shows get these ports: such a pod may give a name to any port, so the whole
	// protocol is open to it.
	ByName []string
	// Egress and Ingress are the rules of policies that allow it on each side.
	// nil: on that side nothing isolates its endpoints.
	Egress, Ingress []Rule

	names []portName // of a half that is not resolved yet
	u     *universe  // of the graph; nil of edges that are of none
}

// Rule is one rule of a policy.
type Rule struct {
	Policy *networkingv1.NetworkPolicy
	Index  int // in the list of its direction
}

// portName is a port that a rule calls by its name. Which number that is each
// destination says for itself.
type portName struct {
	protocol Protocol
	name     string
}

// and gives what both edges allow; it reports false if that is nothing.
func (e *Edge) and(f *Edge) (Edge, bool) {
	ports := e.Ports.And(f.Ports)
	if ports.Empty() {
		return Edge{}, false
	}
	from, ok := e.From.and(f.From)
	if !ok {
		return Edge{}, false
	}
	to, ok := e.To.and(f.To)
	return Edge{From: from, To: to, Ports: ports}, ok
}

// minus gives what of e is not in f, in parts.
func (e *Edge) minus(f *Edge) (out []Edge) {
	both, ok := e.and(f)
	if !ok {
		return []Edge{*e}
	}
	part := func(from, to Group, ports Ports) {
		rest := *e
		rest.From, rest.To, rest.Ports = from, to, ports
		out = append(out, rest)
	}
	for _, from := range e.From.minus(f.From) {
		part(from, e.To, e.Ports)
	}
	for _, to := range e.To.minus(f.To) {
		part(both.From, to, e.Ports)
	}
	if ports := e.Ports.Minus(f.Ports); !ports.Empty() {
		part(both.From, both.To, ports)
	}
	return out
}

// Subtract gives what the edges of a allow and those of b do not. Both are of
// graphs that know the same namespaces.
func Subtract(a, b []Edge) []Edge { return newIndex(b).without(a) }

// Intersect gives what the edges of both allow, with the rules of b. Both are of
// graphs that know the same namespaces.
func Intersect(a, b []Edge) []Edge { return newIndex(b).within(a) }

// without gives what of the edges is in none of the index.
func (x *index) without(edges []Edge) (out []Edge) {
	for i := range edges {
		left := []Edge{edges[i]}
		for _, j := range x.overlapping(&edges[i]) {
			var next []Edge
			for k := range left {
				next = append(next, left[k].minus(&x.edges[j])...)
			}
			if left = next; len(left) == 0 {
				break
			}
		}
		for j := range left {
			if left[j].real() {
				out = append(out, left[j])
			}
		}
	}
	return out
}

// real reports whether there can be pods at the ends. The sets alone do not know
// that a workload has no other labels than its own.
func (e *Edge) real() bool { return e.u == nil || e.u.real(e.From) && e.u.real(e.To) }

// within gives what of the edges is in the index, with the rules from there.
func (x *index) within(edges []Edge) (out []Edge) {
	for i := range edges {
		for _, j := range x.overlapping(&edges[i]) {
			f := &x.edges[j]
			both, ok := edges[i].and(f)
			if !ok {
				continue
			}
			both.ByName, both.Egress, both.Ingress, both.u = f.ByName, f.Egress, f.Ingress, f.u
			if both.u == nil {
				both.u = edges[i].u
			}
			if both.real() {
				out = append(out, both)
			}
		}
	}
	return out
}
