// Vendor fetches files out of packages of npm:
//
//	go run ./scripts/vendor overview/assets/vendor.txt overview/assets/vendor
//
// The packages come as npm fetches them, and must have the checksums that the
// list pins, as must each file. Nothing of them is run. It needs npm.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		panic("usage: vendor LIST FOLDER")
	}
	if err := run(os.Args[1], os.Args[2], npmPack); err != nil {
		fmt.Fprintln(os.Stderr, "vendor:", err)
		panic("the files could not be fetched")
	}
}

// run fills the folder at once, or leaves it alone. pack gives a package's archive.
func run(list, folder string, pack func(name string) ([]byte, error)) error {
	data, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	unfinished := folder + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := os.MkdirAll(unfinished, 0o755); err != nil {
		return err
	}
	archives := map[string][]byte{}
	var wrong []error
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 7 {
			return fmt.Errorf("%s: %q has %d words instead of 7", list, line, len(f))
		}
		name := f[0] + "@" + f[1]
		if archives[name] == nil {
			if archives[name], err = pack(name); err != nil {
				return err
			}
			wrong = append(wrong, pinned("the archive of "+name, archives[name], f[3]))
		}
		content, err := member(archives[name], "package/"+f[4])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		wrong = append(wrong, pinned(f[4]+" of "+name, content, f[6]))
		if err := os.WriteFile(filepath.Join(unfinished, filepath.Base(f[5])), content, 0o644); err != nil {
			return err
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return os.Rename(unfinished, folder)
}

// pinned says what sum there is in place of the one that is listed.
func pinned(what string, data []byte, sum string) error {
	if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != sum {
		return fmt.Errorf("%s has the sum %s, and %s is pinned", what, got, sum)
	}
	return nil
}

// member gives a file of an archive.
func member(archive []byte, name string) ([]byte, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(unzipped)
	for {
		head, err := files.Next()
		if err == io.EOF {
			return nil, fmt.Errorf("there is no %s", name)
		}
		if err != nil {
			return nil, err
		}
		if head.Name == name {
			return io.ReadAll(files)
		}
	}
}

// npmPack has npm fetch a package, without running anything of it.
func npmPack(name string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "vendor")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	cmd := exec.Command("npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder, name)
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", name, err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("npm pack %s gave %d archives", name, len(files))
	}
	return os.ReadFile(files[0])
}
