package gitserver_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// push pushes main by go-git.
func push(t *testing.T, work, url string, auth transport.AuthMethod, ca []byte) error {
	t.Helper()
	r, err := git.PlainOpen(work)
	if err != nil {
		t.Fatal(err)
	}
	remote := git.NewRemote(r.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	return remote.PushContext(t.Context(), &git.PushOptions{
		RemoteName: "origin", Auth: auth, CABundle: ca,
		RefSpecs: []config.RefSpec{"refs/heads/main:refs/heads/main"},
	})
}

// both pushes and clones by go-git, and looks at what has come of it.
func both(t *testing.T, bare, url string, auth transport.AuthMethod, ca []byte) {
	t.Helper()
	work := worktree(t, 100_000)
	if err := push(t, work, url, auth, ca); err != nil {
		t.Fatal(err)
	}
	clone := t.TempDir()
	from := &git.CloneOptions{URL: url, Auth: auth, CABundle: ca}
	if _, err := git.PlainCloneContext(t.Context(), clone, false, from); err != nil {
		t.Fatal(err)
	}
	if head(t, bare) != head(t, work) || head(t, clone) != head(t, work) {
		t.Errorf("pushed %s, there is %s, cloned %s", head(t, work), head(t, bare), head(t, clone))
	}
	gitserver.Fsck(t, bare)
	gitserver.Fsck(t, clone)
}

func TestGoGitByHTTP(t *testing.T) {
	bare, _, url := served(t, gitserver.Options{})
	both(t, bare, url, nil, nil)
}

func TestGoGitByHTTPWithTokenAndTLS(t *testing.T) {
	bare, server, url := served(t, gitserver.Options{Token: "secret", TLS: true})
	ca, err := os.ReadFile(server.CA)
	if err != nil {
		t.Fatal(err)
	}
	both(t, bare, url, &http.BasicAuth{Username: "anybody", Password: "secret"}, ca)
	err = push(t, worktree(t, 1), url, &http.BasicAuth{Username: "anybody", Password: "guess"}, ca)
	if !errors.Is(err, transport.ErrAuthenticationRequired) {
		t.Errorf("with a wrong token: %v", err)
	}
}

// known has the method trust the hosts of the file.
func known(t *testing.T, hosts string) ssh.HostKeyCallbackHelper {
	t.Helper()
	callback, err := ssh.NewKnownHostsCallback(hosts)
	if err != nil {
		t.Fatal(err)
	}
	return ssh.HostKeyCallbackHelper{HostKeyCallback: callback}
}

// withKey is a private key and known hosts, from their files.
func withKey(t *testing.T, hosts, key, passphrase string) transport.AuthMethod {
	t.Helper()
	keys, err := ssh.NewPublicKeysFromFile("git", key, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	keys.HostKeyCallbackHelper = known(t, hosts)
	return keys
}

func TestGoGitBySSH(t *testing.T) {
	bare, s, url := sshd(t)
	both(t, bare, url, withKey(t, s.KnownHosts, s.ClientKey, ""), nil)
	bare, s, url = sshd(t)
	both(t, bare, url, withKey(t, s.KnownHosts, s.EncryptedClientKey, s.Passphrase), nil)
	bare, s, url = sshd(t)
	t.Setenv("SSH_AUTH_SOCK", s.Agent)
	keys, err := ssh.NewSSHAgentAuth("git")
	if err != nil {
		t.Fatal(err)
	}
	keys.HostKeyCallbackHelper = known(t, s.KnownHosts)
	both(t, bare, url, keys, nil)
}

func TestGoGitBySSHIsRefused(t *testing.T) {
	_, s, url := sshd(t)
	for words, c := range map[string]struct{ hosts, key, url string }{
		"unable to authenticate": {s.KnownHosts, s.StrangerKey, url},
		"key mismatch":           {s.WrongKnownHosts, s.ClientKey, url},
		"key is unknown":         {s.EmptyKnownHosts, s.ClientKey, url},
		"is not served":          {s.KnownHosts, s.ClientKey, s.URL + "/other.git"},
	} {
		err := push(t, worktree(t, 1), c.url, withKey(t, c.hosts, c.key, ""), nil)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %s", err, words)
		}
	}
}
