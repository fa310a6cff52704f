package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/revision"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A state is what there is at one time, by cluster.
type state struct {
	clusters map[string]reach.State
	// places are what the tenancy calls namespaces in Kubernetes, by cluster. Of
	// manifests they are nil, as is what follows.
	places   map[string]map[string]proof.Place
	tenancy  *tenancy.Tenancy
	silenced []string // lints, in words
}

// cluster gives the state of a cluster; an empty one if there is none. Where a
// tenancy is held against manifests, both have the tenancy's workloads, so that
// both call pods the same.
func (s *state) cluster(name string, other *state) reach.State {
	c, ok := s.clusters[name]
	if !ok {
		c = reach.State{Cluster: &reach.Cluster{}}
	}
	if s.tenancy == nil && other.tenancy != nil && other.clusters[name].Cluster != nil {
		with := *c.Cluster
		with.Workloads = slices.Concat(with.Workloads, other.clusters[name].Workloads)
		c.Cluster = &with
	}
	return c
}

// comparesOutput reports whether a change starts from what the output folder
// holds: wherever it holds something, but in the checks of a pull request.
func comparesOutput(w world, cfg *config) bool {
	_, err := os.Stat(filepath.Join(cfg.output(), render.InventoryFile))
	return err == nil && targetBranch(w) == ""
}

// stateOfOutput gives what the output folder holds. Where that is what Hedgerow
// wrote and nothing else, what stays as it is need not be built again.
func (j *job) stateOfOutput() (*state, error) {
	if as, err := j.output.IsAsListed(); err != nil {
		return nil, failure{err}
	} else if !as {
		return readState(j.w, j.cfg, j.cfg.output())
	}
	plan, _, err := render.NewPlan(j.output, j.expansion, j.tree, render.PlanOptions{Tags: j.cfg.Tags, MaxRemovedNamespaces: j.cfg.MaxRemoved})
	if err != nil {
		return nil, failure{err}
	}
	return j.stateBeforePlan(plan)
}

// stateBeforePlan gives what a plan changes.
func (j *job) stateBeforePlan(plan *render.Plan) (*state, error) {
	before, err := plan.Before(j.built)
	if err != nil {
		return nil, failure{err}
	}
	old := &state{clusters: map[string]reach.State{}}
	for name, c := range clustersOf(before) {
		old.clusters[name] = reach.State{Cluster: c, Has: policed(c.Policies)}
	}
	return old, nil
}

// stateBefore is what a change starts from in the checks of a pull request: the
// tenancy at the merge base.
func stateBefore(w world, cfg *config) (*state, error) {
	target := targetBranch(w)
	if target == "" {
		return nil, errors.New("there is no output folder to compare with: name a revision, as in \"hedgerow diff main\", or a folder")
	}
	repo, err := revision.Open(cfg.dir)
	if err != nil {
		return nil, failure{err}
	}
	base, err := mergeBase(repo, target)
	if err != nil {
		return nil, failure{err}
	}
	return revisionState(w, cfg, base)
}

// readState reads a state that somebody named.
func readState(w world, cfg *config, name string) (*state, error) {
	if _, err := os.Stat(name); err != nil {
		s, err := revisionState(w, cfg, name)
		if err != nil && !errors.Is(err, errProblems) {
			err = failure{fmt.Errorf("%q is no file or folder here, and: %w", name, err)}
		}
		return s, err
	}
	if _, err := os.Stat(filepath.Join(name, schema.TenancyFile)); err == nil {
		at := *cfg
		at.dir = name
		return tenancyState(w, &at)
	}
	clusters, err := readClusters(w.in, []string{name})
	if err != nil {
		return nil, failure{err}
	}
	s := &state{clusters: map[string]reach.State{}}
	for _, c := range clusters {
		c.warn(w)
		has := c.objects.Cluster.Shows()
		if c.name != "" { // our own overlays are about the namespaces that they rule
			has = policed(c.objects.Policies)
		}
		s.clusters[c.name] = reach.State{Cluster: &c.objects.Cluster, Has: has}
	}
	return s, nil
}

func policed(policies []*networkingv1.NetworkPolicy) (out []string) {
	for _, p := range policies {
		out = append(out, p.Namespace)
	}
	return out
}

// tenancyState builds a tenancy.
func tenancyState(w world, cfg *config) (*state, error) {
	j, err := proved(w, cfg)
	if err != nil {
		return nil, err
	}
	return j.state(), nil
}

// state gives what a job has built and proved, without what was needed for that:
// there may be two states of a size.
func (j *job) state() *state {
	s := &state{clusters: map[string]reach.State{}, places: map[string]map[string]proof.Place{}, tenancy: j.tenancy, silenced: j.silenced()}
	for name, c := range j.proof.Clusters {
		s.clusters[name] = reach.State{Cluster: c.Objects, Has: c.Managed}
		s.places[name] = c.Places
	}
	return s
}

// revisionState builds the tenancy as it was at a revision.
func revisionState(w world, cfg *config, name string) (*state, error) {
	repo, err := revision.Open(cfg.dir)
	if err != nil {
		return nil, failure{err}
	}
	into, err := os.MkdirTemp("", "hedgerow-revision")
	if err != nil {
		return nil, failure{err}
	}
	defer os.RemoveAll(into)
	at := *cfg
	if at.dir, err = repo.Extract(name, into); err != nil {
		return nil, failure{err}
	}
	at.Output = "overlays" // there is none, wherever it is configured to be
	return tenancyState(w, &at)
}
