package gitserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// newKey is a key that nobody has seen.
func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signer is the key as the SSH package wants it.
func signer(t testing.TB, key ed25519.PrivateKey) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// writeHosts writes what clients know of the server, right and wrong.
func (s *SSHServer) writeHosts(t testing.TB, dir, address string, key ssh.PublicKey) {
	t.Helper()
	line := func(key ssh.PublicKey) []byte { return []byte(knownhosts.Line([]string{address}, key) + "\n") }
	s.KnownHosts = filepath.Join(dir, "known_hosts")
	write(t, s.KnownHosts, line(key))
	s.WrongKnownHosts = filepath.Join(dir, "known_hosts.wrong")
	write(t, s.WrongKnownHosts, line(signer(t, newKey(t)).PublicKey()))
	s.EmptyKnownHosts = filepath.Join(dir, "known_hosts.empty")
	write(t, s.EmptyKnownHosts, nil)
}

// writeKeys writes the keys of clients.
func (s *SSHServer) writeKeys(t testing.TB, dir string, key ed25519.PrivateKey) {
	t.Helper()
	s.ClientKey = filepath.Join(dir, "id_ed25519")
	writeKey(t, s.ClientKey, key, "")
	s.Passphrase = "correct horse battery staple"
	s.EncryptedClientKey = filepath.Join(dir, "id_ed25519.encrypted")
	writeKey(t, s.EncryptedClientKey, key, s.Passphrase)
	s.StrangerKey = filepath.Join(dir, "id_ed25519.stranger")
	writeKey(t, s.StrangerKey, newKey(t), "")
}

// writeKey writes a private key in OpenSSH's format, under the passphrase if there is one.
func writeKey(t testing.TB, name string, key ed25519.PrivateKey, passphrase string) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "gitserver")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "gitserver", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, pem.EncodeToMemory(block))
}

// serveAgent runs an agent with the key and gives the path of its socket.
func serveAgent(t testing.TB, key ed25519.PrivateKey) string {
	t.Helper()
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key, Comment: "gitserver"}); err != nil {
		t.Fatal(err)
	}
	// Not in the folder of the test: the path of a socket has some hundred bytes at most, and the name of a test may
	// have more.
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is in the folder for such things
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, listener, func(_ context.Context, conn net.Conn) {
		_ = agent.ServeAgent(keyring, conn) // it ends with an error whenever a client leaves
	})
	return socket
}

// serve answers connections until the test ends, when it closes them and waits for the last answer.
func serve(t testing.TB, listener net.Listener, answer func(context.Context, net.Conn)) {
	ctx, release := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the listener is closed
			}
			running.Go(func() {
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				defer conn.Close()
				answer(ctx, conn)
			})
		}
	})
	t.Cleanup(func() {
		release()
		_ = listener.Close() // it has no other user
		running.Wait()
	})
}

// write makes a file that nobody else may read, as ssh wants its keys.
func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
