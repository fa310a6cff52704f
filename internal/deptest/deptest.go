// Package deptest holds the rules on what each package of this module may import, and checks source against them.
package deptest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Rule says what the packages that it binds may not import or use, and why.
//
// Packages and imports are patterns as the go command writes them: "./x" is package x of this module, "x/..." is x
// and everything below it, and "std" is the standard library.
type Rule struct {
	In     string   // the packages that are bound
	Except []string // the packages among them that are not
	Only   []string // if set, what may be imported; all else may not
	Never  []string // what may not be imported
	Uses   []string // functions that may not be used, as importpath.Name
	Reason string
}

// Finding is one import or use that breaks a rule.
type Finding struct {
	Pos     token.Position
	Package string // relative to the module, as "./tenancy"
	What    string // an import as the rules write it, or importpath.Name
	Reason  string
}

// String words the finding on one line, position first.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s may not use %q: %s", f.Pos.Filename, f.Pos.Line, f.Package, f.What, f.Reason)
}

// Check returns what breaks the rules in the non-test files of the module at the root of fsys, whatever their build
// constraints, file by file. Of the rules that one import breaks, the first is named. It is an error that the module
// has no Go files.
func Check(fsys fs.FS, module string, rules []Rule) ([]Finding, error) {
	files, err := sources(fsys)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("module %s has no Go files", module)
	}
	var findings []Finding
	for _, name := range files {
		found, err := checkFile(fsys, module, name, rules)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// sources lists the non-test Go files of the module, in the directories where the go command would look.
func sources(fsys fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && outside(fsys, name):
			return fs.SkipDir
		case !entry.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

// outside reports whether the directory holds no packages of the module: it is hidden, data, or another module.
func outside(fsys fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || dir == "vendor" {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}

// checkFile judges one file.
func checkFile(fsys fs.FS, module, name string, rules []Rule) ([]Finding, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	pkg := relative(module, path.Join(module, path.Dir(name)))
	report := func(pos token.Pos, what string, breaks func(Rule) bool) {
		i := slices.IndexFunc(rules, func(r Rule) bool { return r.binds(pkg) && breaks(r) })
		if i >= 0 {
			findings = append(findings, Finding{fset.Position(pos), pkg, what, rules[i].Reason})
		}
	}
	for _, spec := range file.Imports {
		imported := relative(module, importPath(spec))
		report(spec.Pos(), imported, func(r Rule) bool { return r.forbids(imported) })
	}
	for pos, name := range uses(file) {
		report(pos, name, func(r Rule) bool { return slices.Contains(r.Uses, name) })
	}
	return findings, nil
}

// uses yields each name that the file takes from an import, as importpath.Name. A package that the file does not
// rename is known by the last element of its path, which holds for all that the rules name; a dot import hides its
// names, and is refused by staticcheck (ST1001).
func uses(file *ast.File) iter.Seq2[token.Pos, string] {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		imported := importPath(spec)
		imports[path.Base(imported)] = imported
		if spec.Name != nil {
			imports[spec.Name.Name] = imported
		}
	}
	return func(yield func(token.Pos, string) bool) {
		for n := range ast.Preorder(file) {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			x, ok := selector.X.(*ast.Ident)
			if ok && imports[x.Name] != "" && !yield(selector.Pos(), imports[x.Name]+"."+selector.Sel.Name) {
				return
			}
		}
	}
}

// importPath is the path that the import names.
func importPath(spec *ast.ImportSpec) string {
	imported, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return imported
}

// binds reports whether the rule speaks of the package.
func (r Rule) binds(pkg string) bool {
	return match(r.In, pkg) && !slices.ContainsFunc(r.Except, func(pattern string) bool { return match(pattern, pkg) })
}

// forbids reports whether the rule refuses the import.
func (r Rule) forbids(imported string) bool {
	matches := func(pattern string) bool { return match(pattern, imported) }
	return slices.ContainsFunc(r.Never, matches) || r.Only != nil && !slices.ContainsFunc(r.Only, matches)
}

// relative writes an import path of this module as the go command does, "./x", and leaves all others alone.
func relative(module, imported string) string {
	if rest, ok := strings.CutPrefix(imported+"/", module+"/"); ok {
		return "./" + strings.TrimSuffix(rest, "/")
	}
	return imported
}

// match reports whether the pattern covers the package or import.
func match(pattern, name string) bool {
	if pattern == "std" {
		first, _, _ := strings.Cut(name, "/")
		return !strings.Contains(first, ".")
	}
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(name+"/", below+"/")
	}
	if prefix, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == pattern
}
