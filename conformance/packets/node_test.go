package packets

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The addresses of the node and of what is outside of the cluster.
const (
	nodeName    = "node"
	nodeAddress = "172.30.0.1"
	gateway     = "172.30.0.2" // of the node, in the namespace outside
	podBlock    = "10.244.0.0/24"
	outside     = "outside"
)

// run runs a command of the node and gives what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return runWith(t, exec.CommandContext(t.Context(), name, args...))
}

func runWith(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", cmd.Args, err, out, stderr.String())
	}
	return string(out)
}

// lines runs a command for every line.
func lines(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			run(t, words[0], words[1:]...)
		}
	}
}

// mountNode makes the file systems of the node its own. Folders that tests make
// are in memory, and end with it. What the agent would set in the kernel of the
// whole machine it cannot: those settings are read-only.
func mountNode(t *testing.T) {
	lines(t, `
		mount --make-rprivate /
		mount -t proc proc /proc
		mount --bind /proc/sys/kernel /proc/sys/kernel
		mount -o remount,bind,ro /proc/sys/kernel
		mount -t sysfs sysfs /sys
		mount -t bpf bpf /sys/fs/bpf
		mount -t tmpfs tmpfs /run
		mkdir /run/netns /run/tmp /run/cilium
	`)
	t.Setenv("TMPDIR", "/run/tmp")
}

// connectNode gives the node its network, and a neighbour that stands for
// everything outside of the cluster.
func connectNode(t *testing.T) {
	lines(t, `
		ip link set lo up
		ip netns add `+outside+`
		ip -n `+outside+` link set lo up
		ip link add eth0 type veth peer name eth0 netns `+outside+`
		ip addr add `+nodeAddress+`/24 dev eth0
		ip link set eth0 up
		ip -n `+outside+` addr add `+gateway+`/24 dev eth0
		ip -n `+outside+` link set eth0 up
		ip -n `+outside+` route add `+podBlock+` via `+nodeAddress+`
		ip route add default via `+gateway+`
	`)
	for _, h := range hosts {
		if h.namespace == "" {
			run(t, "ip", "-n", outside, "addr", "add", h.fixed+"/32", "dev", "lo")
		}
	}
}

// tool gives the path of what "make e2e-packets" builds and fetches.
func tool(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(os.Getenv("HEDGEROW_TOOLS"), name)
	if _, err := os.Stat(path); err != nil || os.Getenv("HEDGEROW_TOOLS") == "" {
		t.Fatalf(`%s is not there (%v): run "make e2e-packets", which builds it`, path, err)
	}
	return path
}
