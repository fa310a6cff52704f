package schema

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// suspects names the teams, "" for the platform, whose part must be evaluated.
// Where every file is plain data, a file bears on nothing but what stands at the
// very paths that it writes: only those whose own is written by others are
// suspect, which should be nobody. One reference or comprehension anywhere, or a
// flow that a team's file and another one write together, and everybody is.
func (o *ownership) suspects() []string {
	judgedFor := map[string][]string{} // teams by flow
	for team, flows := range o.flows {
		for name := range flows {
			judgedFor[name] = append(judgedFor[name], team)
		}
	}
	everybody := append([]string{""}, tenancy.Keys(o.full.Teams)...)
	touched, writer := map[string]bool{}, map[string]string{}
	for _, s := range o.f.files {
		paths, ok := plainPaths(s.ast)
		if !ok || o.m.path == modulePath { // there the schema itself is the user's
			return everybody
		}
		for _, path := range paths {
			if len(path) < 2 || path[0] != "flows" {
				continue
			}
			if first, ok := writer[path[1]]; ok && first != s.name && !(o.platform[first] && o.platform[s.name]) {
				return everybody // together they may lead elsewhere than each by itself
			}
			writer[path[1]] = s.name
		}
		if o.platform[s.name] {
			continue
		}
		for _, path := range paths {
			for _, team := range concerned(path, judgedFor) {
				if !slices.Contains(o.owners[s.name], team) {
					touched[team] = true
				}
			}
		}
	}
	return tenancy.Keys(touched)
}

// concerned names whose a path is: a team's entry, a flow of the teams that it
// is judged for, or, like all that is left, the platform's.
func concerned(path []string, judgedFor map[string][]string) []string {
	switch {
	case path[0] == "teams" && len(path) == 1, path[0] == "flows" && len(path) == 1:
		return nil // its fields are paths of their own
	case path[0] == "teams":
		platforms := len(path) > 2 && path[2] != "namespaces" && path[2] != "owners" ||
			len(path) > 4 && path[4] != "environments" && path[4] != "workloads" && path[4] != "podSecurity"
		if platforms {
			return []string{path[1], ""}
		}
		return []string{path[1]}
	case path[0] == "flows":
		return judgedFor[path[1]]
	}
	return []string{""}
}

// plainDepth is how deep paths are told apart: teams.T.namespaces.N.names.
const plainDepth = 5

// plainPaths gives the paths that a file writes, and whether it is plain data:
// fields with literal names and literal values, which refer to nothing but the
// schema's package, set nothing for others, and depend on nothing.
func plainPaths(file *ast.File) (paths [][]string, plain bool) {
	plain = true
	for _, d := range file.Decls {
		switch x := d.(type) {
		case *ast.Package, *ast.CommentGroup:
		case *ast.ImportDecl:
			for _, spec := range x.Specs {
				plain = plain && unquote(spec.Path.Value) == ImportPath
			}
		case *ast.EmbedDecl:
			plain = plain && definitionName(x.Expr) == "#Tenancy" // it adds nothing
		default:
			plain = plain && plainDecl(d, nil, &paths)
		}
	}
	return paths, plain
}

// definitionName gives the name of the definition of a package that an expression
// is, or "". The package is the schema's wherever all files are plain: they
// import nothing else, and what they declare themselves is no package.
func definitionName(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if _, isIdent := sel.X.(*ast.Ident); !isIdent {
		return ""
	}
	if name, _, err := ast.LabelName(sel.Sel); err == nil && strings.HasPrefix(name, "#") {
		return name
	}
	return ""
}

// readyDepth is how deep a path has to be for all that is below it to be the
// concern of the same people.
func readyDepth(path []string) int {
	if path[0] == "teams" {
		return plainDepth
	}
	return 2
}

func plainDecl(d ast.Decl, path []string, paths *[][]string) bool {
	if _, ok := d.(*ast.CommentGroup); ok {
		return true
	}
	f, ok := d.(*ast.Field)
	if !ok || f.Constraint != token.ILLEGAL || len(f.Attrs) > 0 || f.Alias != nil {
		return false
	}
	if _, isAlias := f.Label.(*ast.Alias); isAlias {
		return false
	}
	name, isIdent, err := ast.LabelName(f.Label)
	if err != nil || isIdent && (name[0] == '_' || name[0] == '#') {
		return false
	}
	path = append(slices.Clone(path), name)
	if len(path) <= plainDepth {
		*paths = append(*paths, path)
	}
	return plainExpr(f.Value, path, paths)
}

func plainExpr(e ast.Expr, path []string, paths *[][]string) bool {
	switch x := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.ListLit:
		return !slices.ContainsFunc(x.Elts, func(e ast.Expr) bool { return !plainExpr(e, path, paths) })
	case *ast.StructLit:
		return !slices.ContainsFunc(x.Elts, func(d ast.Decl) bool { return !plainDecl(d, path, paths) })
	case *ast.SelectorExpr: // something ready-made, which writes what is below the path
		return definitionName(x) != "" && len(path) >= readyDepth(path)
	case *ast.BinaryExpr:
		return x.Op == token.AND && plainExpr(x.X, path, paths) && plainExpr(x.Y, path, paths)
	}
	return false
}
