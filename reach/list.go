package reach

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Connection is a line of everything that is open: from one end to another, with
// all ports.
type Connection struct {
	From, To End
	Ports    Ports
	// ByName are names of ports by which pods that no manifest shows get these
	// ports.
	ByName []string
	// Rules are what allows it on both sides, each once; none where nothing
	// isolates the ends.
	Rules []Rule
}

// List gives edges as connections, each pair of ends once, sorted. What the
// whole namespaces of a connection may do anyway is left out. Namespaces for
// which the same is open are a line each as long as the list stays in proportion
// to the edges, else they stand together.
func (g *Graph) List(edges []Edge) []Connection { return g.list(edges, g.u.widest(edges)) }

// list writes edges out that are no wider than the widest.
func (g *Graph) list(edges []Edge, widest int) []Connection {
	l := lister{g: g, lines: map[pair]*Connection{}}
	for i := range edges {
		l.add(&edges[i], widest)
	}
	for p, c := range l.lines {
		for _, wider := range p.wider() {
			if w := l.lines[wider]; w != nil {
				c.Ports = c.Ports.Minus(w.Ports)
			}
		}
	}
	var sorted []*Connection // they are large, and there can be many
	for _, c := range l.lines {
		if !c.Ports.Empty() {
			sorted = append(sorted, c)
		}
	}
	slices.SortFunc(sorted, func(a, b *Connection) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	out := make([]Connection, 0, len(sorted))
	for _, c := range sorted {
		c.Rules = sortedRules(c.Rules)
		out = append(out, *c)
	}
	return out
}

// A lister joins edges with the same ends.
type lister struct {
	g     *Graph
	lines map[pair]*Connection
}

// A pair is two ends, by their keys.
type pair struct{ from, to string }

const whole = "\x00"

// key tells ends apart: the namespace or addresses, then which pods.
func (e End) key() string {
	var b strings.Builder
	b.WriteString(e.Namespace)
	for _, n := range e.Namespaces {
		b.WriteString("," + n)
	}
	if e.OtherNamespaces || e.AllNamespaces {
		b.WriteString(",*")
	}
	for _, n := range e.ExceptNamespaces {
		b.WriteString("!" + n)
	}
	if e.CIDR.IsValid() {
		b.WriteString(e.CIDR.String())
		for _, p := range e.Except {
			b.WriteString("-" + p.String())
		}
	}
	b.WriteString(whole)
	b.WriteString(e.Workload + whole + e.Pods)
	if e.Unshown {
		b.WriteString(whole)
	}
	return b.String()
}

// wider gives the pairs in which whole namespaces stand for the pods of one or
// both ends.
func (p pair) wider() (out []pair) {
	from, _, _ := strings.Cut(p.from, whole)
	to, _, _ := strings.Cut(p.to, whole)
	all := pair{from + whole + whole, to + whole + whole}
	for _, q := range []pair{{all.from, p.to}, {p.from, all.to}, all} {
		if q != p {
			out = append(out, q)
		}
	}
	return out
}

func (l *lister) add(e *Edge, widest int) {
	froms, tos := l.g.u.pairOf(e, widest)
	for _, from := range froms {
		for _, to := range tos {
			p := pair{from.key(), to.key()}
			c := l.lines[p]
			if c == nil {
				c = &Connection{From: from, To: to, ByName: e.ByName}
				l.lines[p] = c
			}
			if len(e.ByName) == 0 {
				c.ByName = nil
			}
			c.Ports = c.Ports.Or(e.Ports)
			c.Rules = append(c.Rules, rulesOf(e.Egress, from)...)
			c.Rules = append(c.Rules, rulesOf(e.Ingress, to)...)
		}
	}
}

// rulesOf gives the rules of policies that stand in the end's namespace. Rules
// of many namespaces are left out: they would say nothing.
func rulesOf(rules []Rule, e End) (out []Rule) {
	if e.Namespace == "" {
		return nil
	}
	// Rules come in the order of their namespaces, and there can be many.
	i, _ := slices.BinarySearchFunc(rules, e.Namespace, func(r Rule, name string) int {
		return cmp.Compare(namespaceOf(r.Policy.Namespace), name)
	})
	for _, r := range rules[i:] {
		if namespaceOf(r.Policy.Namespace) != e.Namespace {
			break
		}
		out = append(out, r)
	}
	return out
}

func sortedRules(rules []Rule) []Rule {
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(namespaceOf(a.Policy.Namespace), namespaceOf(b.Policy.Namespace)),
			cmp.Compare(a.Policy.Name, b.Policy.Name), cmp.Compare(a.Index, b.Index))
	})
	return slices.Compact(rules)
}

// Compare orders ends: pods before addresses, by namespace, workload and labels.
func (e End) Compare(f End) int {
	return cmp.Or(
		cmp.Compare(e.kind(), f.kind()),
		cmp.Compare(e.Namespace, f.Namespace),
		slices.Compare(e.Namespaces, f.Namespaces),
		slices.Compare(e.ExceptNamespaces, f.ExceptNamespaces),
		cmp.Compare(e.Workload, f.Workload),
		cmp.Compare(e.Pods, f.Pods),
		cmp.Compare(e.unshown(), f.unshown()),
		e.CIDR.Addr().Compare(f.CIDR.Addr()),
		cmp.Compare(e.CIDR.Bits(), f.CIDR.Bits()),
		slices.CompareFunc(e.Except, f.Except, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) }),
	)
}

// unshown orders all pods before those that no manifest shows.
func (e End) unshown() int {
	if e.Unshown {
		return 1
	}
	return 0
}

// kind orders single namespaces, then many, then unknown ones, then all, then
// addresses.
func (e End) kind() int {
	switch {
	case e.CIDR.IsValid():
		return 4
	case e.AllNamespaces:
		return 3
	case e.OtherNamespaces:
		return 2
	case len(e.Namespaces) > 0:
		return 1
	}
	return 0
}
