package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// kills is how many runs TestKilledRunIsFinished ends before their time.
const kills = 50

// TestKilledRunIsFinished kills runs at random moments, most of them while they
// write, and sees to it that the next one always ends in exactly the right tree.
func TestKilledRunIsFinished(t *testing.T) {
	t.Parallel()
	binary := buildBinary(t)
	tenancies := []map[string]string{
		synthetic.Files(synthetic.Size{Teams: 2, Namespaces: 8, Flows: 120}),
		synthetic.Files(synthetic.Size{Teams: 2, Namespaces: 8, Flows: 150}),
	}
	for name, text := range tenancies[1] {
		tenancies[1][name] = strings.ReplaceAll(text, "of the measurement", "of another day")
	}
	var want []map[string]string
	for _, files := range tenancies {
		dir := t.TempDir()
		writeFiles(t, dir, files)
		finish(t, binary, dir)
		want = append(want, readTree(t, filepath.Join(dir, "overlays")))
	}

	dir := t.TempDir()
	writeFiles(t, dir, tenancies[0])
	finish(t, binary, dir)
	rng := rand.New(rand.NewPCG(1, 2))
	standing := 0
	for i := range kills {
		writeFiles(t, dir, tenancies[1-i%2])
		killWhileRunning(t, binary, dir, rng)
		if _, err := os.Stat(filepath.Join(dir, "overlays", ".hedgerow-intent.yaml")); err == nil {
			standing++
		}
		if rng.IntN(3) == 0 {
			continue // the next run is killed as well
		}
		next := rng.IntN(2)
		writeFiles(t, dir, tenancies[next])
		finish(t, binary, dir)
		if diff := cmp.Diff(want[next], readTree(t, filepath.Join(dir, "overlays"))); diff != "" {
			t.Fatalf("after kill %d the tree is not that of tenancy %d:\n%s", i, next, diff)
		}
	}
	t.Logf("%d of %d kills left a write unfinished", standing, kills)
	if standing < kills/3 {
		t.Errorf("only %d of %d kills hit a write: the test proves too little", standing, kills)
	}
}

func buildBinary(t *testing.T) string {
	binary := filepath.Join(t.TempDir(), "hedgerow")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func generateCmd(binary, dir string) *exec.Cmd {
	return exec.Command(binary, "generate", "-C", dir, "--as-of", testDay)
}

func finish(t *testing.T, binary, dir string) {
	t.Helper()
	if out, err := generateCmd(binary, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// killWhileRunning kills a run at any moment, or soon after it began to write.
func killWhileRunning(t *testing.T, binary, dir string, rng *rand.Rand) {
	cmd := generateCmd(binary, dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if rng.IntN(5) > 0 {
		waitForIntent(dir, ended)
		time.Sleep(time.Duration(rng.IntN(12_000)) * time.Microsecond)
	} else {
		time.Sleep(time.Duration(rng.IntN(600)) * time.Millisecond)
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	if err := <-ended; err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v\n%s", err, out.String())
	}
}

// waitForIntent waits until the run writes, or ends.
func waitForIntent(dir string, ended chan error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "overlays", ".hedgerow-intent.yaml")); err == nil {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			return
		case <-time.After(200 * time.Microsecond):
		}
	}
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readTree gives the files below a folder, and the folders that are empty.
func readTree(t testing.TB, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 {
				tree[rel] = "an empty folder"
				return err
			}
			return nil
		}
		data, err := os.ReadFile(path)
		tree[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
