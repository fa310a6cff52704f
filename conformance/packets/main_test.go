package packets

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// inNode marks the process that runs the tests, as the first process of
// namespaces of its own.
const inNode = "HEDGEROW_IN_NODE"

// TestMain runs the tests as the first process of namespaces of its own, which
// are the node. With that process the kernel ends every other one there, and
// with those every network, mount and BPF program: nothing is left behind,
// however the test ends.
func TestMain(m *testing.M) {
	if os.Getenv(inNode) != "" || missing() != nil {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // the node ends with the thread that started it
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inNode+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWCGROUP,
		Pdeathsig:  syscall.SIGKILL,
	}
	go endWithParent()
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// endWithParent ends this process, and so the node, when "go test" is gone.
func endWithParent() {
	for parent := os.Getppid(); os.Getppid() == parent; time.Sleep(time.Second) {
	}
	os.Exit(1)
}

// needs are programs, and Debian's packages of them.
var needs = map[string]string{
	"unshare": "util-linux", "mount": "mount", "ip": "iproute2", "tc": "iproute2", "iptables": "iptables",
	"bpftool": "bpftool", "git": "git", compiler: compiler,
}

// kernel does what the agent needs the kernel for, in namespaces that end at
// once.
const kernel = `
set -e
mount -t bpf bpf /sys/fs/bpf
ip link add probe type veth peer name other
tc qdisc add dev probe clsact
`

// missing says what of this machine is missing, if anything is.
func missing() error {
	if os.Geteuid() != 0 {
		return errors.New("only root may make networks and load BPF programs")
	}
	for program, of := range needs {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing: install the package %s", program, of)
		}
	}
	if out, err := exec.Command("unshare", "--net", "--mount", "--pid", "--cgroup", "--fork", "sh", "-c", kernel).CombinedOutput(); err != nil {
		return fmt.Errorf("this kernel, or who runs it, does not let Cilium work: %s", out)
	}
	return nil
}
