package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"sigs.k8s.io/yaml"
)

// Write makes the folder what the plan says: the intent first, then the files,
// then the inventory, and at last the intent is removed. Each file appears whole
// or not at all, and files that are right already are not touched. A run that is
// killed in between is finished by the next.
func (p *Plan) Write(root *os.Root) error {
	if p.Empty() {
		return nil
	}
	intent, err := p.intent()
	if err != nil {
		return err
	}
	if err := replace(root, intentFile, intent); err != nil {
		return err
	}
	for _, file := range slices.Concat(p.Add, p.Change) {
		if !cleanPath(file) {
			return fmt.Errorf("%q is no path below the output folder", file)
		}
		if err := root.MkdirAll(path.Dir(file), 0o755); err != nil {
			return err
		}
		if err := replace(root, file, p.tree[file]); err != nil {
			return err
		}
	}
	if err := p.delete(root); err != nil {
		return err
	}
	if !p.inventoryIsCurrent() {
		if err := replace(root, InventoryFile, p.Inventory.Format()); err != nil {
			return err
		}
	}
	return root.Remove(intentFile)
}

// intent lists every file that is, or will be, other than the inventory says.
func (p *Plan) intent() ([]byte, error) {
	var in intent
	listed := p.output.inventory.digests()
	files := slices.Concat(p.Add, p.Change, p.Delete)
	for file, want := range p.tree {
		// Of what is as it shall be, no other digest counts.
		if have, ok := p.output.files[file]; ok && have.Is(want) && listed[file] != digest(want) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		e := intentEntry{Path: file}
		if have, ok := p.output.files[file]; ok {
			data, err := have.Bytes()
			if err != nil {
				return nil, err
			}
			e.Old = digest(data)
		}
		if want, ok := p.tree[file]; ok {
			e.New = digest(want)
		}
		in.Files = append(in.Files, e)
	}
	return yaml.Marshal(in)
}

// replace puts data in the place of a file, by way of one temporary file that
// the next run knows.
func replace(root *os.Root, file string, data []byte) error {
	// Whatever has the temporary name is left over, or a link to elsewhere.
	if err := root.Remove(temporaryFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(temporaryFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("%s: %w", file, closing(f, err))
	}
	// Only the intent and the inventory must not be overtaken by the files that
	// they speak of, if the machine stops.
	if file == intentFile || file == InventoryFile {
		if err := f.Sync(); err != nil {
			return closing(f, err)
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return root.Rename(temporaryFile, file)
}

func closing(f *os.File, err error) error {
	_ = f.Close() // the first error counts
	return err
}

// delete removes what is no longer generated, and the folders that it leaves
// empty.
func (p *Plan) delete(root *os.Root) error {
	for _, file := range p.Delete {
		if err := root.Remove(file); err != nil {
			return err
		}
		for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
			if root.Remove(dir) != nil {
				break // it is not empty
			}
		}
	}
	return nil
}

// flowsOf reads which flows a policy that was found is there for.
func flowsOf(f File) []FlowRef {
	data, err := f.Bytes()
	if err != nil {
		return nil // it is about to be replaced, whatever it was
	}
	var head struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(data, &head); err != nil {
		return nil // no policy of ours
	}
	return flowRefs(head.Metadata.Annotations)
}
