package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	var formats []string
	for _, f := range report.DiffFormats() {
		formats = append(formats, string(f))
	}
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
  hedgerow diff --exit-code             # 1 if anything opens, closes or changes
  hedgerow diff old-manifests/ new-manifests/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return fmt.Errorf("diff takes at most two states, and %q is a third", args[2])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
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
			if err := report.WriteDiff(w.screen(), report.Format(as), d); err != nil {
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
	choices(cmd, "as", formats...)
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit 1 if there is a difference")
	return cmd
}

func runDiff(w world, cfg *config, args []string) (*report.Difference, error) {
	if len(args) == 0 && comparesOutput(w, cfg) {
		return diffWithOutput(w, cfg)
	}
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
	if err := cmp.Or(old.name(now), now.name(old)); err != nil {
		return nil, err
	}
	return compareWithReservations(old, now)
}

// diffWithOutput compares the tenancy with what the output folder holds.
func diffWithOutput(w world, cfg *config) (*report.Difference, error) {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return nil, err
	}
	defer j.close()
	if err := j.buildRight(); err != nil {
		return nil, err
	}
	old, err := j.stateOfOutput()
	if err != nil {
		return nil, err
	}
	return compareWithReservations(old, j.state())
}

func compareWithReservations(old, now *state) (*report.Difference, error) {
	d, err := compare(old, now)
	if err != nil {
		return nil, err
	}
	d.Reservations = reservations(old, now, d)
	return d, nil
}

// name takes manifests for those of the one cluster of another state. Of several
// nothing says which is meant.
func (s *state) name(other *state) error {
	c, nameless := s.clusters[""]
	if _, both := other.clusters[""]; !nameless || both {
		return nil
	}
	names := tenancy.Keys(other.clusters)
	if len(names) > 1 {
		return fmt.Errorf("nothing says of which cluster the manifests are: %s; compare them with the overlays of one, such as overlays/%s", strings.Join(names, ", "), names[0])
	}
	for _, name := range names {
		s.clusters = map[string]reach.State{name: c}
	}
	return nil
}

// reservations says what is less than it seems to be: the ports that a mesh
// carries, and the lints that the new tenancy silences.
func reservations(old, now *state, d *report.Difference) (out []string) {
	cs, meshes := d.Connections(), map[string]string{} // the meshes that clusters have now
	for _, k := range meshesShown(now.tenancy, cs) {
		meshes[k.Name] = k.Mesh.Text
		out = append(out, meshNote(meshIs, k))
	}
	for _, k := range meshesShown(old.tenancy, cs) {
		if meshes[k.Name] != k.Mesh.Text {
			out = append(out, meshNote(meshWas, k))
		}
	}
	return append(out, now.silenced...)
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
	var changed []report.NoteChange
	flows := flowNotes{old: map[string]render.Note{}, now: map[string]render.Note{}}
	for name := range tenancy.Sorted(names) {
		before, after := old.cluster(name, now), now.cluster(name, old)
		is := after
		is.Has = slices.Concat(after.Has, before.Has) // what is said about a namespace that leaves is what is then open
		found, err := reach.Diff(before, is)
		if err != nil {
			return nil, failure{err}
		}
		w := words{cluster: name, old: old, now: now, owners: ownersOf(before.Policies)}
		c := w.difference(found)
		c.Vanished, c.Unisolated = w.namespaces(lost(before.Has, after.Has)), w.namespaces(lost(policed(before.Policies), policed(after.Policies)))
		d.Clusters = append(d.Clusters, c)
		changed = append(changed, noteChanges(before.Policies, after.Policies)...)
		flows.add(before.Policies, after.Policies)
	}
	d.Notes = append(flows.comings(d), unique(changed)...)
	return d, nil
}

// unique gives each change once: a flow may be on several clusters.
func unique(changes []report.NoteChange) (out []report.NoteChange) {
	for _, n := range changes {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// lost gives what is in a and not in b, sorted.
func lost(a, b []string) []string {
	stays := map[string]bool{}
	for _, s := range b {
		stays[s] = true
	}
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(a))), func(s string) bool { return stays[s] })
}

// flowNotes are what the policies of two states, on all clusters, say about
// flows.
type flowNotes struct{ old, now map[string]render.Note }

func (f *flowNotes) add(before, after []*networkingv1.NetworkPolicy) {
	maps.Copy(f.old, notesOf(before))
	maps.Copy(f.now, notesOf(after))
}

// comings gives the flows that came and went but for those that something that
// opens or closes names: a renamed one, or one over what is open anyway.
func (f *flowNotes) comings(d *report.Difference) (out []report.NoteChange) {
	named := d.Flows()
	for name, n := range tenancy.Sorted(f.old) {
		if _, stays := f.now[name]; !stays && !named[name] {
			out = append(out, report.NoteChange{Flow: name, Field: report.GoneFlow, Before: n.Reason})
		}
	}
	for name, n := range tenancy.Sorted(f.now) {
		if _, was := f.old[name]; !was && !named[name] {
			out = append(out, report.NoteChange{Flow: name, Field: report.NewFlow, After: n.Reason})
		}
	}
	return out
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
