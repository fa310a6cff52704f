package schema

import (
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
)

// maxDepth bounds how deep expressions are nested. CUE parses, compiles and
// walks them by recursion, and a stack that overflows cannot be recovered from.
const maxDepth = 5000

var errDeep = errors.Newf(token.NoPos, "nested too deeply")

// tooDeep reports, before anything is parsed, whether brackets, prefixes or
// chains of labels and selectors pile up beyond maxDepth. It does not tell
// strings apart from code: no honest file holds so many there either.
func tooDeep(data []byte) bool {
	brackets, prefixes, links := 0, 0, 0
	last, comment := byte('\n'), false // the last byte that counts
	for i, c := range data {
		if c == '/' && i > 0 && data[i-1] == '/' {
			comment = true
		}
		if c == '\n' {
			if last != ':' && last != '.' {
				links = 0 // a chain ends with its line, unless the line ends in the middle of it
			}
			comment = false
		}
		if comment || strings.IndexByte(" \t\r\n/", c) >= 0 {
			continue
		}
		switch {
		case strings.IndexByte("([{", c) >= 0:
			brackets++
		case strings.IndexByte(")]}", c) >= 0:
			brackets = max(0, brackets-1)
		case c == '.' || c == ':':
			links++
		}
		if strings.IndexByte("!-+*<>=~", c) >= 0 {
			prefixes++
		} else {
			prefixes = 0
		}
		last = c
		if brackets > maxDepth || prefixes > maxDepth || links > maxDepth {
			return true
		}
	}
	return false
}

// astTooDeep reports whether a syntax tree is deeper than maxDepth: a chain of
// operators is one without a bracket.
func astTooDeep(file *ast.File) (deep bool) {
	depth := 0
	ast.Walk(file, func(ast.Node) bool {
		depth++
		if depth > maxDepth {
			deep = true
			depth-- // Walk does not come back for a node that it does not enter
			return false
		}
		return true
	}, func(ast.Node) { depth-- })
	return deep
}
