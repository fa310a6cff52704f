package main

import (
	"cmp"
	"errors"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/revision"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// targetBranch gives the branch that a pull request, in whose checks this runs,
// is to be merged into: as GitHub, GitLab and Bitbucket say it. It is "" outside
// of such checks.
func targetBranch(w world) string {
	return cmp.Or(w.env("GITHUB_BASE_REF"), w.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), w.env("BITBUCKET_PR_DESTINATION_BRANCH"))
}

// mergeBase gives the commit at which what is checked out left the branch.
func mergeBase(repo *revision.Repository, target string) (string, error) {
	return repo.MergeBase("origin/"+target, "HEAD")
}

// judgePullRequest reports what a pull request may not do where the overlays are
// published after the merge: touch them itself, or drop a namespace, which
// nobody else sees before the merge if they are in another repository.
func (j *job) judgePullRequest() error {
	target := targetBranch(j.w)
	if target == "" || j.cfg.Mode == modeInline {
		return nil
	}
	repo, err := revision.Open(j.cfg.dir)
	if err != nil {
		return failure{err}
	}
	base, err := mergeBase(repo, target)
	if err != nil {
		return failure{err}
	}
	touched, err := j.touchesOutput(repo, base)
	if err != nil {
		return failure{err}
	}
	if touched {
		at := token.Position{Filename: filepath.ToSlash(j.cfg.output())}
		j.diags.Error(diag.OutputInChange, at, "take the change back, as with \"git checkout "+base[:10]+" -- "+at.Filename+"\"; or, if the overlays shall stand in pull requests, configure mode: inline",
			"the pull request changes the output folder, which only publish writes")
	}
	if j.output.Inventory() != nil {
		return nil
	}
	before, err := expansionAt(j.w, j.cfg, repo, base)
	if err != nil || before == nil {
		return err
	}
	file := filepath.ToSlash(filepath.Join(j.cfg.dir, schema.TenancyFile))
	risks, err := render.CheckTransitionsFrom(before, j.expansion, j.tree, file)
	if err != nil {
		return failure{err}
	}
	j.diags = slices.Concat(j.diags, render.CheckLeaving(before, j.expansion, j.cfg.MaxRemoved, file), risks)
	return nil
}

// touchesOutput reports whether the output folder is changed since a revision,
// but for what publish itself may have pushed: what the tenancy generates, and
// no change of the tenancy.
func (j *job) touchesOutput(repo *revision.Repository, base string) (bool, error) {
	output, inside := outputIn(repo, j.cfg)
	if !inside {
		return false, nil
	}
	touched, err := repo.Differs(output, base, "HEAD")
	if err != nil || !touched {
		return false, err
	}
	same, err := repo.SameTenancy(base, "HEAD")
	if err != nil || !same {
		return true, err
	}
	plan, diags, err := render.NewPlan(j.output, j.expansion, j.tree, render.PlanOptions{Tags: j.cfg.Tags, MaxRemovedNamespaces: j.cfg.MaxRemoved})
	return err != nil || diag.HasErrors(diags) || !plan.Empty(), err
}

// outputIn gives the output folder's path in the repository, if it is there.
func outputIn(repo *revision.Repository, cfg *config) (string, bool) {
	at := path.Join(repo.Dir(), filepath.ToSlash(cfg.Output))
	return at, !filepath.IsAbs(cfg.Output) && filepath.IsLocal(at)
}

// expansionAt expands the tenancy as it was at a revision; nil if there was none,
// or none that can be expanded.
func expansionAt(w world, cfg *config, repo *revision.Repository, name string) (*generator.Expansion, error) {
	into, err := os.MkdirTemp("", "hedgerow-revision")
	if err != nil {
		return nil, failure{err}
	}
	defer os.RemoveAll(into)
	at := *cfg
	at.dir, err = repo.Extract(name, into)
	if errors.Is(err, revision.ErrNoTenancy) {
		return nil, nil
	} else if err != nil {
		return nil, failure{err}
	}
	j := &job{w: w, cfg: &at, sources: map[string][]byte{}}
	ok, err := j.expand(j.today())
	if err != nil || !ok {
		return nil, err
	}
	return j.expansion, nil
}
