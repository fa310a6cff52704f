package reach

import (
	"cmp"
	"slices"
)

// pods is a set of pods by their labels: those in one region and in none of
// others.
type pods struct {
	in region
	// not are regions of which, in sets that were checked, at least two requirements
	// are left beside in: only those need a search.
	not []region
	// hard says that it was too much work to find out whether there is any such
	// pod. Of parts of the set the question is not asked again.
	hard bool
}

// searchSteps is how many regions are looked at to find out whether a set of
// pods is empty, which takes exponential time at worst. Sets of which it is not
// known by then count as not empty: then too much is open, never too little.
// Policies that people write need a few steps for each policy of a namespace.
const searchSteps = 50_000

// checked gives the same set with fewest regions to look at: what a region leaves
// out by a single requirement, in itself or beside what in asks for already, in
// asks for instead. It reports false if no labels satisfy the set.
func (p pods) checked() (pods, bool) {
	all := search{steps: -1}
	in, not, empty := all.propagate(p.in, p.not)
	if empty {
		return pods{}, false
	}
	out := pods{in: in, not: not, hard: p.hard}
	if len(not) == 0 || out.hard || out.hasUnheardOf() {
		return out, true
	}
	s := search{steps: searchSteps}
	ok := s.satisfiable(in, not)
	out.hard = s.steps == 0
	return out, ok
}

// empty reports whether no labels satisfy p.
func (p pods) empty() bool {
	_, ok := p.checked()
	return !ok
}

// hasUnheardOf reports whether a pod is in the set whose labels have values that
// nothing asks for, wherever they may. It nearly always is, and easy to ask for.
func (p pods) hasUnheardOf() bool {
	const unheardOf = "\x01" // no label can have it
	return p.has(func(key string) string {
		if q := p.in.find(key); q != nil && !q.values.except {
			return q.values.list[0]
		}
		return unheardOf
	})
}

// A search looks for labels. It stops after some steps.
type search struct {
	steps int // that are left; negative: no end of them
}

// step reports whether the search goes on.
func (s *search) step() bool {
	if s.steps > 0 {
		s.steps--
	}
	return s.steps != 0
}

// satisfiable reports whether some labels are in the region and in none of the
// others, or that it did not find out. Where there is a choice, it takes the one
// with fewest ways to go on.
func (s *search) satisfiable(in region, not []region) bool {
	in, not, empty := s.propagate(in, not)
	if s.steps == 0 || empty || len(not) == 0 {
		return !empty
	}
	least := slices.MinFunc(not, func(a, b region) int { return cmp.Compare(len(a), len(b)) })
	for _, q := range least {
		if out, ok := in.and(region{{q.key, q.values.not()}}); ok && s.satisfiable(out, not) {
			return true
		}
		in, _ = in.and(region{q}) // it overlaps; without this the next way would be in part the same
	}
	return false
}

// propagate draws the conclusions that leave no choice, until there are none: a
// region that has nothing in common with in is gone, and one of which a single
// requirement is left makes in ask for the opposite. It reports whether nothing
// is left of in.
func (s *search) propagate(in region, not []region) (region, []region, bool) {
	for {
		var left, forced []region
		for _, n := range not {
			if !s.step() {
				return in, not, false
			}
			n, overlaps := n.beyond(in)
			switch {
			case !overlaps:
			case len(n) == 0:
				return nil, nil, true
			case len(n) == 1:
				forced = append(forced, region{{n[0].key, n[0].values.not()}})
			default:
				left = append(left, n)
			}
		}
		if not = left; len(forced) == 0 {
			return in, not, false
		}
		var ok bool
		if in, ok = in.andEach(forced); !ok {
			return nil, nil, true
		}
	}
}

// and gives the pods of both; it reports false if there can be none.
func (p pods) and(q pods) (pods, bool) {
	in, ok := p.in.and(q.in)
	if !ok {
		return pods{}, false
	}
	out := pods{in: in, hard: p.hard || q.hard}
	if len(p.not)+len(q.not) == 0 {
		return out, true
	}
	out.not = slices.Concat(p.not, q.not)
	return out.checked()
}

// minus gives the pods of p that are not in q, in parts that share none: else they
// would be many times as many after a few more.
func (p pods) minus(q pods) (out []pods) {
	if rest, ok := p.and(pods{not: []region{q.in}}); ok {
		out = append(out, rest)
	}
	for i, n := range q.not {
		if rest, ok := p.and(pods{in: q.in}); ok {
			if rest, ok = rest.and(pods{in: n, not: q.not[:i]}); ok {
				out = append(out, rest)
			}
		}
	}
	return out
}

func (p pods) has(label func(key string) string) bool {
	return p.in.has(label) && !slices.ContainsFunc(p.not, func(n region) bool { return n.has(label) })
}

func (p pods) key() string {
	key := p.in.key()
	for _, n := range p.not {
		key += "!" + n.key()
	}
	return key
}
