package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/hedgerow-dev/hedgerow/revision"
)

// run runs git in a folder, with nobody's configuration.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-11-20T00:00:00Z", "GIT_COMMITTER_DATE=2026-11-20T00:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// commit makes a commit in which tenants.cue says so.
func commit(t *testing.T, dir, says string) string {
	t.Helper()
	write(t, filepath.Join(dir, "tenants.cue"), says)
	run(t, dir, "add", "-A")
	run(t, dir, "commit", "-qm", says)
	return run(t, dir, "rev-parse", "HEAD")
}

// history is a repository with the commits one, two and three; the third has
// tenancies in folders as well.
func history(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	write(t, filepath.Join(dir, "README"), "zero")
	run(t, dir, "init", "-qb", "main")
	run(t, dir, "add", "-A")
	run(t, dir, "commit", "-qm", "zero")
	commit(t, dir, "one")
	run(t, dir, "tag", "light")
	commit(t, dir, "two")
	run(t, dir, "tag", "-am", "two", "v1.0")
	run(t, dir, "branch", "old/branch")
	write(t, filepath.Join(dir, "sub", "dir", "tenants.cue"), "three")
	write(t, filepath.Join(dir, "ödd \"$x\" na'me", "tenants.cue"), "three")
	commit(t, dir, "three")
	return dir
}

func open(t *testing.T, dir string) *revision.Repository {
	t.Helper()
	r, err := revision.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// says gives what tenants.cue says at a revision.
func says(t *testing.T, r *revision.Repository, name string) (string, error) {
	t.Helper()
	dir, err := r.Extract(name, t.TempDir())
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(dir, "tenants.cue"))
	return string(data), err
}

func TestRevisions(t *testing.T) {
	dir := history(t)
	two := run(t, dir, "rev-parse", "HEAD~1")
	names := map[string]string{
		"main": "three", "HEAD": "three", "@": "three", "light": "one", "v1.0": "two", "refs/tags/v1.0": "two", "tags/light": "one", "old/branch": "two",
		"HEAD~1": "two", "HEAD~2": "one", "HEAD^": "two", "HEAD^^": "one", "v1.0~1": "one", "v1.0^{}": "two", "v1.0^{commit}": "two", "@~1": "two",
		two: "two", strings.ToUpper(two[:10]): "two", two[:7]: "two", two[:10] + "~1": "one", run(t, dir, "rev-parse", "v1.0"): "two",
	}
	check := func(t *testing.T) {
		for name, want := range names {
			if got, err := says(t, open(t, dir), name); got != want || err != nil {
				t.Errorf("%s says %q, %v", name, got, err)
			}
		}
	}
	t.Run("loose", check)
	run(t, dir, "pack-refs", "--all")
	run(t, dir, "gc", "-q", "--prune=now")
	t.Run("packed", check)
}

// What starts as hashes do is a branch all the same.
func TestReferencesComeBeforeHashes(t *testing.T) {
	dir := history(t)
	for _, name := range []string{run(t, dir, "rev-parse", "HEAD")[:1], run(t, dir, "rev-parse", "HEAD")[:4]} {
		run(t, dir, "tag", name, "light")
		if got, err := says(t, open(t, dir), name); got != "one" || err != nil {
			t.Errorf("%s says %q, %v", name, got, err)
		}
	}
}

func TestNoRevisions(t *testing.T) {
	dir := history(t)
	const (
		none = "there is no such branch, tag or commit here"
		form = "write a branch, a tag or a hash, with ~N or ^N behind it if it is an older commit"
		away = "its commit is not here: there is none, or it was not fetched (a shallow clone?)"
	)
	for name, want := range map[string]string{
		"nosuch": none, "": none, "-x": none, "abc": none, "0000000": none, strings.Repeat("0", 40): away, "HEAD~9": away, "HEAD^2": away,
		"main@{1}": form, "@{upstream}": form, "HEAD:README": form, ":/one": form, "main..light": form, " ": form, "HEAD^{bad": form, "HEAD^x": form,
	} {
		if _, err := open(t, dir).Commit(name); err == nil || !strings.HasSuffix(err.Error(), ": "+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := says(t, open(t, dir), "HEAD~3"); err == nil || err.Error() != `revision "HEAD~3": it holds no tenancy in .` {
		t.Error(err)
	}
	if _, err := says(t, open(t, filepath.Join(dir, "sub", "dir")), "light"); err == nil || err.Error() != `revision "light": it holds no tenancy in sub/dir` {
		t.Error(err)
	}
}

func TestAmbiguousHash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "repo")
	run(t, t.TempDir(), "init", "-qb", "main", dir)
	seen := map[string]bool{}
	for i := range 3000 { // two of so many hashes start the same, all but certainly
		r, err := git.PlainOpen(dir)
		if err != nil {
			t.Fatal(err)
		}
		o := r.Storer.NewEncodedObject()
		c := object.Commit{Message: strings.Repeat("x", i), TreeHash: plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")}
		if err := c.Encode(o); err != nil {
			t.Fatal(err)
		}
		h, err := r.Storer.SetEncodedObject(o)
		if err != nil {
			t.Fatal(err)
		}
		if short := h.String()[:4]; seen[short] {
			if _, err := open(t, dir).Commit(short); err == nil || !strings.Contains(err.Error(), "the hashes of several commits start so") {
				t.Errorf("%s: %v", short, err)
			}
			return
		}
		seen[h.String()[:4]] = true
	}
	t.Error("no two hashes start the same")
}

// Where the repository is found from.
func TestPlaces(t *testing.T) {
	dir := history(t)
	aside := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "sub"), filepath.Join(aside, "link")); err != nil {
		t.Fatal(err)
	}
	tree := filepath.Join(aside, "tree")
	run(t, dir, "worktree", "add", "-q", tree, "light")
	clone := filepath.Join(aside, "clone")
	run(t, aside, "clone", "-q", dir, clone)
	for place, want := range map[string]string{
		filepath.Join(dir, "sub", "dir"): "three", filepath.Join(aside, "link", "dir"): "three", filepath.Join(dir, "ödd \"$x\" na'me"): "three",
		tree: "three", clone: "three",
	} {
		if got, err := says(t, open(t, place), "origin/main"); place == clone && (got != want || err != nil) {
			t.Errorf("%s says %q, %v", place, got, err)
		}
		if got, err := says(t, open(t, place), "main"); got != want || err != nil {
			t.Errorf("%s says %q, %v", place, got, err)
		}
	}
	if got, err := says(t, open(t, tree), "HEAD"); got != "one" || err != nil {
		t.Errorf("the worktree's HEAD says %q, %v", got, err)
	}
}

// What go-git cannot do is an error of one line.
func TestPlacesThatCannotBeRead(t *testing.T) {
	dir := history(t)
	aside := t.TempDir()
	run(t, aside, "clone", "-q", "--bare", dir, "bare")
	run(t, aside, "clone", "-q", dir, "config")
	run(t, filepath.Join(aside, "config"), "config", "core.repositoryFormatVersion", "1")
	run(t, filepath.Join(aside, "config"), "config", "extensions.strange", "true")
	run(t, aside, "init", "-q", "--object-format=sha256", "sha256")
	write(t, filepath.Join(aside, "lost", ".git"), "gitdir: /nonexistent\n")
	for name, want := range map[string]string{
		".": "stands in no Git repository", "bare": "stands in no Git repository", "lost": "stands in no Git repository", "nosuch": "no such file or directory",
		"config": "cannot be read: ", "sha256": "cannot be read: ",
	} {
		_, err := revision.Open(filepath.Join(aside, name))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	run(t, aside, "clone", "-q", "--depth", "1", "file://"+dir, "shallow")
	if _, err := open(t, filepath.Join(aside, "shallow")).Commit("HEAD~1"); err == nil || !strings.Contains(err.Error(), "a shallow clone?") {
		t.Error(err)
	}
	run(t, aside, "init", "-q", "empty")
	if _, err := open(t, filepath.Join(aside, "empty")).Commit("HEAD"); err == nil || !strings.HasSuffix(err.Error(), "there is no such branch, tag or commit here") {
		t.Error(err)
	}
}

func TestMergeBase(t *testing.T) {
	dir := history(t)
	base := run(t, dir, "rev-parse", "HEAD")
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, dir, "clone", "-q", dir, clone)
	run(t, clone, "checkout", "-qb", "work")
	commit(t, clone, "work")
	commit(t, dir, "four")
	run(t, clone, "fetch", "-q")
	if got, err := open(t, clone).MergeBase("origin/main", "HEAD"); got != base || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := open(t, clone).MergeBase("origin/nosuch", "HEAD"); err == nil || !strings.HasSuffix(err.Error(), "here: fetch it, with all of its history") {
		t.Error(err)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	run(t, dir, "clone", "-q", "--depth", "1", "--no-single-branch", "file://"+clone, shallow)
	if _, err := open(t, shallow).MergeBase("origin/main", "origin/work"); err == nil || !strings.Contains(err.Error(), "(a shallow clone?)") {
		t.Error(err)
	}
	run(t, dir, "checkout", "-q", "--orphan", "apart")
	commit(t, dir, "apart")
	if _, err := open(t, dir).MergeBase("main", "HEAD"); err == nil || !strings.Contains(err.Error(), "have no common history") {
		t.Error(err)
	}
}

// Links are not followed, and nothing is written but what makes a tenancy.
func TestExtractWritesLittle(t *testing.T) {
	dir := history(t)
	outside := filepath.Join(t.TempDir(), "outside.cue")
	write(t, outside, "outside")
	for _, name := range []string{"link.cue", ".hedgerow.yaml"} {
		if err := os.Symlink(outside, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cue.mod", "module.cue"), "module")
	write(t, filepath.Join(dir, "run.sh"), "x")
	commit(t, dir, "links")
	into := t.TempDir()
	if _, err := open(t, dir).Extract("HEAD", into); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(into, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if want := "cue.mod sub tenants.cue ödd \"$x\" na'me"; strings.Join(got, " ") != want {
		t.Errorf("got %q", got)
	}
}

func TestExtractOfLargeFiles(t *testing.T) {
	dir := history(t)
	write(t, filepath.Join(dir, "big.txt"), strings.Repeat("x", 17<<20))
	commit(t, dir, "four")
	if _, err := open(t, dir).Extract("HEAD", t.TempDir()); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "big.cue"), strings.Repeat("x", 17<<20))
	commit(t, dir, "five")
	if _, err := open(t, dir).Extract("HEAD", t.TempDir()); err == nil || err.Error() != `revision "HEAD": big.cue is larger than 16 MiB` {
		t.Error(err)
	}
}

// A tree that no git would make cannot write outside.
func TestExtractStaysInside(t *testing.T) {
	dir := history(t)
	for _, hostile := range []string{"..", "../..", "/", ".git/..", "a/../.."} {
		r, err := git.PlainOpen(dir)
		if err != nil {
			t.Fatal(err)
		}
		head, err := r.Head()
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.CommitObject(head.Hash())
		if err != nil {
			t.Fatal(err)
		}
		c.TreeHash = store(t, r, &object.Tree{Entries: []object.TreeEntry{{Name: hostile, Mode: filemode.Dir, Hash: c.TreeHash}}})
		into := filepath.Join(t.TempDir(), "a", "b", "c")
		if err := os.MkdirAll(into, 0o755); err != nil {
			t.Fatal(err)
		}
		_, err = open(t, dir).Extract(store(t, r, c).String(), into)
		if files, _ := filepath.Glob(filepath.Join(into, "..", "*.cue")); err == nil || len(files) > 0 {
			t.Errorf("%q: %v, %q", hostile, err, files)
		}
	}
}

func store(t *testing.T, r *git.Repository, o interface {
	Encode(plumbing.EncodedObject) error
}) plumbing.Hash {
	t.Helper()
	e := r.Storer.NewEncodedObject()
	if err := o.Encode(e); err != nil {
		t.Fatal(err)
	}
	h, err := r.Storer.SetEncodedObject(e)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The branch of the remote's HEAD is the default one, whatever is checked out.
func TestDefaultBranch(t *testing.T) {
	dir := history(t)
	run(t, dir, "checkout", "-qb", "topic/one")
	if got := open(t, dir).DefaultBranch(); got != "topic/one" {
		t.Errorf("without a remote it is %q", got)
	}
	run(t, dir, "checkout", "-q", "main")
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, dir, "clone", "-q", dir, clone)
	run(t, clone, "checkout", "-qb", "topic")
	if got := open(t, clone).DefaultBranch(); got != "main" {
		t.Errorf("of a clone it is %q", got)
	}
	run(t, dir, "checkout", "-q", "--detach")
	if got := open(t, dir).DefaultBranch(); got != "" {
		t.Errorf("where nothing is checked out it is %q", got)
	}
}
