package publish

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
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

// dial finds the way to the target. Nothing is sent yet.
func dial(o Options, s *store) (remote, error) {
	ep, err := transport.NewEndpoint(o.Target.URL)
	if err != nil {
		return nil, fmt.Errorf("%q is no address of a repository", Redacted(o.Target.URL))
	}
	switch ep.Protocol {
	case "file":
		return newLocal(ep.Path, o.Target, s)
	case "http", "https", "ssh":
		return newWire(ep, o, s)
	}
	return nil, fmt.Errorf("%s: repositories are reached by https, ssh and file, not by %s", Redacted(o.Target.URL), ep.Protocol)
}

// Redacted gives an address without the credentials in it.
func Redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil || u.Host == "" {
		if err != nil && strings.Contains(address, "@") && strings.Contains(address, "://") {
			scheme, rest, _ := strings.Cut(address, "://")
			return scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
		}
		return address
	}
	if _, secret := u.User.Password(); secret || u.Scheme != "ssh" {
		u.User = nil
	}
	return u.String()
}

// HasPassword reports whether an address holds a password or a token: of one
// given as an argument, everybody on the machine could read it.
func HasPassword(address string) bool {
	return Redacted(address) != address
}

// errPlain says why credentials are not sent.
var errPlain = errors.New("credentials are not sent over plain HTTP, where anybody on the way can read them: use https or ssh")

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}
