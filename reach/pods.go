package reach

import "slices"

// pods is a set of pods by their labels: those in one region and in none of
// others.
type pods struct {
	in  region
	not []region // each overlaps in
}

// empty reports whether no labels satisfy p.
func (p pods) empty() bool { return !satisfiable(p.in, p.not) }

// satisfiable reports whether some labels are in the region and in none of the
// others. It looks for such labels depth first, the narrowest choice first.
func satisfiable(in region, not []region) bool {
	var rest []region
	for _, n := range not {
		if _, overlaps := in.and(n); !overlaps {
			continue
		}
		if n.contains(in) {
			return false
		}
		rest = append(rest, n)
	}
	if len(rest) == 0 {
		return true
	}
	slices.SortStableFunc(rest, func(a, b region) int { return len(a) - len(b) })
	for _, q := range rest[0] {
		if out, ok := in.and(region{{q.key, q.values.not()}}); ok && satisfiable(out, rest[1:]) {
			return true
		}
	}
	return false
}

// and gives the pods of both; it reports false if there can be none.
func (p pods) and(q pods) (pods, bool) {
	in, ok := p.in.and(q.in)
	if !ok {
		return pods{}, false
	}
	out := pods{in: in}
	for _, n := range slices.Concat(p.not, q.not) {
		if _, overlaps := in.and(n); overlaps {
			out.not = append(out.not, n)
		}
	}
	return out, !out.empty()
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
