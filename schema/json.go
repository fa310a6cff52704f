package schema

import "cuelang.org/go/cue/cuecontext"

// JSON gives what a text in CUE says as JSON. The error is one of the text: it is
// none, or leaves something open.
func JSON(source []byte) ([]byte, error) {
	return cuecontext.New().CompileBytes(source).MarshalJSON()
}
