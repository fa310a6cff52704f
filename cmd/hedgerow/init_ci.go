package main

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/hedgerow-dev/hedgerow/publish"
)

// ciFiles are the templates of what CI runs.
//
//go:embed ci/*.tmpl
var ciFiles embed.FS

// The files of the CIs, below the root of the repository.
const (
	gitHubFile  = ".github/workflows/hedgerow.yml"
	gitLabFile  = ".gitlab/hedgerow.yml"
	gitLabEntry = ".gitlab-ci.yml" // from which GitLab reads all others
)

// ciFacts are what a template is filled with.
type ciFacts struct {
	Version string // of Hedgerow, for go install
	Branch  string // the default one
	Dir     string // of the tenancy; "" is the root
	// Overlays is the folder of the overlays in the repository; "" if they are in
	// another one.
	Overlays    string
	Own, Inline bool
	Module      string // the folder of all that makes the tenancy
	CI          string // the file itself
}

// C is the flag that names the tenancy's folder, for a shell.
func (f *ciFacts) C() string {
	if f.Dir == "" {
		return ""
	}
	return ` -C "$TENANCY"`
}

// Ignore is the pattern of the files of which a push starts nothing; "" where
// the patterns of those that do say it.
func (f *ciFacts) Ignore() string {
	if f.Module != "." || f.Inline || !f.Own {
		return ""
	}
	return f.Overlays + "/**"
}

// Paths are the patterns of the files of which a push starts a run on GitHub;
// none is all.
func (f *ciFacts) Paths() (out []string) {
	if f.Module == "." {
		return nil
	}
	out = append(out, f.Module+"/**", f.CI)
	within := strings.HasPrefix(f.Overlays, f.Module+"/")
	switch {
	case f.Inline && !within:
		out = append(out, f.Overlays+"/**")
	case f.Own && !f.Inline && within:
		out = append(out, "!"+f.Overlays+"/**")
	}
	return out
}

// Changes are the same on GitLab, which knows what publish commits by its
// message.
func (f *ciFacts) Changes() (out []string) {
	for _, p := range f.Paths() {
		if !strings.HasPrefix(p, "!") {
			out = append(out, strings.Replace(p, "/**", "/**/*", 1))
		}
	}
	return out
}

// text fills the template of a CI.
func (f *ciFacts) text(ci string) ([]byte, error) {
	name := ci + ".yml.tmpl"
	t, err := template.New(name).Delims("[[", "]]").Funcs(template.FuncMap{"yaml": quoteYAML}).ParseFS(ciFiles, "ci/"+name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, f)
	return b.Bytes(), err
}

// ciFacts gives what the templates say about the place.
func (p *place) ciFacts(file string) (*ciFacts, error) {
	if p.lost != nil {
		return nil, fmt.Errorf("%w: CI runs in one, so run \"git init\" first", p.lost)
	}
	f := &ciFacts{Version: installable(version()), Branch: p.branch, Module: p.module, Own: p.own(), Inline: p.cfg.Mode == modeInline, CI: file}
	if p.dir != "." {
		f.Dir = p.dir
	}
	if f.Own {
		var err error
		if f.Overlays, err = p.overlays(); err != nil {
			return nil, err
		}
	} else if reSSH.MatchString(p.cfg.Repo) {
		return nil, fmt.Errorf("CI publishes over HTTPS, with HEDGEROW_TOKEN, and the repository is %s: give its address that starts with https://", p.cfg.Repo)
	}
	for _, n := range []struct{ what, name string }{{"the folder", f.Dir}, {"the folder", f.Module}, {"the folder", f.Overlays}, {"the branch", f.Branch}} {
		if err := plainName(n.what, n.name); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// reRelease is a version that the Go module proxy can have.
var reRelease = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// latest is what CI installs where the running binary has no version that could
// be installed.
const latest = "latest"

// installable is a version as go install takes it: of a development build,
// latest.
func installable(version string) string {
	if reRelease.MatchString(version) {
		return version
	}
	return latest
}

// addCI adds what a CI runs.
func (s *setup) addCI(p *place, ci string) error {
	file := gitHubFile
	if ci == ciGitLab {
		file = gitLabFile
	}
	f, err := p.ciFacts(file)
	if err != nil {
		return err
	}
	text, err := f.text(ci)
	if err != nil {
		return failure{err}
	}
	s.addAtRoot(p, file, text)
	if f.Version == latest {
		s.next = append(s.next, fmt.Sprintf("this is a development build, so CI installs %s: write a release into HEDGEROW_VERSION in %s", latest, file))
	}
	token := "that may push to the branch"
	if !f.Own {
		token = "that may push to " + publish.Redacted(p.cfg.Repo)
	}
	if ci == ciGitLab {
		return s.finishGitLab(p, f, token)
	}
	if f.Branch != "main" && f.Branch != "master" { // it may be a topic's, where the remote does not say
		s.next = append(s.next, "see that "+f.Branch+" is the branch that people merge to: "+file+" goes by it")
	}
	s.next = append(s.next, "commit it all, and make \"hedgerow vet\" a required check on GitHub")
	switch {
	case f.Inline:
	case f.Own:
		s.next = append(s.next, "if the branch is protected, give a token "+token+" to the environment hedgerow on GitHub, as its secret HEDGEROW_TOKEN")
	default:
		s.next = append(s.next, "give a token "+token+" to the environment hedgerow on GitHub, as its secret HEDGEROW_TOKEN")
	}
	return nil
}

// finishGitLab adds the file from which GitLab reads the others, and says what
// cannot be written in any.
func (s *setup) finishGitLab(p *place, f *ciFacts, token string) error {
	local := "  - local: " + gitLabFile
	s.addAtRoot(p, gitLabEntry, []byte("include:\n"+local+"\n"))
	if entry := filepath.Join(p.root, gitLabEntry); lacks(entry, gitLabFile) {
		if lacks(entry, "include:") {
			s.next = append(s.next, "add to "+gitLabEntry+":\ninclude:\n"+local)
		} else {
			s.next = append(s.next, "add to what "+gitLabEntry+" includes:\n"+local)
		}
		if !lacks(entry, "stages:") {
			s.next = append(s.next, "see that test is among the stages of "+gitLabEntry)
		}
	}
	s.next = append(s.next, "commit it all, and make a nightly schedule of the default branch on GitLab, at 17 0 * * * in UTC")
	if !f.Inline {
		s.next = append(s.next, "give a token "+token+" to the environment hedgerow on GitLab, as a masked and protected variable HEDGEROW_TOKEN")
	}
	return nil
}

// addAtRoot adds a file below the root of the repository.
func (s *setup) addAtRoot(p *place, name string, data []byte) {
	s.files = append(s.files, setupFile{
		folder: p.root, name: name,
		shown: path.Join(filepath.ToSlash(p.up), name),
		data:  data,
	})
}
