package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func TestMerge(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"sections that are opened twice": {
			"flows: a: reason: \"x\"\nlints: {}\nflows: {\n\tb: reason: \"y\"\n}\n",
			"flows: {\n\ta: reason: \"x\"\n\tb: reason: \"y\"\n}\nlints: {}\n",
		},
		"a team and its namespaces": {
			"teams: t: namespaces: a: {}\nteams: t: namespaces: b: {}\n",
			"teams: t: namespaces: {\n\ta: {}, b: {}\n}\n",
		},
		"a name in quotes is no identifier": {"\"flows\": a: {}\nflows: b: {}\n", ""},
		"entries that are written twice": {
			"flows: a: reason: \"x\"\nflows: a: reason: \"y\"\n",
			"flows: {\n\ta: reason: \"x\", a: reason: \"y\"\n}\n",
		},
		"a file that refers to itself": {"a: b: 1\na: c: x\nx: 2\n", ""},
		"a comprehension":              {"a: b: 1\na: c: 2\nfor x in [1] {a: d: x}\n", ""},
		"a field named like an import": {
			"import \"" + ImportPath + "\"\n\na: x: schema.#Scrape\na: schema: {}\n", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := parser.ParseFile("x.cue", "package tenancy\n\n"+c.file)
			if err != nil {
				t.Fatal(err)
			}
			merge(tree)
			got, err := format.Node(tree)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.file
			}
			if diff := cmp.Diff("package tenancy\n\n"+want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMergeChangesNothing evaluates every tenancy and mistake of testdata, and
// random tenancies, as they are written and merged: the same values at the same places, or the same
// problems. A team alone is where it is opened first, not last.
func TestMergeChangesNothing(t *testing.T) {
	dirs, merged := corpus(t), 0
	for seed := range uint64(50) {
		name := fmt.Sprintf("random %d", seed)
		dirs[name] = t.TempDir()
		if err := os.WriteFile(filepath.Join(dirs[name], TenancyFile), []byte(synthetic.Random(seed)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, dir := range dirs {
		f, m := readable(t, dir)
		if m == nil {
			continue
		}
		read := func(parse parseFile) (value any, problems []problem, refused string) {
			ctx := cuecontext.New()
			v, _, err := f.evaluate(ctx, m, f.names(), corpusTags[name], parse)
			if err != nil {
				return nil, nil, err.Error()
			}
			d := &decoder{shown: f.position}
			value = d.tenancy(v)
			for _, g := range groupByPath(v.Validate(cue.Concrete(true))) {
				refused += strings.Join(g.path, ".") + "\n"
			}
			return value, d.problems, refused
		}
		asWritten, p, e := read(nil)
		asMerged, q, o := read(func(name string, src any, cfg parser.Config) (*ast.File, error) {
			tree, err := parser.ParseFile(name, src, cfg)
			if err != nil {
				return tree, err
			}
			before := len(tree.Decls)
			merge(tree)
			if len(tree.Decls) < before {
				merged++
			}
			return tree, nil
		})
		type reading struct {
			Tenancy  any
			Problems []problem
			Refused  string
		}
		if diff := cmp.Diff(reading{asWritten, p, e}, reading{asMerged, q, o},
			cmp.AllowUnexported(problem{}), cmpopts.IgnoreFields(tenancy.Team{}, "Node")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if t.Logf("%d files are merged", merged); merged < 20 {
		t.Error("too few to show much")
	}
}
