package gitserver_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// faulty is a repository with a commit, behind a fault, and a clone of it with one more.
func faulty(t *testing.T, fault gitserver.Fault) (bare string, server *gitserver.HTTPServer, work string) {
	t.Helper()
	bare, server, url := served(t, gitserver.Options{Before: fault})
	work = worktree(t, 50_000)
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	gitserver.Git(t, work, "remote", "add", "origin", url)
	commit(t, work, 50_000)
	return bare, server, work
}

// same reports that the push has changed nothing, or that it has.
func same(t *testing.T, bare, work string, pushed bool) {
	t.Helper()
	want := gitserver.Git(t, work, "rev-parse", "main~1")
	if pushed {
		want = head(t, work)
	}
	if got := head(t, bare); got != want {
		t.Errorf("main is %s, want %s", got, want)
	}
	gitserver.Fsck(t, bare)
}

var pushing = []string{"push", "origin", "main"}

func TestFaults(t *testing.T) {
	cases := map[string]struct {
		fault  gitserver.Fault
		within time.Duration
		words  string
		asked  bool // the server is asked to take the push
		pushed bool // and does
	}{
		"forbidden":        {gitserver.Status(403), soon, "error: 403", false, false},
		"unavailable":      {gitserver.On(gitserver.Push, gitserver.Status(503)), soon, "HTTP 503", true, false},
		"hang":             {gitserver.Hang(), time.Second, hangs, false, false},
		"hang after read":  {gitserver.HangAfterRead(), time.Second, hangs, true, false},
		"hang after push":  {gitserver.HangAfterPush(), 2 * time.Second, hangs, true, true},
		"close after push": {gitserver.CloseAfterPush(), soon, "the remote end hung up unexpectedly", true, true},
		"close mid pack":   {gitserver.CloseMidPack(), soon, "the remote end hung up unexpectedly", true, false},
		"garbage":          {gitserver.Garbage("rubbish"), soon, "bad line length character: rubb", false, false},
		"garbage answer": {
			gitserver.On(gitserver.Push, gitserver.Garbage("rubbish")), soon, "bad line length character: rubb", true, false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare, server, work := faulty(t, c.fault)
			refused(t, c.within, work, c.words, pushing...)
			// Not how often: curl tries again when a connection that it knows closes without an answer.
			if got := server.Requests(gitserver.Push) > 0; got != c.asked {
				t.Errorf("asked for the push: %v", got)
			}
			same(t, bare, work, c.pushed)
		})
	}
}

func TestStatus(t *testing.T) {
	words := map[int]string{
		401: "could not read Username", 403: "error: 403", 404: "not found", 500: "error: 500", 503: "error: 503",
	}
	for code, words := range words {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			_, _, url := served(t, gitserver.Options{Before: gitserver.Status(code)})
			refused(t, soon, "", words, "ls-remote", url)
		})
	}
}

func TestCloseMidPackOfFetch(t *testing.T) {
	bare := gitserver.Bare(t)
	gitserver.Git(t, worktree(t, 100_000), "push", "--quiet", bare, "main")
	fault := gitserver.CloseMidPack()
	server := gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{Before: fault})
	clone := filepath.Join(t.TempDir(), "clone")
	// Of protocol 2, where references are an answer of git-upload-pack as well, git would not get to the pack.
	refused(t, soon, "", "unexpected disconnect", "-c", "protocol.version=0", "clone", server.URLOf(t, bare), clone)
}

func TestFirst(t *testing.T) {
	bare, server, work := faulty(t, gitserver.On(gitserver.Push, gitserver.First(2, gitserver.Status(503))))
	for range 2 {
		refused(t, soon, work, "HTTP 503", pushing...)
		same(t, bare, work, false)
	}
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	same(t, bare, work, true)
	if got := server.Requests(gitserver.Push); got != 3 {
		t.Errorf("%d pushes", got)
	}
}

func TestRedirectTo(t *testing.T) {
	other := gitserver.Bare(t)
	gitserver.Git(t, worktree(t, 1), "push", "--quiet", other, "main")
	target := gitserver.HTTP(t, filepath.Dir(other), gitserver.Options{})
	_, server, url := served(t, gitserver.Options{Before: gitserver.RedirectTo(target.URL)})
	got := gitserver.Git(t, "", "ls-remote", url, "main")
	if want := head(t, other) + "\trefs/heads/main"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if server.Requests(gitserver.Any) != 1 || target.Requests(gitserver.FetchRefs) != 1 {
		t.Errorf("%d requests here, %d there", server.Requests(gitserver.Any), target.Requests(gitserver.FetchRefs))
	}
}

func TestSlow(t *testing.T) {
	const pause = 20 * time.Millisecond
	bare, _, work := faulty(t, gitserver.Slow(pause))
	start := time.Now()
	gitserver.Git(t, work, "push", "--quiet", "origin", "main")
	same(t, bare, work, true)
	if took := time.Since(start); took < 10*pause {
		t.Errorf("it took only %v", took)
	}
}
