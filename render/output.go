package render

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// The files of the output folder that are no output.
const (
	intentFile    = ".hedgerow-intent.yaml"
	temporaryFile = ".hedgerow-writing"
)

// Output is an output folder as it was found.
type Output struct {
	Sources map[string][]byte // the inventory's bytes, by the name that positions show

	shown     string // as people call it
	files     Tree   // what is there, but for what the configuration allows
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
// it does not exist. Files that match one of the allowed patterns are passed
// over: they are somebody else's.
func ReadOutput(root *os.Root, shown string, allowed []string) (*Output, error) {
	o := &Output{shown: shown, files: Tree{}}
	if root == nil {
		return o, nil
	}
	if err := o.walk(root, allowed); err != nil {
		return nil, err
	}
	if data, ok := o.take(InventoryFile); ok {
		o.Sources = map[string][]byte{path.Join(shown, InventoryFile): data}
		inv, err := parseInventory(data)
		if err != nil {
			o.diags.Error(diag.InventoryBroken, o.at(InventoryFile, 1), "restore it from Git, or run \"hedgerow generate --adopt\"",
				"the inventory cannot be read: %v", err)
		}
		o.inventory = inv
	}
	if data, ok := o.take(intentFile); ok {
		o.intent = &intent{}
		if err := yaml.UnmarshalStrict(data, o.intent); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Join(shown, intentFile), err)
		}
	}
	o.take(temporaryFile)
	return o, nil
}

func (o *Output) take(file string) ([]byte, bool) {
	data, ok := o.files[file]
	delete(o.files, file)
	return data, ok
}

// walk reads every file. It follows no symbolic link: one is a foreign file.
func (o *Output) walk(root *os.Root, allowed []string) error {
	return fs.WalkDir(root.FS(), ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case matches(allowed, file):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			o.diags.Error(diag.ForeignFile, o.at(file, 0), "remove it", "it is no regular file, and Hedgerow writes only those")
			return nil
		}
		data, err := root.ReadFile(file)
		o.files[file] = data
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
