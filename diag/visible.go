package diag

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns s with everything that does not print spelled as Go would:
// terminal escapes (\x1b), line ends (\n), marks that reorder or hide text
// (\u202e, \u200b) and bytes that are not UTF-8 (\xff). A backslash stays single,
// since facts quote names with %q already.
func visible(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		b.WriteString(glyph(s[:size]))
		s = s[size:]
	}
	return b.String()
}

// unprintable is true also for U+FFFD, which stands for a broken byte until
// glyph looks at it.
func unprintable(r rune) bool {
	return r == utf8.RuneError || !strconv.IsPrint(r)
}

// glyph returns how one character, or one byte that is not UTF-8, is shown.
func glyph(c string) string {
	r, size := utf8.DecodeRuneInString(c)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, c[0])
	case strconv.IsPrint(r):
		return c
	}
	quoted := strconv.QuoteRune(r)
	return quoted[1 : len(quoted)-1]
}

// wide are the blocks that terminals draw two cells wide, by and large those of
// Unicode's East Asian Width W and F and the emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// cells returns how many cells of a terminal s takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case unicode.Is(wide, r):
			n += 2
		default:
			n++
		}
	}
	return n
}
