package cluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// fluxNamespace is where Flux runs.
const fluxNamespace = "flux-system"

// A controller is Flux's kustomize-controller, running for the test.
type controller struct {
	cmd *exec.Cmd
	log string
}

// guard runs a program until standard input ends: however whoever started it
// ends, it is not left behind. Asked to end while it waits for an API server that
// is gone, the controller would not.
const guard = `"$0" "$@" </dev/null & read -r _; kill -9 $!; wait $!`

// startController starts the controller as "flux install" would have it run:
// with all rights, of which it lends each Kustomization those of its account. It
// asks sooner whether what a Kustomization depends on is ready.
func startController(t *testing.T, s *server) *controller {
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", guard, tool(t, "e2e/kustomize-controller"),
		"--no-cross-namespace-refs", "--no-remote-bases", "--requeue-dependency=1s", "--metrics-addr=0", "--health-addr=0")
	cmd.Env = []string{"HOME=" + folder, "TMPDIR=" + folder, "KUBECONFIG=" + s.config, "RUNTIME_NAMESPACE=" + fluxNamespace}
	cmd.Stdout, cmd.Stderr = log, log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Cancel, cmd.WaitDelay = in.Close, 20*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &controller{cmd: cmd, log: log.Name()}
	t.Cleanup(func() { c.ended(t) })
	return c
}

// ended waits until the controller has ended, as it does with the test.
func (c *controller) ended(t *testing.T) {
	err := c.cmd.Wait()
	if t.Failed() {
		t.Logf("kustomize-controller ends (%v) after it said:\n%s", err, c.said())
	}
	if usage, ok := c.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		t.Logf("kustomize-controller took %d MB at most, and %.0f s of processors", usage.Maxrss>>10,
			(c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()).Seconds())
	}
}

// said gives the last of the log.
func (c *controller) said() []byte {
	data, _ := os.ReadFile(c.log)
	return bytes.TrimSpace(data[max(0, len(data)-5000):])
}
