package report

import (
	"slices"
	"strconv"
	"strings"
)

// Count writes how many there are of something, as people read it: "1 flow",
// "1,000 policies".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + plural(noun)
}

func plural(noun string) string {
	stem, ok := strings.CutSuffix(noun, "y")
	if !ok || strings.ContainsAny(stem[max(0, len(stem)-1):], "aeou") { // as in day
		return noun + "s"
	}
	return stem + "ies"
}

// Number writes a number as people read it, in groups of three digits.
func Number(n int) string {
	digits := []byte(strings.TrimPrefix(strconv.Itoa(n), "-"))
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = slices.Insert(digits, at, ',')
	}
	if n < 0 {
		return "-" + string(digits)
	}
	return string(digits)
}
