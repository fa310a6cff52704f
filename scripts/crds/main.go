// Crds fetches CustomResourceDefinitions out of Go modules:
//
//	go run ./scripts/crds tools/crds/modules.txt bin/crds
//
// The modules come as every other one does, by "go mod download", and must have
// the checksums that the file pins. Nothing of them is compiled.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		panic("usage: crds MODULES FOLDER")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "crds:", err)
		panic("the definitions could not be fetched")
	}
}

// run fills the folder at once, or leaves it alone.
func run(modules, folder string) error {
	list, err := os.ReadFile(modules)
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
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 4 {
			return fmt.Errorf("%s: %q has %d words instead of 4", modules, line, len(f))
		}
		if err := fetch(f[0]+"@"+f[1], f[2], f[3], unfinished); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return os.Rename(unfinished, folder)
}

// fetch copies the definitions of one module.
func fetch(module, sum, from, to string) error {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go mod download %s: %w\n%s", module, err, out)
	}
	var got struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &got); err != nil {
		return err
	}
	if got.Sum != sum {
		return fmt.Errorf("%s has the checksum %s, and %s is pinned", module, got.Sum, sum)
	}
	files, err := filepath.Glob(filepath.Join(got.Dir, from, "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s has no definitions in %s", module, from)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(file)), data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
