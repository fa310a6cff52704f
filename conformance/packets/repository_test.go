package packets

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A repository is a clone in which people change the tenancy, and the bare one
// that it pushes to and that "hedgerow publish" publishes to.
type repository struct{ bare, clone string }

// overlays are the folders that are applied, in this order: what keeps a
// namespace open comes before what closes it.
var overlays = []string{"overlays/main/rollout/prod", "overlays/main/prod", "overlays/main/shared"}

func newRepository(t *testing.T) repository {
	folder := t.TempDir()
	r := repository{bare: filepath.Join(folder, "server.git"), clone: filepath.Join(folder, "clone")}
	run(t, "git", "init", "-q", "--bare", "-b", "main", r.bare)
	run(t, "git", "init", "-q", "-b", "main", r.clone)
	r.git(t, "remote", "add", "origin", r.bare)
	return r
}

func (r repository) git(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "git", append([]string{"-C", r.clone, "-c", "user.name=test", "-c", "user.email=test@localhost"}, args...)...)
}

// merge makes the tenancy consist of these files, and pushes it.
func (r repository) merge(t *testing.T, files ...string) {
	old, err := filepath.Glob(filepath.Join(r.clone, "*.cue"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		run(t, "cp", filepath.Join("testdata", file), r.clone)
	}
	r.git(t, "add", "-A")
	r.git(t, "commit", "-q", "-m", strings.Join(files, ", "))
	r.git(t, "push", "-q", "origin", "main")
}

// publish publishes what was merged, and gives the policies of the commit, and
// when that was there.
func (r repository) publish(t *testing.T, c *cluster) (string, time.Time) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "hedgerow"), "publish", "-C", r.clone, "--quiet")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "NO_COLOR=1")
	runWith(t, cmd)
	committed := time.Now()
	manifest := r.manifest(t, c)
	r.git(t, "pull", "-q", "origin", "main")
	return manifest, committed
}

// manifest gives what kustomize makes of the overlays of the commit that the
// bare repository is at.
func (r repository) manifest(t *testing.T, c *cluster) string {
	t.Helper()
	commit := filepath.Join(t.TempDir(), "commit")
	run(t, "git", "clone", "-q", "--branch", "main", r.bare, commit)
	var b strings.Builder
	for _, folder := range overlays {
		if _, err := os.Stat(filepath.Join(commit, folder)); err == nil {
			b.WriteString("---\n" + c.kubectl(t, "", "kustomize", filepath.Join(commit, folder)))
		}
	}
	return b.String()
}

// apply makes the cluster have the policies of a manifest, and none that an
// earlier one had.
func (c *cluster) apply(t *testing.T, manifest string) {
	t.Helper()
	c.kubectl(t, manifest, "apply", "-f", "-", "--validate=strict", "--prune",
		"--selector=app.kubernetes.io/managed-by=hedgerow", "--prune-allowlist=networking.k8s.io/v1/NetworkPolicy")
}
