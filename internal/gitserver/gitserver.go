// Package gitserver runs real Git servers on loopback for tests of a Git client: smart HTTP and SSH, on the
// receive-pack and upload-pack of the git that is installed, with faults on demand. All that a test starts here ends
// with it.
package gitserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Bare gives the folder of a new bare repository without commits, whose HEAD is main. It is alone in its parent folder,
// which can be the root of a server.
func Bare(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo.git")
	Git(t, "", "init", "--quiet", "--bare", "--initial-branch=main", dir)
	Git(t, dir, "config", "gc.auto", "0")
	return dir
}

// Git runs git in the folder and gives what it prints, without its last newline. The test ends if git does not exit
// with 0. Git sees nobody's configuration, asks nothing, and always commits as the same person at the same time.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := command(context.Background(), dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %q: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return strings.TrimSuffix(string(out), "\n")
}

// TryGit runs git as [Git] does where it may fail, until the context ends. It gives all that git prints, on both of its
// outputs.
func TryGit(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := command(ctx, dir, args...).CombinedOutput()
	return string(out), err
}

// Fsck holds the repository against "git fsck --strict --full", which must have nothing to say: what is dangling is an
// error as well. That there are no commits yet is none.
func Fsck(t testing.TB, repo string) {
	t.Helper()
	out, err := TryGit(context.Background(), repo, "fsck", "--strict", "--full", "--no-progress")
	said := ""
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "notice: ") {
			said += line
		}
	}
	if err != nil || said != "" {
		t.Errorf("git fsck of %s: %v\n%s", repo, err, said)
	}
}

// command is a git that has not started. When the context ends, so does all that git has started in turn: killing git
// alone would leave git-remote-http or a hook behind.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.WaitDelay = 5 * time.Second
	killGroup(cmd)
	return cmd
}

// environment is what git sees, for clients and servers alike. It is not added to that of the test, because GIT_DIR is
// set when a test is run by a hook.
func environment() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Author", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=Committer", "GIT_COMMITTER_EMAIL=committer@example.com",
		"GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	}
	settings := [][2]string{
		{"init.defaultBranch", "main"},
		{"gc.auto", "0"}, // or a gc in the background would outlive the test
		{"maintenance.auto", "false"},
		{"http.receivepack", "true"},
	}
	env = append(env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)))
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s[1]))
	}
	return env
}

// below gives the URL of a repository in the root of a server.
func below(t testing.TB, url, root, repo string) string {
	t.Helper()
	rel, err := filepath.Rel(root, repo)
	if err != nil || !filepath.IsLocal(rel) {
		t.Fatalf("repository %s is not below %s", repo, root)
	}
	return url + "/" + filepath.ToSlash(rel)
}
