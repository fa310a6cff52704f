package publish

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Identity is who made a commit.
type Identity struct{ Name, Email string }

// ParseIdentity reads an identity as Git writes it: Name <email>.
func ParseIdentity(s string) (Identity, error) {
	name, rest, ok := strings.Cut(s, " <")
	email, closed := strings.CutSuffix(rest, ">")
	odd := func(r rune) bool { return r == '<' || r == '>' || !unicode.IsPrint(r) }
	name = strings.TrimSpace(name)
	if !ok || !closed || name == "" || email == "" || strings.ContainsFunc(name, odd) || strings.ContainsFunc(email, odd) || strings.Contains(email, " ") {
		return Identity{}, fmt.Errorf("%q names nobody: write it as in \"Hedgerow <hedgerow@example.com>\"", s)
	}
	return Identity{name, email}, nil
}

func (i Identity) signature(at time.Time) object.Signature {
	return object.Signature{Name: i.Name, Email: i.Email, When: at}
}

// Signer signs commits.
type Signer interface {
	// Sign gives an armoured signature of what a commit says.
	Sign(commit []byte) (string, error)
}

// LoadSigner reads a private key, of OpenPGP in its armour or of SSH, that the
// passphrase opens if it is locked.
func LoadSigner(file, passphrase string) (Signer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the signing key: %w", err)
	}
	var s Signer
	if bytes.Contains(data, []byte("BEGIN PGP PRIVATE KEY BLOCK")) {
		s, err = openPGPSigner(data, passphrase)
	} else {
		s, err = sshSigner(data, passphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("the signing key %s: %w", file, err)
	}
	return s, nil
}

type pgpSigner struct{ key *openpgp.Entity }

func openPGPSigner(data []byte, passphrase string) (Signer, error) {
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("it holds %d keys, and only one can sign", len(keys))
	}
	if keys[0].PrivateKey == nil {
		return nil, errors.New("it holds no private key")
	}
	if keys[0].PrivateKey.Encrypted {
		if err := keys[0].DecryptPrivateKeys([]byte(passphrase)); err != nil {
			return nil, errPassphrase
		}
	}
	return pgpSigner{keys[0]}, nil
}

var errPassphrase = errors.New("it is locked, and HEDGEROW_SIGNING_PASSPHRASE does not open it")

// Sign implements Signer.
func (s pgpSigner) Sign(commit []byte) (string, error) {
	var out bytes.Buffer
	err := openpgp.ArmoredDetachSign(&out, s.key, bytes.NewReader(commit), &packet.Config{DefaultHash: crypto.SHA256})
	return out.String() + "\n", err
}

type keySigner struct{ key ssh.Signer }

func sshSigner(data []byte, passphrase string) (Signer, error) {
	key, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if key, err = ssh.ParsePrivateKeyWithPassphrase(data, []byte(passphrase)); err != nil {
			return nil, errPassphrase
		}
	}
	if err != nil {
		return nil, errors.New("it is no private key of OpenPGP or SSH that can be read")
	}
	return keySigner{key}, nil
}

// Sign implements Signer. Git's namespace for signatures is "git"
// (gitformat-signature, "SSH").
func (s keySigner) Sign(commit []byte) (string, error) {
	sig, err := sshsig.Sign(bytes.NewReader(commit), s.key, sshsig.HashSHA512, "git")
	if err != nil {
		return "", err
	}
	return string(sshsig.Armor(sig)), nil
}
