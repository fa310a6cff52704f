package gitserver_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// sshd is a new bare repository behind SSH, and its URL there.
func sshd(t *testing.T) (string, *gitserver.SSHServer, string) {
	t.Helper()
	bare := gitserver.Bare(t)
	server := gitserver.SSH(t, filepath.Dir(bare))
	return bare, server, server.URLOf(t, bare)
}

// client is the option with which git uses the real ssh, if there is one, as the identity.
func client(t *testing.T, hosts, identity string) string {
	t.Helper()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("no ssh client; the tests with go-git have to do")
	}
	return "core.sshCommand=" + ssh + " -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes" +
		" -o UserKnownHostsFile=" + hosts + " " + identity
}

// key is the identity of a private key.
func key(name string) string { return "-o IdentityAgent=none -o IdentitiesOnly=yes -i " + name }

func TestSSH(t *testing.T) {
	bare, server, url := sshd(t)
	roundTrip(t, bare, url, "-c", client(t, server.KnownHosts, key(server.ClientKey)))
	want := []string{"git-receive-pack '/repo.git'", "git-upload-pack '/repo.git'"}
	if got := server.Commands(); !slices.Equal(got, want) {
		t.Errorf("commands are %q", got)
	}
}

func TestSSHWithAgent(t *testing.T) {
	bare, server, url := sshd(t)
	roundTrip(t, bare, url, "-c", client(t, server.KnownHosts, "-o IdentityAgent="+server.Agent))
}

func TestSSHRefuses(t *testing.T) {
	_, server, url := sshd(t)
	for words, option := range map[string]string{
		"Permission denied (publickey)":             client(t, server.KnownHosts, key(server.StrangerKey)),
		"HOST IDENTIFICATION HAS CHANGED":           client(t, server.WrongKnownHosts, key(server.ClientKey)),
		"No ED25519 host key is known":              client(t, server.EmptyKnownHosts, key(server.ClientKey)),
		"Permission denied (publickey).\r\nfatal: ": client(t, server.KnownHosts, key(server.EncryptedClientKey)),
	} {
		refused(t, soon, "", words, "-c", option, "ls-remote", url)
	}
	if got := server.Commands(); len(got) != 0 {
		t.Errorf("commands are %q", got)
	}
}

// Only what is below the root is served, and only by the two services of git.
func TestSSHStaysBelowItsRoot(t *testing.T) {
	bare, server, _ := sshd(t)
	option := client(t, server.KnownHosts, key(server.ClientKey))
	other := gitserver.Bare(t)
	rel, err := filepath.Rel(filepath.Dir(bare), other)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/" + rel, "/" + other, "/", "/repo.git/..", "/other.git", "/$(pwd)/repo.git"} {
		refused(t, soon, "", fmt.Sprintf("repository %q is not served", path), "-c", option, "ls-remote", server.URL+path)
	}
	ssh := strings.Fields(strings.TrimPrefix(option, "core.sshCommand="))
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "ssh://"), ":")
	out, err := exec.Command(ssh[0], append(ssh[1:], "-p", port, host, "id")...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), `command "id" is not served`) {
		t.Errorf("%v; got: %s", err, out)
	}
}

func TestSSHTakesMuch(t *testing.T) {
	bare, server, url := sshd(t)
	work := worktree(t, 3<<20)
	gitserver.Git(t, work, "-c", client(t, server.KnownHosts, key(server.ClientKey)), "push", "--quiet", url, "main")
	if head(t, bare) != head(t, work) {
		t.Errorf("main is %s", head(t, bare))
	}
}

func TestSSHPassesOnWhatHooksSay(t *testing.T) {
	bare, server, url := sshd(t)
	gitserver.RejectHook(t, bare, "not today")
	option := client(t, server.KnownHosts, key(server.ClientKey))
	refused(t, soon, worktree(t, 1), "remote: not today", "-c", option, "push", url, "main")
}
