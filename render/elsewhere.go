package render

import (
	"bytes"
	"fmt"
	"path"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Surroundings are what stands around an output folder in its repository, by
// folders, slash-separated and below the repository's root.
type Surroundings struct {
	Inventories map[string]File // files of an inventory's name
	Modules     map[string]bool // where a CUE module begins
}

// module gives the folder of the module that a folder is in; "." if it is in
// none.
func (s Surroundings) module(dir string) string {
	for dir != "." && !s.Modules[dir] {
		dir = path.Dir(dir)
	}
	return dir
}

// another is an output folder that stands beside the one that was read.
type another struct {
	shown     string // as people call it
	inventory *Inventory
}

// Elsewhere tells an output folder that has no inventory what stands around it.
// Where another folder lists a namespace that would be written here, the output
// was given another place, and what stands at its old one would be synced for
// ever. Folders in modules that are neither the output's nor that of its source,
// the tenancy, are other tenancies'. People call a folder what shown gives.
func (o *Output) Elsewhere(s Surroundings, source, output string, shown func(folder string) string) error {
	for dir, f := range tenancy.Sorted(s.Inventories) {
		if m := s.module(dir); dir == output || m != s.module(source) && m != s.module(output) {
			continue
		}
		if err := o.addElsewhere(shown(dir), f); err != nil {
			return err
		}
	}
	return nil
}

func (o *Output) addElsewhere(shown string, f File) error {
	data, err := f.Bytes()
	if err != nil || !bytes.HasPrefix(data, []byte(inventoryHead)) {
		return err
	}
	file := path.Join(shown, InventoryFile)
	if o.Sources == nil {
		o.Sources = map[string][]byte{}
	}
	o.Sources[file] = data
	inv, err := parseInventory(data)
	if err != nil {
		o.diags.Error(diag.InventoryBroken, at(file, 1), "restore it from Git", "the inventory cannot be read: %v", err)
		return nil
	}
	o.elsewhere = append(o.elsewhere, another{shown, inv})
	return nil
}

// checkElsewhere reports other output folders that hold a namespace of the
// expansion.
func (o *Output) checkElsewhere(x *generator.Expansion) []diag.Diagnostic {
	var l diag.List
	ours := map[[2]string]bool{}
	for _, e := range namespaceEntries(x) {
		ours[[2]string{e.Cluster, e.Namespace}] = true
	}
	for _, a := range o.elsewhere {
		shared := slices.DeleteFunc(slices.Clone(a.inventory.Namespaces), func(e NamespaceEntry) bool { return !ours[[2]string{e.Cluster, e.Namespace}] })
		if len(shared) == 0 {
			continue
		}
		what := fmt.Sprintf("namespace %q on cluster %q", shared[0].Namespace, shared[0].Cluster)
		if more := len(shared) - 1; more > 0 {
			what += fmt.Sprintf(" and %d more", more)
		}
		l.Error(diag.OutputElsewhere, at(path.Join(a.shown, InventoryFile), a.inventory.line(shared[0])),
			fmt.Sprintf("move that folder, as with \"git mv %s %s\"; or remove it, or what is in it would stay open", a.shown, o.shown),
			"this folder has the policies of %s, and %s, which is configured, has none", what, o.shown)
	}
	return l
}
