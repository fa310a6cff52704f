//go:build unix

package gitserver

import (
	"os/exec"
	"syscall"
)

// killGroup gives the command a process group of its own, which is killed in its place.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
