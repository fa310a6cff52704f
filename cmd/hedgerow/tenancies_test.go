package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

// The tenancies of this repository: its own, and those below testdata.
const (
	repository       = "../.."
	exampleTenancies = repository + "/testdata/tenancies"
)

// An exampleTenancy is a tenancy with its expected overlays.
type exampleTenancy struct {
	name, dir, summary string
	parts              []string // what a copy needs of dir; all but the overlays if empty
}

// TestTenancies takes every tenancy of the repository through its life, and
// holds the output against the tools of others.
func TestTenancies(t *testing.T) {
	tools := os.Getenv("HEDGEROW_TOOLS")
	if tools == "" {
		t.Fatal(`HEDGEROW_TOOLS names no folder with cue and kustomize; run "make test"`)
	}
	for _, tenancy := range findTenancies(t) {
		t.Run(tenancy.name, func(t *testing.T) {
			t.Parallel()
			tenancy.isCurrent(t)
			tenancy.isReproducible(t)
			tenancy.buildsAlike(t, filepath.Join(tools, "kustomize"))
			tenancy.isAcceptedByCUE(t, filepath.Join(tools, "cue"))
		})
	}
}

func findTenancies(t *testing.T) []exampleTenancy {
	out := []exampleTenancy{{
		name: "root", dir: repository, summary: repository + "/testdata/root-summary.txt",
		parts: []string{"tenants.cue", "cue.mod/module.cue", "schema/schema.cue", "schema/delivery.cue", "schema/ready.cue"},
	}}
	entries, err := os.ReadDir(exampleTenancies)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		dir := exampleTenancies + "/" + e.Name()
		out = append(out, exampleTenancy{name: e.Name(), dir: dir, summary: dir + "/summary.txt"})
	}
	return out
}

// isCurrent sees to it that the overlays are what the tenancy says, with all
// that the tool says to it.
func (x exampleTenancy) isCurrent(t *testing.T) {
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		runTenancy(t, "generate", "-C", x.dir)
	}
	got := runTenancy(t, "generate", "--check", "-C", x.dir)
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(x.summary, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(x.summary)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("generate --check says\n%s\nwant, from %s (\"make golden\" rewrites it):\n%s", got, x.summary, want)
	}
}

// isReproducible sees to it that another folder gets the same bytes from
// nothing, and that a second run leaves every file alone.
func (x exampleTenancy) isReproducible(t *testing.T) {
	dir := x.copy(t)
	runTenancy(t, "generate", "-C", dir)
	want, got := readFiles(t, x.dir+"/overlays"), readFiles(t, dir+"/overlays")
	for file, data := range want {
		if !bytes.Equal(got[file], data) {
			t.Errorf("%s differs in another folder:\n%s\nwant:\n%s", file, got[file], data)
		}
		delete(got, file)
	}
	for file := range got {
		t.Errorf("%s is written in another folder only", file)
	}

	long := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for file := range want {
		if err := os.Chtimes(filepath.Join(dir, "overlays", file), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if said := runTenancy(t, "generate", "-C", dir); !strings.Contains(said, "\nnothing has changed\n") {
		t.Errorf("the second run says\n%s", said)
	}
	for file := range want {
		if info, err := os.Stat(filepath.Join(dir, "overlays", file)); err != nil || !info.ModTime().Equal(long) {
			t.Errorf("the second run touched %s (%v)", file, err)
		}
	}
}

// buildsAlike sees to it that the kustomize of the command line makes of every
// kustomization what the library makes of it.
func (x exampleTenancy) buildsAlike(t *testing.T, kustomize string) {
	overlays := x.dir + "/overlays"
	files := readFiles(t, overlays)
	inMemory := filesys.MakeFsInMemory()
	var dirs []string
	for file, data := range files {
		if err := inMemory.WriteFile(file, data); err != nil {
			t.Fatal(err)
		}
		if path.Base(file) == "kustomization.yaml" {
			dirs = append(dirs, path.Dir(file))
		}
	}
	if len(dirs) < 4 {
		t.Fatalf("%s holds %d kustomizations", overlays, len(dirs))
	}
	slices.Sort(dirs)
	tenancies.InParallel(dirs, func(dir string) {
		got, err := exec.Command(kustomize, "build", filepath.Join(overlays, dir)).CombinedOutput()
		if err != nil {
			t.Errorf("kustomize build %s: %v (\"make test\" installs it)\n%s", dir, err, got)
			return
		}
		if want := buildInMemory(t, inMemory, dir); !bytes.Equal(got, want) {
			t.Errorf("kustomize build %s gives\n%s\nand the library\n%s", dir, got, want)
		}
	})
}

// buildInMemory builds with the options of render.Build.
func buildInMemory(t *testing.T, files filesys.FileSystem, dir string) []byte {
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified
	resources, err := krusty.MakeKustomizer(opts).Run(files, dir)
	if err != nil {
		t.Errorf("%s: %v", dir, err)
		return nil
	}
	data, err := resources.AsYaml()
	if err != nil {
		t.Errorf("%s: %v", dir, err)
	}
	return data
}

// isAcceptedByCUE sees to it that cue itself takes the tenancy, as editors do,
// and that it would not take a wrong one.
func (x exampleTenancy) isAcceptedByCUE(t *testing.T, cue string) {
	dir := x.copy(t)
	if _, err := os.Stat(filepath.Join(dir, "schema")); err != nil {
		runTenancy(t, "init", "-C", dir) // vendors the schema
	}
	args := append([]string{"vet", "-c"}, x.tags(t)...)
	vet := func() (string, error) {
		c := exec.Command(cue, append(args, ".")...)
		c.Dir, c.Env = dir, append(os.Environ(), "CUE_REGISTRY=none")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := vet(); err != nil {
		t.Errorf("cue vet: %v (\"make test\" installs it)\n%s", err, out)
	}
	wrong := "package tenancy\n\nimport \"github.com/hedgerow-dev/hedgerow/schema\"\n\nschema.#Tenancy\n\nclusters: wrong: cni: \"none\"\n"
	if err := os.WriteFile(filepath.Join(dir, "wrong.cue"), []byte(wrong), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := vet(); err == nil || !strings.Contains(out, "clusters.wrong.cni") {
		t.Errorf("cue vet takes a network plugin that there is not (%v):\n%s", err, out)
	}
}

// tags gives the arguments for the tags that the configuration of the tenancy
// sets.
func (x exampleTenancy) tags(t *testing.T) (args []string) {
	data, err := os.ReadFile(filepath.Join(x.dir, configFile))
	if os.IsNotExist(err) {
		return nil
	}
	var c struct {
		Tag []string `json:"tag"`
	}
	if err == nil {
		err = yaml.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range c.Tag {
		args = append(args, "-t", tag)
	}
	return args
}

// copy gives a folder with the tenancy and none of its output.
func (x exampleTenancy) copy(t *testing.T) string {
	dir := t.TempDir()
	if len(x.parts) == 0 {
		if err := os.CopyFS(dir, os.DirFS(x.dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "overlays")); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range x.parts {
		data, err := os.ReadFile(filepath.Join(x.dir, part))
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, filepath.Dir(part)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, part), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runTenancy runs the program on the day that all tests live on, and gives all
// that it says; anything but success fails the test.
func runTenancy(t *testing.T, args ...string) string {
	var out bytes.Buffer
	day := func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	if code := run(args, world{out: &out, err: &out, now: day, env: os.Getenv}); code != exitClean {
		t.Fatalf("hedgerow %s exits %d:\n%s", strings.Join(args, " "), code, &out)
	}
	return out.String()
}

// readFiles reads every file below a folder, by its slash-separated path.
func readFiles(t *testing.T, dir string) map[string][]byte {
	files, fsys := map[string][]byte{}, os.DirFS(dir)
	err := fs.WalkDir(fsys, ".", func(file string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[file], err = fs.ReadFile(fsys, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", dir, err))
	}
	return files
}
