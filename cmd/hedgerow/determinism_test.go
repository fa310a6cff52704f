package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// shuffles is how often TestSameInputSameBytes mixes the tenancy anew.
const shuffles = 200

// TestSameInputSameBytes shuffles the fields of the root tenancy at every depth
// and deals them out to files of any number, and always gets the same bytes.
// The order of Go's maps differs in each run by itself.
func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("..", "..", "tenants.cue"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"tenants.cue": string(source)})
	want := renderTenancy(t, dir)
	if len(want) < 100 {
		t.Fatalf("only %d files are rendered", len(want))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range shuffles {
		dir := t.TempDir()
		writeFiles(t, dir, shuffle(t, source, rng))
		if diff := cmp.Diff(want, renderTenancy(t, dir)); diff != "" {
			t.Fatalf("shuffle %d changes the output:\n%s", i, diff)
		}
	}
}

// renderTenancy gives the files that a tenancy renders to, as text.
func renderTenancy(t *testing.T, dir string) map[string]string {
	t.Helper()
	res, err := schema.Load(dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	diags := append(res.Diags, check.Tenancy(res.Tenancy)...)
	x, more := generator.Expand(res.Tenancy, generator.Options{AsOf: testDay, Today: testDay, Soon: testDay})
	if diags = append(diags, more...); diag.HasErrors(diags) {
		t.Fatal(diags)
	}
	tree, err := render.Files(x)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for file, data := range tree {
		out[file] = string(data)
	}
	return out
}

// shuffle deals the declarations of a tenancy out to files, each in any order.
func shuffle(t *testing.T, source []byte, rng *rand.Rand) map[string]string {
	t.Helper()
	file, err := parser.ParseFile("tenants.cue", source)
	if err != nil {
		t.Fatal(err)
	}
	var decls []ast.Decl
	for _, d := range file.Decls {
		switch d.(type) {
		case *ast.Package, *ast.ImportDecl:
		default:
			decls = append(decls, apart(shuffled(d, rng).(ast.Decl))...)
		}
	}
	rng.Shuffle(len(decls), func(i, j int) { decls[i], decls[j] = decls[j], decls[i] })
	bodies := make([]strings.Builder, 1+rng.IntN(4))
	for _, d := range decls {
		text, err := format.Node(&ast.File{Decls: []ast.Decl{d}})
		if err != nil {
			t.Fatal(err)
		}
		body := &bodies[rng.IntN(len(bodies))]
		body.Write(text)
		body.WriteString("\n")
	}
	files := map[string]string{}
	for i := range bodies {
		name := "tenants.cue"
		if i > 0 {
			name = fmt.Sprintf("part-%d.cue", rng.IntN(1000)*10+i)
		}
		head := "package tenancy\n"
		if body := bodies[i].String(); strings.Contains(body, "schema.#") {
			head += fmt.Sprintf("import %q\n", schema.ImportPath)
		}
		files[name] = head + bodies[i].String()
	}
	return files
}

// apart gives one declaration for each field of a struct.
func apart(d ast.Decl) (out []ast.Decl) {
	field, ok := d.(*ast.Field)
	if !ok {
		return []ast.Decl{d}
	}
	body, ok := field.Value.(*ast.StructLit)
	if !ok {
		return []ast.Decl{d}
	}
	for _, elt := range body.Elts {
		out = append(out, &ast.Field{Label: field.Label, Value: &ast.StructLit{Elts: []ast.Decl{elt}}})
	}
	return out
}

// shuffled shuffles the fields of every struct below a node.
func shuffled(n ast.Node, rng *rand.Rand) ast.Node {
	ast.Walk(n, nil, func(n ast.Node) {
		if s, ok := n.(*ast.StructLit); ok {
			rng.Shuffle(len(s.Elts), func(i, j int) { s.Elts[i], s.Elts[j] = s.Elts[j], s.Elts[i] })
		}
	})
	return n
}
