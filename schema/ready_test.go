package schema

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// TestReadyMadeIsDocumented: whoever opens something with one word reads here
// what it is; and labels and numbers of other people's software have a source.
func TestReadyMadeIsDocumented(t *testing.T) {
	file, err := parser.ParseFile(readyFileName, Ready, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.Field)
		if !ok {
			continue
		}
		name, _, err := ast.LabelName(f.Label)
		if err != nil || !strings.HasPrefix(name, "#") {
			continue
		}
		var doc string
		for _, c := range ast.Comments(f) {
			if c.Doc {
				doc = c.Text()
			}
		}
		if !strings.HasPrefix(doc, name+" ") {
			t.Errorf("%s: the comment of %s does not begin with its name", f.Pos(), name)
		}
		if namesForeign(f) && !strings.Contains(doc, "https://") {
			t.Errorf("%s: %s has labels or numbers of ports without their source", f.Pos(), name)
		}
	}
}

// namesForeign reports whether a definition has labels of pods or numbers.
func namesForeign(f *ast.Field) (found bool) {
	ast.Walk(f.Value, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BasicLit:
			found = found || x.Kind == token.INT
		case *ast.Field:
			name, _, err := ast.LabelName(x.Label)
			found = found || err == nil && name == "pods"
		}
		return true
	}, nil)
	return found
}

// TestVendoredParts: who has an older version's files is told to run init, once.
func TestVendoredParts(t *testing.T) {
	for _, tt := range []struct {
		change func(dir string) error
		want   string
	}{
		{func(string) error { return nil }, ""},
		{func(dir string) error { return os.Remove(filepath.Join(dir, readyFileName)) }, "the vendored schema lacks ready.cue"},
		{func(dir string) error { return os.Remove(filepath.Join(dir, sourceFileName)) }, "the vendored schema lacks schema.cue"},
		{func(dir string) error { return os.Remove(filepath.Join(dir, deliveryFileName)) }, "the vendored schema lacks delivery.cue"},
		{func(dir string) error { // as it was before the schema had a file more
			return errors.Join(os.Remove(filepath.Join(dir, deliveryFileName)), os.WriteFile(filepath.Join(dir, sourceFileName), []byte(Source), 0o644))
		}, "the vendored schema is not this version's"},
		{os.RemoveAll, ""},
		{func(dir string) error {
			return os.WriteFile(filepath.Join(dir, readyFileName), []byte("package schema\n"), 0o644)
		}, "the vendored schema is not this version's"},
	} {
		dir := t.TempDir()
		files, err := Vendoring(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		for path, data := range files {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, string(data))
		}
		write(t, filepath.Join(dir, TenancyFile), "package tenancy\n\nclusters: main: cni: \"calico\"\nenvironments: prod: cluster: \"main\"\nteams: {}\n")
		if err := tt.change(filepath.Join(dir, "cue.mod", "pkg", filepath.FromSlash(ImportPath))); err != nil {
			t.Fatal(err)
		}
		res, err := Load(dir, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range res.Diags {
			if d.Code != diag.SchemaVersion {
				t.Error(d)
			}
			got = append(got, d.Fact)
		}
		if s := strings.Join(got, "\n"); (tt.want == "") != (s == "") || !strings.HasPrefix(s, tt.want) || len(got) > 1 {
			t.Errorf("Load says %q, want %q", s, tt.want)
		}
	}
}
