package diag

import (
	"bytes"
	"go/token"
	"unicode/utf8"
)

// spot is a place in a line of source.
type spot struct {
	line []byte // without its line end
	at   int    // index of the character pointed to, len(line) if past the end, -1 if unknown
}

// find returns the spot that pos means in src; false if src has no such line.
func find(src []byte, pos token.Position) (spot, bool) {
	line, ok := lineOf(src, pos.Line)
	if !ok {
		return spot{}, false
	}
	column := pos.Column
	// A byte order mark is not text, but the column counts its bytes.
	if rest, found := bytes.CutPrefix(line, []byte("\ufeff")); found && pos.Line == 1 {
		column = min(column, max(1, column-(len(line)-len(rest))))
		line = rest
	}
	if column < 1 {
		return spot{line, -1}, true
	}
	return spot{line, charAt(line, column-1)}, true
}

// lineOf returns line n of src, counted from 1.
func lineOf(src []byte, n int) ([]byte, bool) {
	if src == nil || n < 1 {
		return nil, false
	}
	for ; n > 1; n-- {
		end := bytes.IndexByte(src, '\n')
		if end < 0 {
			return nil, false
		}
		src = src[end+1:]
	}
	line, _, _ := bytes.Cut(src, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), true
}

// charAt returns the index of the character of line that the byte at is part of.
func charAt(line []byte, at int) int {
	for i := 0; i < len(line); {
		_, size := utf8.DecodeRune(line[i:])
		if i+size > at {
			return i
		}
		i += size
	}
	return len(line)
}
