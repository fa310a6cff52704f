package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

func openDir(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := OpenOutput(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// TestLock lets one run write at a time.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	first, err := Lock(openDir(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(openDir(t, dir)); err == nil || !strings.Contains(err.Error(), "another run is writing") {
		t.Errorf("a second run gets the lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(openDir(t, dir)); err != nil {
		t.Errorf("the lock is not given back: %v", err)
	}
}

// TestTamperedInventory refuses inventories that nobody wrote.
func TestTamperedInventory(t *testing.T) {
	good := (&Inventory{Expired: noneExpired, Files: []FileEntry{{"a/b.yaml", digest(nil)}},
		Namespaces: []NamespaceEntry{{"main", "shop", "main/prod/shop"}}}).Format()
	for name, c := range map[string]struct{ old, new, want string }{
		"a path that escapes":        {`"a/b.yaml"`, `"../b.yaml"`, "no path below the output folder"},
		"an absolute path":           {`"a/b.yaml"`, `"/etc/passwd"`, "no path below the output folder"},
		"the folder itself":          {`"a/b.yaml"`, `"."`, "no path below the output folder"},
		"an unknown field":           {"tags:", "tagz:", "tagz"},
		"a field that is missing":    {"expired: \"none\"\n", "", "what has expired"},
		"a merge that went wrong":    {"tags:", "<<<<<<< HEAD\ntags:", "yaml"},
		"nothing but a merge marker": {string(good), "<<<<<<<", "cannot"},
	} {
		dir := t.TempDir()
		damaged := strings.Replace(string(good), c.old, c.new, 1)
		if err := os.WriteFile(filepath.Join(dir, InventoryFile), []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		o, err := ReadOutput(openDir(t, dir), "overlays", nil)
		if err != nil {
			t.Fatal(err)
		}
		if o.Inventory() != nil || len(o.diags) != 1 || o.diags[0].Code != diag.InventoryBroken || !strings.Contains(o.diags[0].Fact, c.want) {
			t.Errorf("%s: %v", name, o.diags)
		}
	}
}
