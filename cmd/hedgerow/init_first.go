package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/census"
	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/kube"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// firstOptions say what the first tenancy is made from, if it is no example.
type firstOptions struct {
	liveSource
	fromCluster                     bool
	cluster, environment, teamLabel string
}

func (o *firstOptions) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.paths, "from-manifests", nil, "make the first tenancy of what manifests at a `path` show, or of - for the standard input")
	f.BoolVar(&o.fromCluster, "from-cluster", false, "make the first tenancy of what runs on the cluster of the kubeconfig")
	f.StringVar(&o.cluster, "cluster", "main", "what the tenancy calls the cluster that is read")
	f.StringVar(&o.environment, "environment", "prod", "what the tenancy calls the environment that its namespaces are")
	f.StringVar(&o.teamLabel, "team-label", "", "label of namespaces that names their team (default all are of the team unassigned)")
	o.liveSource.flags(f)
}

// wanted reports whether the first tenancy is no example.
func (o *firstOptions) wanted() bool { return o.fromCluster || len(o.paths) > 0 }

func (o *firstOptions) validate(cmd *cobra.Command) error {
	if o.fromCluster && len(o.paths) > 0 {
		return errors.New("--from-cluster and --from-manifests each make the first tenancy: leave one of them out")
	}
	for _, name := range []string{"kubeconfig", "context", "network-timeout"} {
		if cmd.Flags().Lookup(name).Changed && !o.fromCluster {
			return fmt.Errorf("--%s is for a live cluster: add --from-cluster, or leave it out", name)
		}
	}
	for _, name := range []string{"cluster", "environment", "team-label"} {
		if cmd.Flags().Lookup(name).Changed && !o.wanted() {
			return fmt.Errorf("--%s is about what --from-cluster and --from-manifests find: add one of them, or leave it out", name)
		}
	}
	if err := goodName("cluster", o.cluster); err != nil {
		return err
	}
	if err := goodEnvironment(o.environment); err != nil {
		return err
	}
	return goodTeamLabel(o.teamLabel)
}

func goodName(what, name string) error {
	if len(validation.IsDNS1123Label(name)) > 0 {
		return fmt.Errorf("no %s can be called %q: small letters, digits and \"-\"", what, name)
	}
	return nil
}

func goodEnvironment(name string) error {
	if slices.Contains(check.Folders, name) {
		return fmt.Errorf("no environment can be called %q: it is the name of a folder of the overlays", name)
	}
	return goodName("environment", name)
}

func goodTeamLabel(key string) error {
	if key != "" && len(validation.IsQualifiedName(key)) > 0 {
		return fmt.Errorf("%q is no label", key)
	}
	return nil
}

// plugins are the network plugins that a tenancy can name.
func plugins() []string {
	out := []string{"other"}
	for _, p := range cni.Plugins() {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// openFor is how long the roll-out of a first tenancy may take. In the last 30
// days of one every run warns, which would be noise from the first day on.
const openFor = 60 * 24 * time.Hour

// unsaid is why policies are said to be enforced as long as nobody has said it.
const unsaid = "nobody has said yet that it enforces policies"

// examplePlugin is the network plugin of the example.
const examplePlugin = "calico"

// exampleWith gives the cluster of the example another network plugin.
func exampleWith(plugin string) []byte {
	says := fmt.Sprintf("cni: %q", plugin)
	if cni.Of(plugin).MayIgnore() {
		says = fmt.Sprintf("cni: %q, cniAcknowledged: %q", plugin, unsaid)
	}
	return bytes.Replace(starter, []byte(`cni: "`+examplePlugin+`"`), []byte(says), 1)
}

// A found cluster is what the first tenancy is made of.
type foundCluster struct {
	facts  *facts.Facts
	census *census.Census
}

// read reads what the first tenancy is made from.
func (o *firstOptions) read(ctx context.Context, w world, cfg *config) (*foundCluster, error) {
	objects := &census.Objects{}
	if len(o.paths) == 0 {
		of := &factsOptions{liveSource: o.liveSource}
		known, _, err := of.find(ctx, w, cfg)
		if err != nil {
			return nil, err
		}
		if err := o.readCluster(ctx, cfg, objects); err != nil {
			return nil, failure{err}
		}
		return &foundCluster{known, census.Take(objects, o.teamLabel)}, nil
	}
	files, err := findManifests(w.in, o.paths)
	errs, about, empty := []error{err}, &facts.Objects{}, true
	for _, f := range files {
		empty = empty && len(bytes.TrimSpace(f.data)) == 0
		errs = append(errs, about.Read(f.name, f.data), objects.Read(f.name, f.data))
	}
	if err := onceEach(errs); err != nil {
		return nil, failure{err}
	}
	if empty {
		return nil, failure{fmt.Errorf("%s is empty", files[0].name)} // what should have written it may have failed
	}
	return &foundCluster{facts.Find(about), census.Take(objects, o.teamLabel)}, nil
}

// censusResources are what a census reads of a cluster.
var censusResources = []kube.Resource{
	kube.Namespaces, kube.Deployments, kube.StatefulSets, kube.DaemonSets, kube.ReplicationControllers, kube.CronJobs, kube.Jobs,
	kube.Pods, kube.NetworkPolicies,
}

func (o *firstOptions) readCluster(ctx context.Context, cfg *config, into *census.Objects) error {
	c, err := o.connect(cfg)
	if err != nil {
		return err
	}
	others, unanswered, err := c.PolicyKinds(ctx)
	if err != nil {
		return err
	}
	if len(unanswered) > 0 {
		return fmt.Errorf("the cluster does not say whether it has policies of %s, on which it depends what a roll-out opens; \"kubectl api-resources\" asks the same", strings.Join(unanswered, ", "))
	}
	read := slices.Concat(censusResources, others)
	// All at once: a server that hangs would else take the time of one exchange for
	// each.
	pages, errs := make([][][]byte, len(read)), make([]error, len(read))
	var wait sync.WaitGroup
	for i, r := range read {
		wait.Go(func() {
			errs[i] = c.Pages(ctx, r, "", func(list []byte) error {
				pages[i] = append(pages[i], list)
				return nil
			})
		})
	}
	wait.Wait()
	for i, r := range read {
		for _, list := range pages[i] {
			errs = append(errs, into.Read(r.String(), list))
		}
	}
	return onceEach(errs)
}

// use has the plugin be what the user says, or what makes the tenancy say that
// nobody knows it.
func (f *foundCluster) use(plugin string) {
	known := func(value, from string) facts.Fact[string] {
		return facts.Fact[string]{State: facts.Known, Value: value, From: from}
	}
	k := f.facts
	switch {
	case plugin != "" && plugin != k.CNI.Value:
		k.CNI, k.CNIVersion = known(plugin, "as init was told"), facts.Fact[string]{State: facts.None}
		k.Enforces = k.CNIVersion
	case k.CNI.State != facts.Known:
		k.CNI = known("other", "name it once it is known: "+k.CNI.Why)
	}
	if cni.Of(k.CNI.Value).MayIgnore() && k.Enforces.State != facts.Known {
		k.Enforces = known(unsaid, "find out what makes it, and say so")
	}
	if since := cni.Of(k.CNI.Value).Enforces.Since; cni.Before(k.CNIVersion.Value, since) {
		k.CNIVersion = facts.Fact[string]{Why: fmt.Sprintf("%s is there, which ignores every policy; upgrade it to %s at least", k.CNIVersion.Value, since)}
	}
}

// pluginAlone gives the facts without those that a first tenancy can do without.
func (f *foundCluster) pluginAlone() *facts.Facts {
	left := facts.Fact[[]netip.Prefix]{Why: "what was found does not go with the rest; \"hedgerow facts\" shows it"}
	out := &facts.Facts{CNI: f.facts.CNI, Enforces: f.facts.Enforces, Pods: left, Services: left, Nodes: left}
	out.CNIVersion.Why, out.Kubernetes.Why, out.Families.Why, out.DNS.Why = left.Why, left.Why, left.Why, left.Why
	out.APIServer.Why, out.Webhooks.Why, out.Mesh.Why = left.Why, left.Why, left.Why
	return out
}

// tenancy writes what was found as a tenancy that vets: without facts that
// contradict each other, if there are some.
func (f *foundCluster) tenancy(w world, cfg *config, o *firstOptions) ([]byte, error) {
	text, wrong, err := f.tenancyWith(f.facts, w, cfg, o)
	if err == nil && wrong != "" {
		text, wrong, err = f.tenancyWith(f.pluginAlone(), w, cfg, o)
	}
	if err == nil && wrong != "" {
		err = failure{fmt.Errorf("what was found makes no tenancy that vets, which is a mistake of Hedgerow's: %s", wrong)}
	}
	return text, err
}

// tenancyWith writes the tenancy with some facts of the cluster, and gives the
// first thing that is wrong with it.
func (f *foundCluster) tenancyWith(known *facts.Facts, w world, cfg *config, o *firstOptions) (text []byte, wrong string, err error) {
	day, err := time.Parse(time.DateOnly, (&job{w: w, cfg: cfg}).today())
	if err != nil {
		return nil, "", failure{err}
	}
	var clusters strings.Builder
	if err := known.Write(&clusters, o.cluster); err != nil {
		return nil, "", failure{err}
	}
	text, unformatted := schema.Format(schema.TenancyFile, []byte(f.census.CUE(census.Tenancy{
		Clusters: clusters.String(), Cluster: o.cluster, Environment: o.environment, Until: day.Add(openFor).Format(time.DateOnly),
	})))
	if len(unformatted) > 0 {
		return nil, unformatted[0].Fact, nil
	}
	wrong, err = vets(w, cfg, text)
	return text, wrong, err
}

// vets says what is wrong with a tenancy first, "" if it vets.
func vets(w world, cfg *config, text []byte) (wrong string, err error) {
	dir, err := os.MkdirTemp("", "hedgerow-init-")
	if err != nil {
		return "", failure{err}
	}
	defer os.RemoveAll(dir) // best effort: the system empties the folder of such
	if err := os.WriteFile(filepath.Join(dir, schema.TenancyFile), text, 0o600); err != nil {
		return "", failure{err}
	}
	alone := *cfg
	alone.dir, alone.Tags = dir, nil
	j := &job{w: w, cfg: &alone, sources: map[string][]byte{}}
	if _, err := j.expand(j.today()); err != nil {
		return "", err
	}
	for _, d := range diag.Sort(j.diags) {
		if d.Severity == diag.Error {
			return d.Fact, nil
		}
	}
	return "", nil
}

// report says what was found, what was left out of the tenancy, and what is left
// to do.
func (f *foundCluster) report(o *firstOptions) (found, next []string) {
	teams, managed, isolated, workloads, ports := map[string]bool{}, 0, 0, 0, 0
	for _, n := range f.census.Namespaces {
		switch {
		case n.Isolated:
			isolated++
		case n.Team != "":
			teams[n.Team] = true
			managed++
		}
		workloads += len(n.Workloads)
		for _, l := range n.Workloads {
			ports += len(l.Ports)
		}
	}
	found = append(found, fmt.Sprintf("found: %s of %s, %d of the platform, %d that others isolate; %s, %s", report.Count(managed, "namespace"), report.Count(len(teams), "team"),
		len(f.census.Namespaces)-managed-isolated, isolated, report.Count(workloads, "workload"), report.Count(ports, "port")))
	for _, why := range census.Reasons {
		var all []string
		for _, l := range f.census.Left {
			if l.Why == why {
				all = append(all, facts.OneLine(l.What))
			}
		}
		if len(all) > 0 {
			found = append(found, fmt.Sprintf("note: %s (%d): %s", why, len(all), firstOf(all)))
		}
	}
	if o.teamLabel != "" && len(teams) == 1 && teams[census.Unassigned] {
		found = append(found, fmt.Sprintf("note: no namespace has the label %s: \"kubectl get namespaces --show-labels\" shows those that there are", o.teamLabel))
	}
	if f.census.Policies > 0 {
		shows := "hedgerow reach " + strings.Join(o.paths, " ")
		if o.fromCluster {
			shows = "kubectl get namespaces,pods,networkpolicies -A -o yaml | hedgerow reach -"
		}
		found = append(found, fmt.Sprintf("note: what policies open is not declared yet (%d are there): \"%s\" lists it", f.census.Policies, shows))
	}
	if f.census.Everywhere > 0 {
		found = append(found, fmt.Sprintf("note: of these %d rule the whole cluster: see what they close before a roll-out opens it", f.census.Everywhere))
	}
	var unknown []string
	for _, m := range f.facts.Missing() {
		unknown = append(unknown, m.Field)
	}
	if len(unknown) > 0 {
		found = append(found, fmt.Sprintf("note: what is not known of the cluster stands in tenants.cue, with the command that shows it: %s", strings.Join(unknown, ", ")))
	}
	if f.facts.Enforces.Value == unsaid {
		next = append(next, "find out whether the cluster enforces policies, and by which plugin; write it into tenants.cue")
	}
	if teams[census.Unassigned] {
		next = append(next, "move the namespaces of the team "+census.Unassigned+" to those whose they are")
	}
	return found, append(next, "declare the flows that the namespaces need; until then a roll-out keeps them open (\"hedgerow rollout\")")
}

// firstOf names the first of many.
func firstOf(all []string) string {
	const few = 5
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(all[:few], ", "), len(all)-few)
}
