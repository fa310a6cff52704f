package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const platform = runtime.GOOS + "/" + runtime.GOARCH

// clone puts the files of this repository, as they are, into a repository of
// one commit, which is the same wherever it is made.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	list := git(t, "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for _, name := range strings.Split(strings.Trim(list, "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join("../..", name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed
		} else if err != nil || !info.Mode().IsRegular() {
			t.Fatal(name, err)
		}
		data, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "as it is")
	git(t, dir, "tag", "v1.2.3")
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	// A folder that is another user's, as in a container, is read all the same.
	cmd := exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=You", "GIT_AUTHOR_EMAIL=you@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=You", "GIT_COMMITTER_EMAIL=you@example.com", "GIT_COMMITTER_DATE=1700000000 +0000")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", args, err)
	}
	return string(out)
}

// The same commit gives the same bytes, in whichever folder it is built, and
// what is released is whole, and says what it is.
func TestDist(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds twice")
	}
	var released []map[string][]byte
	for range 2 {
		out := filepath.Join(t.TempDir(), "dist")
		if err := run(clone(t), out, []string{platform}); err != nil {
			t.Fatal(err)
		}
		released = append(released, contents(t, out))
	}
	if !maps.EqualFunc(released[0], released[1], bytes.Equal) {
		t.Error("the second time gives other bytes than the first")
	}
	name := fmt.Sprintf("hedgerow_v1.2.3_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	data := released[0][name]
	if got, want := string(released[0]["SHA256SUMS"]), fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name); got != want {
		t.Errorf("SHA256SUMS: %s instead of %s", got, want)
	}
	validKrew(t, released[0]["hedgerow.yaml"])
	dir := unpack(t, data)
	about, err := exec.Command(filepath.Join(dir, "hedgerow"), "version", "--as", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Version, Commit, Date string
		Modified              bool
	}
	if err := json.Unmarshal(about, &said); err != nil {
		t.Fatal(err)
	}
	if said.Version != "v1.2.3" || len(said.Commit) != 40 || said.Date != "2023-11-14T22:13:20Z" || said.Modified {
		t.Errorf("the binary says %+v", said)
	}
	static(t, filepath.Join(dir, "hedgerow"))
	page, err := os.ReadFile(filepath.Join(dir, "man", "man1", "hedgerow-vet.1"))
	if err != nil || !bytes.Contains(page, []byte(`"2023-11-14" "hedgerow v1.2.3"`)) {
		t.Errorf("the manual page is of another version: %s, %v", page[:min(len(page), 100)], err)
	}
}

// unpack gives the folder of what an archive holds, and sees to it that all of
// it is there.
func unpack(t *testing.T, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || h.Uname+h.Gname != "" || h.Uid+h.Gid != 0 || h.ModTime.Unix() != 1700000000 {
			t.Errorf("%+v", h)
		}
		at := filepath.Join(dir, h.Name)
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, body, os.FileMode(h.Mode)); err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	for _, want := range []string{
		"LICENSE", "README.md", "THIRD_PARTY_LICENSES", "completions/_hedgerow", "completions/hedgerow.bash", "completions/hedgerow.fish",
		"completions/hedgerow.ps1", "hedgerow", "kubectl_complete-hedgerow", "man/man1/hedgerow.1", "man/man1/hedgerow-generate.1",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("the archive lacks %s", want)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("the archive is in no order: %s", names)
	}
	return dir
}

// static sees to it that a binary needs nothing of where it runs.
func static(t *testing.T, binary string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s asks for an interpreter", binary)
		}
	}
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("%s needs %v (%v)", binary, libraries, err)
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// validKrew holds a manifest against krew's own judge, but for the download.
func validKrew(t *testing.T, manifest []byte) {
	t.Helper()
	for wrong, edit := range map[string][2]string{
		"":                {"", ""},
		"no version":      {`version: "v1.2.3"`, `version: "latest"`},
		"a sum cut short": {"sha256: ", "sha256: 0"},
		"no binary":       {"bin: hedgerow", "bin:"},
	} {
		file := filepath.Join(t.TempDir(), "hedgerow.yaml")
		if err := os.WriteFile(file, bytes.Replace(manifest, []byte(edit[0]), []byte(edit[1]), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(filepath.Join(tools(t), "validate-krew-manifest"), "-skip-install", "-manifest", file).CombinedOutput()
		if (err != nil) != (wrong != "") {
			t.Errorf("krew on a manifest with %q: %v\n%s", wrong, err, out)
		}
	}
}

// tools is the folder of the command lines that "make test" builds.
func tools(t *testing.T) string {
	dir := os.Getenv("HEDGEROW_TOOLS")
	if dir == "" {
		t.Fatal("HEDGEROW_TOOLS names no folder; run the tests with \"make test\"")
	}
	return dir
}

// What is not in a clone's commit is said, and what cannot be built leaves what
// was there.
func TestDistOfWhatIsNoClone(t *testing.T) {
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "kept"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.TempDir(), out, []string{platform}); err == nil {
		t.Error("an empty folder is released")
	}
	if _, err := os.Stat(filepath.Join(out, "kept")); err != nil {
		t.Error(err)
	}
}

// Whose licence nobody knows, or that others' code would have to carry, is not
// handed on.
func TestLicences(t *testing.T) {
	cmd := exec.Command(filepath.Join(tools(t), "go-licenses"), "check", "./cmd/hedgerow",
		"--allowed_licenses=Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "licences")
	if err := writeThirdParty("../..", platform, file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"\ncuelang.org/go v", "\ngithub.com/spf13/cobra v", "\nk8s.io/api v", "Mozilla Public License Version 2.0",
		runtime.Version() + ": LICENSE\n",
	} {
		if !bytes.Contains(text, []byte(part)) {
			t.Errorf("the licences lack %q", part)
		}
	}
	bare := t.TempDir()
	p := listed{Dir: bare}
	if err := json.Unmarshal(fmt.Appendf(nil, `{"Module": {"Path": "example.com/x", "Dir": %q}}`, bare), &p); err != nil {
		t.Fatal(err)
	}
	if p.licences(map[string]string{}) == nil {
		t.Error("a module without a licence is handed on")
	}
}
