package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// A publisher is a team's clone of its tenancy, and what it runs there.
type publisher struct {
	*testing.T
	bare, clone, home string
	today             time.Time
}

func newPublisher(t *testing.T) *publisher {
	p := &publisher{T: t, bare: gitserver.Bare(t), clone: t.TempDir(), home: t.TempDir(), today: time.Now().UTC()}
	gitserver.Git(t, p.clone, "init", "--quiet", "--initial-branch=main")
	gitserver.Git(t, p.clone, "remote", "add", "origin", p.bare)
	return p
}

// hedgerow runs the command line.
func (p *publisher) hedgerow(dir string, args ...string) {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), tool(p.T, "hedgerow"), args...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + p.home, "HEDGEROW_AS_OF=" + p.today.Format(time.DateOnly)}
	if out, err := cmd.CombinedOutput(); err != nil {
		p.Fatalf("hedgerow %q: %v\n%s", args, err, out)
	}
}

// pass has days pass, for Hedgerow alone.
func (p *publisher) pass(days int) { p.today = p.today.AddDate(0, 0, days) }

// change writes files of the tenancy; an empty one is deleted.
func (p *publisher) change(files map[string]string) {
	p.Helper()
	for file, text := range files {
		file = filepath.Join(p.clone, file)
		err := os.WriteFile(file, []byte(text), 0o644)
		if text == "" {
			err = os.Remove(file)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
}

// merge commits what was changed to main.
func (p *publisher) merge(message string) {
	p.Helper()
	gitserver.Git(p.T, p.clone, "add", "--all")
	if gitserver.Git(p.T, p.clone, "status", "--porcelain") == "" {
		return
	}
	gitserver.Git(p.T, p.clone, "commit", "--quiet", "--message", message)
	gitserver.Git(p.T, p.clone, "push", "--quiet", "origin", "main")
}

// publish publishes what was merged, and gives the commit and when it was made.
func (p *publisher) publish() (commit string, at time.Time) {
	p.Helper()
	before := gitserver.Git(p.T, p.bare, "rev-parse", "main")
	p.hedgerow(p.clone, "publish")
	at = time.Now()
	commit = gitserver.Git(p.T, p.bare, "rev-parse", "main")
	if commit == before {
		p.Fatal("there was nothing to publish")
	}
	gitserver.Git(p.T, p.clone, "pull", "--quiet", "--ff-only", "origin", "main")
	return commit, at
}

// generate gives a folder with the overlays that the tenancy alone is rendered
// to, apart from Git and from what was published before.
func (p *publisher) generate() string {
	p.Helper()
	dir := p.TempDir()
	files, err := filepath.Glob(filepath.Join(p.clone, "*.cue"))
	if err != nil || len(files) == 0 {
		p.Fatal("the tenancy has no files", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			p.Fatal(err)
		}
	}
	p.hedgerow(dir, "generate")
	return filepath.Join(dir, "overlays")
}
