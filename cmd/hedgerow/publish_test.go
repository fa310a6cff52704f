package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

const small = `package tenancy

clusters: main: cni: "calico"
environments: prod: cluster: "main"
teams: shop: namespaces: frontend: workloads: web: {pods: app: "web", ports: http: 8080}
`

// A checkout is a clone of a repository on a server, as CI has it, with an own
// home and no Git configuration.
type checkout struct {
	t         *testing.T
	binary    string
	dir, bare string
	env       []string
}

func newCheckout(t *testing.T) *checkout {
	bare := gitserver.Bare(t)
	dir := filepath.Join(t.TempDir(), "work")
	gitserver.Git(t, t.TempDir(), "clone", "-q", bare, dir)
	writeFiles(t, dir, map[string]string{"tenants.cue": small})
	gitserver.Git(t, dir, "add", "-A")
	gitserver.Git(t, dir, "commit", "-qm", "ours")
	gitserver.Git(t, dir, "push", "-q", "origin", "HEAD:main")
	return &checkout{t: t, binary: buildBinary(t), dir: dir, bare: bare,
		env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "HEDGEROW_AS_OF=" + testDay, "SOURCE_DATE_EPOCH=1700000000"}}
}

// remote changes where the clone comes from.
func (c *checkout) remote(url string) { gitserver.Git(c.t, c.dir, "remote", "set-url", "origin", url) }

// publish gives all that a run says, and its exit code.
func (c *checkout) publish(env []string, args ...string) (string, int) {
	cmd := exec.Command(c.binary, append([]string{"publish", "-C", c.dir, "--branch", "main"}, args...)...)
	cmd.Env = append(c.env, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

const secret = "ghp_neverToBeSeen"

func TestPublishWithToken(t *testing.T) {
	c := newCheckout(t)
	server := gitserver.HTTP(t, filepath.Dir(c.bare), gitserver.Options{Token: secret, TLS: true})
	c.remote(server.URLOf(t, c.bare))
	trusted := "SSL_CERT_FILE=" + server.CA
	for _, try := range []struct {
		name string
		env  []string
		code int
		says string
	}{
		{"an unknown certificate", []string{"HEDGEROW_TOKEN=" + secret}, exitFailure, "certificate"},
		{"no token", []string{trusted}, exitFailure, "set HEDGEROW_TOKEN"},
		{"another token", []string{trusted, "HEDGEROW_TOKEN=other" + secret}, exitFailure, "the server wants other credentials"},
		{"the token", []string{trusted, "HEDGEROW_TOKEN=" + secret}, exitClean, "published"},
		{"the token again", []string{trusted, "HEDGEROW_TOKEN=" + secret}, exitClean, "nothing to publish"},
	} {
		out, code := c.publish(try.env)
		if code != try.code || !strings.Contains(out, try.says) {
			t.Errorf("%s: exit %d\n%s", try.name, code, out)
		}
		if strings.Contains(out, secret) {
			t.Errorf("%s: the token is shown:\n%s", try.name, out)
		}
	}
	gitserver.Fsck(t, c.bare)
	if got := gitserver.Git(t, c.bare, "log", "--format=%s", "main"); got != "isolate 1 namespace\nours" {
		t.Errorf("the branch holds\n%s", got)
	}
}

func TestPublishWithSSHAndSignature(t *testing.T) {
	c := newCheckout(t)
	server := gitserver.SSH(t, filepath.Dir(c.bare))
	c.remote(server.URLOf(t, c.bare))
	key := []string{"HEDGEROW_SSH_KEY=" + server.ClientKey, "HEDGEROW_SIGNING_KEY=" + server.EncryptedClientKey}
	phrase := "HEDGEROW_SIGNING_PASSPHRASE=" + server.Passphrase
	for _, try := range []struct {
		name string
		env  []string
		code int
		says string
	}{
		{"another host key", []string{phrase, "SSH_KNOWN_HOSTS=" + server.WrongKnownHosts}, exitFailure, "somebody may be in between"},
		{"an unknown host", []string{phrase, "SSH_KNOWN_HOSTS=" + server.EmptyKnownHosts}, exitFailure, "not in known_hosts"},
		{"no passphrase", []string{"SSH_KNOWN_HOSTS=" + server.KnownHosts}, exitFailure, "HEDGEROW_SIGNING_PASSPHRASE does not open it"},
		{"all of it", []string{phrase, "SSH_KNOWN_HOSTS=" + server.KnownHosts}, exitClean, "published"},
	} {
		if out, code := c.publish(append(key, try.env...)); code != try.code || !strings.Contains(out, try.says) {
			t.Errorf("%s: exit %d\n%s", try.name, code, out)
		}
	}
	public, err := exec.Command("ssh-keygen", "-y", "-f", server.ClientKey).Output()
	if err != nil {
		t.Skipf("ssh-keygen, with which git verifies, is missing: %v", err)
	}
	signers := filepath.Join(t.TempDir(), "signers")
	writeFiles(t, filepath.Dir(signers), map[string]string{"signers": "* " + string(public)})
	gitserver.Git(t, c.bare, "-c", "gpg.ssh.allowedSignersFile="+signers, "verify-commit", "main")
	gitserver.Fsck(t, c.bare)
}

// A run that goes on past midnight is of the day on which it began: it may not
// open again what a run of the new day has closed.
func TestPublishAcrossMidnight(t *testing.T) {
	c := newCheckout(t)
	writeFiles(t, c.dir, map[string]string{"flow.cue": `package tenancy

teams: shop: namespaces: orders: workloads: api: {pods: app: "orders", ports: http: 8080}
flows: "shop-orders": {
	from: namespace: "frontend"
	to: namespace:   "orders"
	reason:  "the shop places orders"
	expires: "2027-06-30"
}
`})
	gitserver.Git(t, c.dir, "add", "-A")
	gitserver.Git(t, c.dir, "commit", "-qm", "a flow")
	gitserver.Git(t, c.dir, "push", "-q", "origin", "HEAD:main")
	midnight := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
	at := func(clock func() time.Time) (string, int) {
		var out bytes.Buffer
		code := run([]string{"publish", "-C", c.dir, "--branch", "main"}, world{out: &out, err: &out, now: clock, env: func(string) string { return "" }})
		return out.String(), code
	}
	if out, code := at(func() time.Time { return midnight }); code != exitClean || strings.Contains(out, "→ orders") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	for ticks := range 12 {
		calls := 0
		out, code := at(func() time.Time {
			if calls++; calls <= ticks {
				return midnight.Add(-2 * time.Second)
			}
			return midnight.Add(3 * time.Second)
		})
		if code == exitClean && !strings.Contains(out, "nothing to publish") {
			t.Errorf("past midnight after %d looks at the clock: exit %d\n%s", ticks, code, out)
		}
	}
}

// Whatever the server does, the answer comes in time, says what is wrong, and
// changes nothing.
func TestPublishToBrokenServers(t *testing.T) {
	c := newCheckout(t)
	before := gitserver.Git(t, c.bare, "rev-parse", "main")
	for name, try := range map[string]struct {
		fault gitserver.Fault
		says  string
	}{
		"hangs":              {gitserver.Hang(), "no answer within 2s"},
		"hangs after a push": {gitserver.On(gitserver.Push, gitserver.HangAfterRead()), "no answer within 2s"},
		"closes mid-pack":    {gitserver.On(gitserver.Push, gitserver.CloseMidPack()), "pushing to origin"},
		"is gone":            {gitserver.Status(404), "there is no such repository"},
		"forbids":            {gitserver.Status(403), "not allowed"},
		"sends elsewhere":    {gitserver.RedirectTo("http://127.0.0.2:1"), "sends us to another"},
		"talks nonsense":     {gitserver.Garbage("nonsense"), "not Git's protocol"},
	} {
		server := gitserver.HTTP(t, filepath.Dir(c.bare), gitserver.Options{Before: try.fault})
		c.remote(server.URLOf(t, c.bare))
		start := time.Now()
		out, code := c.publish(nil, "--network-timeout", "2s")
		if code != exitFailure || !strings.Contains(out, try.says) || strings.Count(out, "\n") > 2 {
			t.Errorf("a server that %s: exit %d\n%s", name, code, out)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("a server that %s: %v", name, took)
		}
		if now := gitserver.Git(t, c.bare, "rev-parse", "main"); now != before {
			t.Errorf("a server that %s has a commit", name)
		}
	}
	gitserver.RejectHook(t, c.bare, "the branch is \x1b[31mprotected")
	server := gitserver.HTTP(t, filepath.Dir(c.bare), gitserver.Options{})
	c.remote(server.URLOf(t, c.bare))
	if out, code := c.publish(nil); code != exitFailure || !strings.Contains(out, "the branch is [31mprotected") {
		t.Errorf("a hook: exit %d\n%q", code, out)
	}
}
