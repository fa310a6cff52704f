package schema

import "cuelang.org/go/cue/format"

// Tidy gives CUE as "cue fmt" would write it. The error is of text
// that is not CUE.
func Tidy(text []byte) ([]byte, error) { return format.Source(text) }
