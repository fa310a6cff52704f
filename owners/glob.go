package owners

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A glob is a pattern of file names of the tenancy, as path.Match reads it.
type glob []element

// An element of a glob is one character of a set, or a star.
type element struct {
	star bool
	set  []span // sorted; of a star nil
}

// A span is the characters from lo to hi.
type span struct{ lo, hi rune }

var (
	star     = element{star: true}
	anything = []span{{0, utf8.MaxRune}}
)

func literal(r rune) element { return element{set: []span{{r, r}}} }

// parseGlob reads a pattern that path.Match can read; adjoining stars are one.
func parseGlob(pattern string) (g glob) {
	rest := []rune(pattern)
	for len(rest) > 0 {
		r := rest[0]
		rest = rest[1:]
		switch {
		case r == '*' && len(g) > 0 && g[len(g)-1].star:
		case r == '*':
			g = append(g, star)
		case r == '?':
			g = append(g, element{set: anything})
		case r == '[':
			var set []span
			set, rest = parseClass(rest)
			g = append(g, element{set: set})
		case r == '\\' && len(rest) > 0:
			g = append(g, literal(rest[0]))
			rest = rest[1:]
		default:
			g = append(g, literal(r))
		}
	}
	return g
}

// parseClass reads what follows a "[", up to its "]".
func parseClass(rest []rune) (set []span, after []rune) {
	negated := len(rest) > 0 && rest[0] == '^'
	if negated {
		rest = rest[1:]
	}
	one := func() (r rune) {
		if len(rest) > 1 && rest[0] == '\\' {
			rest = rest[1:]
		}
		if len(rest) > 0 {
			r, rest = rest[0], rest[1:]
		}
		return r
	}
	for first := true; len(rest) > 0 && (first || rest[0] != ']'); first = false {
		s := span{lo: one()}
		s.hi = s.lo
		if len(rest) > 1 && rest[0] == '-' {
			rest = rest[1:]
			s.hi = one()
		}
		if s.lo <= s.hi {
			set = append(set, s)
		}
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	slices.SortFunc(set, func(a, b span) int { return int(a.lo) - int(b.lo) })
	if negated {
		set = complement(set)
	}
	return set, rest
}

func complement(set []span) (out []span) {
	next := rune(0)
	for _, s := range set {
		if s.lo > next {
			out = append(out, span{next, s.lo - 1})
		}
		next = max(next, s.hi+1)
	}
	if next <= utf8.MaxRune {
		out = append(out, span{next, utf8.MaxRune})
	}
	return out
}

func (t element) meets(u element) bool {
	return slices.ContainsFunc(t.set, func(a span) bool {
		return slices.ContainsFunc(u.set, func(b span) bool { return a.lo <= b.hi && b.lo <= a.hi })
	})
}

// holds reports whether each character of u is one of t.
func (t element) holds(u element) bool {
	return !(element{set: complement(t.set)}).meets(u)
}

// overlaps reports whether one name matches both.
func (g glob) overlaps(h glob) bool {
	return reachable(g, h, func(a, b element) bool { return a.meets(b) }, true)
}

// contains reports whether what h matches, g matches too. It may fail to see it;
// it never says so where it is not.
func (g glob) contains(h glob) bool {
	return reachable(g, h, element.holds, false)
}

// reachable walks two globs side by side, and reports whether both end together.
// A star of g takes any tokens of h; with both, one of h takes those of g as well.
func reachable(g, h glob, step func(a, b element) bool, both bool) bool {
	i := 0
	for i < len(g) && i < len(h) && !g[i].star && !h[i].star { // most pairs differ at once
		if !step(g[i], h[i]) {
			return false
		}
		i++
	}
	g, h = g[i:], h[i:]
	row := make([]bool, len(h)+1) // what g[i:] and h[j:] come to, from the end
	for i := len(g); i >= 0; i-- {
		next := slices.Clone(row)
		for j := len(h); j >= 0; j-- {
			switch {
			case i == len(g) && j == len(h):
				row[j] = true
			case i < len(g) && g[i].star:
				row[j] = next[j] || j < len(h) && row[j+1]
			case j < len(h) && h[j].star:
				row[j] = both && (row[j+1] || i < len(g) && next[j])
			default:
				row[j] = i < len(g) && j < len(h) && step(g[i], h[j]) && next[j+1]
			}
		}
	}
	return row[0]
}

// ending is what the name of every file of a tenancy ends with.
const ending = ".cue"

// ofTenancy narrows a glob to names of files of a tenancy. It reports whether it
// could: some such sets of names no one glob has.
func (g glob) ofTenancy() (glob, bool) {
	end := parseGlob(ending)
	if n := len(g) - len(end); n >= 0 && slices.EqualFunc(g[n:], end, func(a, b element) bool { return a.char() == b.char() && !a.star }) {
		return g, true
	}
	if len(g) == 0 || !g[len(g)-1].star {
		return nil, !g.overlaps(append(glob{star}, end...))
	}
	for n := range end { // the ending may begin before the last star
		if g[:len(g)-1].overlaps(append(glob{star}, end[:n+1]...)) {
			return nil, false
		}
	}
	return append(slices.Clone(g), end...), true
}

// char gives the one character of a element, -1 if it has others.
func (t element) char() rune {
	if len(t.set) == 1 && t.set[0].lo == t.set[0].hi {
		return t.set[0].lo
	}
	return -1
}

// isLiteral reports whether the glob matches one name, and gives it.
func (g glob) isLiteral() (name string, ok bool) {
	var b strings.Builder
	for _, t := range g {
		if t.star || t.char() < 0 {
			return "", false
		}
		b.WriteRune(t.char())
	}
	return b.String(), true
}

// sample gives a name that the glob matches, and that nobody is likely to have.
func (g glob) sample() string {
	var b strings.Builder
	for _, t := range g {
		switch c := t.char(); {
		case t.star:
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
			b.WriteString(newOne)
		case c >= 0:
			b.WriteRune(c)
		default:
			b.WriteRune('x')
		}
	}
	return b.String()
}

// written gives the glob as both code hosts read it, and reports whether they
// do: they know no sets of characters but all.
func (g glob) written() (string, bool) {
	var b strings.Builder
	for _, t := range g {
		switch {
		case t.star:
			b.WriteByte('*')
		case slices.Equal(t.set, anything):
			b.WriteByte('?')
		case t.char() < 0:
			return "", false
		default:
			s, ok := escape(string(t.char()))
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
	}
	return b.String(), true
}

// escape writes a path for a line of CODEOWNERS, and reports whether both hosts
// take it for that path. GitHub knows no escape for "#" and "[", and a file of
// CUE's has no "@".
func escape(path string) (string, bool) {
	for _, r := range path {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune(" ./-_+,=~", r) {
			return "", false
		}
	}
	return strings.ReplaceAll(path, " ", `\ `), utf8.ValidString(path)
}
