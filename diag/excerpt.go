package diag

import (
	"strings"
	"unicode/utf8"
)

// A line of more than maxRunes is shown as this many around the caret.
const maxRunes = 200

// draw returns the line of s as it is shown, and the blanks that bring a caret
// in the next line under the spot. Tabs are kept in both, so that they line up
// whatever the width of a tab.
func draw(s spot) (shown, indent string) {
	from, to := window(s)
	var line, blanks strings.Builder
	if from > 0 {
		line.WriteString("…")
		blanks.WriteString(" ")
	}
	for i := from; i < to; {
		_, size := utf8.DecodeRune(s.line[i:])
		text, blank := cell(string(s.line[i : i+size]))
		line.WriteString(text)
		if i < s.at {
			blanks.WriteString(blank)
		}
		i += size
	}
	if to < len(s.line) {
		line.WriteString("…")
	}
	return line.String(), blanks.String()
}

// cell returns how a character of a source line is shown, and as much blank.
func cell(c string) (text, blank string) {
	if c == "\t" {
		return c, c
	}
	text = glyph(c)
	return text, strings.Repeat(" ", cells(text))
}

// window returns the part of the line of s to show: all of it, or as much to
// either side of the spot.
func window(s spot) (from, to int) {
	if utf8.RuneCount(s.line) <= maxRunes {
		return 0, len(s.line)
	}
	from = max(s.at, 0)
	to = from
	for range maxRunes / 2 {
		_, back := utf8.DecodeLastRune(s.line[:from])
		_, ahead := utf8.DecodeRune(s.line[to:])
		from -= back
		to += ahead
	}
	return from, to
}
