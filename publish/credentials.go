package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/config"
	format "github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// Credentials open a repository. They are sent to its server, and written
// nowhere.
type Credentials struct {
	Username, Token string // for HTTPS
	SSHKey          string // file of a private key; "" for the agent's
	SSHPassphrase   string // that opens it
	Variable        string // of the environment that gives the token, for messages
}

// defaultUsername goes with a token: GitHub wants this one of an app's, and
// GitLab any at all.
const defaultUsername = "x-access-token"

// auth gives what an endpoint is opened with, and takes the credentials out of
// it: errors show endpoints.
func (c Credentials) auth(ctx context.Context, ep *transport.Endpoint, s *store) (transport.AuthMethod, error) {
	user, password := ep.User, ep.Password
	ep.Password = ""
	if ep.Protocol == "ssh" {
		return c.ssh(ep)
	}
	ep.User = ""
	switch {
	case c.Token != "":
		user, password = c.Username, c.Token
	case password == "":
		user = cmp.Or(user, c.Username)
		found, secret := askHelpers(ctx, ep, user, s)
		if secret == "" && user == "" {
			return nil, nil
		}
		user, password = cmp.Or(found, user), secret // https://token@host has no password
	}
	if user == "" {
		user = defaultUsername
	}
	if ep.Protocol == "http" && !loopback(ep.Host) {
		return nil, errPlain
	}
	return &basicAuth{user: user, password: password}, nil
}

// basicAuth is what go-git has, but for a String that shows the name alone.
type basicAuth struct{ user, password string }

// Name implements transport.AuthMethod.
func (a *basicAuth) Name() string { return "http-basic-auth" }

// String implements transport.AuthMethod.
func (a *basicAuth) String() string { return a.Name() }

// SetAuth implements http.AuthMethod.
func (a *basicAuth) SetAuth(r *http.Request) { r.SetBasicAuth(a.user, a.password) }

var _ githttp.AuthMethod = &basicAuth{}

// ssh leaves the host's key to what go-git does by default: it must be in the
// known_hosts files.
func (c Credentials) ssh(ep *transport.Endpoint) (transport.AuthMethod, error) {
	user := ep.User
	if user == "" {
		user = gitssh.DefaultUsername
	}
	if c.SSHKey == "" {
		auth, err := gitssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, errors.New("there is no SSH agent to ask for a key, and HEDGEROW_SSH_KEY names none")
		}
		return auth, nil
	}
	auth, err := gitssh.NewPublicKeysFromFile(user, c.SSHKey, c.SSHPassphrase)
	if err != nil {
		return nil, fmt.Errorf("the SSH key %s cannot be read, or HEDGEROW_SSH_PASSPHRASE does not open it: %w", c.SSHKey, err)
	}
	return auth, nil
}

// askHelpers asks the credential helpers that Git is configured with, as git
// does (gitcredentials(7)): the first that knows wins.
func askHelpers(ctx context.Context, ep *transport.Endpoint, as string, s *store) (user, password string) {
	question := questionOf(ep, as, s)
	for _, helper := range helpers(ep, s) {
		if user, password = ask(ctx, helper, question); password != "" {
			return user, password
		}
	}
	return "", ""
}

// questionOf says which credentials are wanted. The path is part of it only
// where Git is configured so: most helpers know servers, not repositories.
func questionOf(ep *transport.Endpoint, user string, s *store) string {
	out := fmt.Sprintf("protocol=%s\nhost=%s\n", ep.Protocol, ep.Host)
	if ep.Port != 0 {
		out = fmt.Sprintf("protocol=%s\nhost=%s:%d\n", ep.Protocol, ep.Host, ep.Port)
	}
	for _, wanted := range settings(ep, s, "useHttpPath") {
		if wanted == "true" {
			out += "path=" + strings.TrimPrefix(ep.Path, "/") + "\n"
			break
		}
	}
	if user != "" {
		out += "username=" + user + "\n"
	}
	return out + "\n"
}

// helpers gives the helpers for an endpoint; an empty one forgets those before.
func helpers(ep *transport.Endpoint, s *store) (out []string) {
	for _, h := range settings(ep, s, "helper") {
		if out = append(out, h); h == "" {
			out = nil
		}
	}
	return out
}

// settings gives what Git is configured with about the credentials for an
// endpoint.
func settings(ep *transport.Endpoint, s *store, key string) (out []string) {
	for _, c := range gitConfigs(s) {
		section := c.Section("credential")
		out = append(out, section.Options.GetAll(key)...)
		for _, sub := range section.Subsections {
			if strings.HasPrefix(ep.String()+"/", strings.TrimSuffix(sub.Name, "/")+"/") {
				out = append(out, sub.Options.GetAll(key)...)
			}
		}
	}
	return out
}

// gitConfigs gives what configures Git here, the most general first.
func gitConfigs(s *store) (out []*format.Config) {
	for _, scope := range []config.Scope{config.SystemScope, config.GlobalScope} {
		if c, err := config.LoadConfig(scope); err == nil {
			out = append(out, c.Raw)
		}
	}
	if c, err := s.source.Config(); err == nil {
		out = append(out, c.Raw)
	}
	return out
}

// ask runs a helper. What it says goes nowhere else; one that fails knows
// nothing.
func ask(ctx context.Context, helper, question string) (user, password string) {
	line := "git-credential-" + helper + " get"
	switch name, _, _ := strings.Cut(helper, " "); {
	case strings.HasPrefix(helper, "!"):
		line = helper[1:] + " get"
	case filepath.IsAbs(name):
		line = helper + " get"
	default:
		if _, err := exec.LookPath("git-credential-" + name); err != nil {
			line = "git credential-" + helper + " get" // one of git's own
		}
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Stdin = strings.NewReader(question)
	out, err := cmd.Output()
	if err != nil {
		return "", ""
	}
	for _, line := range strings.Split(string(out), "\n") {
		switch key, value, _ := strings.Cut(line, "="); key {
		case "username":
			user = value
		case "password":
			password = value
		}
	}
	return user, password
}
