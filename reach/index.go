package reach

import (
	"maps"
	"slices"
)

// An index finds, among many edges, those that could share something with one:
// by the namespaces of both ends.
type index struct {
	edges  []Edge
	byFrom map[place]map[place][]int32
	byTo   map[place]map[place][]int32
}

// A place is where an end of an edge is looked for: a namespace, or one of the
// two below.
type place int32

const (
	outside    place = -1 // addresses
	manyPlaces place = -2 // more namespaces than are worth a list each
)

// few is how many namespaces an end may have to be listed under each.
const few = 4

func newIndex(edges []Edge) *index {
	x := &index{edges: edges, byFrom: map[place]map[place][]int32{}, byTo: map[place]map[place][]int32{}}
	for i := range edges {
		for _, from := range places(edges[i].From) {
			for _, to := range places(edges[i].To) {
				list(x.byFrom, from, to, int32(i))
				list(x.byTo, to, from, int32(i))
			}
		}
	}
	return x
}

func list(m map[place]map[place][]int32, a, b place, i int32) {
	if m[a] == nil {
		m[a] = map[place][]int32{}
	}
	m[a][b] = append(m[a][b], i)
}

// places gives where a group is listed.
func places(g Group) (out []place) {
	switch {
	case g.IsAddresses():
		return []place{outside}
	case len(g.namespaces) > few:
		return []place{manyPlaces}
	}
	for _, n := range g.namespaces {
		out = append(out, place(n))
	}
	return out
}

// overlapping gives the indices of the edges that could share something with e,
// sorted.
func (x *index) overlapping(e *Edge) []int32 {
	first, m, second := around(e.From), x.byFrom, around(e.To)
	if first == nil {
		first, m, second = second, x.byTo, nil
	}
	var out []int32
	for _, inner := range at(m, first) {
		for _, ids := range at(inner, second) {
			out = append(out, ids...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// around gives the places of the edges that could share endpoints with a group;
// nil is everywhere.
func around(g Group) []place {
	out := places(g)
	switch {
	case len(out) > 0 && out[0] == outside:
		return out
	case len(out) > 0 && out[0] == manyPlaces:
		return nil
	}
	return append(out, manyPlaces)
}

// at gives what is listed under the places; nil is everywhere.
func at[V any](m map[place]V, places []place) (out []V) {
	if places == nil {
		return slices.Collect(maps.Values(m))
	}
	for _, p := range places {
		if v, ok := m[p]; ok {
			out = append(out, v)
		}
	}
	return out
}
