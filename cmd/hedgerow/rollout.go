package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// rolloutOptions say which namespaces are shown, and how.
type rolloutOptions struct{ as, environment, team string }

var rolloutFormats = []string{string(report.Text), string(report.JSON)}

func newRolloutCmd(w world, v *viper.Viper) *cobra.Command {
	var o rolloutOptions
	cmd := &cobra.Command{
		Use:   "rollout",
		Short: "List which namespaces are enforced, and which roll-outs keep open",
		Long: `Rollout lists every namespace whose policies Hedgerow writes: enforced, kept
open by a roll-out, or retired, which denies everything. Of a roll-out it shows
the last day, where it stands in the tenancy, its reason, and the guards that it
suspends; then, of each environment and team, how many namespaces are enforced.

When a roll-out ends, what no flow opens is closed. To see that before, take it
out of the tenancy and run "hedgerow diff", or "hedgerow explain" for one
connection.

It exits 0 also when a roll-out is overdue, for which "hedgerow vet" exits 1.`,
		Example: `  hedgerow rollout
  hedgerow rollout --environment prod --team payments
  hedgerow rollout --as json
  hedgerow rollout --as-of 2027-04-01    # what will be overdue then?`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(rolloutFormats, o.as) {
				return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", rolloutFormats))
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runRollout(w, cfg, &o)
		},
	}
	configFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "text", "how namespaces are written: text or json")
	choices(cmd, "as", rolloutFormats...)
	f.StringVar(&o.environment, "environment", "", "only namespaces of this environment")
	f.StringVar(&o.team, "team", "", "only namespaces of this team")
	return cmd
}

func runRollout(w world, cfg *config, o *rolloutOptions) error {
	j, err := proved(w, cfg)
	if err != nil {
		return err
	}
	verdict, err := j.proof.Guards()
	if err != nil {
		return failure{err}
	}
	s, err := j.proof.Standings(verdict, o.environment, o.team)
	if err != nil {
		return err
	}
	if o.as == string(report.JSON) {
		return report.WriteJSON(w.out, s)
	}
	return writeStandings(w.screen(), s, j.today())
}

// writeStandings writes a table for each cluster, in which every text is short,
// and below them once each reason, guard and number.
func writeStandings(w report.Screen, s *proof.Standings, today string) error {
	var table bytes.Buffer
	out := report.InColumns(report.Screen{Writer: &table, Columns: w.Columns})
	cluster := ""
	for i := range s.Namespaces {
		n := &s.Namespaces[i]
		if n.Cluster != cluster {
			if cluster != "" {
				fmt.Fprintln(out)
			}
			fmt.Fprintf(out, "cluster %s\n", n.Cluster)
			cluster = n.Cluster
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", n.Name, n.Team, stateInWords(n, today))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n")) // cells at the end may be empty
	}
	writeRollouts(w, s.Namespaces)
	if len(s.Progress) > 0 {
		fmt.Fprintln(w)
	}
	for _, p := range s.Progress {
		fmt.Fprintln(w, progressInWords(&p))
	}
	return nil
}

// stateInWords gives two cells: the state, and where the tenancy says that it is
// not the usual one.
func stateInWords(n *proof.Standing, today string) string {
	switch n.State {
	case proof.Retired:
		return "retired: denies everything\t"
	case proof.Open:
		due := map[generator.Due]string{generator.DueSoon: ", ends soon", generator.Overdue: ", overdue"}[n.Rollout.Due]
		return fmt.Sprintf("open until %s%s\t%s", dated(today, n.Rollout.Until), due, n.Rollout.At)
	}
	return string(n.State) + "\t"
}

// writeRollouts writes the reason of every roll-out, and the guards that they
// suspend.
func writeRollouts(w io.Writer, namespaces []proof.Standing) {
	reasons, guards := map[string]string{}, map[string][]string{}
	var at []string // in the order of the tables
	for _, n := range namespaces {
		if n.Rollout == nil {
			continue
		}
		if _, said := reasons[n.Rollout.At]; !said {
			reasons[n.Rollout.At] = n.Rollout.Reason
			at = append(at, n.Rollout.At)
		}
		for _, g := range n.Rollout.Suspended {
			if !slices.Contains(guards[g], n.Name) { // a shared namespace is on several clusters
				guards[g] = append(guards[g], n.Name)
			}
		}
	}
	if len(at) > 0 {
		fmt.Fprintln(w)
	}
	for _, pos := range at {
		fmt.Fprintf(w, "%s: %s\n", pos, reasons[pos])
	}
	for g, names := range tenancy.Sorted(guards) {
		fmt.Fprintf(w, "guard %q is suspended: it forbids what is open from or to %s\n", g, first(names))
	}
	if len(at) > 0 {
		fmt.Fprintln(w, `when one ends, what no flow opens is closed: take it out, and "hedgerow diff" lists that`)
	}
}

// first gives a few names, and how many more there are.
func first(names []string) string {
	const few = 5
	if len(names) > few {
		names = append(slices.Clone(names[:few]), fmt.Sprintf("%d more", len(names)-few))
	}
	return strings.Join(names, ", ")
}

// progressInWords says how many namespaces are enforced.
func progressInWords(p *proof.Progress) string {
	shared, of := "", ""
	switch {
	case p.Environment != "":
		of = " of " + p.Environment
	case p.Shared:
		shared = "shared "
	case p.Team != "":
		of = " of team " + p.Team
	}
	are := "are"
	if p.Namespaces == 1 {
		are = "is"
	}
	return fmt.Sprintf("%s of %s%s %s enforced", report.Number(p.Enforced), report.Count(p.Namespaces, shared+"namespace"), of, are)
}
