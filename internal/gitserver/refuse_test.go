package gitserver_test

import (
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

func TestRejectHook(t *testing.T) {
	bare := gitserver.Bare(t)
	gitserver.RejectHook(t, bare, `it's "frozen" until $MONDAY \o/ 100%`)
	server := gitserver.HTTP(t, bare+"/..", gitserver.Options{})
	work := worktree(t, 1)
	refused(t, soon, work, `remote: it's "frozen" until $MONDAY \o/ 100%`, "push", server.URL+"/repo.git", "main")
	refused(t, soon, work, "(pre-receive hook declined)", "push", server.URL+"/repo.git", "main")
	if got := refs(t, bare); got != "" {
		t.Errorf("there is %s", got)
	}
	gitserver.Fsck(t, bare)
}

// A server may die before a push is done or after, and the client cannot tell which.
func TestHookThatKillsTheServer(t *testing.T) {
	for name, pushed := range map[string]bool{"pre-receive": false, "post-receive": true} {
		bare, _, work := faulty(t, nil)
		gitserver.Hook(t, bare, name, "kill -9 $PPID")
		_, err := gitserver.TryGit(t.Context(), work, pushing...)
		if !pushed && err == nil {
			t.Errorf("git takes the push for done that %s has killed", name)
		}
		if got := head(t, bare) == head(t, work); got != pushed {
			t.Errorf("killed in %s, the push is done: %v", name, got)
		}
	}
}

func TestFull(t *testing.T) {
	bare := gitserver.Bare(t)
	work := worktree(t, 1000)
	gitserver.Git(t, work, "push", "--quiet", bare, "main")
	before := head(t, work)
	gitserver.Full(t, bare)
	commit(t, work, 1)
	out, err := gitserver.TryGit(t.Context(), work, "push", bare, "main")
	t.Log(out)
	if err == nil || !strings.Contains(out, "[remote rejected] main -> main (unpacker error)") {
		t.Errorf("%v; got: %s", err, out)
	}
	mounted := !strings.Contains(gitserver.Git(t, bare, "config", "--list"), "receive.maxinputsize")
	if mounted != strings.Contains(out, "No space left on device") {
		t.Errorf("mounted: %v; got: %s", mounted, out)
	}
	if head(t, bare) != before {
		t.Errorf("main is %s, want %s", head(t, bare), before)
	}
	gitserver.Fsck(t, bare)
}
