package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPins sees to it that a module whose content is not the pinned one leaves
// nothing behind.
func TestPins(t *testing.T) {
	pinned, err := os.ReadFile("../../tools/crds/modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	var small string // the others are large
	for line := range strings.Lines(string(pinned)) {
		if strings.HasPrefix(line, "github.com/fluxcd/source-controller ") {
			small = line
		}
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{" h1:", " h1:A", "is pinned"},
		{"config/crd/bases", "config/crd/none", "no definitions"},
		{"config/crd/bases", "", "3 words instead of 4"},
	} {
		dir := t.TempDir()
		modules, folder := filepath.Join(dir, "modules.txt"), filepath.Join(dir, "crds")
		if err := os.WriteFile(modules, []byte(strings.Replace(small, c.old, c.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		err := run(modules, folder)
		_, missing := os.Stat(folder)
		if right := err == nil && missing == nil; right != (c.want == "") || !right && (missing == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("with %q for %q: %v, %v", c.new, c.old, err, missing)
		}
	}
}
