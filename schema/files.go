package schema

import (
	"bytes"
	"fmt"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TenancyFile is the file that every tenancy has; it is always the platform
// team's.
const TenancyFile = tenancy.File

// MaxFileSize bounds one file of a tenancy, in bytes: a file of 10,000 namespaces
// has 4 MB.
const MaxFileSize = 16 << 20

// A sourceFile is one CUE file of the tenancy's folder.
type sourceFile struct {
	name string // without its folder
	data []byte
	ast  *ast.File
}

// A folder is a tenancy's folder as it was read.
type folder struct {
	dir   string // absolute
	shown string // the folder as people named it
	files []sourceFile
	diags []diag.Diagnostic

	schemaDir string // where the schema's package is, of which nobody is shown a place

	shownNames sync.Map // of files, by path
}

// readFolder reads and parses the CUE files of dir, which people call shown.
// The error is one of reading, never of what was read.
func readFolder(dir, shown string) (*folder, error) {
	f := &folder{dir: dir, shown: shown}
	names, err := f.cueFiles()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, TenancyFile) {
		f.report(diag.NoTenancy, gotoken.Position{}, "run \"hedgerow init\" there, or name the folder with --dir",
			"there is no %s in %s", TenancyFile, shown)
		return f, nil
	}
	for _, name := range names {
		if err := f.read(name); err != nil {
			return nil, err
		}
	}
	f.parse()
	f.checkPackages()
	for _, s := range f.files {
		if s.ast != nil {
			f.checkAttributes(s.ast)
		}
	}
	return f, nil
}

// cueFiles lists the files that CUE takes for a package of the folder, and speaks
// of those that it takes for something else.
func (f *folder) cueFiles() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		n := e.Name()
		at := gotoken.Position{Filename: f.show(filepath.Join(f.dir, n))}
		switch {
		case e.IsDir() || !strings.HasSuffix(n, ".cue") || strings.HasPrefix(n, "."):
		case strings.HasPrefix(n, "_"), strings.HasSuffix(n, "_tool.cue"), strings.HasSuffix(n, "_test.cue"):
			f.lint(diag.FileLeftOut, at, "rename it, or remove it", "CUE takes a file of this name for no part of a package")
		case strings.ContainsAny(n, "@:"):
			f.report(diag.BadFileName, at, "rename it", `the name of a file has no "@" and no ":"`)
		default:
			names = append(names, n)
		}
	}
	return names, nil
}

func (f *folder) read(name string) error {
	path := filepath.Join(f.dir, name)
	at := gotoken.Position{Filename: f.show(path), Line: 1, Column: 1}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := f.staysInside(path); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", at.Filename)
	}
	if info.Size() > MaxFileSize {
		at.Line, at.Column = 0, 0
		f.report(diag.FileTooLarge, at, "split it by team", "the file has %d bytes; a file of a tenancy has at most %d",
			info.Size(), MaxFileSize)
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch {
	case !f.isText(data, gotoken.Position{Filename: at.Filename}):
		return nil
	case len(bytes.TrimSpace(data)) == 0:
		f.report(diag.EmptyFile, at, `begin with "package tenancy" and the clusters, or run "hedgerow init" in an empty folder`,
			"the file is empty")
		return nil
	}
	f.files = append(f.files, sourceFile{name: name, data: data})
	return nil
}

// staysInside refuses a link that leads out of the module. Messages show lines of
// the files that they are about, and whoever proposes a change could have CI show
// those of any file.
func (f *folder) staysInside(path string) error {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return err
	}
	root, found := moduleRoot(f.dir)
	if !found {
		root = f.dir
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if below, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(below) {
		return fmt.Errorf("%s is a link that leads out of its module: put the file itself there", f.show(path))
	}
	return nil
}

// isText reports whether a file is text, and complains if not.
func (f *folder) isText(data []byte, at gotoken.Position) bool {
	if utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 {
		return true
	}
	f.report(diag.NotText, at, "save it as UTF-8", "the file is not UTF-8 text")
	return false
}

// parse parses the files side by side, and reports the errors of each.
func (f *folder) parse() {
	errs := make([]error, len(f.files))
	var wg sync.WaitGroup
	for i := range f.files {
		wg.Go(func() {
			s := &f.files[i]
			if tooDeep(s.data) {
				errs[i] = errDeep
				return
			}
			s.ast, errs[i] = parser.ParseFile(filepath.Join(f.dir, s.name), s.data, parser.ParseComments)
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err == nil && astTooDeep(f.files[i].ast) {
			f.files[i].ast, err = nil, errDeep
		}
		if err == errDeep {
			f.report(diag.TooDeep, gotoken.Position{Filename: f.show(filepath.Join(f.dir, f.files[i].name))}, "break it up",
				"an expression of the file is nested more than %d deep", maxDepth)
			continue
		}
		for _, e := range errors.Errors(err) {
			format, args := e.Msg()
			_, fact, fix := reword(oneLine(fmt.Sprintf(format, args...)))
			f.report(diag.Syntax, f.position(e.Position()), fix, "%s", fact)
		}
	}
}

// checkPackages sees to it that all files are of the package of tenants.cue.
func (f *folder) checkPackages() {
	var want string
	for _, s := range f.files {
		if s.name == TenancyFile && s.ast != nil {
			want = s.ast.PackageName()
		}
	}
	for _, s := range f.files {
		if s.ast == nil || s.name != TenancyFile && len(s.ast.Decls) == 0 && s.ast.PackageName() == "" {
			continue // CUE passes over a file of comments
		}
		at := gotoken.Position{Filename: f.show(filepath.Join(f.dir, s.name)), Line: 1, Column: 1}
		switch got := s.ast.PackageName(); {
		case got == "":
			f.report(diag.NoPackage, at, `begin the file with "package `+or(want, "tenancy")+`"`, "the file has no package clause")
		case want != "" && got != want:
			f.report(diag.TwoPackages, at, fmt.Sprintf("write package %s, or move the file to a folder of its own", want),
				"the file is of package %s, and %s is of package %s", got, TenancyFile, want)
		}
	}
}

// checkAttributes refuses, in a file of the tenancy or of a package that it
// imports, what would read other files or run other code: nobody could say whose
// words those are.
func (f *folder) checkAttributes(file *ast.File) {
	ast.Walk(file, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok {
			if name, _ := a.Split(); name == "extern" || name == "embed" {
				f.report(diag.Refused, f.position(a.Pos()), "write the values in CUE",
					"@%s is refused: a tenancy is what stands in its own files", name)
			}
		}
		return true
	}, nil)
}

func (f *folder) report(code diag.Code, pos gotoken.Position, fix, format string, args ...any) {
	f.diags = append(f.diags, diag.Diagnostic{Code: code, Pos: pos, Fact: fmt.Sprintf(format, args...), Fix: fix})
}

// show gives the name under which people see a file of the tenancy.
func (f *folder) show(path string) string {
	if name, ok := f.shownNames.Load(path); ok {
		return name.(string)
	}
	rel, err := filepath.Rel(f.dir, path)
	if err != nil {
		rel = filepath.Base(path)
	}
	name := filepath.ToSlash(filepath.Join(f.shown, rel))
	f.shownNames.Store(path, name)
	return name
}

// position shows a position of CUE's; one outside of the tenancy's module or in
// the schema is none at all.
func (f *folder) position(p token.Pos) gotoken.Position {
	if !p.IsValid() || !filepath.IsAbs(p.Filename()) || filepath.Dir(p.Filename()) == f.schemaDir {
		return gotoken.Position{}
	}
	q := p.Position()
	return gotoken.Position{Filename: f.show(q.Filename), Offset: q.Offset, Line: q.Line, Column: q.Column}
}

// names lists the files of the folder.
func (f *folder) names() (out []string) {
	for _, s := range f.files {
		out = append(out, s.name)
	}
	return out
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
