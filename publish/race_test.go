package publish_test

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// crowd is how many publish at once, and commits how many times each does.
const crowd = 8

func commitsOfEach() int {
	if testing.Short() {
		return 5
	}
	return 25
}

// tooMany bounds how many pushes it takes for one commit to arrive, with all the
// others at it: measured, times three.
const tooMany = 7

// Those who publish at once to paths of their own on one branch all arrive, and
// none undoes what another did.
func TestPublishersRace(t *testing.T) {
	for name, way := range map[string]func(*testing.T, string) string{
		"path": func(_ *testing.T, bare string) string { return bare },
		"HTTP": func(t *testing.T, bare string) string {
			return gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{}).URLOf(t, bare)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bare := target(t)
			gitserver.Git(t, bare, "config", "receive.autogc", "false") // a process for each push, which finds nothing to do
			url := way(t, bare)
			var tries, most atomic.Int64
			var all sync.WaitGroup
			begin := time.Now()
			for i := range crowd {
				source := tenancy(t)
				all.Go(func() { tries.Add(publishMany(t, source, url, i, &most)) })
			}
			all.Wait()
			n := int64(crowd * commitsOfEach())
			t.Logf("%d commits of %d publishers took %d pushes, %d at most for one, and %v", n, crowd, tries.Load(), most.Load(), time.Since(begin).Round(time.Millisecond))
			if tries.Load() > n*tooMany {
				t.Errorf("%d pushes were tried for %d commits", tries.Load(), n)
			}
			mustBeLinear(t, bare, int(n))
		})
	}
}

// publishMany publishes once after the other to a path of its own, and counts
// the pushes.
func publishMany(t *testing.T, source, url string, i int, most *atomic.Int64) (pushes int64) {
	o := options(t, source, url, nil)
	o.Target.Path = ownPath(i)
	for k := range commitsOfEach() {
		o.Files = several(3, "prod", fmt.Sprint(k)).output()
		r, err := publishes(t, o)
		if err != nil {
			t.Errorf("publisher %d, commit %d: %v", i, k, err)
			return pushes
		}
		pushes += int64(r.Tries)
		for old := most.Load(); int64(r.Tries) > old && !most.CompareAndSwap(old, int64(r.Tries)); old = most.Load() {
		}
	}
	return pushes
}

func ownPath(i int) string { return path.Join("teams", fmt.Sprintf("t%d", i)) }

// mustBeLinear holds the branch against what all publishers left: one commit
// after the other, each below one path, and the last of each path in the end.
func mustBeLinear(t *testing.T, bare string, commits int) {
	t.Helper()
	log := gitserver.Git(t, bare, "log", "--format=%H %P", "main")
	lines := strings.Split(log, "\n")
	if len(lines) != commits+1 {
		t.Errorf("%d commits arrived, want %d", len(lines)-1, commits)
	}
	for _, line := range lines[:len(lines)-1] {
		if hashes := strings.Fields(line); len(hashes) != 2 {
			t.Errorf("a commit has not one parent: %s", line)
		}
	}
	changes := gitserver.Git(t, bare, "log", "--name-only", "--format=tformat:commit", fmt.Sprintf("main~%d..main", commits))
	for one := range strings.SplitSeq(strings.TrimPrefix(changes, "commit\n"), "commit\n") {
		names := strings.Fields(one)
		own := strings.Join(strings.SplitAfter(names[0], "/")[:2], "")
		if slices.ContainsFunc(names, func(name string) bool { return !strings.HasPrefix(name, own) }) {
			t.Errorf("one commit changes %q", names)
		}
	}
	for i := range crowd {
		for name, data := range several(3, "prod", fmt.Sprint(commitsOfEach()-1)) {
			if got := gitserver.Git(t, bare, "show", "main:"+path.Join(ownPath(i), name)); got+"\n" != data {
				t.Errorf("publisher %d lost %s: %q", i, name, got)
			}
		}
	}
	for name, data := range foreign {
		if got := gitserver.Git(t, bare, "show", "main:"+name); got+"\n" != data {
			t.Errorf("%s was lost: %q", name, got)
		}
	}
	clean(t, bare)
}

// Of two who publish the same, one finds that there is nothing to do.
func TestTheSamePublishedTwiceAtOnce(t *testing.T) {
	bare, source := target(t), tenancy(t)
	o := options(t, source, bare, several(3, "prod", "one"))
	var made atomic.Int64
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			r, err := publishes(t, o)
			if err != nil {
				t.Error(err)
			} else if r.Commit != "" {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if n := gitserver.Git(t, bare, "rev-list", "--count", "main"); n != "2" {
		t.Errorf("there are %s commits, want the first and one of %d publishers", n, made.Load())
	}
}
