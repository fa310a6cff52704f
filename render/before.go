package render

import (
	"fmt"
	"path"
	"slices"
)

// Before builds the overlays as they were found, of which the inventory tells.
// An overlay that stays as it is, and whose base does, is taken from what was
// built of the new tree.
func (p *Plan) Before(now []Built) ([]Built, error) {
	if p.output.inventory == nil {
		return nil, nil
	}
	built, touched := map[string]*Built{}, p.touched()
	for i := range now {
		built[now[i].Path] = &now[i]
	}
	var out []Built
	needed := map[string]bool{}
	for _, e := range p.overlaysFound() {
		base := path.Join(e.Cluster, "base")
		if b := built[e.Path]; b != nil && !touched[e.Path] && !touched[base] {
			out = append(out, *b)
			continue
		}
		needed[e.Path], needed[base] = true, true
		out = append(out, Built{Cluster: e.Cluster, Path: e.Path})
	}
	old, err := p.found(needed)
	if err != nil {
		return nil, err
	}
	b, err := newBuilder(old, nil)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if t := &out[i]; t.Overlay == nil {
			if err := b.objects(t); err != nil {
				return nil, fmt.Errorf("overlay %s as it was: %w", t.Path, err)
			}
		}
	}
	return out, nil
}

// overlaysFound gives the overlays of the inventory, each followed by what kept
// its namespace open.
func (p *Plan) overlaysFound() (out []NamespaceEntry) {
	for _, e := range p.output.inventory.Namespaces {
		out = append(out, e)
		if at := rolloutBeside(e.Cluster, e.Path); p.output.files[path.Join(at, kustomizationFile)] != nil {
			out = append(out, NamespaceEntry{e.Cluster, e.Namespace, at})
		}
	}
	return out
}

// touched gives the folders of which something changes, and those above.
func (p *Plan) touched() map[string]bool { return foldersOf(slices.Concat(p.Add, p.Change, p.Delete)) }

// foldersOf gives the folders that files are in, and those above.
func foldersOf(files []string) map[string]bool {
	out := map[string]bool{}
	for _, file := range files {
		for dir := path.Dir(file); dir != "." && !out[dir]; dir = path.Dir(dir) {
			out[dir] = true
		}
	}
	return out
}

// found gives the files in folders, and in those right below them, as they were
// found.
func (p *Plan) found(folders map[string]bool) (Tree, error) {
	out := Tree{}
	for file, f := range p.output.files {
		if dir := path.Dir(file); !folders[dir] && !folders[path.Dir(dir)] {
			continue
		}
		data, err := f.Bytes()
		if err != nil {
			return nil, err
		}
		out[file] = data
	}
	return out, nil
}

// Retired gives the namespaces that a plan retires, and those that it releases:
// that were retired, and are not even that any more.
func (p *Plan) Retired() (retired, released []NamespaceEntry) {
	var before []NamespaceEntry
	if p.output.inventory != nil {
		before = slices.DeleteFunc(slices.Clone(p.output.inventory.Namespaces), stays)
	}
	now := slices.DeleteFunc(slices.Clone(p.Inventory.Namespaces), stays)
	return missing(now, before), missing(before, p.Inventory.Namespaces)
}

func stays(e NamespaceEntry) bool { return !isRetired(e) }

// missing gives the namespaces of a that b does not have.
func missing(a, b []NamespaceEntry) []NamespaceEntry {
	return slices.DeleteFunc(a, func(e NamespaceEntry) bool {
		return slices.ContainsFunc(b, func(f NamespaceEntry) bool { return f.Cluster == e.Cluster && f.Namespace == e.Namespace })
	})
}

// Writes gives the bytes of the files that a plan adds or changes, the inventory
// included.
func (p *Plan) Writes() map[string][]byte {
	out := map[string][]byte{}
	for _, file := range slices.Concat(p.Add, p.Change) {
		out[file] = p.tree[file]
	}
	if !p.inventoryIsCurrent() {
		out[InventoryFile] = p.Inventory.Format()
	}
	return out
}
