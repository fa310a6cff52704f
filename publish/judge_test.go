package publish_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
)

// judged holds what comes of a run against the code of a refusal; "" is none.
// What is refused leaves the branch where it was.
func judged(t *testing.T, o publish.Options, want diag.Code) *publish.Refusal {
	t.Helper()
	before := gitserver.Git(t, o.Target.URL, "rev-parse", "main")
	_, err := publishes(t, o)
	var refusal *publish.Refusal
	switch {
	case want == "" && err != nil:
		t.Fatalf("refused: %v", err)
	case want == "":
		return nil
	case !errors.As(err, &refusal) || refusal.Code != want:
		t.Fatalf("got %v, want %s", err, want)
	}
	if at := gitserver.Git(t, o.Target.URL, "rev-parse", "main"); at != before {
		t.Errorf("the branch went from %s to %s", before, at)
	}
	return refusal
}

// history is a tenancy's repository whose branch other went another way after
// the first commit, and what of it is published.
func history(t *testing.T) (source string, commits map[string]string) {
	t.Helper()
	source = tenancy(t)
	commits = map[string]string{"first": head(t, source)}
	for _, name := range []string{"second", "third"} {
		commits[name] = commit(t, source, name, files{"tenancy.cue": name})
	}
	gitserver.Git(t, source, "checkout", "--quiet", "-b", "other", commits["first"])
	commits["diverged"] = commit(t, source, "other", files{"tenancy.cue": "other"})
	gitserver.Git(t, source, "checkout", "--quiet", "main")
	return source, commits
}

func TestNeverBackwards(t *testing.T) {
	source, commits := history(t)
	stranger := tenancy(t)
	commits["unknown"] = commit(t, stranger, "of another repository", files{"x": "y"})
	for name, c := range map[string]struct {
		published, now string
		want           diag.Code
	}{
		"newer":    {"second", "third", ""},
		"same":     {"second", "second", ""},
		"older":    {"third", "second", diag.PublishOlder},
		"oldest":   {"third", "first", diag.PublishOlder},
		"diverged": {"diverged", "third", diag.PublishUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, source, target(t), several(2, "prod", "one"))
			o.Source.Commit = commits[c.published]
			published(t, o)
			o.Source.Commit, o.Files = commits[c.now], several(2, "prod", "two").output()
			judged(t, o, c.want)
		})
	}
	t.Run("unknown", func(t *testing.T) {
		o := options(t, stranger, target(t), several(2, "prod", "one"))
		published(t, o)
		o = options(t, source, o.Target.URL, several(2, "prod", "two"))
		r := judged(t, o, diag.PublishUnknown)
		refused(t, r, "--accept-source "+commits["unknown"], "is not in the history")
		o.Source.Accept = strings.ToUpper(commits["unknown"][:12])
		judged(t, o, "")
	})
	t.Run("accepted is another", func(t *testing.T) {
		o := options(t, stranger, target(t), several(2, "prod", "one"))
		published(t, o)
		o = options(t, source, o.Target.URL, several(2, "prod", "two"))
		o.Source.Accept = commits["first"]
		judged(t, o, diag.PublishUnknown)
	})
	t.Run("accepted but older", func(t *testing.T) {
		o := options(t, source, target(t), several(2, "prod", "one"))
		published(t, o)
		o.Source.Accept = o.Source.Commit
		o.Source.Commit, o.Files = commits["second"], several(2, "prod", "two").output()
		judged(t, o, diag.PublishOlder)
	})
}

func TestShallowSource(t *testing.T) {
	source, commits := history(t)
	o := options(t, source, target(t), several(2, "prod", "one"))
	o.Source.Commit = commits["second"]
	published(t, o)
	shallow := filepath.Join(t.TempDir(), "shallow")
	gitserver.Git(t, "", "clone", "--quiet", "--depth=1", "file://"+source, shallow)
	o.Source.Dir, o.Source.Commit, o.Files = shallow, commits["third"], several(2, "prod", "two").output()
	r := judged(t, o, diag.PublishUnknown)
	refused(t, r, "the clone is shallow", "fetch the whole history", "--accept-source "+commits["second"])
	o.Source.Accept = commits["second"]
	judged(t, o, "")
	clean(t, o.Target.URL)
}

// Nobody stands on the whole of a shallow clone that is published to.
func TestShallowTarget(t *testing.T) {
	bare, source := target(t), tenancy(t)
	o := options(t, source, bare, several(2, "prod", "one"))
	published(t, o)
	work := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, "", "clone", "--quiet", bare, work)
	commit(t, work, "elsewhere", files{"elsewhere": "x"})
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	o.Target.URL = filepath.Join(t.TempDir(), "shallow.git")
	gitserver.Git(t, "", "clone", "--quiet", "--bare", "--depth=1", "file://"+bare, o.Target.URL)
	o.Files = several(2, "prod", "two").output()
	refused(t, judged(t, o, diag.PublishUnknown), "git fetch --unshallow")
	gitserver.Git(t, o.Target.URL, "fetch", "--quiet", "--unshallow", bare, "main")
	judged(t, o, "")
	clean(t, o.Target.URL)
}

func TestExpiryIsNotTakenBack(t *testing.T) {
	for day, want := range map[string]diag.Code{
		"2026-05-31": diag.PublishOlderDay, "2026-06-01": diag.PublishOlderDay, "2026-06-02": "", "2027-01-01": "",
	} {
		source := tenancy(t)
		o := options(t, source, target(t), nil)
		o.Source.Day, o.Files = "2026-06-02", several(2, "prod", "one").expired("2026-06-01")
		published(t, o)
		o.Source.Day, o.Files = day, several(2, "prod", "two").output()
		judged(t, o, want)
	}
}

// byHand is a change to a repository in which the tenancy and what is published
// stand together.
type byHand func(t *testing.T, work string)

// TestOneRepository publishes to the repository in which the tenancy stands,
// where people commit too.
func TestOneRepository(t *testing.T) {
	under := func(name string) string { return folder + "/" + name }
	for name, c := range map[string]struct {
		change byHand
		behind bool // the run is of a commit before the change
		want   diag.Code
	}{
		"nothing":                {change: func(*testing.T, string) {}},
		"elsewhere":              {change: func(t *testing.T, w string) { commit(t, w, "x", files{"x": "y"}) }},
		"beside what is ours":    {change: func(t *testing.T, w string) { commit(t, w, "x", files{under("prod/x"): "y"}) }, behind: true},
		"by hand":                {change: byHandIn},
		"by hand, not in ours":   {change: byHandIn, behind: true, want: diag.PublishUnknown},
		"a revert":               {change: revert, want: diag.InventoryLost},
		"a revert, not in ours":  {change: revert, behind: true, want: diag.InventoryLost},
		"a merge":                {change: merge},
		"behind many":            {change: many},
		"behind many, and older": {change: many, behind: true},
		"faked, not in ours":     {change: faked, behind: true, want: diag.PublishUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			bare, work := gitserver.Bare(t), repository(t, files{"tenancy.cue": "one\n"})
			gitserver.Git(t, work, "remote", "add", "origin", bare)
			gitserver.Git(t, work, "push", "--quiet", "origin", "main")
			o := options(t, work, bare, several(2, "prod", "one"))
			o.Source.Home, o.Source.Module = o.Target, "."
			published(t, o)
			gitserver.Git(t, work, "pull", "--quiet", "--ff-only", "origin", "main")
			before := head(t, work)
			c.change(t, work)
			gitserver.Git(t, work, "push", "--quiet", "origin", "main")
			o.Source.Commit = head(t, work)
			if c.behind {
				o.Source.Commit = before
			}
			o.Files = several(3, "prod", "two").output()
			judged(t, o, c.want)
			clean(t, bare)
		})
	}
}

// byHandIn changes the inventory, as whoever changes what is ours must.
func byHandIn(t *testing.T, work string) {
	inventory := filepath.Join(folder, "inventory.yaml")
	data, err := os.ReadFile(filepath.Join(work, inventory))
	if err != nil {
		t.Fatal(err)
	}
	commit(t, work, "x", files{inventory: "# by hand\n" + string(data)})
}

func revert(t *testing.T, work string) {
	gitserver.Git(t, work, "revert", "--no-edit", "HEAD")
}

// merge has a branch that was published to by hand be merged.
func merge(t *testing.T, work string) {
	gitserver.Git(t, work, "checkout", "--quiet", "-b", "side")
	commit(t, work, "side", files{folder + "/side": "x"})
	gitserver.Git(t, work, "checkout", "--quiet", "main")
	commit(t, work, "main", files{"main": "x"})
	gitserver.Git(t, work, "merge", "--quiet", "--no-ff", "--no-edit", "side")
}

// many leaves what is published alone, many times.
func many(t *testing.T, work string) {
	for i := range 40 {
		commit(t, work, "elsewhere", files{"elsewhere": fmt.Sprint(i)})
	}
}

// faked has the trailer in the message, but not where trailers are.
func faked(t *testing.T, work string) {
	inventory := filepath.Join(work, folder, "inventory.yaml")
	write(t, inventory, "# by hand\n")
	gitserver.Git(t, work, "add", "--all")
	gitserver.Git(t, work, "commit", "--quiet", "-m", "x\n\nTenancy-Source: "+head(t, work)+"\n\nand more")
}

// A tenancy that nobody has merged is not published to its own repository.
func TestUnmergedTenancy(t *testing.T) {
	bare, work := gitserver.Bare(t), repository(t, files{"tenancy.cue": "one\n"})
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	commit(t, work, "not pushed", files{"tenancy.cue": "two\n"})
	o := options(t, work, bare, several(2, "prod", "one"))
	o.Source.Home, o.Source.Module = o.Target, "."
	refused(t, judged(t, o, diag.PublishUnmerged), "merge and push it first")
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	judged(t, o, "")

	empty := options(t, work, gitserver.Bare(t), several(2, "prod", "one"))
	empty.Source.Home = empty.Target
	_, err := publishes(t, empty)
	var refusal *publish.Refusal
	if !errors.As(err, &refusal) || refusal.Code != diag.PublishUnmerged {
		t.Errorf("into an empty repository of its own: %v", err)
	}
}

// TestOlderRunAgain runs a job for an older commit again after the run for a
// newer one had nothing to do, and so left no trace in what is published.
func TestOlderRunAgain(t *testing.T) {
	for name, elsewhere := range map[string]bool{"to its own repository": false, "to another": true} {
		t.Run(name, func(t *testing.T) {
			bare, work := gitserver.Bare(t), repository(t, files{"tenancy.cue": "closed\n"})
			push := func() { gitserver.Git(t, work, "push", "--quiet", bare, "HEAD:main") }
			push()
			to := bare
			if elsewhere {
				to = target(t)
			}
			o := options(t, work, to, several(2, "prod", "closed"))
			o.Source.Home, o.Source.Module = options(t, work, bare, nil).Target, "."
			o.Source.Home.Branch = "main"
			published(t, o)
			if !elsewhere {
				gitserver.Git(t, work, "pull", "--quiet", "--ff-only", bare, "main")
			}
			commit(t, work, "opens", files{"tenancy.cue": "open\n"})
			opens := head(t, work)
			commit(t, work, "closes", files{"tenancy.cue": "closed\n"})
			push()
			o.Source.Commit = head(t, work)
			if r, err := publishes(t, o); err != nil || r.Commit != "" {
				t.Fatalf("the newer run does something: %+v, %v", r, err)
			}
			o.Source.Commit, o.Files = opens, several(2, "prod", "open").output()
			refused(t, judged(t, o, diag.PublishOlder), "leave it to the run for the newer commit")

			// What does not touch the tenancy makes no tenancy older.
			commit(t, work, "readme", files{"README.md": "x\n"})
			o.Source.Commit, o.Files = head(t, work), several(2, "prod", "more").output()
			commit(t, work, "readme", files{"README.md": "y\n"})
			push()
			judged(t, o, "")
		})
	}
}

// TestBothSidesOfAMerge finds the newest publishing also where a merge has come
// to the same by two ways.
func TestBothSidesOfAMerge(t *testing.T) {
	bare, work := gitserver.Bare(t), repository(t, files{"tenancy.cue": "one\n"})
	gitserver.Git(t, work, "remote", "add", "origin", bare)
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	source := tenancy(t)
	o := options(t, source, bare, several(2, "prod", "closed"))
	published(t, o)
	gitserver.Git(t, work, "pull", "--quiet", "--ff-only", "origin", "main")
	commit(t, work, "theirs", files{"theirs": "x\n"})
	commit(t, source, "opens", files{"tenancy.cue": "open\n"})
	opens := head(t, source)
	o.Source.Commit, o.Files = opens, several(2, "prod", "open").output()
	published(t, o)
	commit(t, source, "closes", files{"tenancy.cue": "closed\n"})
	o.Source.Commit, o.Files = head(t, source), several(2, "prod", "closed").output()
	published(t, o)
	gitserver.Git(t, work, "pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	o.Source.Commit, o.Files = opens, several(2, "prod", "open").output()
	judged(t, o, diag.PublishOlder)
}

// TestFolderRemoved does not begin anew where something was published.
func TestFolderRemoved(t *testing.T) {
	bare := target(t)
	o := options(t, tenancy(t), bare, several(2, "prod", "one"))
	published(t, o)
	work := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, "", "clone", "--quiet", bare, work)
	gitserver.Git(t, work, "rm", "-rq", folder)
	gitserver.Git(t, work, "commit", "--quiet", "--message", "gone")
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	o.Files = several(1, "prod", "one").output()
	refused(t, judged(t, o, diag.InventoryLost), "--accept-source "+head(t, bare))
	o.Source.Accept = head(t, bare)
	judged(t, o, "")
}

// TestBranchOfAnOldPullRequest is not taken for that of a new one.
func TestBranchOfAnOldPullRequest(t *testing.T) {
	bare := target(t)
	o := options(t, tenancy(t), bare, several(2, "prod", "one"))
	o.PullRequest = true
	first, err := publishes(t, o)
	if err != nil || first.Already {
		t.Fatal(first, err)
	}
	o.Date = o.Date.Add(time.Hour)
	if again, err := publishes(t, o); err != nil || !again.Already {
		t.Errorf("%+v, %v", again, err)
	}
	work := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, "", "clone", "--quiet", bare, work)
	commit(t, work, "main goes on", files{"x": "y"})
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	if again, err := publishes(t, o); err != nil || !again.Already {
		t.Errorf("the branch can still be merged: %+v, %v", again, err)
	}
	gitserver.Git(t, bare, "update-ref", "refs/heads/"+first.Branch, head(t, bare))
	var refusal *publish.Refusal
	if _, err = publishes(t, o); !errors.As(err, &refusal) || refusal.Code != diag.BranchStands {
		t.Errorf("a branch with something else: %v", err)
	}

	// It was merged, and then what is published went on and came back.
	gitserver.Git(t, bare, "update-ref", "refs/heads/"+first.Branch, first.Commit)
	gitserver.Git(t, work, "fetch", "--quiet", "origin")
	gitserver.Git(t, work, "merge", "--quiet", "--no-edit", "origin/"+first.Branch)
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	back := o
	back.PullRequest, back.Files = false, several(1, "prod", "other").output()
	published(t, back)
	if _, err = publishes(t, o); !errors.As(err, &refusal) || refusal.Code != diag.BranchStands {
		t.Errorf("a branch that was merged: %v", err)
	}
}

// TestMergedMeanwhile says so when a newer tenancy is merged between the look at
// its branch and the push, which is to another repository and so does not fail.
func TestMergedMeanwhile(t *testing.T) {
	bare, work := gitserver.Bare(t), repository(t, files{"tenancy.cue": "one\n"})
	gitserver.Git(t, work, "push", "--quiet", bare, "HEAD:main")
	o := options(t, work, target(t), several(2, "prod", "one"))
	o.Source.Module, o.Source.Home = ".", publish.Target{URL: bare, Branch: "main"}
	r, err := publish.Publish(t.Context(), o, func(out *render.Output) (*publish.Plan, error) {
		commit(t, work, "newer", files{"tenancy.cue": "two\n"})
		gitserver.Git(t, work, "push", "--quiet", bare, "HEAD:main")
		return &publish.Plan{Write: o.Files, Message: "x", Digest: strings.Repeat("0", 64)}, nil
	})
	var refusal *publish.Refusal
	if !errors.As(err, &refusal) || refusal.Code != diag.PublishOlder || !refusal.Published || head(t, o.Target.URL) != r.Commit {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestMergeThatDropsTheFolder does not begin anew where one side of a merge had
// published, and the merge took the other.
func TestMergeThatDropsTheFolder(t *testing.T) {
	bare := target(t)
	work := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, "", "clone", "--quiet", bare, work)
	gitserver.Git(t, work, "checkout", "--quiet", "-b", "side")
	commit(t, work, "side", files{"side": "x"})
	o := options(t, tenancy(t), bare, several(2, "prod", "one"))
	published(t, o)
	gitserver.Git(t, work, "fetch", "--quiet", "origin")
	gitserver.Git(t, work, "merge", "--quiet", "--no-edit", "--strategy", "ours", "origin/main")
	gitserver.Git(t, work, "push", "--quiet", "origin", "side:main")
	judged(t, o, diag.InventoryLost)
}

// TestTrailersOfAMerge finds the source also where whoever merged has added to
// the message.
func TestTrailersOfAMerge(t *testing.T) {
	for added, want := range map[string]diag.Code{
		"": "", "\n\nCo-authored-by: Ann <ann@example.com>\n": "", "\n\nReviewed-by: A\nSigned-off-by: B": "", "\n\nand more": diag.PublishUnknown,
	} {
		bare, source := target(t), tenancy(t)
		o := options(t, source, bare, several(2, "prod", "one"))
		r := published(t, o)
		work := filepath.Join(t.TempDir(), "work")
		gitserver.Git(t, "", "clone", "--quiet", bare, work)
		gitserver.Git(t, work, "commit", "--quiet", "--amend", "--message", strings.TrimSpace(r.Message)+added)
		gitserver.Git(t, work, "push", "--quiet", "--force", "origin", "main")
		commit(t, source, "more", files{"tenancy.cue": "two\n"})
		o.Source.Commit, o.Files = head(t, source), several(2, "prod", "two").output()
		judged(t, o, want)
	}
}

func TestNamesOfBranches(t *testing.T) {
	for _, name := range []string{"a..b", "x.lock", "a*", ".x", "refs/heads/main", "a b", "\u009b31m", "a/", "-x"} {
		o := options(t, tenancy(t), gitserver.Bare(t), several(1, "prod", "one"))
		o.Target.Branch = name
		_, err := publishes(t, o)
		refused(t, err, "is no name of a branch")
	}
	bare := target(t)
	gitserver.Git(t, bare, "branch", "hedgerow", "main")
	gitserver.Git(t, bare, "pack-refs", "--all")
	o := options(t, tenancy(t), bare, several(1, "prod", "one"))
	o.PullRequest = true
	_, err := publishes(t, o)
	refused(t, err, "there is a branch hedgerow")
}
