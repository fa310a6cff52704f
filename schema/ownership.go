package schema

import (
	"fmt"
	gotoken "go/token"
	"path"
	"path/filepath"
	"slices"

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
// the platform team's as a whole. It gives the local packages too.
func checkOwnership(f *folder, m *module, tags []string, user cue.Value, inst *build.Instance, t *tenancy.Tenancy) ([]Package, []diag.Diagnostic) {
	o := newOwnership(f, m, tags, user, inst, t)
	o.checkLiteral()
	o.assign()
	var packages []Package
	found := o.packages()
	for _, p := range tenancy.Sorted(found) {
		packages = append(packages, *p)
	}
	if len(o.owners) == 0 || diag.HasErrors(o.diags) {
		return packages, o.diags
	}
	o.checkPackages(found)
	o.indexFlows()
	o.checkParts(o.suspects())
	return packages, o.diags
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
		"files": o.full.Platform.Files, "packages": o.full.Platform.Packages, "owners": o.full.Platform.Owners,
	} {
		if len(words) > 0 && !slices.Equal(written[field], tenancy.Texts(words)) {
			o.report(diag.PlatformFile, words[0].Pos, "write the strings out in "+TenancyFile+", and nowhere else",
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
					for _, name := range []string{"files", "packages", "owners"} {
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
	names := o.f.names()
	o.checkPatterns("platform.files", o.full.Platform.Files, names)
	for name, team := range tenancy.Sorted(o.full.Teams) {
		o.checkPatterns("teams."+name+".files", team.Files, names)
	}
	for _, file := range names {
		platform, teams := o.full.OwnersOf(file)
		o.platform[file] = platform
		if len(teams) > 0 {
			o.owners[file] = teams
		}
	}
	if len(o.owners) > 0 && len(o.full.Platform.Files) == 0 {
		o.diags.Lint(diag.PlatformOpen, "platform", o.full.Pos, `add platform: files: ["`+TenancyFile+`"] to `+TenancyFile+`, with all that is the platform's`,
			"teams own files, and platform.files is not set: every file that nobody owns may change everything")
	}
	for _, file := range names {
		if !o.platform[file] && len(o.owners[file]) == 0 {
			o.report(diag.UnownedFile, gotoken.Position{Filename: o.f.show(filepath.Join(o.f.dir, file)), Line: 1, Column: 1},
				"add a pattern that matches it to platform.files or to the files of a team", "the file belongs to nobody")
		}
	}
}

// checkPatterns speaks of the patterns at a path of the tenancy that cannot be
// used, or that nothing matches.
func (o *ownership) checkPatterns(at string, patterns []tenancy.Word, names []string) {
	for _, p := range patterns {
		if _, err := path.Match(p.Text, ""); err != nil {
			o.report(diag.BadFilePattern, p.Pos, `close the "[", or escape it with "\\"`, "%q is not a pattern of file names", p.Text)
			continue
		}
		used := slices.ContainsFunc(names, func(file string) bool { return tenancy.Matches(p.Text, file) })
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
