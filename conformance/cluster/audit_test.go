package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/kube"
)

const (
	auditFiles  = "testdata/audit"
	auditGolden = auditFiles + "/golden.txt"
	auditor     = "auditor" // who has the rights that the document gives
)

// TestAudit applies a tenancy to a real API server and has hedgerow audit it, as
// somebody who may do no more than the document says: as it is applied, after
// tenants went round it, and without a right.
func TestAudit(t *testing.T) {
	a := &audited{server: startServer(t), T: t, folder: t.TempDir()}
	a.loadDefinitions(t)
	if err := os.CopyFS(a.folder, os.DirFS(auditFiles+"/tenancy")); err != nil {
		t.Fatal(err)
	}
	a.becomeAuditor()
	a.hedgerow("generate", "--quiet")

	a.step("a user without rights")
	a.hedgerow("audit")
	a.must("create", "-f", a.role())
	a.must("create", "clusterrolebinding", auditor, "--clusterrole=hedgerow-audit", "--user="+auditor)

	a.step("a cluster to which the overlays were applied")
	a.must("apply", "-f", filepath.Join(auditFiles, "cluster.yaml"))
	a.must("apply", "-k", filepath.Join(a.folder, "overlays/main/prod"))
	a.must("apply", "-k", filepath.Join(a.folder, "overlays/main/retired/old-shop"))
	a.eventually("audit")

	a.step("tenants went round it")
	a.must("apply", "-f", filepath.Join(auditFiles, "tenants.yaml"))
	a.must("delete", "networkpolicy", "default-deny", "allow-dns", "-n", "checkout-prod")
	a.must("patch", "networkpolicy", "allow-checkout-pays-ingress-api", "-n", "payments-prod", "--type=json",
		`--patch=[{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 8080}]`)
	a.must("annotate", "networkpolicy", "allow-same-namespace", "-n", "payments-prod", "argocd.argoproj.io/tracking-id=any")
	a.must("label", "networkpolicy", "allow-same-namespace", "-n", "payments-prod", "app.kubernetes.io/managed-by-")
	a.copy("ledger.cue")
	a.hedgerow("audit", "--context", "audit")
	a.compare()
	a.pages()
}

// An audited server, and what was said about it.
type audited struct {
	*server
	*testing.T
	folder string // of the tenancy
	said   bytes.Buffer
}

func (a *audited) step(what string) { fmt.Fprintf(&a.said, "# %s\n\n", what) }

// must runs kubectl as who may do everything.
func (a *audited) must(args ...string) {
	a.Helper()
	if err := a.kubectl(a.Context(), args...); err != nil {
		a.Fatal(err)
	}
}

// becomeAuditor makes the kubeconfig of the auditor.
func (a *audited) becomeAuditor() {
	c, err := clientcmd.LoadFromFile(a.config)
	if err != nil {
		a.Fatal(err)
	}
	admin := c.AuthInfos["admin"]
	c.AuthInfos[auditor] = &clientcmdapi.AuthInfo{Token: admin.Token, Impersonate: auditor}
	c.Contexts["audit"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: auditor}
	c.CurrentContext = "audit"
	for _, k := range c.Clusters {
		k.CertificateAuthority = filepath.Join(a.home, filepath.Base(k.CertificateAuthority))
	}
	if err := clientcmd.WriteToFile(*c, a.kubeconfig()); err != nil {
		a.Fatal(err)
	}
}

func (a *audited) kubeconfig() string { return filepath.Join(a.home, "auditor") }

// role writes the role that the document shows.
func (a *audited) role() string {
	source, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		a.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml file=hedgerow-audit.yaml\n(.*?)```").FindSubmatch(source)
	if m == nil {
		a.Fatal("the document shows no role")
	}
	file := filepath.Join(a.home, "role.yaml")
	if err := os.WriteFile(file, m[1], 0o600); err != nil {
		a.Fatal(err)
	}
	return file
}

func (a *audited) copy(name string) {
	data, err := os.ReadFile(filepath.Join(auditFiles, name))
	if err == nil {
		err = os.WriteFile(filepath.Join(a.folder, name), data, 0o600)
	}
	if err != nil {
		a.Fatal(err)
	}
}

// hedgerow runs the program as the auditor and takes down all that it says.
func (a *audited) hedgerow(args ...string) {
	a.Helper()
	fmt.Fprintf(&a.said, "$ hedgerow %s\n%s\n", strings.Join(args, " "), a.answer(args...))
}

func (a *audited) answer(args ...string) string {
	cmd := exec.CommandContext(a.Context(), tool(a.T, "hedgerow"), args...)
	cmd.Dir = a.folder
	cmd.Env = []string{"HOME=" + a.home, "KUBECONFIG=" + a.kubeconfig(), "HEDGEROW_AS_OF=" + tenancies.Day}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		a.Fatal(err)
	}
	return fmt.Sprintf("%s[exit code %d]\n", out, cmd.ProcessState.ExitCode())
}

// eventually runs the program until its rights have come into force.
func (a *audited) eventually(args ...string) {
	a.Helper()
	var said string
	for range 50 {
		if said = a.answer(args...); !strings.Contains(said, "lacks the right") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Fprintf(&a.said, "$ hedgerow %s\n%s\n", strings.Join(args, " "), said)
}

// compare holds what was said against what should be.
func (a *audited) compare() {
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(auditGolden, a.said.Bytes(), 0o644); err != nil {
			a.Fatal(err)
		}
	}
	want, err := os.ReadFile(auditGolden)
	if err != nil {
		a.Fatal(err)
	}
	if diff := cmp.Diff(string(want), a.said.String()); diff != "" {
		a.Errorf("it says something else (HEDGEROW_UPDATE=1 rewrites it):\n%s", diff)
	}
}

// pages reads more objects than come at once.
func (a *audited) pages() {
	const many = 1201
	var maps strings.Builder
	for i := range many {
		fmt.Fprintf(&maps, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: m%d}}\n", i)
	}
	file := filepath.Join(a.home, "maps.yaml")
	if err := os.WriteFile(file, []byte(maps.String()), 0o600); err != nil {
		a.Fatal(err)
	}
	a.must("create", "-f", file)
	c, err := kube.Connect(kube.Options{Kubeconfig: a.config})
	if err != nil {
		a.Fatal(err)
	}
	found, pages := 0, 0
	err = c.Pages(a.Context(), kube.ConfigMaps, "default", func(data []byte) error {
		pages++
		var page corev1.ConfigMapList
		err := json.Unmarshal(data, &page)
		found += len(page.Items)
		return err
	})
	if err != nil || found != many || pages != 3 {
		a.Errorf("%d of %d objects on %d pages: %v", found, many, pages, err)
	}
}
