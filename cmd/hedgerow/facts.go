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

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/kube"
)

// factsOptions say of which cluster the facts are, and what is done with them.
type factsOptions struct {
	liveSource
	cluster string
	verify  bool
}

func newFactsCmd(w world, v *viper.Viper) *cobra.Command {
	var o factsOptions
	cmd := &cobra.Command{
		Use:   "facts [PATH...]",
		Short: "Say what a cluster is, as the tenancy writes it; or verify what it says",
		Long: `Facts finds what a tenancy says of a cluster: the network plugin, DNS, where the
API server listens, the addresses of pods, Services and nodes. It prints them as
the clusters block of a tenancy, with comments that say where each was found. What
is not known is a comment with the command that shows it, and is never guessed.

It reads the cluster of the kubeconfig, as kubectl does: it lists and gets, and
changes nothing. Or it reads what kubectl printed, from files, folders or, for -,
from the standard input:

  (kubectl get nodes,daemonsets,deployments,services,endpointslices -A -o yaml
   for kind in pods servicecidrs ippools.crd.projectcalico.org ciliumnodes \
       networks.config.openshift.io configmaps/kubeadm-config; do
     echo ---; kubectl get $kind -n kube-system -o yaml; done) | hedgerow facts -

kubectl may say that the cluster has no such kind; that is right.

With --verify it holds the tenancy against the cluster, and exits with 1 if they
differ, as they do after the API server's endpoints have moved.`,
		Example: `  hedgerow facts
  hedgerow facts --context prod-eu --cluster prod
  hedgerow facts --context prod-eu --cluster prod --verify
  hedgerow facts --verify --format json kubectl.yaml`,
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
	f.BoolVar(&o.verify, "verify", false, "hold the tenancy against the cluster; exit 1 if they differ")
	f.StringVar(&o.cluster, "cluster", "", "the tenancy's name of the cluster (default main; with --verify the only one there is)")
	o.flags(f)
	return cmd
}

func (o *factsOptions) validate() error {
	if err := o.liveSource.validate(); err != nil {
		return err
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
	found, err := o.find(ctx, w, cfg)
	if err != nil {
		return err
	}
	if o.cluster == "" {
		o.cluster = "main"
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
	found, err := o.find(ctx, w, cfg)
	if err != nil {
		return err
	}
	c := facts.Compare(j.tenancy.Clusters[name], found)
	for _, m := range c.Skipped {
		fmt.Fprintf(w.err, "note: %s: not compared, for it is unknown: %s\n", m.Field, facts.OneLine(m.Why))
	}
	if len(c.Compared) == 0 {
		return failure{fmt.Errorf("nothing that the tenancy says of cluster %q could be read", name)}
	}
	j.diags = c.Diags
	if err := j.report(); err != nil {
		return err
	}
	j.say(j.summaryWriter(), "cluster %s is as the tenancy says: %s\n", name, strings.Join(c.Compared, ", "))
	return nil
}

// find finds the facts of the cluster, or in what kubectl printed.
func (o *factsOptions) find(ctx context.Context, w world, cfg *config) (*facts.Facts, error) {
	collectGarbage(forManifests)
	objects := &facts.Objects{}
	if len(o.paths) > 0 {
		if err := o.readPaths(w.in, objects); err != nil {
			return nil, failure{err}
		}
		return facts.Find(objects), nil
	}
	c, err := o.connect(cfg)
	if err != nil {
		return nil, err
	}
	version, err := c.Version(ctx)
	if err != nil {
		return nil, failure{err}
	}
	objects.Version = version.GitVersion
	for _, s := range factSources {
		if err := s.read(ctx, c, objects); err != nil {
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintf(w.err, "warning: %s\n", facts.OneLine(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	return facts.Find(objects), nil
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
}

var factSources = []factSource{
	{resource: kube.Nodes},
	{resource: kube.DaemonSets},
	{resource: kube.Deployments},
	{resource: kube.EndpointSlices, namespace: "default"},
	{resource: kube.Services, namespace: "kube-system"},
	{resource: kube.Pods, namespace: "kube-system"},
	{resource: kube.ConfigMaps, namespace: "kube-system", name: "kubeadm-config"},
	{resource: kube.ServiceCIDRs, may: true},
	{resource: kube.CalicoPools, may: true},
	{resource: kube.CiliumNodes, may: true},
	{resource: kube.OpenShiftNetworks, may: true},
}

// read reads what a source has. What cannot be read leaves facts unknown.
func (s *factSource) read(ctx context.Context, c *kube.Client, into *facts.Objects) error {
	if s.may {
		if served, err := c.Serves(ctx, s.resource); err != nil || !served {
			return err
		}
	}
	if s.name != "" {
		one, err := kube.Get[json.RawMessage](ctx, c, s.resource, s.namespace, s.name)
		if err != nil || one == nil {
			return err
		}
		return into.Read(s.resource.String(), *one)
	}
	return c.Pages(ctx, s.resource, s.namespace, func(list []byte) error { return into.Read(s.resource.String(), list) })
}
