package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// The module installs by its path as any other does: from a proxy that has it,
// into a cache that has never seen it.
func TestGoInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("it unpacks every module that is needed")
	}
	source := clone(t)
	of := module.Version{Path: "github.com/hedgerow-dev/hedgerow", Version: "v1.2.3"}
	proxy := t.TempDir()
	at := filepath.Join(proxy, of.Path, "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": "v1.2.3\n", "v1.2.3.info": `{"Version": "v1.2.3"}`, "v1.2.3.mod": string(mod)} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := os.Create(filepath.Join(at, "v1.2.3.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := zip.CreateFromDir(archive, of, source); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	cmd := exec.Command("go", "install", "-modcacherw", "-trimpath", of.Path+"/cmd/hedgerow@latest")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=", "CGO_ENABLED=0", "GOMODCACHE="+t.TempDir(), "GONOSUMDB=*",
		"GOPROXY=file://"+proxy+",file://"+filepath.Join(strings.TrimSpace(string(cache)), "cache", "download"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said, err := exec.Command(filepath.Join(bin, "hedgerow"), "version").Output()
	if err != nil || !strings.HasPrefix(string(said), "hedgerow v1.2.3\nbuilt with go1.") {
		t.Errorf("the installed binary says %q (%v)", said, err)
	}
}

// "make install" makes a static binary, and all that goes with it.
func TestMakeInstall(t *testing.T) {
	root := t.TempDir()
	cmd := exec.Command("make", "-C", clone(t), "install", "DESTDIR="+root, "PREFIX=/usr")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usr := filepath.Join(root, "usr")
	static(t, filepath.Join(usr, "bin", "hedgerow"))
	for _, file := range []string{
		"bin/kubectl_complete-hedgerow", "share/man/man1/hedgerow.1", "share/man/man1/hedgerow-vet.1",
		"share/bash-completion/completions/hedgerow", "share/zsh/site-functions/_hedgerow", "share/fish/vendor_completions.d/hedgerow.fish",
	} {
		if info, err := os.Stat(filepath.Join(usr, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	said, err := exec.Command(filepath.Join(usr, "bin", "kubectl-hedgerow"), "vte").CombinedOutput()
	if err == nil || !strings.HasPrefix(string(said), `kubectl hedgerow: unknown command "vte"`) {
		t.Errorf("the plugin says %q (%v)", said, err)
	}
}
