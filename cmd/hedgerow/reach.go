package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// reachOptions say what of everything that is open is shown, and how.
type reachOptions struct {
	as                          string
	matrix                      bool
	from, to, environment, team string
}

func newReachCmd(w world, v *viper.Viper) *cobra.Command {
	var o reachOptions
	cmd := &cobra.Command{
		Use:   "reach [PATH...]",
		Short: "List everything that is open",
		Long: `Reach lists every connection that is open: on the overlays that the tenancy
builds, or by the manifests at the paths, whoever wrote them. A path is a file,
a folder or - for the standard input; kustomizations are built. Pods that no
manifest shows are listed by the labels that they must have.`,
		Example: `  hedgerow reach
  hedgerow reach --to prod/payments/db
  hedgerow reach --team payments --environment prod --matrix
  hedgerow reach --as mermaid --from staging/checkout
  kubectl get netpol,ns,pods -A -o yaml | hedgerow reach -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			if len(args) > 0 {
				return reachManifests(w, &o, args)
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return reachTenancy(w, cfg, &o)
		},
	}
	configFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "text", "how connections are written: text, json, csv, markdown, dot or mermaid")
	choices(cmd, "as", reachFormats()...)
	f.BoolVar(&o.matrix, "matrix", false, "a table of which namespaces reach which, as text, csv or markdown")
	f.StringVar(&o.from, "from", "", "only connections from this end, named as for explain")
	f.StringVar(&o.to, "to", "", "only connections to this end")
	f.StringVar(&o.environment, "environment", "", "only connections with an end in this environment")
	f.StringVar(&o.team, "team", "", "only connections with an end of this team")
	return cmd
}

func reachFormats() (formats []string) {
	for _, f := range report.Formats() {
		formats = append(formats, string(f))
	}
	return formats
}

func (o *reachOptions) validate(args []string) error {
	formats := reachFormats()
	switch {
	case !slices.Contains(formats, o.as):
		return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
	case o.matrix && !slices.Contains([]string{"text", "csv", "markdown"}, o.as):
		return fmt.Errorf("a matrix is text, csv or markdown, not %s", o.as)
	case len(args) > 0 && (o.environment != "" || o.team != ""):
		return errors.New("--environment and --team are about a tenancy: manifests know neither")
	}
	return nil
}

func (o *reachOptions) write(w world, cs []report.Connection) error {
	if o.matrix {
		return report.WriteMatrix(w.screen(), report.Format(o.as), cs)
	}
	return report.Write(w.screen(), report.Format(o.as), cs)
}

func reachTenancy(w world, cfg *config, o *reachOptions) error {
	j, err := proved(w, cfg)
	if err != nil {
		return err
	}
	focus, err := j.proof.Focus(o.from, o.to, o.environment, o.team)
	if err != nil {
		return err
	}
	out := j.connections(focus)
	if err := o.write(w, out); err != nil {
		return err
	}
	for _, k := range meshesShown(j.tenancy, out) {
		note := meshNote(meshIs, k)
		if o.as == string(report.Markdown) {
			fmt.Fprintf(w.out, "\n%s\n", report.EscapeMarkdown(note))
			continue
		}
		j.say(w.err, "%s\n", note)
	}
	return nil
}

// connections gives what is open on all clusters in the tenancy's terms, of the
// edges that focus picks.
func (j *job) connections(focus func(*proof.Cluster) []reach.Edge) (out []report.Connection) {
	for _, c := range tenancy.Sorted(j.proof.Clusters) {
		out = append(out, connections(c, c.Graph.List(focus(c)))...)
	}
	return out
}

// connections gives what is open on a cluster in the tenancy's terms.
func connections(c *proof.Cluster, list []reach.Connection) (out []report.Connection) {
	for i := range list {
		e := &list[i]
		r := connection(e, func(e reach.End) report.End { return endInWords(c.Places, e) })
		r.Cluster = c.Name
		for _, f := range c.Flows(e.Rules) {
			r.Flows = append(r.Flows, f.Name)
		}
		out = append(out, r)
	}
	return out
}

// endInWords gives an end with what the tenancy calls its namespace, if it knows
// it.
func endInWords(places map[string]proof.Place, e reach.End) report.End {
	place, known := places[e.Namespace]
	if !known {
		return report.NewEnd(e, "", "", nil)
	}
	end := report.NewEnd(e, place.String(), place.Team, place.Owners)
	if !place.Retired {
		end = end.InEnvironment(place.Environment)
	}
	return end
}

func connection(e *reach.Connection, end func(reach.End) report.End) report.Connection {
	r := report.Connection{From: end(e.From), To: end(e.To), Ports: report.Ports{Ports: e.Ports, ByName: e.ByName}}
	for _, rule := range e.Rules {
		r.Policies = append(r.Policies, reach.PolicyName(rule.Policy))
	}
	r.Policies = slices.Compact(r.Policies)
	return r
}

func reachManifests(w world, o *reachOptions, paths []string) error {
	clusters, err := readClusters(w.in, paths)
	if err != nil {
		return failure{err}
	}
	var out []report.Connection
	for _, c := range clusters {
		c.warn(w)
		g, err := reach.Build(&c.objects.Cluster)
		if err != nil {
			return failure{err}
		}
		edges, err := focusManifests(g, c.objects, o)
		if err != nil {
			return err
		}
		list := g.List(edges)
		for i := range list {
			r := connection(&list[i], func(e reach.End) report.End { return report.NewEnd(e, "", "", nil) })
			r.Cluster = c.name
			out = append(out, r)
		}
	}
	return o.write(w, out)
}

// focusManifests gives what is open between the ends that are asked for.
func focusManifests(g *reach.Graph, objects *reach.Objects, o *reachOptions) ([]reach.Edge, error) {
	if o.from == "" && o.to == "" {
		return g.Open(), nil
	}
	from, err := manifestEnd(g, objects, o.from)
	if err != nil {
		return nil, err
	}
	to, err := manifestEnd(g, objects, o.to)
	if err != nil {
		return nil, err
	}
	return g.Opens(reach.Between(from, to, reach.AllPorts)), nil
}

// manifestEnd finds an end in manifests: an address or a range, a namespace, or
// a workload of one.
func manifestEnd(g *reach.Graph, objects *reach.Objects, text string) ([]reach.Group, error) {
	if text == "" {
		return g.Everything(), nil
	}
	if p, ok := proof.ParseAddresses(text); ok {
		group, err := reach.Addresses([]netip.Prefix{p}, nil)
		return []reach.Group{group}, err
	}
	namespace, workload, _ := strings.Cut(text, "/")
	if workload == "" {
		group, err := g.Pods([]string{namespace}, nil)
		if err != nil {
			return nil, fmt.Errorf("%w; %s", err, nearest.Hint(namespace, "namespaces", g.Namespaces()))
		}
		return []reach.Group{group}, nil
	}
	var names []string
	for _, w := range objects.Workloads {
		if w.Namespace != namespace {
			continue
		}
		if w.Name == workload {
			group, err := g.Pods([]string{namespace}, w.Labels)
			return []reach.Group{group}, err
		}
		names = append(names, w.Name)
	}
	return nil, fmt.Errorf("namespace %q has no workload %q; %s", namespace, workload, nearest.Hint(workload, "workloads", names))
}
