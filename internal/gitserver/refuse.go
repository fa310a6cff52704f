package gitserver

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Hook gives the repository a hook of that name, which runs the lines of shell. "kill -9 $PPID" is a server that dies.
func Hook(t testing.TB, bare, name, script string) {
	t.Helper()
	hook := filepath.Join(bare, "hooks", name)
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	// A fork meanwhile would inherit the open file, and a file that is open for writing cannot be executed.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(hook, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// RejectHook makes the repository decline every push with the message, by a pre-receive hook.
func RejectHook(t testing.TB, bare, message string) {
	t.Helper()
	quoted := "'" + strings.ReplaceAll(message, "'", `'\''`) + "'"
	Hook(t, bare, "pre-receive", "cat >/dev/null\nprintf '%s\\n' "+quoted+" >&2\nexit 1")
}

// Full makes the repository take no object any more, as for want of space; what it has can be read.
//
// If the test may mount, the objects move to a tmpfs that is full to the last byte, and receive-pack meets ENOSPC. Else
// receive.maxInputSize is one byte: no error of the disk, but the client hears of it at the same place, as the
// unpacker's.
func Full(t testing.TB, bare string) {
	t.Helper()
	objects := filepath.Join(bare, "objects")
	if out, err := mountCopy(objects); err != nil {
		t.Logf("no full disk: %v: %s; receive.maxInputSize stands in for it", err, out)
		Git(t, bare, "config", "receive.maxInputSize", "1")
		return
	}
	t.Cleanup(func() {
		// Lazily, because a server that the test has started before may still read there.
		if out, err := exec.Command("umount", "--lazy", objects).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	})
	fill(t, filepath.Join(objects, "filler"))
}

// mountCopy mounts a small tmpfs with the content of the folder over it, or leaves the folder as it is.
func mountCopy(dir string) (string, error) {
	const script = `set -e
size=$(($(du -sk "$1" | cut -f1) * 2 + 1024))
mkdir "$1.copy"
trap 'rmdir "$1.copy"' EXIT
mount -t tmpfs -o size=${size}k tmpfs "$1.copy"
trap 'umount "$1.copy"; rmdir "$1.copy"' EXIT
cp -a "$1/." "$1.copy/"
mount --bind "$1.copy" "$1"`
	out, err := exec.Command("sh", "-c", script, "sh", dir).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// fill writes a file until there is no space, or the test ends because there was too much.
func fill(t testing.TB, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, io.LimitReader(zeros{}, 1<<30)); err == nil {
		t.Fatalf("%s holds a gigabyte and is not full", name)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
