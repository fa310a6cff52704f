package gitserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSHServer serves repositories by SSH, to one key.
type SSHServer struct {
	URL string // of the root, without a slash at its end

	KnownHosts      string // path of a known_hosts file with the key of the server
	WrongKnownHosts string // path of one with another key for the server
	EmptyKnownHosts string // path of one that knows no server

	ClientKey          string // path of the private key that the server accepts
	EncryptedClientKey string // path of the same key under Passphrase
	Passphrase         string
	StrangerKey        string // path of a private key that the server refuses
	Agent              string // path of the socket of an agent that holds the accepted key

	root     string
	mu       sync.Mutex
	commands []string
}

// SSH serves all repositories below the root until the test ends, to read and to write.
func SSH(t testing.TB, root string) *SSHServer {
	t.Helper()
	s := &SSHServer{root: root}
	host, client := newKey(t), newKey(t)
	dir := t.TempDir() // before the servers, so that it outlives them
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := accepting(signer(t, host), signer(t, client).PublicKey())
	serve(t, listener, func(ctx context.Context, conn net.Conn) { s.answer(ctx, conn, config) })
	s.URL = "ssh://git@" + listener.Addr().String()
	s.writeHosts(t, dir, listener.Addr().String(), signer(t, host).PublicKey())
	s.writeKeys(t, dir, client)
	s.Agent = serveAgent(t, client)
	return s
}

// URLOf gives the URL of a repository below the root.
func (s *SSHServer) URLOf(t testing.TB, repo string) string {
	t.Helper()
	return below(t, s.URL, s.root, repo)
}

// Commands gives the commands that clients have asked for, in their order, whatever came of them.
func (s *SSHServer) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// accepting lets in one key, and nobody without.
func accepting(host ssh.Signer, client ssh.PublicKey) *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if !bytes.Equal(key.Marshal(), client.Marshal()) {
				return nil, errors.New("unknown key")
			}
			return nil, nil
		},
	}
	config.AddHostKey(host)
	return config
}

// answer has a connection to its end.
func (s *SSHServer) answer(ctx context.Context, conn net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return // the client was refused or went away, and knows
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "only sessions") // the range ends with the connection
			continue
		}
		if channel, requests, err := c.Accept(); err == nil {
			running.Go(func() { s.session(ctx, channel, requests) })
		}
	}
}

// session runs the one command of a session.
func (s *SSHServer) session(ctx context.Context, channel ssh.Channel, requests <-chan *ssh.Request) {
	var input sync.WaitGroup
	defer input.Wait()
	var protocol string
	for r := range requests {
		var env struct{ Name, Value string }
		var exec struct{ Command string }
		switch {
		case r.Type == "env" && ssh.Unmarshal(r.Payload, &env) == nil && env.Name == "GIT_PROTOCOL":
			protocol = env.Name + "=" + env.Value
			_ = r.Reply(true, nil) // the range ends with the connection
		case r.Type == "exec" && ssh.Unmarshal(r.Payload, &exec) == nil:
			_ = r.Reply(true, nil)
			status := struct{ Status uint32 }{s.run(ctx, channel, &input, exec.Command, protocol)}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
			_ = channel.Close()
		default:
			_ = r.Reply(false, nil)
		}
	}
}

// run has the command done on the channel and gives its exit code. A client that goes away does not end the command, as
// with sshd; the end of the test does.
func (s *SSHServer) run(ctx context.Context, c ssh.Channel, input *sync.WaitGroup, asked, protocol string) uint32 {
	s.mu.Lock()
	s.commands = append(s.commands, asked)
	s.mu.Unlock()
	service, dir, err := s.parse(asked)
	if err != nil {
		fmt.Fprintln(c.Stderr(), "fatal:", err)
		return 128
	}
	cmd := command(ctx, "", service, dir)
	cmd.Env = append(cmd.Env, protocol)
	cmd.Stdout, cmd.Stderr = c, c.Stderr()
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(c.Stderr(), "fatal:", err)
		return 128
	}
	// Not as the command's Stdin: waiting would then wait for the client, which waits for the exit status.
	input.Go(func() {
		_, _ = io.Copy(stdin, c) // the command judges what it has got
		_ = stdin.Close()
	})
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() <= 0 {
		return 255
	}
	return uint32(cmd.ProcessState.ExitCode())
}

// parse gives the verb of git that is asked for and the folder of the repository, which must be below the root.
func (s *SSHServer) parse(asked string) (service, dir string, err error) {
	program, quoted, _ := strings.Cut(asked, " ")
	if program != "git-receive-pack" && program != "git-upload-pack" {
		return "", "", fmt.Errorf("command %q is not served", program)
	}
	name := strings.NewReplacer(`'\''`, "'", `'\!'`, "!", "'", "").Replace(quoted)
	repo := filepath.FromSlash(strings.TrimPrefix(name, "/"))
	file, err := os.OpenInRoot(s.root, repo)
	if err != nil || filepath.Clean(repo) == "." {
		return "", "", fmt.Errorf("repository %q is not served", name)
	}
	_ = file.Close() // it was read from by nobody
	return strings.TrimPrefix(program, "git-"), filepath.Join(s.root, repo), nil
}
