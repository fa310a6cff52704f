package schema

import (
	"fmt"
	gotoken "go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// ownership says whose each file is, and finds what files change that is not
// theirs. Since CUE unifies, any file can add to any value; so for each team
// the package is evaluated again without the files that only others own, and
// what belongs to the team must come out the same (noninterference).
type ownership struct {
	f        *folder
	m        *module
	tags     []string
	user     cue.Value
	inst     *build.Instance
	full     *tenancy.Tenancy
	platform map[string]bool     // by file name
	owners   map[string][]string // teams by file name
	diags    diag.List

	teamsOfNamespace map[string][]string
	flows            map[string]map[string]*tenancy.Flow // by the team for which they are judged
}

// checkOwnership judges who wrote what. A tenancy in which nobody owns files is
// the platform team's as a whole.
func checkOwnership(f *folder, m *module, tags []string, user cue.Value, inst *build.Instance, t *tenancy.Tenancy) []diag.Diagnostic {
	o := newOwnership(f, m, tags, user, inst, t)
	o.checkLiteral()
	o.assign()
	if len(o.owners) == 0 || diag.HasErrors(o.diags) {
		return o.diags
	}
	o.checkPackages()
	o.indexFlows()
	o.checkParts(o.suspects())
	return o.diags
}

func newOwnership(f *folder, m *module, tags []string, user cue.Value, inst *build.Instance, t *tenancy.Tenancy) *ownership {
	return &ownership{f: f, m: m, tags: tags, user: user, inst: inst, full: t,
		platform: map[string]bool{}, owners: map[string][]string{}}
}

// indexFlows finds for which teams each flow is judged.
func (o *ownership) indexFlows() {
	o.teamsOfNamespace = map[string][]string{}
	for name, team := range o.full.Teams {
		for n := range team.Namespaces {
			o.teamsOfNamespace[n] = append(o.teamsOfNamespace[n], name)
		}
	}
	o.flows = o.judged(o.full.Flows)
}

func (o *ownership) report(code diag.Code, pos gotoken.Position, fix, format string, args ...any) {
	o.diags = append(o.diags, diag.Diagnostic{Code: code, Pos: pos, Fact: fmt.Sprintf(format, args...), Fix: fix})
}

// checkLiteral sees to it that the platform field is what stands in tenants.cue,
// letter for letter: everything else is judged by it.
func (o *ownership) checkLiteral() {
	written := map[string][]string{}
	for _, s := range o.f.files {
		if s.name == TenancyFile {
			literalPlatform(s.ast, written)
		}
	}
	for field, words := range map[string][]tenancy.Word{
		"files": o.full.Platform.Files, "packages": o.full.Platform.Packages,
	} {
		if len(words) > 0 && !slices.Equal(written[field], tenancy.Texts(words)) {
			o.report(diag.PlatformFile, words[0].Pos, "write the patterns out as strings in "+TenancyFile+", and nowhere else",
				"platform.%s is not a literal in %s", field, TenancyFile)
		}
	}
}

// literalPlatform collects the lists of strings that stand in the field
// platform.
func literalPlatform(file *ast.File, out map[string][]string) {
	for _, decl := range file.Decls {
		eachField(decl, "platform", func(v ast.Expr) {
			if st, ok := v.(*ast.StructLit); ok {
				for _, elt := range st.Elts {
					for _, name := range []string{"files", "packages"} {
						eachField(elt, name, func(v ast.Expr) { out[name] = literalStrings(v) })
					}
				}
			}
		})
	}
}

func eachField(decl ast.Decl, name string, f func(ast.Expr)) {
	if field, ok := decl.(*ast.Field); ok {
		if got, _, err := ast.LabelName(field.Label); err == nil && got == name {
			f(field.Value)
		}
	}
}

func literalStrings(v ast.Expr) (out []string) {
	list, ok := v.(*ast.ListLit)
	if !ok {
		return nil
	}
	for _, e := range list.Elts {
		lit, ok := e.(*ast.BasicLit)
		if !ok {
			return nil
		}
		out = append(out, unquote(lit.Value))
	}
	return out
}

// assign finds the owners of each file.
func (o *ownership) assign() {
	o.match("platform.files", o.full.Platform.Files, func(file string) { o.platform[file] = true })
	for name, team := range tenancy.Sorted(o.full.Teams) {
		o.match("teams."+name+".files", team.Files, func(file string) {
			if !slices.Contains(o.owners[file], name) {
				o.owners[file] = append(o.owners[file], name)
			}
		})
	}
	o.platform[TenancyFile] = true
	if len(o.owners) > 0 && len(o.full.Platform.Files) == 0 {
		o.diags.Lint(diag.PlatformOpen, "platform", o.full.Pos, `add platform: files: ["`+TenancyFile+`"] to `+TenancyFile+`, with all that is the platform's`,
			"teams own files, and platform.files is not set: every file that nobody owns may change everything")
	}
	for _, file := range o.f.names() {
		switch {
		case o.platform[file] || len(o.owners[file]) > 0:
		case len(o.full.Platform.Files) == 0:
			o.platform[file] = true
		default:
			o.report(diag.UnownedFile, gotoken.Position{Filename: o.f.show(filepath.Join(o.f.dir, file)), Line: 1, Column: 1},
				"add a pattern that matches it to platform.files or to the files of a team", "the file belongs to nobody")
		}
	}
}

// match gives the files that the patterns at a path of the tenancy match.
func (o *ownership) match(at string, patterns []tenancy.Word, f func(file string)) {
	for _, p := range patterns {
		used := false
		for _, file := range o.f.names() {
			ok, err := path.Match(p.Text, file)
			if err != nil {
				o.report(diag.BadFilePattern, p.Pos, `close the "[", or escape it with "\\"`, "%q is not a pattern of file names", p.Text)
				break
			}
			if ok {
				used = true
				f(file)
			}
		}
		if !used && !diag.HasErrors(o.diags) {
			o.diags.Lint(diag.UnusedPattern, at, p.Pos, "remove it, or check its spelling", "%q matches no file of the tenancy", p.Text)
		}
	}
}

// ownersOf names who owns a file: teams, or the platform.
func (o *ownership) ownersOf(file string) []string {
	if o.platform[file] {
		return []string{"the platform"}
	}
	return o.owners[file]
}

// checkPackages sees to it that each local package that is imported, at first or
// at second hand, has one owner, or is the platform's by its pattern.
func (o *ownership) checkPackages() {
	importers := map[string][]string{} // owners by import path
	first := map[string]gotoken.Position{}
	for _, s := range o.f.files {
		for spec := range s.ast.ImportSpecs() {
			for _, p := range o.localImports(unquote(spec.Path.Value)) {
				if _, ok := first[p]; !ok {
					first[p] = o.f.position(spec.Pos())
				}
				importers[p] = append(importers[p], o.ownersOf(s.name)...)
			}
		}
	}
	for p, owners := range tenancy.Sorted(importers) {
		slices.Sort(owners)
		owners = slices.Compact(owners)
		if len(owners) > 1 && !o.platformPackage(p) {
			o.report(diag.PackageOwner, first[p], fmt.Sprintf("add %q to platform.packages, or import it from files of one owner", p),
				"package %s is imported by files of %s", p, strings.Join(owners, ", "))
		}
	}
}

func (o *ownership) platformPackage(importPath string) bool {
	return slices.ContainsFunc(o.full.Platform.Packages, func(w tenancy.Word) bool {
		ok, err := path.Match(w.Text, importPath)
		return ok && err == nil
	})
}

// localImports gives the import path and those that it leads to, but for CUE's
// own packages and the schema.
func (o *ownership) localImports(importPath string) []string {
	seen := map[string]bool{}
	var visit func(insts []*build.Instance, only string)
	visit = func(insts []*build.Instance, only string) {
		for _, i := range insts {
			p := strings.TrimSuffix(i.ImportPath, ":"+i.PkgName)
			if only != "" && p != only && i.ImportPath != only || seen[p] || p == ImportPath {
				continue
			}
			seen[p] = true
			visit(i.Imports, "")
		}
	}
	visit(o.inst.Imports, importPath)
	return tenancy.Keys(seen)
}
