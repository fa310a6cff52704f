package publish_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
)

// oddities is a worktree with what a repository may hold besides plain files.
func oddities(t *testing.T) string {
	t.Helper()
	work := repository(t, foreign)
	write(t, filepath.Join(work, ".gitattributes"), "*.yaml text eol=crlf filter=lfs diff=lfs merge=lfs -text\n")
	write(t, filepath.Join(work, "run.sh"), "#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(work, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("README.md", filepath.Join(work, "link")); err != nil {
		t.Fatal(err)
	}
	gitserver.Git(t, work, "add", "--all")
	gitserver.Git(t, work, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",module")
	gitserver.Git(t, work, "commit", "--quiet", "-m", "odd")
	return work
}

// A prepared target is a repository to publish to, in some state.
type prepared func(t *testing.T, bare string)

// What a repository holds elsewhere stays as it is, in whichever way it is kept.
func TestWhatRepositoriesHold(t *testing.T) {
	git := func(args ...string) prepared {
		return func(t *testing.T, bare string) { gitserver.Git(t, bare, args...) }
	}
	for name, prepare := range map[string]prepared{
		"loose objects": func(*testing.T, string) {},
		"packed":        git("repack", "-adq"),
		"packed refs":   git("pack-refs", "--all", "--prune"),
		"everything": func(t *testing.T, bare string) {
			gitserver.Git(t, bare, "gc", "--quiet", "--prune=now")
		},
		"detached HEAD":      git("update-ref", "--no-deref", "HEAD", "main^"),
		"HEAD of nothing":    git("symbolic-ref", "HEAD", "refs/heads/none"),
		"lock of another":    func(t *testing.T, bare string) { write(t, filepath.Join(bare, "refs/heads/other.lock"), "") },
		"locked index":       func(t *testing.T, bare string) { write(t, filepath.Join(bare, "index.lock"), "") },
		"branch in a folder": git("branch", "team/x"),
	} {
		t.Run(name, func(t *testing.T) {
			bare, work := gitserver.Bare(t), oddities(t)
			gitserver.Git(t, work, "push", "--quiet", bare, "main")
			prepare(t, bare)
			before := gitserver.Git(t, bare, "rev-parse", "main")
			o := options(t, tenancy(t), bare, several(3, "prod", "one\r"))
			r := published(t, o)
			mustHold(t, bare, before, o, r)
			rest := func(commit string) string {
				return gitserver.Git(t, bare, "ls-tree", "-r", commit, "--", ".gitattributes", "README.md", "link", "module", "run.sh", "z", "policies/other")
			}
			if rest(before) != rest(r.Commit) || strings.Count(rest(before), "\n") != 6 {
				t.Errorf("there was\n%s\nthere is\n%s", rest(before), rest(r.Commit))
			}
		})
	}
}

func TestEmptyRepository(t *testing.T) {
	for name, way := range map[string]func(*testing.T, string) (string, publish.Credentials){"path": ways["path"], "HTTP": byHTTP} {
		for _, branch := range []string{"main", "trunk", ""} {
			t.Run(name+" "+branch, func(t *testing.T) {
				bare := gitserver.Bare(t)
				url, credentials := way(t, bare)
				o := options(t, tenancy(t), url, several(3, "prod", "one"))
				o.Credentials, o.Target.Branch = credentials, branch
				r := published(t, o)
				if branch == "" {
					o.Target.Branch = "main"
				}
				mustHold(t, bare, "", o, r)
			})
		}
	}
}

func TestBranchThatIsNotThere(t *testing.T) {
	for name, way := range map[string]func(*testing.T, string) (string, publish.Credentials){"path": ways["path"], "HTTP": byHTTP} {
		t.Run(name, func(t *testing.T) {
			bare := target(t)
			url, credentials := way(t, bare)
			o := options(t, tenancy(t), url, several(3, "prod", "one"))
			o.Credentials, o.Target.Branch = credentials, "mian"
			_, err := publishes(t, o)
			refused(t, err, `has no branch "mian"`, "create it first")
		})
	}
}

// A branch is not moved under the feet of those who have it checked out.
func TestBranchThatIsCheckedOut(t *testing.T) {
	work := repository(t, foreign)
	gitserver.Git(t, work, "branch", "free")
	o := options(t, work, work, several(3, "prod", "one"))
	_, err := publishes(t, o)
	refused(t, err, "branch main is checked out in "+work)
	o.Target.Branch = "free"
	before := head(t, work)
	mustHold(t, work, before, o, published(t, o))
	if head(t, work) != before || gitserver.Git(t, work, "status", "--porcelain") != "" {
		t.Error("the worktree is not as it was")
	}
}

// Other worktrees of the target have branches checked out as well.
func TestBranchThatAnotherWorktreeHas(t *testing.T) {
	bare := target(t)
	gitserver.Git(t, bare, "branch", "held")
	gitserver.Git(t, bare, "worktree", "add", "--quiet", filepath.Join(t.TempDir(), "tree"), "held")
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	o.Target.Branch = "held"
	_, err := publishes(t, o)
	refused(t, err, "branch held is checked out")
}

func TestLinkedWorktrees(t *testing.T) {
	source, linked := tenancy(t), filepath.Join(t.TempDir(), "linked")
	gitserver.Git(t, source, "worktree", "add", "--quiet", "-b", "side", linked)
	commit(t, linked, "on the side", files{"tenancy.cue": "side\n"})
	bare := target(t)
	before := head(t, bare)
	o := options(t, linked, bare, several(3, "prod", "one"))
	mustHold(t, bare, before, o, published(t, o))

	gitserver.Git(t, source, "branch", "free")
	o.Target.URL, o.Target.Branch = linked, "free"
	before = gitserver.Git(t, source, "rev-parse", "free")
	mustHold(t, source, before, o, published(t, o))
}

// What is no folder is not written into.
func TestPathsThatAreNoFolders(t *testing.T) {
	bare, work := gitserver.Bare(t), oddities(t)
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	before := head(t, bare)
	for at, want := range map[string]string{
		"README.md": "is no folder", "link": "is no folder", "module": "is no folder", "run.sh": "is no folder",
		"README.md/x": "README.md is no folder", "link/x": "link is no folder", "module/x": "module is no folder",
		".git": "is no folder of a repository", "a/.GIT/b": "is no folder of a repository", "../x": "is no folder of a repository", "/x": "is no folder of a repository", "": "is no folder of a repository",
	} {
		o := options(t, tenancy(t), bare, several(3, "prod", "one"))
		o.Target.Path = at
		_, err := publishes(t, o)
		refused(t, err, want)
	}
	if head(t, bare) != before {
		t.Error("the branch was moved")
	}
}

func TestTheRootOfARepository(t *testing.T) {
	bare := target(t)
	before := head(t, bare)
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	o.Target.Path, o.Allowed = ".", []string{"*"}
	first := published(t, o)
	mustHold(t, bare, before, o, first)
	before = foreignCommit(t, bare)
	o.Files = several(1, "prod", "two").output()
	second := published(t, o)
	mustHold(t, bare, before, o, second)
	if got := gitserver.Git(t, bare, "show", "main:README.md"); got+"\n" != foreign["README.md"] {
		t.Errorf("what is foreign holds %q", got)
	}
}

// foreignCommit is somebody else's, of what is not ours.
func foreignCommit(t *testing.T, bare string) string {
	work := filepath.Join(t.TempDir(), "theirs")
	gitserver.Git(t, "", "clone", "--quiet", bare, work)
	commit(t, work, "theirs", files{"theirs": "x"})
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	return head(t, bare)
}

// Among 60,000 files of others the few of ours are found and written.
func TestManyUnrelatedFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	bare := gitserver.Bare(t)
	var stream strings.Builder
	fmt.Fprint(&stream, "commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n")
	for i := range 60_000 {
		fmt.Fprintf(&stream, "M 100644 inline unrelated/%d/%d/file\ndata %d\n%d\n", i%100, i/100, len(fmt.Sprint(i)), i)
	}
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = bare, strings.NewReader(stream.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := head(t, bare)
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	mustHold(t, bare, before, o, published(t, o))
	if n := strings.Count(gitserver.Git(t, bare, "ls-tree", "-r", "--name-only", "main"), "\n") + 1; n != 60_004 {
		t.Errorf("there are %d files", n)
	}
}

// A branch for a pull request is made once; the branch that it is for stays.
func TestPullRequest(t *testing.T) {
	bare := target(t)
	before := head(t, bare)
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	o.PullRequest = true
	first := published(t, o)
	want := "hedgerow/" + digestOf(o.Files[render.InventoryFile])[:12]
	if first.Branch != want || head(t, bare) != before || gitserver.Git(t, bare, "rev-parse", want) != first.Commit {
		t.Errorf("got %+v", first)
	}
	o.Date = o.Date.AddDate(0, 0, 1)
	published(t, o)
	if gitserver.Git(t, bare, "rev-parse", want) != first.Commit {
		t.Error("the branch was moved")
	}
	clean(t, bare)
}

func TestDryRun(t *testing.T) {
	bare := target(t)
	untouched := dir(t, bare)
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	o.DryRun = true
	r := published(t, o)
	for _, words := range []string{"commit " + r.Commit, "parent " + head(t, bare), "write " + path.Join(folder, "inventory.yaml")} {
		if !strings.Contains(r.Text(), words) {
			t.Errorf("it does not say %q:\n%s", words, r.Text())
		}
	}
	if fmt.Sprint(dir(t, bare)) != fmt.Sprint(untouched) {
		t.Error("the repository is not as it was")
	}
}
