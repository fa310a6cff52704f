package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/kube"
)

// factsOptions say of which cluster the facts are, and what is done with them.
type factsOptions struct {
	liveSource
	as, cluster string
	verify      bool
}

// The ways in which facts are written.
const (
	factsCUE  = "cue"
	factsJSON = "json"
)

func newFactsCmd(w world, v *viper.Viper) *cobra.Command {
	var o factsOptions
	cmd := &cobra.Command{
		Use:   "facts [PATH...]",
		Short: "Say what a cluster is, as the tenancy writes it, or verify that",
		Long: `Facts finds what a tenancy says of a cluster: the network plugin, DNS, where the
API server listens, the addresses of pods, Services and nodes. It prints them as
the clusters block of a tenancy, with comments that say where each was found.
What is not known is a comment with the command that shows it, and is never
guessed.

It reads the cluster of the kubeconfig, as kubectl does: it lists and gets, and
changes nothing. Or it reads what kubectl printed, from files, folders or, for
-, from the standard input:

  (kubectl get nodes,daemonsets,deployments,services,endpointslices -A -o yaml
   for kind in pods servicecidrs ippools.crd.projectcalico.org ciliumnodes \
       networks.config.openshift.io configmaps/kubeadm-config; do
     echo ---; kubectl get $kind -n kube-system -o yaml
   done) | hedgerow facts -

kubectl may say that the cluster has no such kind; that is right.

With --verify it holds the tenancy against the cluster, and exits with 1 if they
differ, as they do after the API server's endpoints have moved.`,
		Example: `  hedgerow facts
  hedgerow facts --context prod-eu --cluster prod
  hedgerow facts --context prod-eu --cluster prod --verify
  hedgerow facts --verify --format json kubectl.yaml
  hedgerow facts --as json kubectl.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if err := o.validate(); err != nil {
				return err
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runFacts(cmd.Context(), w, cfg, &o)
		},
	}
	configFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.as, "as", factsCUE, "how the facts are written: cue or json")
	choices(cmd, "as", factsCUE, factsJSON)
	f.BoolVar(&o.verify, "verify", false, "hold the tenancy against the cluster; exit 1 if they differ")
	f.StringVar(&o.cluster, "cluster", "", "the tenancy's name of the cluster (default main; with --verify the only one there is)")
	o.flags(f)
	return cmd
}

func (o *factsOptions) validate() error {
	if err := o.liveSource.validate(); err != nil {
		return err
	}
	if formats := []string{factsCUE, factsJSON}; !slices.Contains(formats, o.as) {
		return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
	}
	if o.verify && o.as != factsCUE {
		return errors.New("--as is about the facts, and --verify writes what differs, in the --format: leave one out")
	}
	if len(o.paths) != len(slices.Compact(slices.Sorted(slices.Values(o.paths)))) {
		return errors.New("a path is given twice")
	}
	if wrong := validation.IsDNS1123Label(o.cluster); o.cluster != "" && len(wrong) > 0 {
		return fmt.Errorf("--cluster %q is no name of a cluster: small letters, digits and \"-\"", o.cluster)
	}
	return nil
}

func runFacts(ctx context.Context, w world, cfg *config, o *factsOptions) error {
	if o.verify {
		return verifyFacts(ctx, w, cfg, o)
	}
	found, _, err := o.find(ctx, w, cfg)
	if err != nil {
		return err
	}
	if o.cluster == "" {
		o.cluster = "main"
	}
	if o.as == factsJSON {
		if err := factsAsJSON(w.out, found, o.cluster); err != nil {
			return failure{err}
		}
		return nil
	}
	if err := found.Write(w.out, o.cluster); err != nil {
		return failure{err}
	}
	for _, m := range found.Missing() {
		fmt.Fprintf(w.err, "note: %s: unknown: %s\n", m.Field, facts.OneLine(m.Why))
	}
	return nil
}

// verifyFacts holds a cluster of the tenancy against the facts.
func verifyFacts(ctx context.Context, w world, cfg *config, o *factsOptions) error {
	j := &job{w: w, cfg: cfg, sources: map[string][]byte{}}
	if ok, err := j.expand(j.today()); err != nil {
		return err
	} else if !ok {
		return j.report()
	}
	j.diags = nil // warnings about the tenancy: nobody asked
	name, err := clusterNamed(o.cluster, j.tenancy)
	if err != nil {
		return err
	}
	found, unread, err := o.find(ctx, w, cfg)
	if err != nil {
		return err
	}
	c := facts.Compare(j.tenancy.Clusters[name], found)
	for _, m := range c.Skipped {
		fmt.Fprintf(w.err, "note: %s: not compared, for it is unknown: %s\n", m.Field, facts.OneLine(m.Why))
	}
	for _, m := range c.Unsure {
		fmt.Fprintf(w.err, "note: %s: the tenancy has none, and whether the cluster has is unknown: %s\n", m.Field, facts.OneLine(m.Why))
	}
	if len(c.Compared) == 0 {
		return failure{fmt.Errorf("nothing that the tenancy says of cluster %q could be read", name)}
	}
	j.diags = c.Diags
	problems := j.report()
	if err := notVerified(name, c.Skipped, unread); err != nil {
		return err // whatever else differs: nobody is to take a lack of rights for an answer
	}
	if problems != nil {
		return problems
	}
	j.say(j.summaryWriter(), "cluster %s is as the tenancy says: %s\n", name, strings.Join(c.Compared, ", "))
	return nil
}

// notVerified gives the error that the tenancy says of a cluster what could not be
// compared because a source of it could not be read; nil if there is no such.
func notVerified(cluster string, skipped []facts.Missing, unread []*factSource) error {
	var fields []string
	for _, m := range skipped {
		var of []string
		for _, s := range unread {
			if slices.Contains(s.tells, m.Field) {
				of = append(of, s.resource.String())
			}
		}
		if len(of) > 0 {
			fields = append(fields, fmt.Sprintf("%s (of %s)", m.Field, strings.Join(of, ", ")))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return failure{fmt.Errorf("what the tenancy says of cluster %q is not verified, for it could not be read: %s", cluster, strings.Join(fields, ", "))}
}

// find finds the facts of the cluster, or in what kubectl printed, and gives the
// sources of it that could not be read.
func (o *factsOptions) find(ctx context.Context, w world, cfg *config) (found *facts.Facts, unread []*factSource, err error) {
	objects := &facts.Objects{}
	if len(o.paths) > 0 {
		if err := o.readPaths(w.in, objects); err != nil {
			return nil, nil, failure{err}
		}
		return facts.Find(objects), unread, nil
	}
	c, err := o.connect(cfg)
	if err != nil {
		return nil, nil, err
	}
	version, err := c.Version(ctx)
	if err != nil {
		return nil, nil, failure{err}
	}
	objects.Version, objects.Whole = version.GitVersion, true
	// All at once: a server that hangs would else take the time of one exchange for
	// each source.
	data, errs := make([][][]byte, len(factSources)), make([]error, len(factSources))
	var wait sync.WaitGroup
	for i := range factSources {
		wait.Go(func() { data[i], errs[i] = factSources[i].fetch(ctx, c) })
	}
	wait.Wait()
	for i := range factSources {
		s, err := &factSources[i], errs[i]
		if err == nil {
			err = s.read(data[i], objects)
		}
		if err != nil {
			unread = append(unread, s)
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintf(w.err, "warning: %s\n", facts.OneLine(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	return facts.Find(objects), unread, nil
}

// readPaths reads what kubectl printed. Of a folder every file counts, as
// elsewhere.
func (o *factsOptions) readPaths(stdin io.Reader, into *facts.Objects) error {
	files, err := findManifests(stdin, o.paths)
	errs := []error{err}
	for _, f := range files {
		if len(bytes.TrimSpace(f.data)) == 0 {
			err = fmt.Errorf("%s is empty", f.name) // what should have written it may have failed
		} else {
			err = into.Read(f.name, f.data)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// A factSource is where on a cluster facts are found.
type factSource struct {
	resource        kube.Resource
	namespace, name string // "" for every one
	may             bool   // it is not on every cluster
	tells           []string
}

// factSources are read in this order; what each tells is the fields of the tenancy
// that may be unknown without it.
var factSources = []factSource{
	{resource: kube.Nodes, tells: []string{"ipFamilies", "pods", "nodes"}},
	{resource: kube.DaemonSets, tells: []string{"cni", "cniVersion", "ipFamilies", "dns", "dns.nodeLocal", "webhooks", "pods", "mesh"}},
	{resource: kube.Deployments, tells: []string{"cni", "cniVersion", "ipFamilies", "dns", "webhooks", "pods", "mesh"}},
	{resource: kube.EndpointSlices, namespace: "default", tells: []string{"apiServer"}},
	{resource: kube.Services, namespace: "kube-system", tells: []string{"dns.nodeLocal"}},
	{resource: kube.Pods, namespace: "kube-system", tells: []string{"ipFamilies", "dns", "webhooks", "pods"}},
	{resource: kube.ConfigMaps, namespace: "kube-system", name: "kubeadm-config", tells: []string{"ipFamilies", "pods", "services"}},
	{resource: kube.ServiceCIDRs, may: true, tells: []string{"ipFamilies", "services"}},
	{resource: kube.CalicoPools, may: true, tells: []string{"ipFamilies", "pods"}},
	{resource: kube.CiliumNodes, may: true, tells: []string{"ipFamilies", "pods"}},
	{resource: kube.OpenShiftNetworks, may: true, tells: []string{"ipFamilies", "pods", "services"}},
}

// fetch gives what a source has, or an error: a part of it would pass for all.
func (s *factSource) fetch(ctx context.Context, c *kube.Client) (out [][]byte, err error) {
	if s.may {
		if served, err := c.Serves(ctx, s.resource); err != nil || !served {
			return nil, err
		}
	}
	if s.name != "" {
		one, err := kube.Get[json.RawMessage](ctx, c, s.resource, s.namespace, s.name)
		if err != nil || one == nil {
			return nil, err
		}
		return [][]byte{*one}, nil
	}
	err = c.Pages(ctx, s.resource, s.namespace, func(list []byte) error {
		out = append(out, list)
		return nil
	})
	return out, err
}

// read takes in what was fetched. What cannot be read leaves facts unknown.
func (s *factSource) read(data [][]byte, into *facts.Objects) error {
	var errs []error
	for _, d := range data {
		errs = append(errs, into.Read(s.resource.String(), d))
	}
	return errors.Join(errs...)
}
