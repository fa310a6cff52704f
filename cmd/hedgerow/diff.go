package main

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
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

// inWords gives what changed on a cluster in the tenancy's terms: in those of
// the new one, or else of the old one.
func inWords(found *reach.Difference, name string, old, now *state) report.ClusterDifference {
	end := func(e reach.End) report.End {
		for _, s := range []*state{now, old} {
			if s.proof == nil || s.proof.Clusters[name] == nil {
				continue
			}
			if out := endInWords(s.proof.Clusters[name], e); out.Name != "" {
				return out
			}
		}
		return endInWords(nil, e)
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
