package packets

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// compiler makes the BPF programs. It is of the package of the same name.
const compiler = "clang-19"

// The agent asks for warnings to be errors, and newer compilers warn of more.
const quietCompiler = "#!/bin/sh\nexec " + compiler + " \"$@\" -Wno-error -w\n"

// The agent does not start on a kernel without modules, which has no list of
// them. For its eyes alone there is an empty one.
const withModules = `
set -e
if [ ! -e /proc/modules ]; then
	mkdir /run/proc
	mount --rbind /proc /run/proc
	mount -t tmpfs tmpfs /proc
	for entry in /run/proc/[!0-9]*; do ln -s "$entry" /proc/; done
	ln -s /run/proc/$$ /proc/$$
	: >/proc/modules
fi
exec "$@"
`

const socket = "/run/cilium/cilium.sock"

// startAgent starts Cilium's agent, which ends with the node, and waits until it
// is well.
func startAgent(t *testing.T, kubeconfig string) *os.Process {
	folder := t.TempDir()
	run(t, "cp", "-r", tool(t, "e2e/cilium/bpf"), filepath.Join(folder, "bpf"))
	run(t, "chmod", "-R", "u+w", folder)
	path := filepath.Join(folder, "path")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "clang"), []byte(quietCompiler), 0o755); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--mount", "sh", "-c", withModules, "agent", tool(t, "e2e/cilium-agent")}, agentOptions(folder, kubeconfig)...)
	cmd := exec.Command("unshare", args...)
	cmd.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"), "K8S_NODE_NAME="+nodeName, "CILIUM_K8S_NAMESPACE=kube-system")
	logged(t, cmd, "agent")
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the agent", agentIsWell)
	t.Logf("the agent is well after %.1f s", time.Since(start).Seconds())
	return cmd.Process
}

// agentOptions asks for nothing but policies between pods: no tunnel, no proxy,
// no Services, no address translation.
func agentOptions(folder, kubeconfig string) []string {
	return []string{
		"--k8s-kubeconfig-path=" + kubeconfig, "--lib-dir=" + folder, "--state-dir=/run/cilium", "--socket-path=" + socket,
		"--cgroup-root=/run/cilium/cgroup", "--cluster-name=default", "--devices=eth0", "--direct-routing-device=eth0",
		"--ipam=kubernetes", "--identity-allocation-mode=crd", "--enable-ipv4=true", "--enable-ipv6=false",
		"--routing-mode=native", "--ipv4-native-routing-cidr=" + podBlock, "--enable-ipv4-masquerade=false",
		"--kube-proxy-replacement=false", "--install-iptables-rules=false", "--enable-l7-proxy=false", "--enable-hubble=false",
		"--enable-health-checking=false", "--enable-endpoint-health-checking=false", "--enable-policy=default",
		"--enable-well-known-identities=false", "--preallocate-bpf-maps=false", "--prometheus-serve-addr=",
		"--agent-health-port=9879",
	}
}

func agentIsWell() error {
	request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:9879/healthz", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Brief", "true") // whether it works at all, as kubelet asks
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.Join(errors.New(response.Status), response.Body.Close())
	}
	return response.Body.Close()
}

// await asks until nothing is wrong, for a minute.
func await(t *testing.T, what string, ask func() error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// logged keeps what a program says, and shows the end of it if the test fails.
func logged(t *testing.T, cmd *exec.Cmd, name string) {
	log, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	t.Cleanup(func() {
		if t.Failed() {
			data, _ := os.ReadFile(log.Name())
			t.Logf("the end of what %s said:\n%s", name, data[max(0, len(data)-5000):])
		}
	})
}
