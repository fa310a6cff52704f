package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/revision"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func newDiffCmd(w world, v *viper.Viper) *cobra.Command {
	var as string
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "diff [OLD] [NEW]",
		Short: "Say in words what opens and closes between two states",
		Long: `Diff compares what is open in two states. Each is a folder with a tenancy or
with manifests, a file of manifests, or a Git revision of the tenancy. Left out,
NEW is the tenancy as it is, and OLD is what the output folder holds; in the
checks of a pull request, and where there is no output folder, OLD is the
tenancy at the commit at which the branch left its target.`,
		Example: `  hedgerow diff
  hedgerow diff main
  hedgerow diff v1.2.0 v1.3.0 --as markdown
  hedgerow diff --exit-code              # 1 if anything opens, closes or changes
  hedgerow diff old-manifests/ new-manifests/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return fmt.Errorf("diff takes at most two states, and %q is a third", args[2])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var formats []string
			for _, f := range report.DiffFormats() {
				formats = append(formats, string(f))
			}
			if !slices.Contains(formats, as) {
				return fmt.Errorf("unknown format %q; %s", as, nearest.Hint(as, "formats", formats))
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			d, err := runDiff(w, cfg, args)
			if err != nil {
				return err
			}
			if err := report.WriteDiff(w.out, report.Format(as), d); err != nil {
				return failure{err}
			}
			if exitCode && !d.Empty() {
				return errProblems
			}
			return nil
		},
	}
	configFlags(cmd.Flags())
	cmd.Flags().StringVar(&as, "as", "text", "how the difference is written: text, json or markdown")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit 1 if there is a difference")
	return cmd
}

// A state is what there is at one time, by cluster.
type state struct {
	clusters map[string]reach.State
	proof    *proof.Proof // nil of manifests
}

func runDiff(w world, cfg *config, args []string) (*report.Difference, error) {
	var old, now *state
	var err error
	if len(args) > 0 {
		old, err = readState(w, cfg, args[0])
	} else {
		old, err = stateBefore(w, cfg)
	}
	if err != nil {
		return nil, err
	}
	if len(args) > 1 {
		now, err = readState(w, cfg, args[1])
	} else {
		now, err = tenancyState(w, cfg)
	}
	if err != nil {
		return nil, err
	}
	return compare(old, now)
}

// stateBefore is what a change starts from: the output folder, or the tenancy at
// the merge base.
func stateBefore(w world, cfg *config) (*state, error) {
	target := cmp.Or(w.env("GITHUB_BASE_REF"), w.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), w.env("BITBUCKET_PR_DESTINATION_BRANCH"))
	if _, err := os.Stat(filepath.Join(cfg.output(), render.InventoryFile)); err == nil && target == "" {
		return readState(w, cfg, cfg.output())
	}
	if target == "" {
		return nil, errors.New("there is no output folder to compare with: name a revision, as in \"hedgerow diff main\", or a folder")
	}
	repo, err := revision.Open(cfg.dir)
	if err != nil {
		return nil, failure{err}
	}
	base, err := repo.MergeBase("origin/"+target, "HEAD")
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
	j, err := newJob(w, cfg, false)
	if err != nil {
		return nil, err
	}
	defer j.close()
	if err := j.proved(); err != nil {
		return nil, err
	}
	s := &state{clusters: map[string]reach.State{}, proof: j.proof}
	for name, c := range j.proof.Clusters {
		s.clusters[name] = reach.State{Cluster: c.Objects, Has: c.Managed}
	}
	return s, nil
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

// compare gives the difference of two states, cluster by cluster.
func compare(old, now *state) (*report.Difference, error) {
	names := map[string]bool{}
	for _, s := range []*state{old, now} {
		for name := range s.clusters {
			names[name] = true
		}
	}
	d := &report.Difference{Clusters: []report.ClusterDifference{}}
	notes := map[report.NoteChange]bool{}
	for name := range tenancy.Sorted(names) {
		before, after := old.cluster(name, now), now.cluster(name, old)
		found, err := reach.Diff(before, after)
		if err != nil {
			return nil, failure{err}
		}
		d.Clusters = append(d.Clusters, inWords(found, name, old, now))
		for _, n := range noteChanges(before.Policies, after.Policies) {
			if !notes[n] {
				notes[n] = true
				d.Notes = append(d.Notes, n)
			}
		}
	}
	return d, nil
}

// cluster gives the state of a cluster; an empty one if there is none. Where a
// tenancy is held against manifests, both have the tenancy's workloads, so that
// both call pods the same.
func (s *state) cluster(name string, other *state) reach.State {
	c, ok := s.clusters[name]
	if !ok {
		c = reach.State{Cluster: &reach.Cluster{}}
	}
	if s.proof == nil && other.proof != nil && other.proof.Clusters[name] != nil {
		with := *c.Cluster
		with.Workloads = slices.Concat(with.Workloads, other.proof.Clusters[name].Objects.Workloads)
		c.Cluster = &with
	}
	return c
}

// inWords gives what changed on a cluster in the tenancy's terms: in those of
// the new one, or else of the old one.
func inWords(found *reach.Difference, name string, old, now *state) report.ClusterDifference {
	end := func(e reach.End) report.End {
		for _, s := range []*state{now, old} {
			if s.proof == nil || s.proof.Clusters[name] == nil {
				continue
			}
			if out := named(s.proof.Clusters[name], e); out.Name != "" {
				return out
			}
		}
		return named(nil, e)
	}
	d := report.ClusterDifference{Cluster: name, Opened: []report.Connection{}, Closed: []report.Connection{}, Changed: []report.Change{}}
	for i := range found.Opened {
		d.Opened = append(d.Opened, noted(&found.Opened[i], end))
	}
	for i := range found.Closed {
		d.Closed = append(d.Closed, noted(&found.Closed[i], end))
	}
	for i := range found.Changed {
		before, after := noted(&found.Changed[i].Before, end), noted(&found.Changed[i].After, end)
		flows := slices.Sorted(slices.Values(slices.Concat(before.Flows, after.Flows)))
		d.Changed = append(d.Changed, report.Change{From: after.From, To: after.To, Opened: after.Ports, Closed: before.Ports, Flows: slices.Compact(flows)})
	}
	for _, n := range found.Appeared {
		d.Appeared = append(d.Appeared, end(reach.End{Namespace: n}).String())
	}
	for _, n := range found.Vanished {
		d.Vanished = append(d.Vanished, end(reach.End{Namespace: n}).String())
	}
	return d
}

// noted gives a connection with the flows that its policies say they are there
// for.
func noted(c *reach.Connection, end func(reach.End) report.End) report.Connection {
	r := connection(c, end)
	for _, rule := range c.Rules {
		if n := render.NoteOf(rule.Policy.Annotations); n.Flow != "" {
			r.Flows = append(r.Flows, n.Flow)
		}
	}
	slices.Sort(r.Flows)
	r.Flows = slices.Compact(r.Flows)
	return r
}

// noteChanges gives what changed about flows that are there before and after.
func noteChanges(before, after []*networkingv1.NetworkPolicy) (out []report.NoteChange) {
	old, now := notesOf(before), notesOf(after)
	for flow, n := range tenancy.Sorted(now) {
		was, ok := old[flow]
		if !ok {
			continue
		}
		for _, f := range []report.NoteChange{
			{Field: "reason", Before: was.Reason, After: n.Reason},
			{Field: "ticket", Before: was.Ticket, After: n.Ticket},
			{Field: "expires", Before: was.Expires, After: n.Expires},
		} {
			if f.Flow = flow; f.Before != f.After {
				out = append(out, f)
			}
		}
	}
	return out
}

func notesOf(policies []*networkingv1.NetworkPolicy) map[string]render.Note {
	out := map[string]render.Note{}
	for _, p := range policies {
		if n := render.NoteOf(p.Annotations); n.Flow != "" {
			out[n.Flow] = n
		}
	}
	return out
}
