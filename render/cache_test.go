package render

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// A memory is a Cache in memory.
type memory struct {
	sync.Mutex
	entries map[[sha256.Size]byte][]byte
}

func (m *memory) Get(key [sha256.Size]byte) ([]byte, bool) {
	m.Lock()
	defer m.Unlock()
	data, ok := m.entries[key]
	return data, ok
}

func (m *memory) Put(key [sha256.Size]byte, data []byte) {
	m.Lock()
	defer m.Unlock()
	m.entries[key] = data
}

// first gives the path of the first target that is kept in an entry.
func first(t *testing.T, data []byte) string {
	t.Helper()
	kept, err := decodeObjects(data)
	if err != nil || len(kept) == 0 {
		t.Fatal(kept, err)
	}
	return kept[0].Path
}

// TestBuildAgain hands a build what was kept of another state: what is not right
// is built again, and kept again.
func TestBuildAgain(t *testing.T) {
	build := func(text string, cache Cache) []Built {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		x := expand(t, dir)
		built, err := Build(x, files(t, x), cache, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range built {
			built[i].Overlay, built[i].declared = nil, nil // of another expansion each
		}
		return built
	}
	old, now := &memory{entries: map[[sha256.Size]byte][]byte{}}, &memory{entries: map[[sha256.Size]byte][]byte{}}
	build(small, old)
	changed := strings.Replace(small, "the shop places orders", "the shop sells", 1)
	want := build(changed, now)
	stale := map[string][]byte{}
	for _, data := range old.entries {
		stale[first(t, data)] = data
	}
	swapped := 0
	for key, data := range now.entries {
		if other := stale[first(t, data)]; string(other) != string(data) {
			now.entries[key] = other
			swapped++
		}
	}
	if swapped != 2 {
		t.Fatalf("%d entries differ, not those of the flow's two ends", swapped)
	}
	for range 2 {
		if got := build(changed, now); !reflect.DeepEqual(got, want) {
			t.Errorf("%v\nwant %v", got, want)
		}
	}
	for _, data := range now.entries {
		if string(stale[first(t, data)]) == string(data) && first(t, data) == "main/prod/orders" {
			t.Error("what is not right is kept still")
		}
	}
}
