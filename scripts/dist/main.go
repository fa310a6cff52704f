// Dist builds what is released: for each platform an archive with the binary,
// its manual pages and completions, and the licences of all that is in it; and
// the archives' checksums, and a manifest for krew:
//
//	go run ./scripts/dist dist
//
// or, for an image, the licences alone:
//
//	go run ./scripts/dist linux/amd64 THIRD_PARTY_LICENSES
//
// The same commit gives the same bytes, wherever and whenever it is built with
// the same Go.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// platforms are those that are released. Windows is not: there is no lock there
// that would keep two runs at once apart.
var platforms = []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"}

func main() {
	var err error
	switch len(os.Args) {
	case 2:
		err = run(".", os.Args[1], platforms)
	case 3:
		err = writeThirdParty(".", os.Args[1], os.Args[2])
	default:
		panic("usage: dist FOLDER, or dist PLATFORM FILE")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		panic("nothing was released")
	}
}

// A release is of one commit.
type release struct {
	source   string // a clone, in which the commit is checked out
	work     string // a folder for what is made on the way
	Version  string
	Date     time.Time // of the commit
	Modified bool
}

// run fills the folder at once, or leaves it alone.
func run(source, out string, platforms []string) (err error) {
	r := &release{source: source}
	if r.work, err = os.MkdirTemp("", "dist"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	host := filepath.Join(r.work, "hedgerow")
	if err := r.build(host, runtime.GOOS+"/"+runtime.GOARCH); err != nil {
		return err
	}
	about, err := exec.Command(host, "version", "--as", "json").Output()
	if err := cmp.Or(err, json.Unmarshal(about, r)); err != nil {
		return err
	}
	common, err := r.documents(host)
	if err != nil {
		return err
	}
	files, sums := map[string][]byte{}, bytes.Buffer{}
	archives := map[string][sha256.Size]byte{}
	for _, p := range platforms {
		data, err := r.archive(p, common)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		name := fmt.Sprintf("hedgerow_%s_%s.tar.gz", r.Version, strings.ReplaceAll(p, "/", "_"))
		files[name], archives[p] = data, sha256.Sum256(data)
		fmt.Fprintf(&sums, "%x  %s\n", archives[p], name)
	}
	files["SHA256SUMS"] = sums.Bytes()
	files["hedgerow.yaml"] = krewManifest(r.Version, platforms, archives)
	return replaceFolder(out, files)
}

// replaceFolder puts a folder in the place of what was there.
func replaceFolder(out string, files map[string][]byte) error {
	unfinished := out + ".unfinished"
	if err := cmp.Or(os.RemoveAll(unfinished), os.MkdirAll(unfinished, 0o755)); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(unfinished, name), data, 0o644); err != nil {
			return err
		}
	}
	return cmp.Or(os.RemoveAll(out), os.Rename(unfinished, out))
}

// environment is that of Go, for a platform: nothing of who builds gets in.
func environment(platform string) []string {
	system, arch, _ := strings.Cut(platform, "/")
	return append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+system, "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0")
}

func (r *release) build(binary, platform string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-o", binary, "./cmd/hedgerow")
	cmd.Dir, cmd.Env, cmd.Stderr = r.source, environment(platform), os.Stderr
	return cmd.Run()
}

// documents gives the files that are the same on every platform, as a binary
// that runs here writes them.
func (r *release) documents(host string) (map[string]file, error) {
	files := map[string]file{}
	for name, mode := range map[string]int64{"LICENSE": 0o644, "README.md": 0o644, "scripts/dist/kubectl_complete-hedgerow": 0o755} {
		data, err := os.ReadFile(filepath.Join(r.source, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		files[filepath.Base(name)] = file{data, mode}
	}
	for shell, name := range map[string]string{
		"bash": "hedgerow.bash", "zsh": "_hedgerow", "fish": "hedgerow.fish", "powershell": "hedgerow.ps1",
	} {
		script, err := exec.Command(host, "completion", shell).Output()
		if err != nil {
			return nil, err
		}
		files["completions/"+name] = file{script, 0o644}
	}
	pages := filepath.Join(r.work, "man")
	if out, err := exec.Command(host, "man", pages).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(pages, "*.1"))
	if err == nil && len(found) == 0 {
		err = errors.New("there are no manual pages")
	}
	for _, page := range found {
		data, failed := os.ReadFile(page)
		err = cmp.Or(err, failed)
		files["man/man1/"+filepath.Base(page)] = file{data, 0o644}
	}
	return files, err
}
