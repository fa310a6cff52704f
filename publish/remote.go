package publish

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// remote is the repository that is published to.
type remote interface {
	// find says where a branch is; "" is the one that its HEAD names.
	find(ctx context.Context, branch string) (position, error)
	// fetch finds a branch and sees to it that the store has its commit and all
	// that it stands on.
	fetch(ctx context.Context, branch string) (position, error)
	// push gives it what the store has made, and then moves a branch from one
	// commit to another if it is still at the first; the zero hash is a branch
	// that is not there.
	push(ctx context.Context, branch string, from, to plumbing.Hash) error
}

// A position is where a branch is.
type position struct {
	branch string        // "" if nobody says which one HEAD is
	at     plumbing.Hash // the zero hash if there is no such branch
	empty  bool          // there is no branch at all
}

// dial finds the way to a repository. Nothing is sent yet. One on this machine
// becomes the layer of the store.
func dial(t Target, c Credentials, timeout time.Duration, s *store, layer **filesystem.Storage) (remote, error) {
	ep, err := transport.NewEndpoint(t.URL)
	if err != nil || strings.ContainsFunc(ep.String(), unicode.IsControl) {
		return nil, fmt.Errorf("%q is no address of a repository", Redacted(t.URL))
	}
	if t.Branch != "" {
		if err := ValidBranch(t.Branch); err != nil {
			return nil, err
		}
	}
	switch ep.Protocol {
	case "file":
		return newLocal(ep.Path, t, s, layer)
	case "http", "https", "ssh":
		return newWire(ep, t, c, timeout, s), nil
	}
	return nil, fmt.Errorf("%s: repositories are reached by https, ssh and file, not by %s", Redacted(t.URL), ep.Protocol)
}

// ValidBranch refuses what Git would not take for the name of a branch, and what
// is more than that.
func ValidBranch(name string) error {
	err := plumbing.NewBranchReferenceName(name).Validate()
	if err != nil || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "refs/") || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%q is no name of a branch: write it as in main or release/1.2", name)
	}
	return nil
}

// Redacted gives an address without what could be a credential: the user of an
// HTTPS address, who may be a token, a password anywhere, and a query.
func Redacted(address string) string {
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, hasScheme := strings.Cut(address, "://")
	if !hasScheme {
		scheme, rest = "", address
	}
	user, host, hasUser := cutLast(rest, "@")
	switch secret := strings.Contains(user, ":"); {
	case !hasUser || strings.Contains(user, "/"):
		return address
	case secret || scheme == "https" || scheme == "http":
		rest = host
	}
	if hasScheme {
		return scheme + "://" + rest
	}
	return rest
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// HasPassword reports whether an address holds a password or a token: of one
// given as an argument, everybody on the machine could read it.
func HasPassword(address string) bool {
	return Redacted(address) != address
}

// PlainHTTP reports whether an address is one to which no credentials are sent:
// over plain HTTP, and not on this machine.
func PlainHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.EqualFold(u.Scheme, "http") && !loopback(u.Hostname())
}

// errPlain says why credentials are not sent.
var errPlain = errors.New("credentials are not sent over plain HTTP, where anybody on the way can read them: use https or ssh")

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}
