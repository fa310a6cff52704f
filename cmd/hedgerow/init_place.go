package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/revision"
)

// A place is where a tenancy stands, and where it is published.
type place struct {
	cfg *config
	// configure says that the flags are to be written into a configuration.
	configure bool

	lost   error  // why there is no repository
	root   string // of the repository
	up     string // the root, as it is shown to people
	dir    string // of the tenancy, slash-separated, below the root
	module string // of its CUE module, likewise
	branch string // the repository's default
	remote string // its address without credentials; "" if it has none
}

// own reports whether the overlays stand in the tenancy's own repository.
func (p *place) own() bool { return p.cfg.Repo == "" || p.cfg.Mode == modeInline }

// newPlace finds out about the place.
func newPlace(cmd *cobra.Command, v *viper.Viper, dir string, o initOptions) (*place, error) {
	cfg, err := readConfig(cmd, v)
	if err != nil {
		return nil, err
	}
	p := &place{cfg: cfg}
	if err := p.judgeFlags(o); err != nil {
		return nil, err
	}
	if publish.HasPassword(cfg.Repo) {
		return nil, errors.New("the address of the repository holds credentials, which others could read: leave them out, and give them to CI as HEDGEROW_TOKEN")
	}
	if publish.PlainHTTP(cfg.Repo) {
		return nil, fmt.Errorf("no credentials are sent to %s, where anybody on the way could read them: give its address that starts with https://", cfg.Repo)
	}
	for _, s := range p.target() {
		if err := printable("the "+s.key, s.value); err != nil {
			return nil, err
		}
	}
	if cfg.Branch != "" {
		if err := publish.ValidBranch(cfg.Branch); err != nil {
			return nil, err
		}
	}
	return p, p.find(dir)
}

// judgeFlags holds the flags, and the environment, against the configuration:
// what they say is to be true of every other command too, and in CI.
func (p *place) judgeFlags(o initOptions) error {
	if p.cfg.Mode == modeInline {
		if o.repo != "" || o.branch != "" || o.path != "" {
			return errors.New("the configuration says mode: inline, where overlays are committed with the tenancy and nothing is published: leave out --repo, --branch and --path")
		}
		return nil
	}
	file := filepath.Join(p.cfg.dir, configFile)
	says := viper.New()
	says.SetConfigFile(file)
	if err := says.ReadInConfig(); errors.Is(err, fs.ErrNotExist) {
		p.configure = p.cfg.Repo != "" || p.cfg.Branch != "" || p.cfg.Path != ""
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, s := range p.target() {
		if s.value != "" && says.GetString(s.key) != s.value {
			return fmt.Errorf("%s does not say %s: %q, and publish goes by it: write that there, or leave out --%s", filepath.ToSlash(file), s.key, s.value, s.key)
		}
	}
	return nil
}

// A setting is a line of the configuration.
type setting struct{ key, value string }

// target is where overlays are published to.
func (p *place) target() []setting {
	return []setting{{"repo", p.cfg.Repo}, {"branch", p.cfg.Branch}, {"path", p.cfg.Path}}
}

// find looks for the repository around a folder, which need not be there yet.
func (p *place) find(dir string) error {
	there, below := dir, "."
	for _, err := os.Stat(there); errors.Is(err, fs.ErrNotExist); _, err = os.Stat(there) {
		abs, err := filepath.Abs(there)
		if err != nil {
			return failure{err}
		}
		there, below = filepath.Dir(abs), filepath.Join(filepath.Base(abs), below)
	}
	repo, err := revision.Open(there)
	if err != nil {
		p.lost = err
		return nil // who needs a repository says so
	}
	p.root, p.dir = repo.Root(), path.Join(repo.Dir(), filepath.ToSlash(below))
	up, err := filepath.Rel(filepath.FromSlash(p.dir), ".")
	if err != nil {
		return failure{err}
	}
	p.up, p.module = filepath.Join(dir, up), revision.ModuleOf(p.root, p.dir)
	p.branch = cmp.Or(repo.DefaultBranch(), "main")
	_, remote, err := repo.Remote(p.branch)
	if err != nil {
		return failure{err}
	}
	p.remote = publish.Redacted(remote)
	return nil
}

// top gives the absolute folder at which the repository begins, by the path that
// leads to the tenancy; "" if there is none, or a link leads into it.
func (p *place) top() string {
	abs, err := filepath.Abs(p.up)
	if p.root == "" || err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(abs); err != nil || real != p.root {
		return ""
	}
	return abs
}

// overlays gives the folder of the overlays in the repository that they are
// written to.
func (p *place) overlays() (string, error) {
	at := filepath.ToSlash(p.cfg.Path)
	switch {
	case at == "" && !p.own():
		return "overlays", nil
	case at == "" || p.cfg.Mode == modeInline:
		if filepath.IsAbs(p.cfg.Output) {
			return "", fmt.Errorf("output %q is not in the repository: name a folder below the tenancy's", p.cfg.Output)
		}
		at = path.Join(p.dir, filepath.ToSlash(p.cfg.Output))
	}
	if at = path.Clean(at); !filepath.IsLocal(filepath.FromSlash(at)) || at == "." && p.own() {
		return "", fmt.Errorf("%q is no folder of the repository that the overlays could have", at)
	}
	return at, nil
}

// configuration is the configuration that says what the flags do.
func (p *place) configuration() []byte {
	var b strings.Builder
	b.WriteString("# Where \"hedgerow publish\" commits the overlays.\n")
	for _, s := range p.target() {
		if s.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", s.key, quoteYAML(s.value))
		}
	}
	return []byte(b.String())
}

// quoteYAML writes one printable line as a string of YAML.
func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// printable refuses what cannot be written as one line.
func printable(what, s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%s %q cannot be written as one line: give it another name", what, s)
	}
	return nil
}

// odd are characters that mean something in a pattern of GitHub's or GitLab's,
// or begin a variable or an expression, and for which there is no one way of
// quoting.
const odd = "*?+[]{}!\\$"

// plainName refuses what a CI configuration would take for more than a name.
func plainName(what, s string) error {
	if err := printable(what, s); err != nil {
		return err
	}
	if strings.HasPrefix(s, ":") {
		return fmt.Errorf("%s %q begins with a colon, which means something else to Git: give it another name", what, s)
	}
	if i := strings.IndexAny(s, odd); i >= 0 {
		return fmt.Errorf("%s %q holds %q, which means something else in a CI configuration: give it another name", what, s, s[i:i+1])
	}
	return nil
}

// reSSH is an address that is opened by SSH.
var reSSH = regexp.MustCompile(`^(ssh://|(\w+@)?[\w.-]+:[^/\\]|\w+@[\w.-]+:)`)
