package schema

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestReference generates the page of the schema from its files, as init writes
// them: every definition, every field, and what their comments say.
func TestReference(t *testing.T) {
	const file = "../docs/schema.md"
	want := newReference(t).page()
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the schema says (%v); run make golden", file, err)
	}
}

// A reference is what the page is written from.
type reference struct {
	t      *testing.T
	order  []string // the names of the definitions, as they are written
	fields map[string]*ast.Field
	out    bytes.Buffer
}

func newReference(t *testing.T) *reference {
	files, err := Vendoring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{t: t, fields: map[string]*ast.Field{}}
	for path, text := range tenancy.Sorted(files) {
		if filepath.Base(path) == "module.cue" {
			continue
		}
		parsed, err := parser.ParseFile(path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if field, ok := decl.(*ast.Field); ok {
				name := labelOf(field)
				r.order, r.fields[name] = append(r.order, name), field
			}
		}
	}
	if r.fields["#Tenancy"] == nil || len(r.order) < 60 {
		t.Fatal("the schema has only", r.order)
	}
	return r
}

// page writes the shapes in the order in which a reader meets them, then the
// kinds of values, then what is ready-made.
func (r *reference) page() []byte {
	r.say(`# The schema

Every definition of the package ` + "`" + ImportPath + "`" + `, generated from its files, which
` + "`hedgerow init`" + ` puts where editors find them. A tenancy is one [` + "`#Tenancy`" + `](#tenancy); a field that is in no table
is an error. The schema gives no values: where a field may be left out, its comment says what holds then. What it all means
together is in [The tenancy](tenancy.md).
`)
	var values, ready []string
	shapes := r.reached("#Tenancy", nil)
	for _, name := range r.order {
		switch {
		case slices.Contains(shapes, name):
		case r.base(name) == "":
			values = append(values, name)
		case strings.HasPrefix(name, "#"):
			ready = append(ready, name)
		}
	}
	r.say("\n## Shapes\n")
	for _, name := range shapes {
		r.heading(name)
		r.say("| field | type | required | |\n|---|---|---|---|\n")
		r.rows("", r.fields[name].Value)
	}
	r.say("\n## Values\n\n| definition | what it is | as CUE |\n|---|---|---|\n")
	for _, name := range values {
		r.say("| `%s` | %s | %s |\n", name, cell(r.comment(name)), code(r.fields[name].Value))
	}
	r.say("\n## What is ready-made\n\nTo be taken by name, as [Ready-made flows](flows.md) shows.\n")
	for _, name := range ready {
		r.heading(name)
		base := r.base(name)
		r.say("A [`%s`](%s) with\n\n| field | value |\n|---|---|\n", base, r.link(base))
		r.values("", r.fields[name].Value)
	}
	return r.out.Bytes()
}

func (r *reference) say(text string, args ...any) { fmt.Fprintf(&r.out, text, args...) }

func (r *reference) heading(name string) {
	r.say("\n### `%s`\n\n%s\n\n", name, r.comment(name))
}

// reached lists the structs that a definition leads to, itself first.
func (r *reference) reached(name string, seen []string) []string {
	if s, ok := r.fields[name].Value.(*ast.StructLit); !ok || !hasNamed(s) || slices.Contains(seen, name) {
		return seen
	}
	seen = append(seen, name)
	ast.Walk(r.fields[name].Value, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && r.fields[id.Name] != nil {
			seen = r.reached(id.Name, seen)
		}
		return true
	}, nil)
	return seen
}

// base gives the definition of which a ready-made one is a special case, or "".
func (r *reference) base(name string) string {
	both, ok := r.fields[name].Value.(*ast.BinaryExpr)
	if !ok || both.Op != token.AND {
		return ""
	}
	of, isName := both.X.(*ast.Ident)
	if _, ok := both.Y.(*ast.StructLit); !ok || !isName {
		return ""
	}
	if strings.HasPrefix(of.Name, "_") {
		return r.base(of.Name)
	}
	return of.Name
}

// rows writes the fields of a struct, those of structs within it below them.
func (r *reference) rows(prefix string, of ast.Expr) {
	for _, elt := range of.(*ast.StructLit).Elts {
		field, ok := elt.(*ast.Field)
		if !ok {
			r.t.Fatalf("the page does not know what %T below %q is", elt, prefix)
		}
		required := ""
		if field.Constraint == token.NOT {
			required = "yes"
		}
		inner := field.Value
		path := prefix + labelOf(field)
		if pattern, key := patternOf(inner); pattern != nil && hasNamedExpr(pattern) {
			r.say("| `%s` | by %s | %s | %s |\n", path, r.typed(key), required, cell(commentOf(field)))
			r.rows(path+".*.", pattern)
			continue
		}
		if hasNamedExpr(inner) {
			r.say("| `%s` | | %s | %s |\n", path, required, cell(commentOf(field)))
			r.rows(path+".", inner)
			continue
		}
		r.say("| `%s` | %s | %s | %s |\n", path, r.typed(inner), required, cell(commentOf(field)))
	}
}

// typed says in words what an expression takes.
func (r *reference) typed(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		if r.fields[e.Name] != nil {
			return fmt.Sprintf("[`%s`](%s)", e.Name, r.link(e.Name))
		}
	case *ast.BinaryExpr:
		if e.Op == token.OR {
			return r.typed(e.X) + " or " + r.typed(e.Y)
		}
		if call, ok := e.Y.(*ast.CallExpr); ok && string(sourceOf(call)) == "struct.MinFields(1)" {
			return r.typed(e.X) + ", at least one"
		}
	case *ast.ListLit:
		if rest, ok := e.Elts[len(e.Elts)-1].(*ast.Ellipsis); ok && len(e.Elts) == 2 {
			return "list of " + r.typed(rest.Type) + ", at least one"
		}
	case *ast.StructLit:
		if value, key := patternOf(e); value != nil {
			return r.typed(value) + " by " + r.typed(key)
		}
	case *ast.BasicLit:
		return code(e)
	}
	if id, ok := e.(*ast.Ident); ok && id.Name == "bool" {
		return "`bool`"
	}
	r.t.Fatalf("the page has no words for %s", sourceOf(e))
	return ""
}

// values writes what a ready-made definition sets, and what a tenancy may
// replace or has to add.
func (r *reference) values(path string, e ast.Expr) {
	switch e := e.(type) {
	case *ast.StructLit:
		for _, elt := range e.Elts {
			field := elt.(*ast.Field)
			r.values(strings.TrimPrefix(path+"."+labelOf(field), "."), field.Value)
		}
		return
	case *ast.BinaryExpr:
		if id, ok := e.X.(*ast.Ident); ok && e.Op == token.AND {
			if strings.HasPrefix(id.Name, "_") {
				r.values(path, r.fields[id.Name].Value)
			}
			r.values(path, e.Y)
			return
		}
		if star, ok := e.X.(*ast.UnaryExpr); ok && star.Op == token.MUL && e.Op == token.OR {
			r.say("| `%s` | %s, or what the tenancy says |\n", path, code(star.X))
			return
		}
	case *ast.Ident:
		if e.Name == "_" {
			r.say("| `%s` | for the tenancy to say |\n", path)
			return
		}
	case *ast.BasicLit:
		r.say("| `%s` | %s |\n", path, code(e))
		return
	}
	r.t.Fatalf("the page has no words for %s: %s", path, sourceOf(e))
}

// link is where a definition stands on the page.
func (r *reference) link(name string) string {
	if s, ok := r.fields[name].Value.(*ast.StructLit); ok && hasNamed(s) {
		return "#" + strings.ToLower(strings.TrimPrefix(name, "#"))
	}
	return "#values"
}

// comment is that of a definition, without its name at the beginning.
func (r *reference) comment(name string) string {
	text := strings.TrimPrefix(commentOf(r.fields[name]), name+" ")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "are ")
	if text == "" && strings.HasPrefix(name, "#") {
		r.t.Errorf("%s has no comment", name)
	} else if text == "" {
		return "A part of others."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// patternOf gives the value and the key of a struct that is one pattern.
func patternOf(e ast.Expr) (value, key ast.Expr) {
	s, ok := e.(*ast.StructLit)
	if !ok || len(s.Elts) != 1 {
		return nil, nil
	}
	field := s.Elts[0].(*ast.Field)
	if list, ok := field.Label.(*ast.ListLit); ok {
		return field.Value, list.Elts[0]
	}
	return nil, nil
}

func hasNamedExpr(e ast.Expr) bool {
	s, ok := e.(*ast.StructLit)
	return ok && hasNamed(s)
}

// hasNamed reports whether a struct has fields with names.
func hasNamed(s *ast.StructLit) bool {
	value, _ := patternOf(s)
	return value == nil
}

func labelOf(field *ast.Field) string {
	if name, _, err := ast.LabelName(field.Label); err == nil {
		if _, quoted := field.Label.(*ast.BasicLit); quoted {
			return string(sourceOf(field.Label.(ast.Expr)))
		}
		return name
	}
	return string(sourceOf(field.Label.(ast.Expr)))
}

// commentOf is the text above a field.
func commentOf(field *ast.Field) string {
	var text []string
	for _, group := range ast.Comments(field) {
		if group.Doc {
			text = append(text, strings.TrimSpace(group.Text()))
		}
	}
	return strings.Join(text, "\n\n")
}

func sourceOf(e ast.Expr) []byte {
	text, err := format.Node(e)
	if err != nil {
		panic(err) // it was parsed
	}
	return bytes.Join(bytes.Fields(text), []byte(" "))
}

// code is an expression in a cell of a table.
func code(e ast.Expr) string { return "`" + strings.ReplaceAll(string(sourceOf(e)), "|", `\|`) + "`" }

// cell is a comment in one.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
