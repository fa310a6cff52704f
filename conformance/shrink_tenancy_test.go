package conformance

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
)

// shrunk gives a tenancy in which a connection is still judged as in this one,
// without any field that does not matter to that.
func shrunk(t *testing.T, text string, err error) string {
	var u *undeclared
	if !errors.As(err, &u) {
		return text
	}
	dir := t.TempDir()
	return shrinkTenancy(text, func(text string) bool {
		return os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(text), 0o644) == nil && u.of(dir)
	})
}

// shrinkTenancy takes fields out of a tenancy, as long as what is left still
// fails: large ones first, until none can go.
func shrinkTenancy(text string, fails func(string) bool) string {
	for {
		smaller := smallerTenancy(text, fails)
		if smaller == text {
			return text
		}
		text = smaller
	}
}

// smallerTenancy goes once through the fields of a tenancy.
func smallerTenancy(text string, fails func(string) bool) string {
	f, err := parser.ParseFile("tenants.cue", text)
	if err != nil {
		return text
	}
	try := func() bool {
		data, err := format.Node(f)
		if err != nil || !fails(string(data)) {
			return false
		}
		text = string(data)
		return true
	}
	thin(&f.Decls, try)
	return text
}

// thin takes each declaration out, or thins what is left of it.
func thin(decls *[]ast.Decl, try func() bool) {
	for i := 0; i < len(*decls); {
		whole := *decls
		if _, ok := whole[i].(*ast.Package); !ok {
			*decls = append(whole[:i:i], whole[i+1:]...)
			if try() {
				continue
			}
			*decls = whole
		}
		if field, ok := whole[i].(*ast.Field); ok {
			if inner, ok := field.Value.(*ast.StructLit); ok {
				thin(&inner.Elts, try)
			}
		}
		i++
	}
}

// TestShrinkTenancy sees to it that what matters is all that is left.
func TestShrinkTenancy(t *testing.T) {
	const text = "package tenancy\n\nclusters: main: {cni: \"calico\", pods: cidrs: [\"10.0.0.0/16\"]}\nflows: {\n\ta: reason: \"x\"\n\tb: reason: \"y\"\n}\n"
	got := shrinkTenancy(text, func(s string) bool {
		f, err := parser.ParseFile("x", s)
		if err != nil {
			return false
		}
		found := false
		ast.Walk(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			found = found || ok && lit.Value == `"y"`
			return true
		}, nil)
		return found
	})
	if want := "package tenancy\n\nflows: {\n\tb: reason: \"y\"\n}\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
