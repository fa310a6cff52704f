package schema

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// A parseFile parses for load.Config; nil is the parser's own.
type parseFile = func(string, any, parser.Config) (*ast.File, error)

// parsed gives a ParseFile that hands out the folder's own syntax trees instead
// of parsing again. Building an instance writes into them, so they serve one
// evaluation only.
func (f *folder) parsed() parseFile {
	trees := map[string]*ast.File{}
	for _, s := range f.files {
		trees[filepath.Join(f.dir, s.name)] = s.ast
	}
	return func(name string, src any, cfg parser.Config) (*ast.File, error) {
		if tree := trees[name]; tree != nil {
			merge(tree)
			return tree, nil
		}
		return parser.ParseFile(name, src, cfg)
	}
}

// parseAgain is a ParseFile for every further evaluation.
func parseAgain(name string, src any, cfg parser.Config) (*ast.File, error) {
	tree, err := parser.ParseFile(name, src, cfg)
	if err == nil {
		merge(tree)
	}
	return tree, err
}

// instance loads the package made of the named files of the folder. Building an
// instance writes into it, so each evaluation loads its own.
func (f *folder) instance(m *module, files, tags []string, parse parseFile) *build.Instance {
	args := make([]string, len(files))
	for i, name := range files {
		args[i] = "./" + name
	}
	if len(files) == len(f.files) {
		args = []string{"."} // as CUE loads it, with what it would join
	}
	return load.Instances(args, &load.Config{
		Dir: f.dir, ModuleRoot: m.root, Overlay: m.overlay, ParseFile: parse, Tags: f.usedTags(files, tags),
		// Nothing is fetched, whatever the environment says.
		Env: []string{"CUE_REGISTRY=none"},
	})[0]
}

// evaluate gives the value of the package made of the named files.
func (f *folder) evaluate(ctx *cue.Context, m *module, files, tags []string, parse parseFile) (cue.Value, *build.Instance, errors.Error) {
	inst := f.instance(m, files, tags, parse)
	if inst.Err != nil {
		return cue.Value{}, inst, inst.Err
	}
	return ctx.BuildInstance(inst), inst, nil
}

// usedTags leaves out the tags that none of the files uses: CUE calls them an
// error, and a part of a package need not use all that the whole one does.
func (f *folder) usedTags(files, tags []string) []string {
	if len(tags) == 0 || len(files) == len(f.files) {
		return tags
	}
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool {
		key, _, isPair := strings.Cut(tag, "=")
		for _, s := range f.files {
			if slices.Contains(files, s.name) && usesTag(s.ast, key, isPair) {
				return false
			}
		}
		return true
	})
}

// tags names the tags of all files.
func (f *folder) tags() (out []string) {
	for _, s := range f.files {
		ast.Walk(s.ast, func(n ast.Node) bool {
			if a, ok := n.(*ast.Attribute); ok {
				if name, body := a.Split(); name == "tag" {
					tag, _, _ := strings.Cut(body, ",")
					out = append(out, strings.TrimSpace(tag))
				}
			}
			return true
		}, nil)
	}
	return out
}

func usesTag(file *ast.File, key string, isPair bool) (used bool) {
	word := regexp.MustCompile(`(^|[^\pL\pN_-])` + regexp.QuoteMeta(key) + `($|[^\pL\pN_-])`)
	ast.Walk(file, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		if !ok {
			return !used
		}
		name, body := a.Split()
		switch {
		case name == "if" && !isPair:
			used = used || word.MatchString(body)
		case name == "tag" && isPair:
			declared, _, _ := strings.Cut(body, ",")
			used = used || strings.TrimSpace(declared) == key
		case name == "tag":
			used = used || strings.Contains(body, "short=") && word.MatchString(body)
		}
		return true
	}, nil)
	return used
}

// joined names the files that CUE joined to the package from folders above.
func (f *folder) joined(inst *build.Instance) (out []string) {
	for _, file := range inst.Files {
		if filepath.Dir(file.Filename) != f.dir {
			out = append(out, file.Filename)
		}
	}
	return out
}

// attempt turns a panic of CUE's evaluator into an error: a program that it
// cannot take must not take Hedgerow down.
func attempt(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Newf(token.NoPos, "CUE's evaluator gave up: %v", r)
		}
	}()
	return f()
}
