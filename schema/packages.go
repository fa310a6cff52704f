package schema

import (
	"fmt"
	gotoken "go/token"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/build"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A Package is a local CUE package that the tenancy imports, at first or at
// second hand.
type Package struct {
	Path  string   // as it is imported
	Files []string // with their absolute paths, sorted
	Teams []string // whose files import it, sorted; none: it is the platform's

	importers []string         // everybody, the platform included
	first     gotoken.Position // where it is imported
}

// packages gives the local packages by their import paths.
func (o *ownership) packages() map[string]*Package {
	out := map[string]*Package{}
	for _, s := range o.f.files {
		for spec := range s.ast.ImportSpecs() {
			for p, inst := range tenancy.Sorted(o.localImports(unquote(spec.Path.Value))) {
				if out[p] == nil {
					out[p] = &Package{Path: p, Files: filesOf(inst), first: o.f.position(spec.Pos())}
				}
				out[p].importers = append(out[p].importers, o.ownersOf(s.name)...)
				if !o.platform[s.name] && !o.platformPackage(p) {
					out[p].Teams = append(out[p].Teams, o.owners[s.name]...)
				}
			}
		}
	}
	for _, p := range out {
		p.importers, p.Teams = distinct(p.importers), distinct(p.Teams)
	}
	return out
}

func filesOf(inst *build.Instance) (out []string) {
	for _, file := range inst.Files {
		out = append(out, filepath.Clean(file.Filename))
	}
	return distinct(out)
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// checkPackages sees to it that each local package has one owner, or is the
// platform's by its pattern.
func (o *ownership) checkPackages(packages map[string]*Package) {
	for path, p := range tenancy.Sorted(packages) {
		if len(p.importers) > 1 && !o.platformPackage(path) {
			o.report(diag.PackageOwner, p.first, fmt.Sprintf("add %q to platform.packages, or import it from files of one owner", path),
				"package %s is imported by files of %s", path, strings.Join(p.importers, ", "))
		}
	}
}

func (o *ownership) platformPackage(importPath string) bool {
	return slices.ContainsFunc(o.full.Platform.Packages, func(w tenancy.Word) bool { return tenancy.Matches(w.Text, importPath) })
}

// localImports gives the import path and those that it leads to, but for CUE's
// own packages and the schema.
func (o *ownership) localImports(importPath string) map[string]*build.Instance {
	seen := map[string]*build.Instance{}
	var visit func(insts []*build.Instance, only string)
	visit = func(insts []*build.Instance, only string) {
		for _, i := range insts {
			p := strings.TrimSuffix(i.ImportPath, ":"+i.PkgName)
			if only != "" && p != only && i.ImportPath != only || seen[p] != nil || p == ImportPath {
				continue
			}
			seen[p] = i
			visit(i.Imports, "")
		}
	}
	visit(o.inst.Imports, importPath)
	return seen
}
