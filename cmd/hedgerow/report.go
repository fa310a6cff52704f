package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/audit"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/gather"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// reportOptions say what a report shows besides the tenancy, and how.
type reportOptions struct {
	format, file, since string
	cluster             string   // of the paths
	paths               []string // of manifests
}

// A reportFormat is a way of writing a report.
type reportFormat struct {
	name  string
	write func(io.Writer, *overview.Overview) error
	file  string // where it goes unless somebody says otherwise; "-" is the standard output
}

var reportFormats = []reportFormat{
	{"html", overview.WriteHTML, "hedgerow-report.html"},
	{"markdown", overview.WriteMarkdown, "-"},
	{"json", overview.WriteJSON, "-"},
	{"csv", overview.WriteCSV, "-"},
}

func reportFormatNames() (out []string) {
	for _, f := range reportFormats {
		out = append(out, f.name)
	}
	return out
}

func newReportCmd(w world, v *viper.Viper) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [PATH...]",
		Short: "Write all that is declared and open, for whoever must judge it",
		Long: `Report writes one HTML file that needs nothing else: a map of teams and
namespaces with what is open, the matrix, a search, the register of the flows,
what is exempt, kept open, silenced or expiring, and what of it is evidence for
which control. With --since it also shows what opens and closes since another
state, named as for diff. As CSV it is the register of the flows alone.

Manifests of a cluster at the paths, such as kubectl prints, show the namespaces
there that the tenancy does not know.`,
		Example: `  hedgerow report                          # writes hedgerow-report.html
  hedgerow report --since main
  hedgerow report --format csv > flows.csv
  kubectl get namespaces -o yaml | hedgerow report --cluster prod -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if err := o.validate(); err != nil {
				return err
			}
			if cmd.Flags().Changed("since") && o.since == "" { // as of a variable that nobody set
				return errors.New("--since names no state: a report without one would look as if nothing had changed")
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runReport(w, cfg, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "html", "how the report is written: html, markdown, json or csv")
	f.Lookup("format").Annotations = map[string][]string{notConfigured: {}}
	choices(cmd, "format", reportFormatNames()...)
	configFlags(f)
	f.StringVar(&o.file, "file", "", "`file` to write to, - for the standard output (default hedgerow-report.html, or - if it is not HTML)")
	f.StringVar(&o.since, "since", "", "show what opens and closes since a `state`, which is named as for diff")
	f.StringVar(&o.cluster, "cluster", "", "the tenancy's name of the cluster of the manifests, needed where it has several")
	return cmd
}

// validate completes the options.
func (o *reportOptions) validate() error {
	if names := reportFormatNames(); !slices.Contains(names, o.format) {
		return fmt.Errorf("unknown format %q; %s", o.format, nearest.Hint(o.format, "formats", names))
	}
	if o.cluster != "" && len(o.paths) == 0 {
		return fmt.Errorf("--cluster says of which cluster manifests are: name a file or folder of them, or leave it out")
	}
	if o.file == "" {
		o.file = o.as().file
	}
	return nil
}

func (o *reportOptions) as() reportFormat {
	return reportFormats[slices.IndexFunc(reportFormats, func(f reportFormat) bool { return f.name == o.format })]
}

func runReport(w world, cfg *config, o *reportOptions) error {
	var old *state
	var err error
	if o.since != "" {
		if old, err = readState(w, cfg, o.since); err != nil {
			return err
		}
	}
	j, err := proved(w, cfg)
	if err != nil {
		return err
	}
	shown, err := j.overview(o, old)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := o.as().write(&out, shown); err != nil {
		return failure{err}
	}
	if o.file == "-" {
		_, err := w.out.Write(out.Bytes())
		return err
	}
	if err := replaceFile(o.file, out.Bytes()); err != nil {
		return failure{err}
	}
	j.say(w.out, "%s: %s\n", o.file, j.contents())
	return nil
}

// overview gathers what a report shows.
func (j *job) overview(o *reportOptions, old *state) (*overview.Overview, error) {
	verdict, err := j.proof.Guards()
	if err != nil {
		return nil, failure{err}
	}
	j.guards = verdict
	in := gather.Input{
		Version: version(), AsOf: j.today(), Tenancy: j.tenancy, Expansion: j.expansion, Proof: j.proof, Guards: verdict,
		Connections: j.connections(everything), Silenced: j.silences(),
	}
	if in.Soon, err = soonAfter(in.AsOf); err != nil {
		return nil, failure{err}
	}
	for _, k := range meshesShown(j.tenancy, in.Connections) {
		in.Reservations = append(in.Reservations, meshNote(meshIs, k))
	}
	if in.Strangers, err = j.strangers(o); err != nil {
		return nil, err
	}
	if old != nil {
		now := j.state()
		if err := cmp.Or(old.name(now), now.name(old)); err != nil {
			return nil, err
		}
		if in.Difference, err = compare(old, now); err != nil {
			return nil, err
		}
		in.Since = o.since
	}
	shown, err := gather.Overview(in)
	if err != nil {
		return nil, failure{err}
	}
	return shown, nil
}

// everything focuses on nothing.
func everything(c *proof.Cluster) []reach.Edge { return c.Graph.Open() }

// strangers gives the namespaces that manifests show and the tenancy does not
// know, by cluster.
func (j *job) strangers(o *reportOptions) (map[string][]string, error) {
	if len(o.paths) == 0 {
		return nil, nil
	}
	cluster, err := clusterNamed(o.cluster, j.tenancy)
	if err != nil {
		return nil, err
	}
	live := auditOptions{liveSource: liveSource{paths: o.paths}}
	objects, err := live.manifests(j.w, cluster)
	if err != nil {
		return nil, failure{err}
	}
	found, err := audit.Check(audit.Input{Tenancy: j.tenancy, Built: j.proof.Clusters[cluster], Found: objects, Folder: j.folders(cluster)})
	if err != nil {
		return nil, failure{err}
	}
	out := map[string][]string{cluster: nil}
	for _, f := range found.Findings {
		if f.Code == diag.NamespaceUndeclared {
			out[cluster] = append(out[cluster], f.Namespace)
		}
	}
	return out, nil
}

// silences gives the lints that the tenancy silences where they would speak.
func (j *job) silences() (out []overview.Silence) {
	for _, d := range diag.Sort(j.diags) {
		if d.Silenced != "" {
			out = append(out, overview.Silence{Code: string(d.Code), Path: d.Path, Reason: d.Silenced})
		}
	}
	return out
}
