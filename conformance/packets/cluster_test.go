package packets

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A cluster is an API server that runs on the node.
type cluster struct {
	program string // kubectl
	folder  string
	process *os.Process
	stdin   io.Closer // while it is open, the server runs
}

// startCluster starts an API server, and gives it Cilium's kinds, the node, and
// everything that a pod needs.
func startCluster(t *testing.T) *cluster {
	c := &cluster{program: tool(t, "e2e/kubectl"), folder: t.TempDir()}
	cmd := exec.Command(tool(t, "e2e/apiserver"), c.folder)
	logged(t, cmd, "API server")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the API server says %q: %v", line, err)
	}
	c.process, c.stdin = cmd.Process, in
	t.Logf("the API server is ready after %.1f s", time.Since(start).Seconds())
	c.kubectl(t, "", "create", "-f", tool(t, "e2e/cilium/crds/v2"), "-f", tool(t, "e2e/cilium/crds/v2alpha1"))
	c.kubectl(t, "", "wait", "--for=condition=Established", "crd", "--all")
	c.kubectl(t, nodeObjects(), "create", "-f", "-")
	c.kubectl(t, "", "patch", "node", nodeName, "--subresource=status", "--type=merge",
		`--patch={"status":{"addresses":[{"type":"InternalIP","address":"`+nodeAddress+`"},{"type":"Hostname","address":"`+nodeName+`"}]}}`)
	return c
}

func (c *cluster) kubeconfig() string { return filepath.Join(c.folder, "kubeconfig") }

// kubectl runs the command line of Kubernetes with an input.
func (c *cluster) kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.program, args...)
	cmd.Env = []string{"HOME=" + c.folder, "KUBECONFIG=" + c.kubeconfig()}
	cmd.Stdin = strings.NewReader(input)
	return runWith(t, cmd)
}

// nodeObjects gives the node, which has the pods' addresses, and the namespaces,
// each with the account that pods run as: no controller is here to make them.
func nodeObjects() string {
	out := `{"apiVersion":"v1","kind":"Node","metadata":{"name":"` + nodeName + `"},"spec":{"podCIDR":"` + podBlock + `"}}`
	made := map[string]bool{"": true}
	for _, h := range hosts {
		if made[h.namespace] {
			continue
		}
		made[h.namespace] = true
		if h.namespace != "kube-system" { // the server has made that
			out += "\n---\n" + `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"` + h.namespace + `"}}`
		}
		out += "\n---\n" + `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"` + h.namespace + `"}}`
	}
	return out
}
