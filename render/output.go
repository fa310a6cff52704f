package render

import (
	"bytes"
	"errors"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// The files of the output folder that are no output.
const (
	intentFile    = ".hedgerow-intent.yaml"
	temporaryFile = ".hedgerow-writing"
)

// Output is an output folder as it was found.
type Output struct {
	Sources map[string][]byte // the inventory's bytes, by the name that positions show

	shown     string          // as people call it
	files     map[string]File // what is there, but for what the configuration allows
	overlays  map[string]File // the kustomizations that are there, allowed or not
	allowed   map[string]bool // what it allows
	folders   map[string]bool
	inventory *Inventory
	elsewhere []another
	intent    *intent
	diags     diag.List
}

// An intent says what a run is about to write. Bytes of either digest are ours,
// so a run that was killed is finished by the next one.
type intent struct {
	Files []intentEntry `json:"files"`
}

type intentEntry struct {
	Path string `json:"path"`
	Old  string `json:"old"` // digest of what was there; "" for nothing
	New  string `json:"new"` // digest of what will be; "" for nothing
}

// ReadOutput takes what was found in an output folder, which people call shown.
// Files that match one of the allowed patterns are somebody else's, unless
// Hedgerow listed them as its own.
func ReadOutput(found []Found, shown string, allowed []string) (*Output, error) {
	o := &Output{shown: shown, files: map[string]File{}, overlays: map[string]File{}, allowed: map[string]bool{}, folders: map[string]bool{}}
	own := map[string]File{}
	for _, f := range found {
		if f.Path == InventoryFile || f.Path == intentFile || f.Path == temporaryFile {
			own[f.Path] = f.File
		}
	}
	if err := o.readInventory(own[InventoryFile]); err != nil {
		return nil, err
	}
	if err := o.readIntent(own[intentFile]); err != nil {
		return nil, err
	}
	ours := o.ours()
	for _, f := range found {
		if own[f.Path] == nil {
			o.sort(f, ours[f.Path] == nil && matches(allowed, f.Path))
		}
	}
	return o, nil
}

func (o *Output) readInventory(f File) error {
	if f == nil {
		return nil
	}
	data, err := f.Bytes()
	if err != nil {
		return err
	}
	o.Sources = map[string][]byte{path.Join(o.shown, InventoryFile): data}
	if o.inventory, err = parseInventory(data); err != nil {
		o.diags.Error(diag.InventoryBroken, o.at(InventoryFile, 1), "restore it from Git, or run \"hedgerow generate --adopt\"",
			"the inventory cannot be read: %v", err)
	}
	return nil
}

func (o *Output) readIntent(f File) error {
	if f == nil {
		return nil
	}
	data, err := f.Bytes()
	if err != nil {
		return err
	}
	o.intent = &intent{}
	if err := yaml.UnmarshalStrict(data, o.intent); err != nil {
		o.diags.Error(diag.IntentStands, o.at(intentFile, 0), "restore the folder from Git, and remove the file",
			"what an interrupted run was about to write cannot be read: %v", err)
	}
	return nil
}

// sort puts what was found where it belongs. No symbolic link is followed: one
// is a foreign file.
func (o *Output) sort(f Found, allowed bool) {
	switch {
	case f.Folder:
		o.folders[f.Path] = true
		return
	case allowed:
		o.allowed[f.Path] = true
	case f.File == nil:
		o.diags.Error(diag.ForeignFile, o.at(f.Path, 0), "remove it", "it is no regular file, and Hedgerow writes only those")
		return
	default:
		o.files[f.Path] = f.File
	}
	if path.Base(f.Path) == kustomizationFile && f.File != nil {
		o.overlays[f.Path] = f.File
	}
}

// IsAsListed reports whether the folder holds exactly what its inventory lists, as
// it was written: then what the overlays of the inventory build is all that is
// built there.
func (o *Output) IsAsListed() (bool, error) {
	if o.inventory == nil || o.intent != nil || len(o.diags) > 0 || len(o.allowed) > 0 || len(o.files) != len(o.inventory.Files) {
		return false, nil
	}
	for _, e := range o.inventory.Files {
		f := o.files[e.Path]
		if f == nil {
			return false, nil
		}
		data, err := f.Bytes()
		if err != nil {
			return false, err
		}
		if digest(data) != e.SHA256 {
			return false, nil
		}
	}
	return true, nil
}

func matches(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		for f := file; f != "."; f = path.Dir(f) {
			if ok, err := path.Match(p, f); ok && err == nil {
				return true
			}
		}
		return false
	})
}

// at is a line of a file of the output; line 0 means the file as a whole.
func (o *Output) at(file string, line int) token.Position { return at(path.Join(o.shown, file), line) }

func at(file string, line int) token.Position {
	return token.Position{Filename: file, Line: line, Column: min(line, 1)}
}

// namespaces gives every overlay that the folder holds: those of the inventory,
// and those that stand there whatever the inventory says. Two branches that
// each add a namespace conflict in the inventory, and what a merge loses must
// not open a namespace. An overlay that the tree holds too leaves nothing to
// ask.
func (o *Output) namespaces(tree Tree) (out []NamespaceEntry, err error) {
	listed := map[NamespaceEntry]bool{}
	if o.inventory != nil {
		for _, e := range o.inventory.Namespaces {
			listed[e] = true
			out = append(out, e)
		}
	}
	for file, f := range tenancy.Sorted(o.overlays) {
		if want, ok := tree[file]; ok && f.Is(want) {
			continue
		}
		e, err := o.overlay(file, f)
		if err != nil {
			return nil, err
		}
		if e != nil && !listed[*e] {
			out = append(out, *e)
		}
	}
	return out, nil
}

// overlay reads which namespace a kustomization is the overlay of; nil if it is
// none of ours.
func (o *Output) overlay(file string, f File) (*NamespaceEntry, error) {
	dir := path.Dir(file)
	parts := strings.Split(dir, "/")
	if len(parts) != 3 || parts[1] == "base" {
		return nil, nil
	}
	data, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	// No pattern makes an overlay of ours somebody else's.
	if o.allowed[file] && !bytes.Contains(data, []byte(path.Join("base", generator.LayerDeny))) {
		return nil, nil
	}
	var k struct{ Namespace string }
	if yaml.Unmarshal(data, &k) != nil || k.Namespace == "" {
		return nil, nil
	}
	return &NamespaceEntry{parts[0], k.Namespace, dir}, nil
}

// Inventory gives the inventory that was found; nil if there is none that can
// be read.
func (o *Output) Inventory() *Inventory { return o.inventory }

// Unfinished reports a run that was killed while it wrote, for those who may
// not finish it.
func (o *Output) Unfinished() []diag.Diagnostic {
	if o.intent == nil {
		return nil
	}
	var l diag.List
	l.Error(diag.IntentStands, o.at(intentFile, 0), "run \"hedgerow generate\" to finish it", "an earlier run was interrupted while it wrote")
	return l
}

// Unfinished reports a run that was killed while it wrote to a folder, which is
// nil if there is none.
func Unfinished(root *os.Root, shown string) ([]diag.Diagnostic, error) {
	if root == nil {
		return nil, nil
	}
	if _, err := root.Lstat(intentFile); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	o := &Output{shown: shown, intent: &intent{}}
	return o.Unfinished(), nil
}

// ours gives the digests that each file may have without having been edited by
// hand.
func (o *Output) ours() map[string][]string {
	out := map[string][]string{}
	for file, d := range o.inventory.digests() {
		out[file] = append(out[file], d)
	}
	if o.intent != nil {
		for _, e := range o.intent.Files {
			out[e.Path] = append(out[e.Path], e.Old, e.New)
		}
	}
	return out
}
