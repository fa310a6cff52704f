package publish_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"golang.org/x/crypto/ssh"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

const passphrase = "correct horse"

// sshKey writes a private key, locked if there is a passphrase, and a file of
// those who may sign with it.
func sshKey(t *testing.T, locked string) (file, signers string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if locked != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(locked))
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	file, signers = filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "signers")
	write(t, file, string(pem.EncodeToMemory(block)))
	write(t, signers, "cem@example.com "+string(ssh.MarshalAuthorizedKey(key)))
	return file, signers
}

// pgpKey writes a private key in armour, locked if there is a passphrase, and the
// public one.
func pgpKey(t *testing.T, locked string) (file, public string) {
	t.Helper()
	key, err := openpgp.NewEntity("Cem Committer", "", "cem@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	public = armoured(t, openpgp.PublicKeyType, key.Serialize)
	if locked != "" {
		if err := key.EncryptPrivateKeys([]byte(locked), nil); err != nil {
			t.Fatal(err)
		}
	}
	return armoured(t, openpgp.PrivateKeyType, func(w io.Writer) error { return key.SerializePrivateWithoutSigning(w, nil) }), public
}

func armoured(t *testing.T, kind string, serialize func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := serialize(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "key.asc")
	write(t, name, out.String()+"\n")
	return name
}

// signed publishes a signed commit.
func signed(t *testing.T, key, with string) (bare string, r *publish.Result) {
	t.Helper()
	signer, err := publish.LoadSigner(key, with)
	if err != nil {
		t.Fatal(err)
	}
	bare = target(t)
	o := options(t, tenancy(t), bare, several(2, "prod", "one"))
	o.Signer = signer
	before := head(t, bare)
	r = published(t, o)
	mustHold(t, bare, before, o, r)
	return bare, r
}

func TestSignedBySSH(t *testing.T) {
	for _, locked := range []string{"", passphrase} {
		key, signers := sshKey(t, locked)
		bare, r := signed(t, key, locked)
		gitserver.Git(t, bare, "config", "gpg.ssh.allowedSignersFile", signers)
		gitserver.Git(t, bare, "verify-commit", r.Commit)
		_, others := sshKey(t, "")
		gitserver.Git(t, bare, "config", "gpg.ssh.allowedSignersFile", others)
		if out, err := gitserver.TryGit(t.Context(), bare, "verify-commit", r.Commit); err == nil {
			t.Errorf("git takes it for another's: %s", out)
		}
	}
}

func TestSignedByOpenPGP(t *testing.T) {
	for _, locked := range []string{"", passphrase} {
		key, public := pgpKey(t, locked)
		bare, r := signed(t, key, locked)
		verifyByGPG(t, bare, r.Commit, public)
		ring, err := os.Open(public)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		keys, err := openpgp.ReadArmoredKeyRing(ring)
		if err != nil {
			t.Fatal(err)
		}
		signature, payload := taken(t, bare, r.Commit)
		if _, err := openpgp.CheckArmoredDetachedSignature(keys, strings.NewReader(payload), strings.NewReader(signature), nil); err != nil {
			t.Error(err)
		}
	}
}

// taken takes a commit apart as git does: into its gpgsig header and the rest.
func taken(t *testing.T, bare, commit string) (signature, payload string) {
	t.Helper()
	raw := gitserver.Git(t, bare, "cat-file", "commit", commit) + "\n"
	header, body, _ := strings.Cut(raw, "\n\n")
	in := false
	for _, line := range strings.Split(header, "\n") {
		rest, begins := strings.CutPrefix(line, "gpgsig ")
		switch in = begins || in && strings.HasPrefix(line, " "); {
		case begins:
			signature += rest + "\n"
		case in:
			signature += line[1:] + "\n"
		default:
			payload += line + "\n"
		}
	}
	return signature, payload + "\n" + body
}

// verifyByGPG has git verify a commit, if there is a gpg for it.
func verifyByGPG(t *testing.T, bare, commit, public string) {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Log("no gpg")
		return
	}
	home, err := os.MkdirTemp("", "gpg") // the path of its sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() // it may have started no agent
		_ = os.RemoveAll(home)
	})
	for _, args := range [][]string{
		{"gpg", "--homedir", home, "--batch", "--import", public},
		{"git", "-C", bare, "-c", "gpg.program=" + wrapped(t, home), "verify-commit", commit},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
}

// wrapped is a gpg with the keys of a folder.
func wrapped(t *testing.T, home string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "gpg")
	write(t, name, "#!/bin/sh\nexec gpg --homedir '"+home+"' \"$@\"\n")
	if err := os.Chmod(name, 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSigningKeysThatAreRefused(t *testing.T) {
	lockedSSH, signers := sshKey(t, passphrase)
	lockedPGP, public := pgpKey(t, passphrase)
	for name, c := range map[string]struct{ file, passphrase, want string }{
		"SSH, wrong":       {lockedSSH, "guess", "HEDGEROW_SIGNING_PASSPHRASE does not open it"},
		"SSH, none":        {lockedSSH, "", "HEDGEROW_SIGNING_PASSPHRASE does not open it"},
		"OpenPGP, wrong":   {lockedPGP, "guess", "HEDGEROW_SIGNING_PASSPHRASE does not open it"},
		"OpenPGP, none":    {lockedPGP, "", "HEDGEROW_SIGNING_PASSPHRASE does not open it"},
		"no key":           {signers, "", "no private key"},
		"public key":       {public, "", "no private key"},
		"no file":          {signers + ".no", "", "no such file"},
		"not even a block": {os.DevNull, "", "no private key"},
	} {
		s, err := publish.LoadSigner(c.file, c.passphrase)
		if s != nil {
			t.Errorf("%s: there is a signer", name)
		}
		refused(t, err, c.want, c.file)
	}
}

// failing never signs.
type failing struct{}

func (failing) Sign([]byte) (string, error) { return "", os.ErrDeadlineExceeded }

func TestNoCommitWithoutItsSignature(t *testing.T) {
	bare := target(t)
	o := options(t, tenancy(t), bare, several(2, "prod", "one"))
	o.Signer = failing{}
	before := head(t, bare)
	_, err := publishes(t, o)
	refused(t, err, "cannot be signed")
	if head(t, bare) != before {
		t.Error("the branch was moved")
	}
}
