package render

import (
	"bytes"
	"errors"
	"fmt"
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
	files     Tree            // what is there, but for what the configuration allows
	overlays  Tree            // the kustomizations that are there, allowed or not
	allowed   map[string]bool // what it allows
	folders   map[string]bool
	inventory *Inventory
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

// ReadOutput reads the output folder, which people call shown; root is nil if
// it does not exist. Files that match one of the allowed patterns are somebody
// else's, unless Hedgerow listed them as its own.
func ReadOutput(root *os.Root, shown string, allowed []string) (*Output, error) {
	o := &Output{shown: shown, files: Tree{}, overlays: Tree{}, allowed: map[string]bool{}, folders: map[string]bool{}}
	if root == nil {
		return o, nil
	}
	if err := o.readInventory(root); err != nil {
		return nil, err
	}
	if err := o.readIntent(root); err != nil {
		return nil, err
	}
	return o, o.walk(root, allowed)
}

func (o *Output) readInventory(root *os.Root) error {
	data, err := readSmall(root, InventoryFile)
	if data == nil || err != nil {
		return err
	}
	o.Sources = map[string][]byte{path.Join(o.shown, InventoryFile): data}
	if o.inventory, err = parseInventory(data); err != nil {
		o.diags.Error(diag.InventoryBroken, o.at(InventoryFile, 1), "restore it from Git, or run \"hedgerow generate --adopt\"",
			"the inventory cannot be read: %v", err)
	}
	return nil
}

func (o *Output) readIntent(root *os.Root) error {
	data, err := readSmall(root, intentFile)
	if data == nil || err != nil {
		return err
	}
	o.intent = &intent{}
	if err := yaml.UnmarshalStrict(data, o.intent); err != nil {
		o.diags.Error(diag.IntentStands, o.at(intentFile, 0), "restore the folder from Git, and remove the file",
			"what an interrupted run was about to write cannot be read: %v", err)
	}
	return nil
}

// maxFileSize bounds what is read of one file, in bytes: an inventory of 10,000
// namespaces has 10 MB.
const maxFileSize = 64 << 20

// readSmall reads a file; nil if there is none that Hedgerow could have written.
func readSmall(root *os.Root, file string) ([]byte, error) {
	info, err := root.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("%s has %d bytes, which Hedgerow does not write", file, info.Size())
	}
	data, err := root.ReadFile(file)
	if data == nil {
		data = []byte{}
	}
	return data, err
}

// walk reads every file that could be ours. It follows no symbolic link: one is
// a foreign file.
func (o *Output) walk(root *os.Root, allowed []string) error {
	ours := o.ours()
	own := map[string]bool{InventoryFile: true, intentFile: true, temporaryFile: true}
	return fs.WalkDir(root.FS(), ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			o.folders[file] = true
			return nil
		case own[file] && e.Type().IsRegular():
			return nil
		case ours[file] == nil && matches(allowed, file):
			o.allowed[file] = true
			if path.Base(file) != kustomizationFile || !e.Type().IsRegular() {
				return nil
			}
			// No pattern makes an overlay of ours somebody else's.
			data, err := readSmall(root, file)
			if bytes.Contains(data, []byte(path.Join("base", generator.LayerDeny))) {
				o.overlays[file] = data
			}
			return err
		case !e.Type().IsRegular():
			o.diags.Error(diag.ForeignFile, o.at(file, 0), "remove it", "it is no regular file, and Hedgerow writes only those")
			return nil
		}
		o.files[file], err = readSmall(root, file)
		if path.Base(file) == kustomizationFile {
			o.overlays[file] = o.files[file]
		}
		return err
	})
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
func (o *Output) at(file string, line int) token.Position {
	return token.Position{Filename: path.Join(o.shown, file), Line: line, Column: min(line, 1)}
}

// namespaces gives every overlay that the folder holds: those of the inventory,
// and those that stand there whatever the inventory says. Two branches that
// each add a namespace conflict in the inventory, and what a merge loses must
// not open a namespace.
func (o *Output) namespaces() (out []NamespaceEntry) {
	listed := map[NamespaceEntry]bool{}
	if o.inventory != nil {
		for _, e := range o.inventory.Namespaces {
			listed[e] = true
			out = append(out, e)
		}
	}
	for file, data := range tenancy.Sorted(o.overlays) {
		dir, name := path.Split(file)
		parts := strings.Split(strings.TrimSuffix(dir, "/"), "/")
		if name != kustomizationFile || len(parts) != 3 || parts[1] == "base" {
			continue
		}
		var k struct{ Namespace string }
		if yaml.Unmarshal(data, &k) != nil || k.Namespace == "" {
			continue
		}
		if e := (NamespaceEntry{parts[0], k.Namespace, path.Clean(dir)}); !listed[e] {
			out = append(out, e)
		}
	}
	return out
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

// OpenOutput opens the output folder; it gives nil if there is none, and
// refuses a symbolic link.
func OpenOutput(dir string) (*os.Root, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is no folder but a %s; Hedgerow does not write through it", dir, kindOf(info))
	}
	return os.OpenRoot(dir)
}

func kindOf(info fs.FileInfo) string {
	if info.Mode()&fs.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "file"
}

func cleanPath(p string) bool { return fs.ValidPath(p) && p != "." }
