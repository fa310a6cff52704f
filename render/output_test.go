package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

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
		o, err := ReadOutput(foundIn(t, dir), "overlays", nil)
		if err != nil {
			t.Fatal(err)
		}
		if o.Inventory() != nil || len(o.diags) != 1 || o.diags[0].Code != diag.InventoryBroken || !strings.Contains(o.diags[0].Fact, c.want) {
			t.Errorf("%s: %v", name, o.diags)
		}
	}
}

// TestOverlaysOnDiskCount finds namespaces in the folder itself, whatever the
// inventory and the allowed patterns say.
func TestOverlaysOnDiskCount(t *testing.T) {
	overlay := "namespace: shop\nresources:\n- ../../base/default-deny\n"
	for name, c := range map[string]struct {
		inventory *Inventory
		allowed   []string
		want      int // entries for the namespace of the cluster
	}{
		"listed":                      {&Inventory{Expired: noneExpired, Namespaces: []NamespaceEntry{{"main", "shop", "main/prod/shop"}}}, nil, 1},
		"a line lost in a merge":      {&Inventory{Expired: noneExpired}, nil, 1},
		"a line with another cluster": {&Inventory{Expired: noneExpired, Namespaces: []NamespaceEntry{{"other", "shop", "main/prod/shop"}}}, nil, 1},
		"no inventory":                {nil, nil, 1},
		"allowed":                     {nil, []string{"main"}, 1},
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "main/prod/shop"), 0o755); err != nil {
			t.Fatal(err)
		}
		write := func(file, text string) {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("main/prod/shop/kustomization.yaml", overlay)
		if c.inventory != nil {
			write(InventoryFile, string(c.inventory.Format()))
		}
		o, err := ReadOutput(foundIn(t, dir), "overlays", c.allowed)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, e := range overlaysOf(t, o) {
			if e == (NamespaceEntry{"main", "shop", "main/prod/shop"}) {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %v", name, overlaysOf(t, o))
		}
	}
}

func foundIn(t *testing.T, dir string) []Found {
	t.Helper()
	found, err := ReadFolder(openDir(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func overlaysOf(t *testing.T, o *Output) []NamespaceEntry {
	t.Helper()
	out, err := o.namespaces(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestInventoryLines holds what is read line by line against what YAML reads, of
// inventories as they are written and of some that somebody changed.
func TestInventoryLines(t *testing.T) {
	for _, inv := range []*Inventory{
		{Expired: noneExpired},
		{Expired: "2027-06-30", Tags: []string{"a=b", "c"}, Namespaces: []NamespaceEntry{{"main", "shop", "main/prod/shop"}},
			Files: []FileEntry{{"a/b.yaml", digest(nil)}, {"c.yaml", digest([]byte("x"))}}},
	} {
		text := string(inv.Format())
		lines := readLines(text)
		if lines == nil {
			t.Fatalf("not read line by line:\n%s", text)
		}
		if got := string(lines.Format()); got != text {
			t.Errorf("it reads\n%s\nof\n%s", got, text)
		}
		for _, change := range [][2]string{
			{"expired", "Expired"}, {`"2027-06-30"`, "2027-06-30"}, {"- {path", " - {path"}, {"}\n", "} # x\n"}, {"files:", "more: []\nfiles:"}, {`"a=b"`, `"a\u003db"`},
			{`"shop"`, "\"sh\u00f6p\""}, {`"c"`, `"c" `}, {"# Written", "#Written"}, {"\n", "\r\n"}, {"tags:", "tags: []\ntags:"},
		} {
			if damaged := strings.Replace(text, change[0], change[1], 1); damaged != text && readLines(damaged) != nil {
				t.Errorf("read line by line:\n%s", damaged)
			}
		}
	}
	odd := &Inventory{Expired: noneExpired, Tags: []string{"name=\"quoted\" \\ \u00fc"}}
	if inv, err := parseInventory(odd.Format()); err != nil || readLines(string(odd.Format())) != nil || inv.Tags[0] != odd.Tags[0] {
		t.Errorf("%v, %v", inv, err)
	}
}

// FuzzInventory holds what is read line by line against what YAML reads.
func FuzzInventory(f *testing.F) {
	f.Add(string((&Inventory{Expired: noneExpired, Tags: []string{"a=b"}, Namespaces: []NamespaceEntry{{"m", "n", "m/p/n"}}, Files: []FileEntry{{"a", "b"}}}).Format()))
	f.Fuzz(func(t *testing.T, text string) {
		lines := readLines(text)
		if lines == nil {
			return
		}
		var want Inventory
		if err := yaml.UnmarshalStrict([]byte(text), &want); err != nil {
			t.Fatalf("YAML does not read it: %v\n%s", err, text)
		}
		if string(lines.Format()) != string(want.Format()) {
			t.Errorf("read %+v, want %+v", lines, want)
		}
	})
}
