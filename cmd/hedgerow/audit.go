package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/audit"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// auditOptions say which cluster is held against which of the tenancy's.
type auditOptions struct {
	liveSource
	as, cluster string
}

func newAuditCmd(w world, v *viper.Viper) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit [PATH...]",
		Short: "Say what on a cluster went round the tenancy",
		Long: `Audit holds a cluster against the tenancy: policies that are not Hedgerow's,
missing, altered or stale, and what each opens and closes; namespaces that the
tenancy does not know or that are not there; labels that match no pod, and pods
that match no workload. It reads the cluster of the kubeconfig, as kubectl does,
or the manifests at the paths: files, folders or - for the standard input.

It lists and gets, and changes nothing.`,
		Example: `  hedgerow audit
  hedgerow audit --context prod-eu --cluster prod
  hedgerow audit --as json
  hedgerow audit cluster.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if err := o.validate(); err != nil {
				return err
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runAudit(cmd.Context(), w, cfg, &o)
		},
	}
	configFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "text", "how what is found is written: text, as diagnostics in the --format, or json")
	choices(cmd, "as", "text", "json")
	f.StringVar(&o.cluster, "cluster", "", "the tenancy's name of the cluster, needed where it has several")
	o.flags(f)
	return cmd
}

func (o *auditOptions) validate() error {
	if formats := []string{"text", "json"}; !slices.Contains(formats, o.as) {
		return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
	}
	return o.liveSource.validate()
}

func runAudit(ctx context.Context, w world, cfg *config, o *auditOptions) error {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return err
	}
	defer j.close()
	if _, err := j.build(j.today()); err != nil {
		return err
	}
	if diag.HasErrors(j.diags) {
		return j.report()
	}
	cluster, err := clusterNamed(o.cluster, j.tenancy)
	if err != nil {
		return err
	}
	guard, err := j.guard(cluster)
	if err != nil {
		return err
	}
	objects, context, err := o.read(ctx, w, cfg, cluster, guard)
	if err != nil {
		return err
	}
	found, err := audit.Check(audit.Input{
		Tenancy: j.tenancy, Built: j.proof.Clusters[cluster], Guard: guard, Found: objects,
		Folder: j.folders(cluster), Whole: len(o.paths) == 0,
	})
	if err != nil {
		return failure{err}
	}
	found.Notes = append(found.Notes, j.silenced()...)
	if o.as == "json" {
		return writeAudit(w, j.proof.Clusters[cluster], found)
	}
	for _, n := range found.Notes {
		fmt.Fprintf(w.err, "note: %s\n", n)
	}
	if err := j.reportOn(found.Diagnostics()); err != nil {
		return err
	}
	verdict := "is as the tenancy says"
	if n := len(found.Findings); n > 0 {
		verdict = "has no error and " + report.Count(n, "warning")
	}
	j.say(j.summaryWriter(), "cluster %s%s %s: %s, %s\n", cluster, context, verdict,
		report.Count(found.Namespaces, "managed namespace"), report.Count(found.Policies, "policy"))
	return nil
}

// clusterNamed gives the tenancy's name of the cluster that is meant: the one of
// the flag --cluster, or without it the only one there is.
func clusterNamed(flag string, t *tenancy.Tenancy) (string, error) {
	names := tenancy.Keys(t.Clusters)
	switch {
	case flag == "" && len(names) == 1:
		return names[0], nil
	case flag == "":
		return "", fmt.Errorf("the tenancy has several clusters, and which this is --cluster says: %s", strings.Join(names, ", "))
	case t.Clusters[flag] == nil:
		return "", fmt.Errorf("cluster %q is not declared; %s", flag, nearest.Hint(flag, "clusters", names))
	}
	return flag, nil
}

// guard gives the parts of a cluster's admission guard as they are rendered; none
// of one without.
func (j *job) guard(cluster string) (out []reach.Admission, err error) {
	for _, data := range j.tree.Guard(cluster) {
		objects, err := reach.Read("the guard of cluster "+cluster, data)
		if err != nil {
			return nil, failure{err}
		}
		out = append(out, objects.Admission...)
	}
	return out, nil
}

// folders gives where the kustomizations of a cluster's policies stand on this
// disk and, for what has no namespace, that of its guard.
func (j *job) folders(cluster string) func(namespace, name string) string {
	type key struct{ namespace, name string }
	at := map[key]string{}
	for _, b := range j.built {
		for _, p := range b.Policies {
			if b.Cluster == cluster {
				at[key{p.Namespace, p.Name}] = b.Path
			}
		}
	}
	return func(namespace, name string) string {
		below := at[key{namespace, name}]
		if namespace == "" {
			below = path.Join(render.DeliveryFolder, "guard", cluster)
		}
		return path.Join(filepath.ToSlash(j.cfg.output()), below)
	}
}

// read gives what is on the cluster, of its admission guard only where there
// should be one, and the words for its context.
func (o *auditOptions) read(ctx context.Context, w world, cfg *config, cluster string, guard []reach.Admission) (*reach.Objects, string, error) {
	if len(o.paths) > 0 {
		objects, err := o.manifests(w, cluster)
		if err != nil {
			return nil, "", failure{err}
		}
		return objects, "", nil
	}
	c, err := o.connect(cfg)
	if err != nil {
		return nil, "", err
	}
	objects, unanswered, err := c.Objects(ctx)
	if err != nil {
		return nil, "", failure{err}
	}
	if len(guard) > 0 {
		found, err := c.Admission(ctx, guard[0].Name)
		if err != nil {
			return nil, "", failure{err}
		}
		objects.Add(found)
	}
	for _, g := range unanswered {
		fmt.Fprintf(w.err, "warning: the server of %s does not answer: whether it holds policies is not known\n", g)
	}
	if c.Name() == "" {
		return objects, "", nil
	}
	return objects, fmt.Sprintf(" (context %s)", c.Name()), nil
}

// manifests gives the objects at the paths; of an output folder those of the
// cluster.
func (o *auditOptions) manifests(w world, cluster string) (*reach.Objects, error) {
	clusters, err := readClusters(w.in, o.paths)
	if err != nil {
		return nil, err
	}
	for _, c := range clusters {
		if c.name == cluster || c.name == "" {
			return c.objects, nil
		}
	}
	return nil, fmt.Errorf("%s holds nothing of cluster %q", strings.Join(o.paths, ", "), cluster)
}

// An auditedFinding is a finding as programs read it.
type auditedFinding struct {
	Severity  string              `json:"severity"`
	Code      diag.Code           `json:"code"`
	File      string              `json:"file,omitempty"`
	Line      int                 `json:"line,omitempty"`
	Column    int                 `json:"column,omitempty"`
	Namespace string              `json:"namespace,omitempty"`
	Kind      string              `json:"kind,omitempty"`
	Name      string              `json:"name,omitempty"`
	Fact      string              `json:"fact"`
	Fix       string              `json:"fix"`
	Opened    []report.Connection `json:"opened,omitempty"`
	Closed    []report.Connection `json:"closed,omitempty"`
	KeptOpen  []report.Connection `json:"keptOpen,omitempty"` // when the roll-out ends
}

// writeAudit writes what was found as JSON; errProblems says that something of it
// is an error.
func writeAudit(w world, c *proof.Cluster, found *audit.Result) error {
	out := struct {
		Cluster  string           `json:"cluster"`
		Findings []auditedFinding `json:"findings"`
		Notes    []string         `json:"notes,omitempty"`
	}{c.Name, []auditedFinding{}, found.Notes}
	for i := range found.Findings {
		f := &found.Findings[i]
		out.Findings = append(out.Findings, auditedFinding{
			Severity: f.Severity.String(), Code: f.Code, File: f.Pos.Filename, Line: f.Pos.Line, Column: f.Pos.Column,
			Namespace: f.Namespace, Kind: f.Kind, Name: f.Name, Fact: f.Fact, Fix: f.Fix,
			Opened: withoutCluster(connections(c, f.Opened)), Closed: withoutCluster(connections(c, f.Closed)),
			KeptOpen: withoutCluster(connections(c, f.KeptOpen)),
		})
	}
	if err := report.WriteJSON(w.out, out); err != nil {
		return failure{err}
	}
	if diag.HasErrors(found.Diagnostics()) {
		return errProblems
	}
	return nil
}

// withoutCluster leaves out of connections what the report says once.
func withoutCluster(cs []report.Connection) []report.Connection {
	for i := range cs {
		cs[i].Cluster = ""
	}
	return cs
}
