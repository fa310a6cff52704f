package schema

import (
	"fmt"
	gotoken "go/token"
	"os"
	"path/filepath"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/mod/modfile"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/regular"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A module is the CUE module around a tenancy: the user's, or one made up for a
// folder that has none.
type module struct {
	root    string // absolute
	path    string // the module's own path, without a version
	overlay map[string]load.Source
}

// languageVersion is the version of CUE that a made-up or vendored module asks
// for: the oldest that has all that schema.cue uses.
const languageVersion = "v0.15.0"

// ModuleFile is the module.cue of a tenancy that has no module of its own.
func ModuleFile(path string) string {
	return fmt.Sprintf("module: %q\nlanguage: version: %q\n", path, languageVersion)
}

// findModule looks for the module that the folder belongs to, and overlays the
// schema where the module's imports would look for it.
func findModule(f *folder) (*module, error) {
	m := &module{root: f.dir, path: "hedgerow.invalid/tenancy", overlay: map[string]load.Source{}}
	root, found := moduleRoot(f.dir)
	m.root = root
	if !found {
		m.overlay[filepath.Join(f.dir, "cue.mod", "module.cue")] = load.FromString(ModuleFile(m.path))
	} else if err := m.read(f); err != nil {
		return nil, err
	}
	if m.path == modulePath {
		f.schemaDir = filepath.Join(m.root, "schema")
		return m, nil // the schema is a package of the tenancy's own module
	}
	f.schemaDir = m.vendored("pkg")
	for name, text := range stubs() {
		m.overlay[filepath.Join(f.schemaDir, name)] = load.FromString(text)
	}
	return m, m.checkVendored(f)
}

// moduleRoot gives the nearest folder, from dir upwards, that holds a module; it
// is dir itself if there is none.
func moduleRoot(dir string) (root string, found bool) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "cue.mod", "module.cue")); err == nil {
			return d, true
		}
		if d == filepath.Dir(d) {
			return dir, false
		}
	}
}

// Vendoring says what the tenancy in dir needs so that CUE's own tools find the
// schema: the files by their paths with their bytes. Nothing is needed in the
// schema's own module, and no module.cue where dir belongs to a module already;
// one that begins above top is somebody else's, unless top is "".
func Vendoring(dir, top string) (map[string][]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, found := moduleBelow(abs, top)
	if rel, err := filepath.Rel(abs, root); err == nil {
		root = filepath.Join(dir, rel)
	}
	moduleFile := filepath.Join(root, "cue.mod", "module.cue")
	out := map[string][]byte{}
	if !found {
		out[moduleFile] = []byte(ModuleFile("tenancy.example"))
	} else if data, err := regular.Read(moduleFile, MaxFileSize); err != nil {
		return nil, fmt.Errorf("%s: %w", moduleFile, err)
	} else if mod, err := modfile.ParseNonStrict(data, moduleFile); err == nil && mod.ModuleRootPath() == modulePath {
		return nil, nil
	}
	for name, text := range vendoredFiles {
		out[filepath.Join((&module{root: root}).vendored("pkg"), name)] = []byte(text)
	}
	return out, nil
}

// TenancyAbove gives the folder above dir, within its module, that holds a
// tenancy: CUE would join its files to those of dir. It gives "" if there is
// none. top is as for Vendoring.
func TenancyAbove(dir, top string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	root, found := moduleBelow(abs, top)
	for d := abs; found && d != root; {
		d = filepath.Dir(d)
		if _, err := os.Stat(filepath.Join(d, TenancyFile)); err == nil {
			return d, nil
		}
	}
	return "", nil
}

// OtherPackage gives a CUE file of dir that is of another package than a first
// tenancy, and the name of that package: a tenancy would not vet beside it. It
// gives "" if there is none, or no dir.
func OtherPackage(dir string) (file, name string, err error) {
	files, err := (&folder{dir: dir}).cueFiles()
	if err != nil && !os.IsNotExist(err) {
		return "", "", err
	}
	for _, file := range files {
		data, err := regular.Read(filepath.Join(dir, file), MaxFileSize)
		if err != nil {
			return "", "", fmt.Errorf("%s: %w", file, err)
		}
		clause, err := parser.ParseFile(file, data, parser.PackageClauseOnly)
		if err != nil {
			continue // vet says what is wrong with it
		}
		if name := clause.PackageName(); name != "" && name != firstPackage {
			return file, name, nil
		}
	}
	return "", "", nil
}

// firstPackage is the package of every tenancy that Hedgerow writes.
const firstPackage = "tenancy"

// vendored gives the folder below cue.mod in which the schema may be vendored.
func (m *module) vendored(kind string) string {
	return filepath.Join(m.root, "cue.mod", kind, filepath.FromSlash(ImportPath))
}

// moduleBelow is moduleRoot without the modules that begin above top.
func moduleBelow(dir, top string) (root string, found bool) {
	root, found = moduleRoot(dir)
	if below, err := filepath.Rel(top, root); found && top != "" && (err != nil || !filepath.IsLocal(below)) {
		return dir, false
	}
	return root, found
}

func (m *module) read(f *folder) error {
	path := filepath.Join(m.root, "cue.mod", "module.cue")
	data, err := regular.Read(path, MaxFileSize)
	if err != nil {
		return fmt.Errorf("%s: %w", f.show(path), err)
	}
	at := gotoken.Position{Filename: f.show(path), Line: 1, Column: 1}
	mod, err := modfile.ParseNonStrict(data, path)
	if err != nil {
		for _, e := range errors.Errors(err) {
			pos := f.position(e.Position())
			if !pos.IsValid() {
				pos = at
			}
			fix := `it needs module: "…" and language: version: "` + languageVersion + `"`
			if strings.Contains(e.Error(), "too new") {
				fix = `write language: version: "` + languageVersion + `", or use a newer Hedgerow`
			}
			f.report(diag.BadModule, pos, fix, "%s", f.tidy(strings.ReplaceAll(e.Error(), path+": ", "")))
		}
		return nil
	}
	m.path = mod.ModuleRootPath()
	for dep := range mod.Deps {
		name, _, _ := strings.Cut(dep, "@")
		if name == modulePath {
			f.report(diag.SchemaTwice, at, "remove the entry: Hedgerow brings the schema itself",
				"deps names %s, and nothing is fetched from a registry", name)
		}
	}
	return nil
}

// checkVendored judges what stands where the schema is vendored: CUE would join
// further files to it, and nobody would have approved them.
func (m *module) checkVendored(f *folder) error {
	for _, kind := range []string{"pkg", "gen", "usr"} {
		entries, err := os.ReadDir(m.vendored(kind))
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(m.vendored(kind), e.Name())
			at := gotoken.Position{Filename: f.show(path), Line: 1, Column: 1}
			if kind != "pkg" {
				f.report(diag.SchemaTwice, at, "remove it; \"hedgerow init\" vendors the schema in cue.mod/pkg",
					"the schema is vendored in cue.mod/%s", kind)
			} else if _, ours := vendoredFiles[e.Name()]; !ours {
				f.report(diag.SchemaForeign, at, "remove it", "the file would join the schema and is not Hedgerow's")
			}
		}
		if kind == "pkg" {
			m.checkVersion(f)
		}
	}
	return nil
}

// checkVersion compares the vendored files with this version's. What cannot be
// read is no concern of Hedgerow's, which uses its own.
func (m *module) checkVersion(f *folder) {
	var missing []string
	current := 0
	for name, text := range tenancy.Sorted(vendoredFiles) {
		path := filepath.Join(m.vendored("pkg"), name)
		switch data, err := regular.Read(path, MaxFileSize); {
		case os.IsNotExist(err):
			missing = append(missing, name)
		case err == nil && string(data) == text:
			current++
		case err == nil, errors.Is(err, regular.ErrNot):
			f.lint(diag.SchemaVersion, gotoken.Position{Filename: f.show(path), Line: 1, Column: 1},
				"run \"hedgerow init --upgrade\": editors and \"cue vet\" read it",
				"the vendored schema is not this version's; Hedgerow uses its own")
		}
	}
	if len(missing) > 0 && current+len(missing) == len(vendoredFiles) && current > 0 {
		f.lint(diag.SchemaVersion, gotoken.Position{Filename: f.show(m.vendored("pkg"))},
			"run \"hedgerow init --upgrade\": editors and \"cue vet\" read it",
			"the vendored schema lacks %s; Hedgerow uses its own", strings.Join(missing, ", "))
	}
}

func (f *folder) lint(code diag.Code, pos gotoken.Position, fix, format string, args ...any) {
	f.report(code, pos, fix, format, args...)
	f.diags[len(f.diags)-1].Severity = diag.Warning
}
