package reach

import (
	"cmp"
	"slices"
)

// Difference is what changed between two states of a cluster.
type Difference struct {
	Opened, Closed []Connection
	Changed        []Change
	// Appeared are namespaces that only the new state has, Vanished those that only
	// the old one had. What goes on with a namespace that appeared is opened, what
	// went on with one that vanished is closed, though without any policy it may
	// have been open before and may be open now.
	Appeared, Vanished []string
}

// Change is a pair of ends between which other ports are open than were.
type Change struct {
	Before, After Connection // with the same ends
}

// State is a cluster at one time.
type State struct {
	*Cluster
	// Has are the namespaces that this state is about; those that it only names are
	// not among them.
	Has []string
}

// Diff compares two states of a cluster.
func Diff(before, after State) (*Difference, error) {
	c, err := Compare(before, after)
	if err != nil {
		return nil, err
	}
	d := &Difference{Appeared: missing(after.Has, before.Has), Vanished: missing(before.Has, after.Has)}
	was, is := c.old.withoutNamespaces(d.Appeared), c.now.withoutNamespaces(d.Vanished)
	opened, closed := Subtract(is, was), Subtract(was, is)
	widest := min(c.now.u.widest(opened), c.old.u.widest(closed)) // else the same ends could look different
	d.Opened, d.Closed = c.now.list(opened, widest), c.old.list(closed, widest)
	d.pairUp()
	return d, nil
}

// Comparison is two states of a cluster side by side.
type Comparison struct {
	old, now             *Graph
	oldHalves, nowHalves [directions]*index // made when they are first asked for
}

// Compare puts two states of a cluster side by side.
func Compare(before, after State) (*Comparison, error) {
	names := slices.Concat(before.NamespaceNames(), before.Has, after.NamespaceNames(), after.Has)
	old, err := Build(before.Cluster, names...)
	if err != nil {
		return nil, err
	}
	now, err := Build(after.Cluster, names...)
	return &Comparison{old: old, now: now}, err
}

// By gives what opened and closed because of the policies of a namespace, which
// one of the states must know: what its pods may send or take now and might not,
// and the other way round, as far as the other ends allow. Each edge has the rules
// that open it in the state in which it is open.
func (c *Comparison) By(namespace string) (opened, closed []Edge, err error) {
	if c.oldHalves[egress] == nil {
		for d := range directions {
			c.oldHalves[d], c.nowHalves[d] = newIndex(c.old.halves[d]), newIndex(c.now.halves[d])
		}
	}
	inside, err := c.now.Pods([]string{namespace}, nil)
	if err != nil {
		return nil, nil, err
	}
	own, all := []Group{inside}, c.now.Everything()
	for d, touching := range [directions][]Edge{egress: Between(own, all, AllPorts), ingress: Between(all, own, AllPorts)} {
		opened = append(opened, c.oldHalves[d].without(c.old.Lacks(c.now.Opens(touching)))...)
		closed = append(closed, c.nowHalves[d].without(c.now.Lacks(c.old.Opens(touching)))...)
	}
	return opened, closed, nil
}

// ListOpened lists some of what By gives as opened, those of other namespaces
// together where the same is true of many.
func (c *Comparison) ListOpened(edges []Edge) []Connection { return c.now.list(edges, linesOfEach) }

// ListClosed does so with some of what it gives as closed.
func (c *Comparison) ListClosed(edges []Edge) []Connection { return c.old.list(edges, linesOfEach) }

// Unisolated reports whether nothing isolates an end of an edge that By gives as
// opened, and that is in the namespace.
func (c *Comparison) Unisolated(e *Edge, namespace string) bool {
	n := c.now.u.number(namespace)
	return slices.Contains(e.From.namespaces, n) && len(e.Egress) == 0 || slices.Contains(e.To.namespaces, n) && len(e.Ingress) == 0
}

// missing gives what is in a and not in b, sorted.
func missing(a, b []string) (out []string) {
	b = slices.Sorted(slices.Values(b))
	for _, s := range a {
		if _, ok := slices.BinarySearch(b, s); !ok {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// withoutNamespaces gives what is open but for what goes on with the namespaces.
func (g *Graph) withoutNamespaces(names []string) []Edge {
	if len(names) == 0 {
		return g.open
	}
	inside, err := g.Pods(names, nil)
	if err != nil {
		return g.open // they are known: the graph was built with their names
	}
	return Subtract(g.open, append(Between([]Group{inside}, g.Everything(), AllPorts), Between(g.Everything(), []Group{inside}, AllPorts)...))
}

// pairUp makes changes of what is opened and closed between the same ends.
func (d *Difference) pairUp() {
	closed := map[pair]int{}
	for i := range d.Closed {
		closed[d.Closed[i].pair()] = i
	}
	gone := map[int]bool{}
	d.Opened = slices.DeleteFunc(d.Opened, func(c Connection) bool {
		i, ok := closed[c.pair()]
		if ok {
			d.Changed = append(d.Changed, Change{Before: d.Closed[i], After: c})
			gone[i] = true
		}
		return ok
	})
	i := -1
	d.Closed = slices.DeleteFunc(d.Closed, func(Connection) bool { i++; return gone[i] })
	slices.SortFunc(d.Changed, func(a, b Change) int {
		return cmp.Or(a.After.From.Compare(b.After.From), a.After.To.Compare(b.After.To))
	})
}

func (c *Connection) pair() pair { return pair{c.From.key(), c.To.key()} }
