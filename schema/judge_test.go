package schema

import (
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
)

// judgedTwice judges a value by pieces and as a whole.
func judgedTwice(ctx *cue.Context, user cue.Value) (byPieces, asWhole bool) {
	schema := ctx.CompileString(Source)
	return newPieces(ctx, schema).accept(user), judgeWhole(schema, user) == nil
}

// TestPieces judges what is wrong in each section of a tenancy, and what is
// right there, by pieces and as a whole.
func TestPieces(t *testing.T) {
	const right = `
clusters: main: cni: "calico"
environments: prod: cluster: "main"
teams: shop: namespaces: web: workloads: web: {pods: app: "web", ports: http: 8080}
`
	for _, c := range []struct {
		more     string
		accepted bool
	}{
		{``, true},
		{`teams: empty: {}`, true},
		{`teams: empty: namespaces: {}`, true},
		{`flows: {}`, true},
		{`flows: x: {from: namespace: "web", to: namespace: "web", reason: "x"}`, true},
		{`_hidden: 1, #Definition: 2`, true},
		{`flows: x: {from: namespace: "web", to: namespace: "web"}`, false},
		{`flows: x: {from: namespace: "web", to: namespace: "web", reason: "x", more: 1}`, false},
		{`flows: x: {from: {namespace: "web", more: 1}, to: namespace: "web", reason: "x"}`, false},
		{`flows: "X Y": {from: namespace: "web", to: namespace: "web", reason: "x"}`, false},
		{`flows: "x"`, false},
		{`flows: []`, false},
		{`flows: x: 1`, false},
		{`teams: "X Y": {}`, false},
		{`teams: shop: more: 1`, false},
		{`teams: shop: owners: []`, false},
		{`teams: shop: namespaces: "X Y": {}`, false},
		{`teams: shop: namespaces: web: more: 1`, false},
		{`teams: shop: namespaces: web: workloads: web: more: 1`, false},
		{`teams: shop: namespaces: web: workloads: none: ports: http: 80`, false},
		{`teams: shop: namespaces: 1`, false},
		{`teams: shop: 1`, false},
		{`more: 1`, false},
		{`clusters: main: more: 1`, false},
		{`clusters: "X Y": cni: "calico"`, false},
		{`environments: prod: more: 1`, false},
		{`shared: x: more: 1`, false},
		{`externals: x: more: 1`, false},
		{`guards: x: more: 1`, false},
		{`retired: main: x: more: 1`, false},
		{`delivery: more: 1`, false},
		{`lints: x: more: 1`, false},
		{`platform: more: 1`, false},
		{`_hidden: 1 & 2`, false},
		{`flows: x: {from: namespace: "web", to: namespace: "web", reason: string}`, false},
	} {
		ctx := cuecontext.New()
		byPieces, asWhole := judgedTwice(ctx, ctx.CompileString(right+c.more))
		if byPieces != c.accepted || asWhole != c.accepted {
			t.Errorf("%s: accepted by pieces %v, as a whole %v", c.more, byPieces, asWhole)
		}
	}
	for _, missing := range []string{`clusters: {}`, `clusters: {}, environments: {}`, ``} {
		ctx := cuecontext.New()
		if byPieces, asWhole := judgedTwice(ctx, ctx.CompileString(missing)); byPieces || asWhole {
			t.Errorf("%s: accepted by pieces %v, as a whole %v", missing, byPieces, asWhole)
		}
	}
}

// TestSplitDefinitions: the definitions that are judged field by field hold
// fields and nothing else, of which nobody would look at the whole.
func TestSplitDefinitions(t *testing.T) {
	split := 0
	for _, d := range mustParse(Source).Decls {
		field, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name, _, err := ast.LabelName(field.Label)
		if err != nil || name != "#Tenancy" && name != "#Team" {
			continue
		}
		split++
		st, ok := field.Value.(*ast.StructLit)
		if !ok {
			t.Fatalf("%s is no struct", name)
		}
		for _, e := range st.Elts {
			f, ok := e.(*ast.Field)
			if !ok {
				t.Errorf("%s holds %T", name, e)
			} else if _, _, err := ast.LabelName(f.Label); err != nil {
				t.Errorf("%s holds a pattern", name)
			}
		}
	}
	if split != 2 {
		t.Errorf("%d definitions are split", split)
	}
}
