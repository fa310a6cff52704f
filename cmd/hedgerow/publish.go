package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"maps"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/revision"
)

// publishOptions are what publish is told for one run.
type publishOptions struct {
	as          string
	accept      string
	dryRun      bool
	pullRequest bool
}

func newPublishCmd(w world, v *viper.Viper) *cobra.Command {
	var o publishOptions
	formats := []string{string(report.Text), string(report.JSON)}
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Commit the proved overlays to Git, for Argo CD or Flux",
		Long: `Publish checks and proves the tenancy of the commit that is checked out, and
commits what it generates: to the branch's remote, or to another repository. It
changes nothing here, never forces, and never goes back behind what a newer
commit or a later day has closed.

HEDGEROW_TOKEN opens a repository over HTTPS, or else the credential helpers
that Git is configured with; an SSH agent or --ssh-key opens one over SSH, with
HEDGEROW_SSH_PASSPHRASE. HEDGEROW_SOURCE_TOKEN opens the tenancy's own, where
that is another, to see that no newer tenancy is merged.
HEDGEROW_SIGNING_PASSPHRASE opens the signing key. SOURCE_DATE_EPOCH sets the
commit's date.`,
		Example: `  hedgerow publish
  hedgerow publish --dry-run
  hedgerow publish --dry-run --as json
  hedgerow publish --branch main --path overlays \
    --repo https://git.example.com/acme/policies.git
  hedgerow publish --pull-request`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(formats, o.as) {
				return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return runPublish(ctx, w, cfg, o)
		},
	}
	configFlags(cmd.Flags())
	publishFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.accept, "accept-source", "", "commit that what is published is of, to say that this run is newer")
	cmd.Flags().StringVar(&o.as, "as", "text", "how what is published is written: text or json")
	choices(cmd, "as", formats...)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print the commit, and push nothing")
	cmd.Flags().BoolVar(&o.pullRequest, "pull-request", false, "push to a branch of its own, hedgerow/<digest>, for somebody to merge")
	return cmd
}

func runPublish(ctx context.Context, w world, cfg *config, o publishOptions) error {
	if cfg.Mode == modeInline {
		return errors.New("the configuration says mode: inline, where overlays are committed with the tenancy; publish is for mode: publish")
	}
	if o.accept != "" && !reCommit.MatchString(o.accept) {
		return fmt.Errorf("--accept-source %q is no commit: write its hash, or the first seven digits at least", o.accept)
	}
	repo, err := revision.Open(cfg.dir)
	if err != nil {
		return failure{err}
	}
	opts, err := publishTo(w, cfg, repo)
	if err != nil {
		return err
	}
	opts.DryRun, opts.PullRequest, opts.Source.Accept = o.dryRun, o.pullRequest, o.accept
	j := &job{w: w, cfg: cfg, sources: map[string][]byte{}}
	if err := j.publishable(repo, opts); err != nil {
		return err
	}
	if diag.HasErrors(j.diags) {
		return j.refused()
	}
	result, err := j.push(ctx, opts)
	var refusal *publish.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Published:
		return j.report()
	case errors.As(err, &refusal), errors.Is(err, errProblems):
		return j.refused()
	case err != nil:
		return err
	}
	found := j.report()
	if o.as == string(report.JSON) {
		return cmp.Or(j.publishJSON(j.summaryWriter(), opts, result), found)
	}
	j.sayPublished(opts, result)
	return found
}

// push publishes what was built. A refusal is among the diagnostics as well.
func (j *job) push(ctx context.Context, opts *publish.Options) (*publish.Result, error) {
	opts.Source.Day = j.today()
	opts.Files = j.tree.With(render.NewInventory(j.expansion, j.tree, j.cfg.Tags))
	result, err := publish.Publish(ctx, *opts, j.replan)
	var refusal *publish.Refusal
	switch {
	case errors.As(err, &refusal):
		j.diags = append(j.diags, diag.Diagnostic{Code: refusal.Code, Fact: refusal.Fact, Fix: refusal.Fix})
		return nil, err
	case errors.Is(err, errProblems):
		return nil, err
	case err != nil:
		return nil, failure{err}
	}
	j.judgeDelivery(opts, result)
	return result, nil
}

var reCommit = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// refused reports why nothing was published.
func (j *job) refused() error {
	err := j.report()
	j.say(j.w.err, "nothing was published\n")
	return err
}

// publishable takes the job through all stages, of files that are all committed;
// nothing is to be published if there are errors.
func (j *job) publishable(repo *revision.Repository, opts *publish.Options) error {
	if err := j.committed(repo, opts); err != nil || diag.HasErrors(j.diags) {
		return err
	}
	if ok, err := j.build(j.today()); err != nil || !ok {
		return err
	}
	return j.judge()
}

// committed reports what is not as the commit that is checked out has it, or not
// of today.
func (j *job) committed(repo *revision.Repository, opts *publish.Options) error {
	if today := opts.Date.Format(time.DateOnly); j.today() < today {
		j.diags.Error(diag.PublishOlderDay, token.Position{}, "leave as-of out, in the configuration and HEDGEROW_AS_OF too",
			"expiry is judged as of %s, and today is %s: what has expired since would stay open", j.today(), today)
	}
	open, err := repo.Uncommitted(opts.Source.Commit)
	if err != nil {
		return failure{err}
	}
	for _, file := range open {
		j.diags.Error(diag.NotCommitted, j.shownAs(repo, file), "commit it, or take the change back",
			"the file is not as the commit that is checked out has it, and only what is committed is published")
	}
	root, err := render.OpenOutput(j.cfg.output())
	if err != nil {
		return failure{err}
	}
	if root != nil {
		defer root.Close()
	}
	unfinished, err := render.Unfinished(root, filepath.ToSlash(j.cfg.output()))
	if err != nil {
		return failure{err}
	}
	j.diags = append(j.diags, unfinished...)
	return nil
}

// shownAs gives the place of a file of the repository as it is shown to people.
func (j *job) shownAs(repo *revision.Repository, file string) (pos token.Position) {
	pos.Filename = file
	if rel, err := filepath.Rel(filepath.FromSlash(repo.Dir()), filepath.FromSlash(file)); err == nil {
		pos.Filename = filepath.ToSlash(filepath.Join(j.cfg.dir, rel))
	}
	return pos
}

// publishTo says where and in whose name to publish, but for what the run is
// about.
func publishTo(w world, cfg *config, repo *revision.Repository) (*publish.Options, error) {
	if cfg.NetworkTimeout < time.Millisecond {
		return nil, fmt.Errorf("network-timeout %v is too short: write a unit, as in 30s or 2m", cfg.NetworkTimeout)
	}
	target, err := targetOf(w, cfg, repo)
	if err != nil {
		return nil, err
	}
	home, err := homeOf(w, cfg, repo, target)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit("HEAD")
	if err != nil {
		return nil, failure{err}
	}
	o := &publish.Options{
		Target: target, Allowed: cfg.AllowFiles, Timeout: cfg.NetworkTimeout,
		Source: publish.Source{Dir: repo.Root(), Commit: commit, Module: repo.Module(), Home: home,
			Credentials: publish.Credentials{Token: w.env("HEDGEROW_SOURCE_TOKEN"), Variable: "HEDGEROW_SOURCE_TOKEN", SSHKey: cfg.SSHKey, SSHPassphrase: w.env("HEDGEROW_SSH_PASSPHRASE")}},
		Credentials: publish.Credentials{Username: cfg.Username, Token: w.env("HEDGEROW_TOKEN"), SSHKey: cfg.SSHKey, SSHPassphrase: w.env("HEDGEROW_SSH_PASSPHRASE")},
	}
	if home.URL == target.URL {
		o.Source.Credentials = o.Credentials
	}
	if o.Author, err = publish.ParseIdentity(cfg.Author); err != nil {
		return nil, fmt.Errorf("author %w", err)
	}
	o.Committer = o.Author
	if cfg.Committer != "" {
		if o.Committer, err = publish.ParseIdentity(cfg.Committer); err != nil {
			return nil, fmt.Errorf("committer %w", err)
		}
	}
	if o.Date, err = dateOf(w); err != nil {
		return nil, err
	}
	if cfg.SigningKey != "" {
		if o.Signer, err = publish.LoadSigner(cfg.SigningKey, w.env("HEDGEROW_SIGNING_PASSPHRASE")); err != nil {
			return nil, failure{err}
		}
	}
	return o, nil
}

// dateOf gives the date of a commit, which reproducible-builds.org lets the
// environment say.
func dateOf(w world) (time.Time, error) {
	epoch := w.env("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return w.now().UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q is no number of seconds since 1970", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// branchOf gives the branch that is checked out, or that CI says is.
func branchOf(w world, repo *revision.Repository) string {
	branch := cmp.Or(repo.Branch(), w.env("CI_COMMIT_BRANCH"))
	if branch == "" && w.env("GITHUB_REF_TYPE") == "branch" {
		return w.env("GITHUB_REF_NAME")
	}
	return branch
}

// homeOf says where the tenancy is merged to: the branch that is published to,
// or else the default one of its remote. It is nowhere if there is no remote.
func homeOf(w world, cfg *config, repo *revision.Repository, target publish.Target) (home publish.Target, err error) {
	own := ""
	if cfg.Repo == "" {
		own = target.Branch
	}
	if home.Branch = own; own == "" || own != branchOf(w, repo) {
		home.Branch = cmp.Or(repo.DefaultBranch(), w.env("CI_DEFAULT_BRANCH"), branchOf(w, repo), own, "main")
	}
	if home.Name, home.URL, err = repo.Remote(home.Branch); err != nil {
		return home, failure{err}
	}
	return home, nil
}

// targetOf says where to publish: to the tenancy's own repository, at its
// remote if it has one, or to the one that the configuration names.
func targetOf(w world, cfg *config, repo *revision.Repository) (publish.Target, error) {
	t := publish.Target{URL: cfg.Repo, Branch: cfg.Branch, Path: cfg.Path}
	if publish.HasPassword(t.URL) {
		return t, errors.New("the address of the repository holds credentials, which others could read: give them in HEDGEROW_TOKEN, and the user name with --username")
	}
	if t.Branch != "" {
		if err := publish.ValidBranch(t.Branch); err != nil {
			return t, err
		}
	}
	if t.URL != "" {
		if t.Path == "" {
			t.Path = "overlays"
		}
		return t, nil
	}
	if t.Branch == "" {
		t.Branch = branchOf(w, repo)
	}
	if t.Branch == "" {
		return t, errors.New("no branch is checked out: name the one to publish to with --branch")
	}
	if t.Path == "" {
		var inside bool
		if t.Path, inside = outputIn(repo, cfg); !inside {
			return t, fmt.Errorf("output %q is not in the repository: say where to publish with --path", cfg.Output)
		}
	}
	var err error
	if t.Name, t.URL, err = repo.Remote(t.Branch); err != nil {
		return t, failure{err}
	}
	if t.URL == "" {
		t.Name, t.URL = "this repository", repo.Root()
	}
	return t, nil
}

// replan plans what is to become of what is published. It may be asked again,
// about something else.
func (j *job) replan(output *render.Output) (*publish.Plan, error) {
	plan, diags, err := render.NewPlan(output, j.expansion, j.tree, render.PlanOptions{Tags: j.cfg.Tags, MaxRemovedNamespaces: j.cfg.MaxRemoved})
	if err != nil {
		return nil, err
	}
	diags = slices.Concat(diags, output.Unfinished(), j.begunTooLate(plan))
	if diag.HasErrors(diags) {
		maps.Copy(j.sources, output.Sources)
		j.diags = append(j.diags, diags...)
		return nil, errProblems
	}
	j.planned = diags // and no longer what was said of an earlier plan
	if plan.Empty() {
		return nil, nil
	}
	message, err := j.message(plan)
	if err != nil {
		return nil, err
	}
	return &publish.Plan{Write: plan.Writes(), Delete: plan.Delete, Message: message, Digest: plan.Inventory.Digest()}, nil
}

// judgeDelivery warns where Argo CD and Flux read other overlays than are
// published here: they would miss what closes.
func (j *job) judgeDelivery(o *publish.Options, r *publish.Result) {
	d := j.tenancy.Delivery
	if d == nil || o.PullRequest {
		return
	}
	reads, published := sameRepository(d.Repository.Text, o.Target.URL)
	for _, c := range []struct{ what, reads, published, flag string }{
		{"repository", reads, published, "--repo"},
		{"folder", d.Path.Text, o.Target.Path, "--path"}, {"branch", d.Branch.Text, r.Branch, "--branch"},
	} {
		if c.reads != c.published {
			j.diags.Warn(diag.ReadElsewhere, d.Pos, "say "+c.flag+" "+c.reads+", or change delivery",
				"delivery reads %s %s, and this publishes to %s", c.what, c.reads, c.published)
		}
	}
}

// sameRepository gives two addresses in a form in which those of one repository
// are equal, however it is reached: without scheme, user and suffix. One on this
// machine may be a mirror of any, and counts as the same.
func sameRepository(read, published string) (string, string) {
	plain := func(address string) string {
		if c, err := cloned(address); err == nil {
			address = c
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme == "http" {
			return ""
		}
		return u.Hostname() + strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git")
	}
	a, b := plain(read), plain(published)
	if b == "" {
		return "", ""
	}
	return a, b
}

// message says what a plan opens and closes.
func (j *job) message(plan *render.Plan) (string, error) {
	old, err := j.stateBeforePlan(plan)
	if err != nil {
		return "", err
	}
	retired, released := plan.Retired()
	d, err := compare(old, j.state().keeping(old, released))
	if err != nil {
		return "", err
	}
	var further []string
	for _, e := range retired {
		further = append(further, fmt.Sprintf("namespace %s on cluster %s is retired: it %s", e.Namespace, e.Cluster, keptUntilReleased))
	}
	for _, e := range released {
		further = append(further, fmt.Sprintf("namespace %s on cluster %s is released: its deny stays in the cluster until somebody deletes it there", e.Namespace, e.Cluster))
	}
	return report.CommitMessage(d, rolloutWords(plan.Rollouts()), further), nil
}

// rolloutWords says in short which roll-outs begin and end; "" if none does.
func rolloutWords(overlays []*generator.Overlay, ended []string) string {
	var out, begun []string
	for _, o := range overlays {
		begun = append(begun, o.Place())
	}
	for _, r := range []struct {
		verb       string
		namespaces []string
	}{{"begin", begun}, {"end", ended}} {
		switch n := len(r.namespaces); {
		case n == 1 && len(r.namespaces[0]) <= 40: // a subject has room for that
			out = append(out, r.verb+" the roll-out of "+r.namespaces[0])
		case n > 0:
			out = append(out, r.verb+" "+report.Count(n, "roll-out"))
		}
	}
	return strings.Join(out, ", ")
}

// keeping gives the state with the denies of namespaces that are released: they
// stay in the cluster for as long as nobody deletes them there.
func (s *state) keeping(old *state, released []render.NamespaceEntry) *state {
	out := &state{clusters: maps.Clone(s.clusters), places: s.places, tenancy: s.tenancy}
	for _, e := range released {
		now, was := out.clusters[e.Cluster], old.clusters[e.Cluster]
		if now.Cluster == nil {
			now.Cluster = &reach.Cluster{}
		}
		with := *now.Cluster
		for _, p := range was.Policies {
			if p.Namespace == e.Namespace {
				with.Policies = append(slices.Clone(with.Policies), p)
			}
		}
		out.clusters[e.Cluster] = reach.State{Cluster: &with, Has: append(slices.Clone(now.Has), e.Namespace)}
	}
	return out
}
