package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// vendoredBelow is the folder of a module in which init writes the schema.
const vendoredBelow = "cue.mod/pkg/"

// inModule gives the folder of a module, and the name of a file of cue.mod in it.
func inModule(at string) (module, name string) {
	i := strings.LastIndex(filepath.ToSlash(at), "cue.mod/")
	return filepath.Clean(at[:i] + "."), filepath.ToSlash(at[i:])
}

// upgradeSchema replaces the schema that a tenancy's module holds by this
// version's. What else stands there is not Hedgerow's, and stays.
func upgradeSchema(w world, dir string) error {
	var p place
	if err := p.find(dir); err != nil {
		return err
	}
	files, err := schema.Vendoring(dir, p.top())
	if err != nil {
		return failure{err}
	}
	if len(files) == 0 {
		fmt.Fprintln(w.out, "the schema is a package of the module itself: there is nothing to upgrade")
		return nil
	}
	module, ours := "", map[string][]byte{}
	for at, data := range files {
		var name string
		if module, name = inModule(at); !strings.HasPrefix(name, vendoredBelow) {
			return fmt.Errorf("there is no %s: run \"hedgerow init\" without --upgrade first", filepath.ToSlash(at))
		}
		ours[name] = data
	}
	root, err := os.OpenRoot(module)
	if err != nil {
		return failure{err}
	}
	defer root.Close() // every write is checked
	changed := 0
	for file, data := range tenancy.Sorted(ours) {
		said, err := upgradeFile(root, file, data)
		if err != nil {
			return failure{err}
		}
		if said != "" {
			changed++
			fmt.Fprintln(w.out, said)
		}
	}
	for _, name := range others(root, ours) {
		fmt.Fprintf(w.out, "left %s, which is not of this version's schema: \"hedgerow vet\" says what to do\n", report.Plain(name))
	}
	if changed == 0 {
		fmt.Fprintf(w.out, "the schema is up to date: %s\n", report.Count(len(ours), "file"))
		return nil
	}
	fmt.Fprintln(w.out, "what stood in them is gone, also what somebody had edited by hand; what was committed, Git still has")
	fmt.Fprintln(w.out, "next: run \"hedgerow vet\", and commit them")
	return nil
}

// upgradeFile replaces one file, and says so; "" if it is as it should be. It
// follows no link: what one leads to is somebody else's.
func upgradeFile(root *os.Root, file string, data []byte) (string, error) {
	before := "missing"
	switch info, err := root.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case info.Mode().IsRegular():
		old, err := root.ReadFile(file)
		if err != nil {
			return "", err
		}
		if before = digest(old); string(old) == string(data) {
			return "", nil
		}
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder: remove it", file)
	default:
		before = "a link"
	}
	if err := put(root, file, data); err != nil {
		return "", err
	}
	return fmt.Sprintf("changed %s: %s → %s", file, before, digest(data)), nil
}

// digest tells two states of a file apart.
func digest(data []byte) string { return fmt.Sprintf("sha256:%.6x", sha256.Sum256(data)) }

// others gives what stands beside our files.
func others(root *os.Root, ours map[string][]byte) (out []string) {
	folders := map[string]bool{}
	for file := range ours {
		folders[path.Dir(file)] = true
	}
	for folder := range tenancy.Sorted(folders) {
		entries, _ := fs.ReadDir(root.FS(), folder) // it was just written to
		for _, e := range entries {
			if file := path.Join(folder, e.Name()); ours[file] == nil {
				out = append(out, file)
			}
		}
	}
	return out
}
