package publish_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run has the tests see nobody's configuration of Git, and no agent. It is also
// the process that publishes in order to be killed.
func run(m *testing.M) int {
	if job := os.Getenv(victimVariable); job != "" {
		return victim(job) // with the environment of its parent, and nobody to clean up after it
	}
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	for name, value := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"} {
		os.Setenv(name, value)
	}
	os.Unsetenv("SSH_AUTH_SOCK")
	return m.Run()
}

// files are files by their paths, as people write them.
type files map[string]string

// several gives that many files below a folder, that hold the word.
func several(n int, dir, word string) files {
	out := files{}
	for i := range n {
		out[fmt.Sprintf("%s/ns-%03d/file.yaml", dir, i)] = fmt.Sprintf("# %s\nnumber: %d\n", word, i)
	}
	return out
}

// output gives the files with the inventory that lists them.
func (f files) output() map[string][]byte { return f.expired("none") }

// expired gives the output of a day on which flows have expired.
func (f files) expired(day string) map[string][]byte {
	inv := &render.Inventory{Expired: day}
	out := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		out[name] = []byte(f[name])
		inv.Files = append(inv.Files, render.FileEntry{Path: name, SHA256: digestOf(out[name])})
	}
	out[render.InventoryFile] = inv.Format()
	return out
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// plans gives a planner that goes by the inventories alone.
func plans(want map[string][]byte) func(*render.Output) (*publish.Plan, error) {
	return func(o *render.Output) (*publish.Plan, error) {
		if inv := o.Inventory(); inv != nil && bytes.Equal(inv.Format(), want[render.InventoryFile]) {
			return nil, nil
		}
		old := map[string]string{}
		if inv := o.Inventory(); inv != nil {
			for _, f := range inv.Files {
				old[f.Path] = f.SHA256
			}
		}
		plan := &publish.Plan{Write: map[string][]byte{}, Message: "Change what may talk\n\nBecause.", Digest: digestOf(want[render.InventoryFile])}
		for name, data := range want {
			if old[name] != digestOf(data) {
				plan.Write[name] = data
			}
			delete(old, name)
		}
		plan.Delete = slices.Sorted(maps.Keys(old))
		return plan, nil
	}
}

// publishes publishes with a planner for the options' files.
func publishes(t testing.TB, o publish.Options) (*publish.Result, error) {
	t.Helper()
	return publish.Publish(t.Context(), o, plans(o.Files))
}

// published is publishes where it must go well.
func published(t testing.TB, o publish.Options) *publish.Result {
	t.Helper()
	r, err := publishes(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// repository gives a folder with a worktree that holds a first commit of the
// files.
func repository(t testing.TB, f files) string {
	t.Helper()
	dir := t.TempDir()
	gitserver.Git(t, dir, "init", "--quiet", "--initial-branch=main")
	gitserver.Git(t, dir, "config", "gc.auto", "0")
	commit(t, dir, "first", f)
	return dir
}

// commit commits the files to a worktree, and gives the commit.
func commit(t testing.TB, dir, message string, f files) string {
	t.Helper()
	for name, data := range f {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	gitserver.Git(t, dir, "add", "--all")
	gitserver.Git(t, dir, "commit", "--quiet", "--allow-empty", "--message", message)
	return head(t, dir)
}

func write(t testing.TB, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func head(t testing.TB, dir string) string {
	t.Helper()
	return gitserver.Git(t, dir, "rev-parse", "HEAD")
}

// foreign is what stands in a repository besides what is published.
var foreign = files{"README.md": "read me\n", "policies/other/a.yaml": "a: 1\n", "policies/overlays.txt": "b\n", "z/z": "z\n"}

// target gives a bare repository that holds what is foreign.
func target(t testing.TB) string {
	t.Helper()
	bare := gitserver.Bare(t)
	work := repository(t, foreign)
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	return bare
}

// tenancy gives a repository for a tenancy to stand in.
func tenancy(t testing.TB) string {
	t.Helper()
	return repository(t, files{"tenancy.cue": "one\n"})
}

const folder = "policies/overlays"

// options are those of a run for the head of the source.
func options(t testing.TB, source, url string, f files) publish.Options {
	t.Helper()
	return publish.Options{
		Target:    publish.Target{URL: url, Branch: "main", Path: folder},
		Source:    publish.Source{Dir: source, Commit: head(t, source), Day: "2026-03-04"},
		Files:     f.output(),
		Author:    publish.Identity{Name: "Ann Author", Email: "ann@example.com"},
		Committer: publish.Identity{Name: "Cem Committer", Email: "cem@example.com"},
		Date:      time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Timeout:   20 * time.Second,
	}
}

// mustHold holds a branch against what was to be published: the commit on it, the
// paths that it changes, and what it leaves alone.
func mustHold(t testing.TB, repo, before string, o publish.Options, r *publish.Result) {
	t.Helper()
	if at := gitserver.Git(t, repo, "rev-parse", o.Target.Branch); at != r.Commit {
		t.Fatalf("the branch is at %s, and %s was published", at, r.Commit)
	}
	if before != r.Parent {
		t.Errorf("the parent is %s, want %s", r.Parent, before)
	}
	said := gitserver.Git(t, repo, "show", "--no-patch", "--format=%an <%ae> %at%n%cn <%ce> %ct%n%B", r.Commit)
	want := fmt.Sprintf("%s <%s> %d\n%s <%s> %d\n%s", o.Author.Name, o.Author.Email, o.Date.Unix(), o.Committer.Name, o.Committer.Email, o.Date.Unix(), r.Message)
	if strings.TrimSpace(said) != strings.TrimSpace(want) {
		t.Errorf("the commit says\n%s\nwant\n%s", said, want)
	}
	mustChange(t, repo, o, r)
	for name, data := range o.Files {
		if got := gitserver.Git(t, repo, "show", r.Commit+":"+path.Join(o.Target.Path, name)); got != strings.TrimSuffix(string(data), "\n") {
			t.Errorf("%s holds %q, want %q", name, got, data)
		}
	}
	clean(t, repo)
}

// mustChange holds the paths that a commit changes against those of the plan.
func mustChange(t testing.TB, repo string, o publish.Options, r *publish.Result) {
	t.Helper()
	want := slices.Sorted(slices.Values(slices.Concat(r.Write, r.Delete)))
	changed := strings.Fields(gitserver.Git(t, repo, "diff-tree", "--root", "--no-commit-id", "--name-only", "-r", r.Commit))
	slices.Sort(changed)
	if !slices.Equal(changed, want) {
		t.Errorf("the commit changes %q, want %q", changed, want)
	}
	for _, name := range changed {
		if o.Target.Path != "." && !strings.HasPrefix(name, o.Target.Path+"/") {
			t.Errorf("%s is changed and not below %s", name, o.Target.Path)
		}
	}
	trailers := gitserver.Git(t, repo, "show", "--no-patch", "--format=%(trailers)", r.Commit)
	if digest := digestOf(o.Files[render.InventoryFile]); trailers != "Tenancy-Source: "+o.Source.Commit+"\nTenancy-Digest: "+digest+"\n" {
		t.Errorf("git finds the trailers %q", trailers)
	}
}

// clean holds a repository against git fsck, which may find what nothing refers
// to.
func clean(t testing.TB, repo string) {
	t.Helper()
	out, err := gitserver.TryGit(context.Background(), repo, "fsck", "--strict", "--full", "--no-dangling", "--no-progress")
	if err != nil || strings.Contains(out, "error") || strings.Contains(out, "warning") {
		t.Errorf("git fsck of %s: %v\n%s", repo, err, out)
	}
}

// refused holds an error against words, and what it must not say.
func refused(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("it went well, want an error with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %q, want one with %q", err, w)
		}
	}
}

// dir is all that stands in a folder: the digest of each file.
func dir(t testing.TB, root string) files {
	t.Helper()
	out := files{}
	err := filepath.Walk(root, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		out[name] = info.Mode().String() + digestOf(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
