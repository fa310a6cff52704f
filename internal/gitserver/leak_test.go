package gitserver_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// Servers whose clients still wait end with their test, together with all that they have started.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	var root string
	var clients []<-chan error
	t.Run("servers", func(t *testing.T) {
		bare, server, work := faulty(t, gitserver.HangAfterPush())
		root = filepath.Dir(bare)
		_, secure, url := served(t, gitserver.Options{TLS: true, Before: gitserver.Hang()})
		hung := gitserver.Bare(t)
		gitserver.Hook(t, hung, "pre-receive", "sleep 60")
		ssh := gitserver.SSH(t, filepath.Dir(hung))
		option := client(t, ssh.KnownHosts, key(ssh.ClientKey))
		clients = append(clients,
			start(work, "push", "origin", "main"),
			start("", "-c", "http.sslVerify=false", "ls-remote", url),
			start(work, "-c", option, "push", ssh.URLOf(t, hung), "main"))
		eventually(t, func() bool { return server.Requests(gitserver.Push) > 0 })
		eventually(t, func() bool { return secure.Requests(gitserver.Any) > 0 })
		eventually(t, func() bool { return strings.Contains(processes(t, root), "sleep 60") })
	})
	for _, c := range clients {
		if err := <-c; err == nil {
			t.Error("git did not wait for its server")
		}
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= before })
	eventually(t, func() bool { return processes(t, root) == "" })
	if t.Failed() {
		stacks := make([]byte, 1<<20)
		t.Logf("%s\n%s", processes(t, root), stacks[:runtime.Stack(stacks, true)])
	}
}

// start has git run beside the test, and gives how it ends.
func start(dir string, args ...string) <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		_, err := gitserver.TryGit(ctx, dir, args...)
		done <- err
	}()
	return done
}

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("it never holds")
			return
		}
	}
}

// processes lists the command lines of those in whose arguments, environment or folder the test's folder occurs.
func processes(t *testing.T, root string) string {
	t.Helper()
	found := ""
	folder := filepath.Dir(root) // of the test: each of its t.TempDir is a folder below
	matches, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(matches) == 0 {
		t.Skip("no /proc to look for processes in")
	}
	for _, dir := range matches {
		args, _ := os.ReadFile(dir + "/cmdline") // a process may have ended meanwhile
		env, _ := os.ReadFile(dir + "/environ")
		cwd, _ := os.Readlink(dir + "/cwd")
		if bytes.Contains(bytes.Join([][]byte{args, env, []byte(cwd)}, nil), []byte(folder)) {
			found += string(bytes.ReplaceAll(args, []byte{0}, []byte(" "))) + "\n"
		}
	}
	return found
}
