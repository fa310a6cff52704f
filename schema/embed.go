// Package schema reads a tenancy: the files of one CUE package, judged by
// schema.cue and decoded into plain data with every problem's position.
package schema

import (
	_ "embed"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
)

// ImportPath is where a tenancy imports the schema from.
const ImportPath = "github.com/hedgerow-dev/hedgerow/schema"

// modulePath is the module that ImportPath belongs to.
const modulePath = "github.com/hedgerow-dev/hedgerow"

// Source is the schema as a tenancy's module vendors it.
//
//go:embed schema.cue
var Source string

// stub is the schema with all its definitions and none of their constraints.
// The tenancy is evaluated against it, so that positions are the user's alone
// and the constraints are paid for once, by the judge.
var stub = sync.OnceValue(func() string {
	f, err := parser.ParseFile("schema.cue", Source)
	if err != nil {
		panic(err) // the schema is part of the program
	}
	var b strings.Builder
	b.WriteString("package schema\n")
	for _, decl := range f.Decls {
		if field, ok := decl.(*ast.Field); ok {
			if name, _, err := ast.LabelName(field.Label); err == nil && strings.HasPrefix(name, "#") {
				b.WriteString(name + ": _\n")
			}
		}
	}
	return b.String()
})
