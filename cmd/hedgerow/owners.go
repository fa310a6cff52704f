package main

import (
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/owners"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/revision"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// ownersOptions say what is done with the owners, and how they are written.
type ownersOptions struct {
	check    bool
	file, as string
}

func newOwnersCmd(w world, v *viper.Viper) *cobra.Command {
	var o ownersOptions
	cmd := &cobra.Command{
		Use:   "owners",
		Short: "Print CODEOWNERS for the tenancy's files, or hold one against it",
		Long: `Owners prints the lines of a CODEOWNERS file, for GitHub and GitLab, that let
the owners of each team approve the files that "teams" gives to it, and the
platform's owners everything else that the tenancy is made of.

With --check it prints nothing, and holds the CODEOWNERS that the code host goes
by against the tenancy: not its text, but whom it gives each file to. What else
the file says is its own business.`,
		Example: `  hedgerow owners > .github/CODEOWNERS
  hedgerow owners --check
  hedgerow owners --check --file docs/CODEOWNERS --format github
  hedgerow owners --as json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runOwners(w, cfg, &o)
		},
	}
	configFlags(cmd.Flags())
	f := cmd.Flags()
	f.BoolVar(&o.check, "check", false, "print nothing; exit 1 if CODEOWNERS gives a file to others than the tenancy does")
	f.StringVar(&o.file, "file", "", "the CODEOWNERS that --check holds (default the one that the code host finds)")
	f.StringVar(&o.as, "as", "text", "how the lines are written: text or json")
	choices(cmd, "as", "text", "json")
	return cmd
}

func (o *ownersOptions) validate() error {
	if formats := []string{string(report.Text), string(report.JSON)}; !slices.Contains(formats, o.as) {
		return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
	}
	switch {
	case o.file != "" && !o.check:
		return errors.New("--file names what --check holds: add it, or leave --file out")
	case o.check && o.as == string(report.JSON):
		return errors.New("--check prints no lines: leave --as out; --format says how problems are written")
	}
	return nil
}

// runOwners judges what is declared before it looks where that stands.
func runOwners(w world, cfg *config, o *ownersOptions) error {
	j := &job{w: w, cfg: cfg, sources: map[string][]byte{}}
	res, err := watched(cfg, func() (*schema.Result, error) { return schema.Load(cfg.dir, cfg.Tags, nil) })
	if err != nil {
		return failure{err}
	}
	maps.Copy(j.sources, res.Sources)
	if diag.HasErrors(res.Diags) {
		return j.reportOn(res.Diags)
	}
	if found := owners.Judge(res.Tenancy); len(found) > 0 {
		return j.reportOn(found)
	}
	repo, err := revision.Open(cfg.dir)
	if err != nil {
		return failure{err}
	}
	at, err := ownedPlace(cfg, repo, res)
	if err != nil {
		return failure{err}
	}
	lines, found := owners.Lines(res.Tenancy, at)
	switch {
	case len(found) > 0:
		return j.reportOn(found)
	case o.check:
		return j.checkOwners(repo, res, at, o.file)
	case o.as == string(report.JSON):
		return report.WriteJSON(w.out, struct {
			Lines []owners.Line `json:"lines"`
		}{lines})
	}
	return owners.Write(w.out, at.Dir, lines)
}

// ownedPlace says where in the repository the tenancy's files are.
func ownedPlace(cfg *config, repo *revision.Repository, res *schema.Result) (owners.Place, error) {
	p := owners.Place{Dir: repo.Dir(), Files: res.Files, Inline: cfg.Mode == modeInline,
		Shown: filepath.ToSlash(filepath.Join(cfg.dir, schema.TenancyFile))}
	p.Module, _ = inRepository(repo, res.Module)
	if output, inside := publishedIn(repo, cfg); inside {
		p.Output = output
	}
	dir := filepath.Join(repo.Root(), filepath.FromSlash(p.Dir))
	read := []string{filepath.Join(dir, configFile)}
	for _, name := range res.Files {
		read = append(read, filepath.Join(dir, name))
	}
	if p.Module != "" {
		read = append(read, filepath.Join(res.Module, "cue.mod", "module.cue"))
	}
	for _, file := range read {
		if _, err := owned(repo, file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return p, err
		}
	}
	for _, pkg := range res.Packages {
		q := owners.Package{Teams: pkg.Teams}
		for _, file := range pkg.Files {
			at, err := owned(repo, file)
			if err != nil {
				return p, err
			}
			q.Files = append(q.Files, at)
		}
		p.Packages = append(p.Packages, q)
	}
	return p, nil
}

// owned gives the path in the repository of a file that the tenancy reads. One
// that is elsewhere, or that a link leads to, could be changed without its owner.
func owned(repo *revision.Repository, file string) (string, error) {
	at, inside := inRepository(repo, file)
	if !inside {
		return "", fmt.Errorf("%s is not in the repository: nobody there can own it", filepath.Base(file))
	}
	if real, err := filepath.EvalSymlinks(file); err != nil {
		return "", err
	} else if real != file {
		return "", fmt.Errorf("%s is reached through a symbolic link: whoever owns it would not own what it leads to; put the file itself there", at)
	}
	return at, nil
}

// inRepository gives the path of a file in the repository, if it is there.
func inRepository(repo *revision.Repository, file string) (string, bool) {
	rel, err := filepath.Rel(repo.Root(), file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// publishedIn gives the folder of the overlays in the tenancy's own repository,
// if they stand there.
func publishedIn(repo *revision.Repository, cfg *config) (string, bool) {
	at := path.Clean(filepath.ToSlash(cfg.Path))
	switch {
	case cfg.Mode == modePublish && cfg.Repo != "":
		return "", false
	case cfg.Mode == modePublish && cfg.Path != "":
		return at, filepath.IsLocal(at) && at != "."
	}
	return outputIn(repo, cfg)
}

// checkOwners holds CODEOWNERS against the tenancy.
func (j *job) checkOwners(repo *revision.Repository, res *schema.Result, at owners.Place, file string) error {
	files, err := j.codeOwners(repo, file)
	if err != nil {
		return failure{err}
	}
	if len(files) == 0 {
		var l diag.List
		l.Error(diag.OwnersDiffer, token.Position{}, `run "hedgerow owners > .github/CODEOWNERS", or .gitlab/CODEOWNERS, at the root of the repository`,
			"there is no CODEOWNERS where GitHub and GitLab look for it")
		return j.reportOn(l)
	}
	var found []diag.Diagnostic
	for _, f := range files {
		j.sources[f.Name] = f.Data
		found = append(found, owners.Check(res.Tenancy, at, f)...)
	}
	if err := j.reportOn(found); err != nil {
		return err
	}
	for _, f := range files {
		j.say(j.summaryWriter(), "%s gives the files of the tenancy to their owners\n", f.Name)
	}
	return nil
}

// codeOwners reads a named CODEOWNERS, or the one that each host finds. One in a
// folder of GitHub's or GitLab's is that host's.
func (j *job) codeOwners(repo *revision.Repository, file string) (out []owners.File, err error) {
	hosts := hostsOf(repo)
	if file != "" {
		data, err := readRegular(file)
		return []owners.File{{Name: filepath.ToSlash(file), Data: data, Hosts: readersOf(filepath.ToSlash(file), hosts)}}, err
	}
	for _, h := range hosts {
		f, err := j.foundBy(h, repo)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(g owners.File) bool { return g.Name == f.Name }); i >= 0 {
			out[i].Hosts = append(out[i].Hosts, h)
		} else {
			out = append(out, f)
		}
	}
	return out, nil
}

// foundBy reads the CODEOWNERS that a host goes by: the first one.
func (j *job) foundBy(h owners.Host, repo *revision.Repository) (owners.File, error) {
	for _, place := range h.Places() {
		data, err := readRegular(filepath.Join(repo.Root(), filepath.FromSlash(place)))
		if !errors.Is(err, fs.ErrNotExist) {
			return owners.File{Name: j.shownAs(repo, place).Filename, Data: data, Hosts: []owners.Host{h}}, err
		}
	}
	return owners.File{}, fs.ErrNotExist
}

// readersOf gives who reads a file that was named, in a repository of some hosts.
func readersOf(file string, hosts []owners.Host) []owners.Host {
	switch path.Base(path.Dir(file)) {
	case ".github":
		return []owners.Host{owners.GitHub}
	case ".gitlab":
		return []owners.Host{owners.GitLab}
	}
	if slices.Contains(hosts, owners.GitHub) { // it may become either's
		return []owners.Host{owners.GitHub, owners.GitLab}
	}
	return hosts
}

// hostsOf gives the hosts that a repository holds something for; where it shows
// none, it may be on either.
func hostsOf(repo *revision.Repository) (out []owners.Host) {
	signs := map[string]owners.Host{".github": owners.GitHub, ".gitlab": owners.GitLab, ".gitlab-ci.yml": owners.GitLab}
	for sign, h := range tenancy.Sorted(signs) {
		if _, err := os.Lstat(filepath.Join(repo.Root(), sign)); err == nil && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return []owners.Host{owners.GitHub, owners.GitLab}
	}
	return out
}

// readRegular reads a file that is no link, which no code host would follow, and
// no more of it than tells that it is too large.
func readRegular(file string) ([]byte, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, owners.Largest+1))
}
