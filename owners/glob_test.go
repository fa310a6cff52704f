package owners

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"
)

// TestGlobs holds what is said of pairs of patterns against all short names.
func TestGlobs(t *testing.T) {
	names := shortNames(6)
	r := rand.New(rand.NewPCG(1, 2))
	overlapping, containing := 0, 0
	for range 3000 {
		a, b := randomPattern(r), randomPattern(r)
		g, h := parseGlob(a), parseGlob(b)
		both, only := false, false // whether a name matches both, and b alone
		for _, n := range names {
			inA, errA := path.Match(a, n)
			inB, errB := path.Match(b, n)
			if errA != nil || errB != nil {
				t.Fatal(a, b, errA, errB)
			}
			both = both || inA && inB
			only = only || inB && !inA
		}
		if g.overlaps(h) != both {
			t.Errorf("%q and %q overlap: %v, want %v", a, b, g.overlaps(h), both)
		}
		if g.contains(h) && only {
			t.Errorf("%q does not contain %q", a, b)
		}
		if g.overlaps(h) {
			overlapping++
		}
		if g.contains(h) {
			containing++
		}
	}
	t.Logf("%d overlap, %d contain", overlapping, containing)
	if overlapping < 500 || containing < 100 {
		t.Error("too few pairs say anything")
	}
}

// TestGlobsOfTenancy narrows patterns to the names of a tenancy's files.
func TestGlobsOfTenancy(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{"payments.cue", "payments.cue"},
		{"payments*.cue", "payments*.cue"},
		{"pay**.cue", "pay*.cue"},
		{"payments*", "payments*.cue"},
		{"*", "*.cue"},
		{"p?y-*", "p?y-*.cue"},
		{`pay\ments*`, "payments*.cue"},
		{"pay ments*.cue", `pay\ ments*.cue`},
		{"größe*.cue", "größe*.cue"},
		{"[p]ay.cue", "pay.cue"}, // one letter is no set
		{"*.md", ""},             // no file of a tenancy
		{"[pq]ay*.cue", "?"},     // no line can say it
		{"[^p]ay*.cue", "?"},
		{"*.c*", "?"}, // the star may begin within the ending
		{"*.cu?", "?"},
		{"a#b*.cue", "?"},
		{`\**.cue`, "?"},
		{"a!*.cue", "?"},
	} {
		g, ok := parseGlob(tt.pattern).ofTenancy()
		got := ""
		if !ok {
			got = "?"
		} else if g != nil {
			if got, ok = g.written(); !ok {
				got = "?"
			}
		}
		if got != tt.want {
			t.Errorf("%q is %q, want %q", tt.pattern, got, tt.want)
		}
	}
}

var letters = []string{"a", "b", "c"}

func shortNames(most int) (out []string) {
	level := []string{""}
	for range most {
		var next []string
		for _, n := range level {
			for _, l := range letters {
				next = append(next, n+l)
			}
		}
		out, level = append(out, next...), next
	}
	return append(out, "")
}

func randomPattern(r *rand.Rand) string {
	parts := []string{"a", "b", "c", "*", "?", "[ab]", "[^a]", "[b-c]", `\a`}
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}
