package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The binary works where there is nothing else: no shell, no git, no libraries,
// no home, no temporary files, and as nobody who owns anything but the overlays.
func TestEmptyImage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may change the root of a process")
	}
	image := t.TempDir()
	r := &release{source: clone(t)}
	if err := r.build(filepath.Join(image, "hedgerow"), platform); err != nil {
		t.Fatal(err)
	}
	static(t, filepath.Join(image, "hedgerow"))
	work := filepath.Join(image, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	hedgerow := func(args ...string) (string, int) {
		cmd := exec.Command("/hedgerow", args...)
		cmd.Dir, cmd.Env = "/work", []string{"HEDGEROW_AS_OF=2026-11-21", "SOURCE_DATE_EPOCH=1795219200"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: image, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	tenancy := `package tenancy

clusters: main: cni: "calico"
environments: prod: {cluster: "main", class: "production"}
teams: shop: namespaces: checkout: workloads: web: {pods: app: "web", ports: http: 8080}
`
	if err := os.WriteFile(filepath.Join(work, "tenants.cue"), []byte(tenancy), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, work, "init", "-q", "-b", "main")
	git(t, work, "add", "-A")
	git(t, work, "commit", "-q", "-m", "a tenancy")
	git(t, work, "branch", "published")
	const contents = "1 namespace on 1 cluster, 3 policies, 0 flows open\n"
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"vet"}, 0, "the tenancy is right: " + contents},
		{[]string{"generate"}, 3, "permission denied"},
		{[]string{"publish", "--dry-run"}, 0, "overlays/main/prod/checkout/"},
		{[]string{"publish", "--branch", "published"}, 3, "ermission denied"},
	} {
		if out, code := hedgerow(c.args...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit code %d\n%s", c.args, code, out)
		}
	}
	if err := os.Mkdir(filepath.Join(work, "overlays"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(work, "overlays"), 65532, 65532); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"generate"}, {"generate", "--check"}} {
		if out, code := hedgerow(args...); code != 0 || !strings.Contains(out, contents) {
			t.Errorf("%s: exit code %d\n%s", args, code, out)
		}
	}
}
