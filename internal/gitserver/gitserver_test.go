package gitserver_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// worktree is a repository with a commit on main, of a file with so many bytes that do not compress.
func worktree(t *testing.T, size int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, "", "init", "--quiet", dir)
	commit(t, dir, size)
	return dir
}

// commit adds to the repository a commit with a file of its own, and gives its hash.
func commit(t *testing.T, dir string, size int) string {
	t.Helper()
	data := make([]byte, size)
	_, _ = rand.Read(data) // it never fails
	if err := os.WriteFile(filepath.Join(dir, rand.Text()), data, 0o644); err != nil {
		t.Fatal(err)
	}
	gitserver.Git(t, dir, "add", "--all")
	gitserver.Git(t, dir, "commit", "--quiet", "--message=one")
	return head(t, dir)
}

func head(t *testing.T, dir string) string {
	t.Helper()
	return gitserver.Git(t, dir, "rev-parse", "--verify", "main")
}

// refs is all that a repository has.
func refs(t *testing.T, bare string) string {
	t.Helper()
	return gitserver.Git(t, bare, "for-each-ref")
}

// roundTrip pushes with the real git to a new repository, clones it again, and looks at both.
func roundTrip(t *testing.T, bare, url string, options ...string) {
	t.Helper()
	work, clone := worktree(t, 100), filepath.Join(t.TempDir(), "clone")
	gitserver.Git(t, work, append(options, "push", "--quiet", url, "main")...)
	gitserver.Git(t, "", append(options, "clone", "--quiet", url, clone)...)
	if head(t, bare) != head(t, work) || head(t, clone) != head(t, work) {
		t.Errorf("pushed %s, there is %s, cloned %s", head(t, work), head(t, bare), head(t, clone))
	}
	gitserver.Fsck(t, bare)
}

// refused has the real git try something that fails, within a second or as given, and says those words.
func refused(t *testing.T, within time.Duration, dir, words string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	out, err := gitserver.TryGit(ctx, dir, args...)
	if err == nil || !strings.Contains(out, words) {
		t.Errorf("git %q: %v; got:\n%s\nwant: %s", args, err, out, words)
	}
	if (ctx.Err() != nil) != (words == hangs) {
		t.Errorf("git %q: %v; got:\n%s", args, ctx.Err(), out)
	}
}

const (
	hangs = ""               // what refused git says when it was still waiting
	soon  = 20 * time.Second // when git does not wait for a fault
)

// failing takes note of failures in place of a test.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) { f.said += fmt.Sprintf(format, args...) }

func (f *failing) Fatalf(format string, args ...any) { f.said += fmt.Sprintf(format, args...) }

func TestBare(t *testing.T) {
	bare := gitserver.Bare(t)
	gitserver.Fsck(t, bare)
	if got := gitserver.Git(t, bare, "symbolic-ref", "HEAD"); got != "refs/heads/main" {
		t.Errorf("HEAD is %s", got)
	}
	if got := refs(t, bare); got != "" {
		t.Errorf("there is %s", got)
	}
}

func TestGitIsNobodysAndSaysWhyItFails(t *testing.T) {
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_AUTHOR_NAME", "Somebody")
	dir := worktree(t, 1)
	got := gitserver.Git(t, dir, "log", "--format=%an %ae %at %cn %ce %ct")
	want := "Author author@example.com 1767323045 Committer committer@example.com 1767323045"
	if got != want {
		t.Errorf("the commit is of %s", got)
	}
	f := &failing{TB: t}
	gitserver.Git(f, dir, "rev-parse", "--verify", "nothing")
	if !strings.Contains(f.said, "Needed a single revision") {
		t.Errorf("said %q", f.said)
	}
}

func TestTryGitEndsWithAllItHasStarted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	out, err := gitserver.TryGit(ctx, t.TempDir(), "-c", "alias.wait=!sleep 60; echo over", "wait")
	if err == nil || out != "" || time.Since(start) > 4*time.Second {
		t.Errorf("%v after %v; got: %s", err, time.Since(start), out)
	}
}

func TestFsckFindsDamage(t *testing.T) {
	lost := worktree(t, 1)
	if err := os.Remove(filepath.Join(lost, ".git", "objects", head(t, lost)[:2], head(t, lost)[2:])); err != nil {
		t.Fatal(err)
	}
	dangling := worktree(t, 1)
	gitserver.Git(t, dangling, "commit-tree", "-m", "of nobody", "main^{tree}")
	for word, dir := range map[string]string{"invalid sha1 pointer": lost, "dangling commit": dangling} {
		f := &failing{TB: t}
		if gitserver.Fsck(f, dir); !strings.Contains(f.said, word) {
			t.Errorf("said %q, want %s", f.said, word)
		}
	}
}
