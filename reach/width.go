package reach

import "slices"

// The lines of a list are at most as many as these for each edge and each known
// namespace, or fewLines if that is more. Beyond that, the widest edges are not
// written namespace by namespace: they can be thousands, each of thousands of
// lines that say the same.
const (
	linesOfEach = 10
	fewLines    = 10_000
)

// widest gives of how many lines an edge may be to be written namespace by
// namespace and workload by workload: all that are no wider are within the budget
// together. So edges that are alike are all written alike, in whichever order
// they come.
func (u *universe) widest(edges []Edge) int {
	budget := max(fewLines, linesOfEach*(len(edges)+len(u.names)))
	widths := make([]int, len(edges))
	for i := range edges {
		widths[i] = u.lines(&edges[i])
	}
	slices.Sort(widths)
	total := 0
	for i := 0; i < len(widths); {
		next := i
		for ; next < len(widths) && widths[next] == widths[i]; next++ {
			total += widths[i]
		}
		if total > budget && widths[i] > linesOfEach {
			return widths[i] - 1
		}
		i = next
	}
	return budget
}

// lines gives at most how many lines an edge has, when it is written out.
func (u *universe) lines(e *Edge) int {
	if e.betweenMany() {
		return 1
	}
	return u.width(e.From) * u.width(e.To)
}

// width gives at most how many ends a group has.
func (u *universe) width(g Group) int {
	switch {
	case g.IsAddresses():
		return 1 // or a few, but as many in any case
	case g.pods.isWhole():
		return len(g.namespaces)
	}
	lines := 0
	for _, n := range g.namespaces {
		lines += 1 + len(u.labelledAs(n, g.pods.in))
	}
	return lines
}

// pairOf gives both sides of an edge as ends: written out if that gives no more
// lines than the widest, else with its namespaces together.
func (u *universe) pairOf(e *Edge, widest int) (from, to []End) {
	switch {
	case e.betweenMany():
		return u.together(e.From), u.together(e.To)
	case u.lines(e) <= widest:
		return u.ends(e.From), u.ends(e.To)
	}
	// What is of one namespace is still written by its workloads, if they are few.
	side := func(g Group) []End {
		if len(g.namespaces) == 1 && u.width(g) <= linesOfEach {
			return u.ends(g)
		}
		return u.together(g)
	}
	return side(e.From), side(e.To)
}

// betweenMany reports whether both sides are of several namespaces, or everything
// outside: between two of those, a line for each pair would say nothing.
func (e *Edge) betweenMany() bool { return e.From.many() && e.To.many() }

// many reports whether a group is of several namespaces, or everything outside.
func (g Group) many() bool {
	return len(g.namespaces) > 1 || g.IsAddresses() && g.addresses.Equal(everyAddress)
}

// isWhole reports whether every pod is in the set.
func (p pods) isWhole() bool { return len(p.in) == 0 && len(p.not) == 0 }
