package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/kube"
)

const auditFiles = "testdata/audit"

// TestAudit applies a tenancy to a real API server and has hedgerow audit it, as
// somebody who may do no more than the document says: as it is applied, with an
// admission guard, after tenants went round it, and without a right.
func TestAudit(t *testing.T) {
	r := newReader(t, "audit")
	if err := os.CopyFS(r.folder, os.DirFS(auditFiles+"/tenancy")); err != nil {
		t.Fatal(err)
	}
	r.hedgerow("generate", "--quiet")

	r.step("a user without rights")
	r.hedgerow("audit")

	r.step("a cluster to which the overlays were applied")
	r.grant()
	r.awaitRights()
	r.must("apply", "-f", filepath.Join(auditFiles, "cluster.yaml"))
	r.must("apply", "-k", filepath.Join(r.folder, "overlays/main/prod"))
	r.must("apply", "-k", filepath.Join(r.folder, "overlays/main/retired/old-shop"))
	r.hedgerow("audit")
	auditGuard(r)
	auditMended(r)

	r.step("tenants went round it")
	r.must("apply", "-f", filepath.Join(auditFiles, "tenants.yaml"))
	r.must("delete", "networkpolicy", "default-deny", "allow-dns", "-n", "checkout-prod")
	r.must("patch", "networkpolicy", "allow-checkout-pays-ingress-api", "-n", "payments-prod", "--type=json",
		`--patch=[{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 8080}]`)
	r.must("annotate", "networkpolicy", "allow-same-namespace", "-n", "payments-prod", "argocd.argoproj.io/tracking-id=any")
	r.must("label", "networkpolicy", "allow-same-namespace", "-n", "payments-prod", "app.kubernetes.io/managed-by-")
	copyAudited(r, "ledger.cue")
	r.hedgerow("audit", "--context", "audit")
	r.compare()
	auditFetched(r)
	auditPages(r)
}

func copyAudited(r *reader, name string) {
	data, err := os.ReadFile(filepath.Join(auditFiles, name))
	if err != nil {
		r.Fatal(err)
	}
	r.write(name, string(data))
}

// auditGuard has the tenancy ask for an admission guard: it is not there, it is
// as the server keeps it, and it was altered.
func auditGuard(r *reader) {
	r.step("a guard that was not applied")
	copyAudited(r, "guard.cue")
	r.hedgerow("generate", "--quiet")
	r.hedgerow("audit")

	r.step("a guard that was applied")
	r.must("apply", "--server-side", "-k", filepath.Join(r.folder, "overlays/delivery/guard/main"))
	r.hedgerow("audit")

	r.step("a guard that was altered")
	r.must("patch", "validatingadmissionpolicybinding", "hedgerow", "--type=merge", `--patch={"spec": {"validationActions": ["Warn"]}}`)
	r.must("patch", "validatingadmissionpolicy", "hedgerow", "--type=merge", `--patch={"spec": {"matchConditions": [{"name": "never", "expression": "false"}]}}`)
	r.hedgerow("audit")
}

// auditMended has policies and the guard get fields that nobody rendered, and one
// of ours another value, which to apply them again would not take back: the
// commands of the fixes do.
func auditMended(r *reader) {
	r.step("fields that are not ours were added")
	r.must("patch", "networkpolicy", "default-deny", "-n", "payments-prod", "--type=merge", `--patch={"spec": {"ingress": [{}]}}`)
	r.must("label", "networkpolicy", "allow-dns", "-n", "payments-prod", "app.kubernetes.io/managed-by-")
	r.must("patch", "validatingadmissionpolicy", "hedgerow", "--type=merge",
		`--patch={"spec": {"failurePolicy": "Ignore", "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}, "variables": [{"name": "any", "expression": "true"}]}}`)
	r.must("patch", "validatingadmissionpolicybinding", "hedgerow", "--type=merge",
		`--patch={"spec": {"validationActions": ["Deny", "Audit"], "paramRef": {"name": "any", "namespace": "default", "parameterNotFoundAction": "Allow"}}}`)
	r.hedgerow("audit")

	r.step("what the fixes say was done")
	for _, command := range auditCommands(r) {
		cmd := exec.CommandContext(r.Context(), r.program, strings.Fields(command)...)
		cmd.Dir = r.folder
		cmd.Env = []string{"HOME=" + r.home, "KUBECONFIG=" + r.config}
		said, err := cmd.Output()
		if err != nil {
			r.Errorf("kubectl %s: %v", command, err)
		}
		fmt.Fprintf(&r.said, "$ kubectl %s\n%s\n", command, said)
	}
	r.hedgerow("audit")
}

// reCommand is a command of a fix.
var reCommand = regexp.MustCompile(`"kubectl ([^"]+)"`)

// auditCommands gives the commands of the fixes of all findings, each once.
func auditCommands(r *reader) (out []string) {
	for _, f := range auditFindings(r) {
		fix, _ := f.(map[string]any)["fix"].(string)
		for _, m := range reCommand.FindAllStringSubmatch(fix, -1) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

// auditFetched sees to it that the commands of the document fetch all on which a
// finding is based.
func auditFetched(r *reader) {
	r.script("fetch.sh")
	live, fetched := auditFindings(r), auditFindings(r, "cluster.yaml")
	if diff := cmp.Diff(live, fetched); diff != "" || len(live) == 0 {
		r.Errorf("what is fetched gives other findings:\n%s", diff)
	}
}

// auditFindings gives the findings of an audit.
func auditFindings(r *reader, args ...string) []any {
	said := r.run(append([]string{"audit", "--as", "json"}, args...)...)
	var out struct {
		Findings []any `json:"findings"`
	}
	if err := json.NewDecoder(bytes.NewReader(said[bytes.IndexByte(said, '{'):])).Decode(&out); err != nil {
		r.Fatalf("%v: %s", err, said)
	}
	return out.Findings
}

// auditPages reads more objects than come at once.
func auditPages(r *reader) {
	const many = 1201
	var maps strings.Builder
	for i := range many {
		fmt.Fprintf(&maps, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: m%d}}\n", i)
	}
	file := filepath.Join(r.home, "maps.yaml")
	if err := os.WriteFile(file, []byte(maps.String()), 0o600); err != nil {
		r.Fatal(err)
	}
	r.must("create", "-f", file)
	c, err := kube.Connect(kube.Options{Kubeconfig: r.config})
	if err != nil {
		r.Fatal(err)
	}
	found, pages := 0, 0
	err = c.Pages(r.Context(), kube.ConfigMaps, "default", func(data []byte) error {
		pages++
		var page corev1.ConfigMapList
		err := json.Unmarshal(data, &page)
		found += len(page.Items)
		return err
	})
	if err != nil || found != many || pages != 3 {
		r.Errorf("%d of %d objects on %d pages: %v", found, many, pages, err)
	}
}
