package publish

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// wire is a repository behind a server.
type wire struct {
	at      *transport.Endpoint
	target  Target
	store   *store
	client  transport.Transport
	login   func(context.Context) (transport.AuthMethod, error)
	timeout time.Duration
	// variable of the environment gives the token, for messages.
	variable string
}

func newWire(ep *transport.Endpoint, t Target, c Credentials, timeout time.Duration, s *store) *wire {
	w := &wire{at: ep, target: t, store: s, timeout: timeout, variable: cmp.Or(c.Variable, "HEDGEROW_TOKEN")}
	if ep.Protocol == "ssh" {
		w.client = gitssh.NewClient(nil) // a configuration would take the place of the keys and of known_hosts
	} else {
		w.client = githttp.NewClient(&http.Client{Transport: bounded{ownTransport(timeout)}, CheckRedirect: sameOrigin})
	}
	var once sync.Mutex // an exchange that was given up may still be at it
	var auth transport.AuthMethod
	known := false
	w.login = func(ctx context.Context) (_ transport.AuthMethod, err error) {
		once.Lock()
		defer once.Unlock()
		if !known {
			auth, err = c.auth(ctx, ep, s)
			known = err == nil
		}
		return auth, err
	}
	return w
}

// What a server may send, in bytes: references and errors are read into memory.
const (
	mostSaid = 64 << 20
	mostSent = 8 << 30
)

// bounded is a way to the network on which no server sends without end.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	most := int64(mostSaid)
	switch {
	case answer.StatusCode >= http.StatusBadRequest:
		most = 1 << 16
	case strings.HasSuffix(r.URL.Path, "/"+transport.UploadPackServiceName):
		most = mostSent
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, most), answer.Body}
	return answer, nil
}

// ownTransport is the one way to the network that this program has.
func ownTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: timeout}).DialContext,
		TLSHandshakeTimeout: timeout,
		ForceAttemptHTTP2:   true,
	}
}

// sameOrigin refuses to be sent to another server: what is published there would
// not be what GitOps reads here.
func sameOrigin(next *http.Request, via []*http.Request) error {
	if first := via[0].URL; next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return fmt.Errorf("the server sends us to another, %s: name that one if it is meant", next.URL.Host)
	}
	return nil
}

// exchange does one thing with the server, and gives up on it in time: not
// every wait of the protocol's can be interrupted.
func exchange[T any](ctx context.Context, w *wire, what string, do func(context.Context, transport.AuthMethod) (T, error)) (T, error) {
	var none T
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		auth, err := w.login(ctx)
		if err != nil {
			done <- answer{none, err}
			return
		}
		v, err := do(ctx, auth)
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		if a.err != nil {
			return none, fmt.Errorf("%s %s: %w", what, w.target, w.explained(ctx, a.err))
		}
		return a.value, nil
	case <-ctx.Done():
		return none, fmt.Errorf("%s %s: %w", what, w.target, w.explained(ctx, ctx.Err()))
	}
}

// explained says what an error means for people.
func (w *wire) explained(ctx context.Context, err error) error {
	credentials := "set " + w.variable + ", or configure a credential helper"
	if w.at.Protocol == "ssh" {
		credentials = "the server must know the key of the SSH agent, or the one that HEDGEROW_SSH_KEY names"
	}
	var unexpected *plumbing.UnexpectedError
	if errors.As(err, &unexpected) {
		err = unexpected.Err // which it does not unwrap to
	}
	var status *githttp.Err
	switch text := err.Error(); {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case ctx.Err() != nil:
		return fmt.Errorf("there was no answer within %v (--network-timeout)", w.timeout)
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return fmt.Errorf("the server wants other credentials or any at all: %s", credentials)
	case errors.Is(err, transport.ErrAuthorizationFailed):
		return errors.New("the credentials are not allowed to do that")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fmt.Errorf("there is no such repository, or the credentials may not see it: %s", credentials)
	case strings.Contains(text, "unable to authenticate"):
		return fmt.Errorf("the server takes none of the keys: %s", credentials)
	case strings.Contains(text, "knownhosts: key mismatch"):
		return errors.New("the host's key is another than known_hosts says: somebody may be in between; nothing was sent")
	case strings.Contains(text, "knownhosts: key is unknown"), strings.Contains(text, "unable to find any valid known_hosts file"):
		return errors.New("the host's key is not in known_hosts: add it from a source that you trust, or name a file that has it in SSH_KNOWN_HOSTS")
	case errors.As(err, &status):
		return fmt.Errorf("the server answers %d %s", status.StatusCode(), http.StatusText(status.StatusCode()))
	case errors.Is(err, pktline.ErrInvalidPktLen), errors.Is(err, packp.ErrEmptyInput):
		return errors.New("what the server answers is not Git's protocol")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection in the middle")
	}
	return errors.New(printable(err.Error()))
}

// printable makes a line of what a server said.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}

func (w *wire) find(ctx context.Context, branch string) (position, error) {
	return exchange(ctx, w, "asking", func(ctx context.Context, auth transport.AuthMethod) (position, error) {
		found, s, _, err := w.ask(ctx, auth, branch)
		if err != nil {
			return found, err
		}
		return found, s.Close()
	})
}

func (w *wire) fetch(ctx context.Context, branch string) (position, error) {
	return exchange(ctx, w, "fetching from", func(ctx context.Context, auth transport.AuthMethod) (position, error) {
		found, s, adv, err := w.ask(ctx, auth, branch)
		if err != nil {
			return found, err
		}
		defer s.Close()
		if found.at.IsZero() || !w.store.partial && w.store.HasEncodedObject(found.at) == nil {
			return found, nil
		}
		return found, w.download(ctx, s, adv, found.at)
	})
}

// ask begins to fetch: the server says where its branches are.
func (w *wire) ask(ctx context.Context, auth transport.AuthMethod, branch string) (position, transport.UploadPackSession, *packp.AdvRefs, error) {
	s, err := w.client.NewUploadPackSession(w.at, auth)
	if err != nil {
		return position{}, nil, nil, err
	}
	adv, err := s.AdvertisedReferencesContext(ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return position{branch: cmp.Or(branch, "main"), empty: true}, s, nil, nil
	}
	found := position{}
	if err == nil {
		found, err = positionIn(adv, branch)
	}
	if err != nil {
		_ = s.Close() // what went wrong before says more
	}
	return found, s, adv, err
}

func positionIn(adv *packp.AdvRefs, branch string) (position, error) {
	out := position{branch: branch, empty: true}
	all, err := adv.AllReferences()
	if err != nil {
		return out, err
	}
	if head := all[plumbing.HEAD]; branch == "" && head != nil && head.Type() == plumbing.SymbolicReference {
		out.branch = head.Target().Short()
	}
	for name, ref := range all {
		if name.IsBranch() && ref.Type() == plumbing.HashReference {
			out.empty = false
			if name.Short() == out.branch {
				out.at = ref.Hash()
			}
		}
	}
	return out, nil
}

// download fetches a commit and what is missing of all that it stands on.
func (w *wire) download(ctx context.Context, s transport.UploadPackSession, adv *packp.AdvRefs, commit plumbing.Hash) error {
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	req.Wants = []plumbing.Hash{commit}
	var err error
	if req.Haves, err = w.store.tips(); err != nil {
		return err
	}
	if adv.Capabilities.Supports(capability.Shallow) && len(w.store.shallow) > 0 {
		for h := range w.store.shallow {
			req.Shallows = append(req.Shallows, h)
		}
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return err
		}
	}
	answer, err := s.UploadPack(ctx, req)
	if err != nil {
		return err
	}
	defer answer.Close()
	to, err := w.store.fetches()
	if err != nil {
		return err
	}
	pack := bufio.NewReader(demultiplexed(req.Capabilities, answer))
	head, err := pack.Peek(packHead)
	if err != nil {
		return err
	}
	if n := binary.BigEndian.Uint32(head[packHead-4:]); n > mostObjects {
		return fmt.Errorf("the server announces %d objects, which is more than a history has", n)
	}
	if err := packfile.UpdateObjectStorage(to, pack); err != nil {
		return err
	}
	w.store.tipsFetched = append(w.store.tipsFetched, commit)
	return w.store.HasEncodedObject(commit)
}

// A pack begins with its name, its version, and how many objects it has; memory
// is taken for as many as it says.
const (
	packHead    = 12
	mostObjects = 20_000_000
)

func demultiplexed(c *capability.List, r io.Reader) io.Reader {
	switch {
	case c.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case c.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	}
	return r
}

func (w *wire) push(ctx context.Context, branch string, from, to plumbing.Hash) error {
	said := &saying{}
	_, err := exchange(ctx, w, "pushing to", func(ctx context.Context, auth transport.AuthMethod) (any, error) {
		s, err := w.client.NewReceivePackSession(w.at, auth)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		adv, err := s.AdvertisedReferencesContext(ctx)
		if err != nil {
			return nil, err
		}
		name := plumbing.NewBranchReferenceName(branch)
		if adv.References[name.String()] != from {
			return nil, errMoved
		}
		return nil, w.upload(ctx, s, adv, &packp.Command{Name: name, Old: from, New: to}, said)
	})
	if err != nil && said.String() != "" {
		return fmt.Errorf("%w; the server says: %s", err, said)
	}
	return err
}

// upload sends what was made and asks for the branch to be moved: the server
// does so only if it is still where the command says.
func (w *wire) upload(ctx context.Context, s transport.ReceivePackSession, adv *packp.AdvRefs, c *packp.Command, said *saying) error {
	req := packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	req.Commands, req.Progress = []*packp.Command{c}, said
	if adv.Capabilities.Supports(capability.Sideband64k) {
		if err := req.Capabilities.Set(capability.Sideband64k); err != nil {
			return err
		}
	}
	r, pack := io.Pipe()
	req.Packfile = r
	go func() {
		_, _, err := w.store.pack(pack)
		pack.CloseWithError(err)
	}()
	defer r.Close()
	report, err := s.ReceivePack(ctx, req)
	if err == nil && report == nil {
		return errors.New("the server did not say whether it took the commit")
	}
	return err
}

// saying keeps the first of what a server says.
type saying struct{ bytes.Buffer }

// Write implements io.Writer.
func (s *saying) Write(p []byte) (int, error) {
	if room := 4096 - s.Len(); room > 0 {
		s.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// String gives it as a line.
func (s *saying) String() string { return printable(s.Buffer.String()) }
