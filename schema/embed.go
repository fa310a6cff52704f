// Package schema reads a tenancy: the files of one CUE package, judged by
// schema.cue and decoded into plain data with every problem's position.
package schema

import (
	_ "embed"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
)

// ImportPath is where a tenancy imports the schema from.
const ImportPath = "github.com/hedgerow-dev/hedgerow/schema"

// modulePath is the module that ImportPath belongs to.
const modulePath = "github.com/hedgerow-dev/hedgerow"

//go:embed schema.cue
var source string

//go:embed delivery.cue
var delivery string

// Source is the contract of a tenancy, which judges: shapes, and no values. It
// is one file of CUE, of the two that the schema's package keeps it in.
var Source = source + withoutPackage(delivery)

// Ready holds values that tenancies ask for by name. They judge nothing.
//
//go:embed ready.cue
var Ready string

// The files of the schema's package, as a tenancy's module vendors them.
const (
	sourceFileName   = "schema.cue"
	deliveryFileName = "delivery.cue"
	readyFileName    = "ready.cue"
)

var vendoredFiles = map[string]string{sourceFileName: source, deliveryFileName: delivery, readyFileName: Ready}

// withoutPackage takes the package clause off a file that imports nothing, so
// that it can stand behind another.
func withoutPackage(text string) string { return strings.TrimPrefix(text, "package schema\n") }

// stubs is the package against which the tenancy is evaluated: the schema with
// all its definitions and none of their constraints, so that positions are the
// user's alone and the constraints are paid for once, by the judge; and what is
// ready-made, without the closedness that the schema would have given it.
var stubs = sync.OnceValue(func() map[string]string {
	return map[string]string{sourceFileName: unconstrained(), deliveryFileName: "package schema\n", readyFileName: opened()}
})

func unconstrained() string {
	var b strings.Builder
	b.WriteString("package schema\n")
	for _, name := range definitions(Source) {
		b.WriteString(name + ": _\n")
	}
	return b.String()
}

// definitions names the definitions of a file of the schema's package.
func definitions(text string) (names []string) {
	for _, decl := range mustParse(text).Decls {
		if field, ok := decl.(*ast.Field); ok {
			if name, _, err := ast.LabelName(field.Label); err == nil && strings.HasPrefix(name, "#") {
				names = append(names, name)
			}
		}
	}
	return names
}

func opened() string {
	file := mustParse(Ready)
	ast.Walk(file, nil, func(n ast.Node) {
		if s, ok := n.(*ast.StructLit); ok {
			s.Elts = append(s.Elts, &ast.Ellipsis{})
		}
	})
	text, err := format.Node(file)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

func mustParse(text string) *ast.File {
	file, err := parser.ParseFile("", text)
	if err != nil {
		panic(err) // it is part of the program
	}
	return file
}
