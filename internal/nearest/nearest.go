// Package nearest finds the name that somebody probably meant.
package nearest

import (
	"slices"
	"strings"

	edlib "github.com/hbollon/go-edlib"
)

// Name gives the candidate nearest to word, or "" if none is near: within a
// third of the word's length in single edits, and at least within two. Among
// equals it gives the first in alphabetical order.
func Name(word string, candidates []string) string {
	best, bound := "", max(2, len(word)/3)+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(word, c); d < bound && d < max(len(word), len(c)) {
			best, bound = c, d
		}
	}
	return best
}

// distance counts edits, an exchange of neighbours as one; a change of case alone costs one, and a word that the
// other one begins with is near.
func distance(a, b string) int {
	if strings.EqualFold(a, b) {
		return 1
	}
	if len(a) >= 3 && (strings.HasPrefix(b, a) || strings.HasPrefix(a, b)) && len(b) >= 3 {
		return min(2, edlib.OSADamerauLevenshteinDistance(a, b))
	}
	return edlib.OSADamerauLevenshteinDistance(a, b)
}

// Hint words a fix for an unknown name: the nearest candidate, or all of them
// while they are few, under the given plural noun.
func Hint(word, plural string, candidates []string) string {
	if n := Name(word, candidates); n != "" {
		return "did you mean \"" + n + "\"?"
	}
	names := slices.Sorted(slices.Values(candidates))
	switch {
	case len(names) == 0 && strings.HasPrefix(plural, "its "):
		return "it declares no " + strings.TrimPrefix(plural, "its ")
	case len(names) == 0:
		return "no " + plural + " are declared"
	case len(names) > 12:
		names = append(names[:12], "…")
	}
	return plural + " are: " + strings.Join(names, ", ")
}
