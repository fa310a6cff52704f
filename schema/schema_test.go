package schema

import (
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
)

// TestEveryFieldHasAComment: the schema is what people read.
func TestEveryFieldHasAComment(t *testing.T) {
	file, err := parser.ParseFile("schema.cue", Source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	ast.Walk(file, func(n ast.Node) bool {
		f, ok := n.(*ast.Field)
		if !ok {
			return true
		}
		name, _, err := ast.LabelName(f.Label)
		if err != nil || name[0] == '_' {
			return true // a pattern, or the schema's own
		}
		fields++
		for _, c := range ast.Comments(f) {
			if c.Doc {
				return true
			}
		}
		t.Errorf("%s: %s has no comment", f.Pos(), name)
		return true
	}, nil)
	if fields < 100 {
		t.Errorf("only %d fields were seen", fields)
	}
}
