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
	names := slices.Concat(before.NamespaceNames(), before.Has, after.NamespaceNames(), after.Has)
	old, err := Build(before.Cluster, names...)
	if err != nil {
		return nil, err
	}
	now, err := Build(after.Cluster, names...)
	if err != nil {
		return nil, err
	}
	d := &Difference{Appeared: missing(after.Has, before.Has), Vanished: missing(before.Has, after.Has)}
	was, is := old.withoutNamespaces(d.Appeared), now.withoutNamespaces(d.Vanished)
	opened, closed := Subtract(is, was), Subtract(was, is)
	widest := min(now.u.widest(opened), old.u.widest(closed)) // else the same ends could look different
	d.Opened, d.Closed = now.list(opened, widest), old.list(closed, widest)
	d.pairUp()
	return d, nil
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
