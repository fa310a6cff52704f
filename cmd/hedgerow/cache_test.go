package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A bench is a tenancy's folder in which commands run, with a cache or without.
type bench struct {
	dir, cache string
}

func newBench(t *testing.T, cache string) *bench {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "mistakes", "base"))); err != nil {
		t.Fatal(err)
	}
	return &bench{dir, cache}
}

// versionOf gives the digest of a version of the program.
func versionOf(name string) func() ([sha256.Size]byte, error) {
	return func() ([sha256.Size]byte, error) { return sha256.Sum256([]byte(name)), nil }
}

// run gives all that a command says, with its exit code.
func (p *bench) run(args ...string) string {
	var out, errs bytes.Buffer
	code := run(append(args, "-C", p.dir), world{
		in: strings.NewReader(""), out: &out, err: &errs, now: time.Now, env: func(string) string { return "" },
		cacheDir: p.cache, keepFrom: 1, program: versionOf("this one"),
	})
	said := fmt.Sprintf("exit %d\n-- stdout --\n%s-- stderr --\n%s", code, &out, &errs)
	return strings.ReplaceAll(said, filepath.ToSlash(p.dir), "DIR")
}

// files gives the bytes of all files.
func (p *bench) files(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, p.dir)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entries gives the files of a cache that hold something built.
func entries(t *testing.T, cache string) (out []string) {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(cache, "hedgerow", "builds", "??", "*-d"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// edit changes a tenancy's text at a place: a line goes, comes twice, or gets
// the word of another place.
func edit(r *rand.Rand, text string) string {
	lines := strings.SplitAfter(text, "\n")
	i := r.IntN(len(lines))
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n\"{}[]:,", c) })
	switch own := strings.FieldsFunc(lines[i], func(c rune) bool { return strings.ContainsRune(" \t\n\"{}[]:,", c) }); {
	case r.IntN(8) == 0:
		lines[i] = ""
	case r.IntN(8) == 0:
		lines[i] += lines[i]
	case len(own) > 0:
		lines[i] = strings.Replace(lines[i], own[r.IntN(len(own))], words[r.IntN(len(words))], 1)
	}
	return strings.Join(lines, "")
}

// rename gives a workload's pods another label, or a port another number: most
// of the edits that people make leave a tenancy right.
func rename(r *rand.Rand, text string) string {
	for _, change := range [][2]string{{`app: "`, `app: "x`}, {"80", "81"}, {"reason: \"", "reason: \"now "}} {
		if at := strings.Split(text, change[0]); r.IntN(2) == 0 && len(at) > 1 {
			i := 1 + r.IntN(len(at)-1)
			text = strings.Join(at[:i], change[0]) + change[1] + strings.Join(at[i:], change[0])
		}
	}
	return text
}

// TestCacheChangesNothing edits a tenancy 300 times and generates it with a
// cache and without: all that is said and all that is written is the same.
func TestCacheChangesNothing(t *testing.T) {
	with, without := newBench(t, t.TempDir()), newBench(t, "")
	original, err := os.ReadFile(filepath.Join(with.dir, "tenants.cue"))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	right, wrong, renamed := 0, 0, ""
	for n := range 300 {
		if n%10 == 0 {
			renamed = string(original)
		}
		renamed = rename(r, renamed)
		text := renamed
		if n%2 == 0 {
			text = edit(r, text)
		}
		var said [2]string
		var both sync.WaitGroup
		for i, p := range []*bench{with, without} {
			if err := os.WriteFile(filepath.Join(p.dir, "tenants.cue"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			both.Go(func() { said[i] = p.run("generate", "--max-removed-namespaces", "100") })
		}
		both.Wait()
		if diff := cmp.Diff(said[1], said[0]); diff != "" {
			t.Fatalf("edit %d: without the cache and with it\n%s\n%s", n, diff, text)
		}
		if diff := cmp.Diff(without.files(t), with.files(t)); diff != "" {
			t.Fatalf("edit %d: without the cache and with it\n%s\n%s", n, diff, text)
		}
		if strings.HasPrefix(said[0], "exit 0") {
			right++
		} else {
			wrong++
		}
	}
	t.Logf("%d edits leave the tenancy right, %d do not; %d entries", right, wrong, len(entries(t, with.cache)))
	if right < 100 || wrong < 50 || len(entries(t, with.cache)) < 100 {
		t.Error("they show too little")
	}
}

// TestCacheIsMended damages what is kept: it is built again, and kept again.
func TestCacheIsMended(t *testing.T) {
	for name, damage := range map[string]func(data []byte) []byte{
		"nothing left":    func([]byte) []byte { return nil },
		"half of it":      func(data []byte) []byte { return data[:len(data)/2] },
		"one bit":         func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
		"something added": func(data []byte) []byte { return append(data, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newBench(t, t.TempDir())
			want := p.run("vet")
			kept := map[string]string{}
			for _, file := range entries(t, p.cache) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				kept[file] = string(data)
				if err := os.WriteFile(file, damage(data), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if len(kept) < 5 {
				t.Fatalf("%d entries are kept", len(kept))
			}
			if diff := cmp.Diff(want, p.run("vet")); diff != "" {
				t.Error(diff)
			}
			for file, was := range kept {
				if data, err := os.ReadFile(file); err != nil || string(data) != was {
					t.Errorf("%s is not what it was: %v", file, err)
				}
			}
		})
	}
}

// TestCacheOfAnotherProgram: what another version of the program has kept is not
// looked at.
func TestCacheOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	openCache(dir, versionOf("one")).Put([32]byte{1}, []byte("built"))
	if data, ok := openCache(dir, versionOf("one")).Get([32]byte{1}); !ok || string(data) != "built" {
		t.Fatalf("%q %v", data, ok)
	}
	if data, ok := openCache(dir, versionOf("another")).Get([32]byte{1}); ok {
		t.Errorf("%q", data)
	}
}

// TestNoCache: where nothing can be kept, a run is as it is without a cache.
func TestNoCache(t *testing.T) {
	want := newBench(t, "").run("vet")
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, newBench(t, blocked).run("vet")); diff != "" {
		t.Error(diff)
	}
}
