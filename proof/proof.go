// Package proof holds what was built against what was declared: everything that
// is open must be declared, everything that is declared must be open, and the
// guards must hold. It speaks of both in the tenancy's terms.
package proof

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Proof is a tenancy beside what was built from it.
type Proof struct {
	t        *tenancy.Tenancy
	x        *generator.Expansion
	Clusters map[string]*Cluster
}

// Cluster is what was built for one cluster.
type Cluster struct {
	Name     string
	Graph    *reach.Graph
	Objects  *reach.Cluster   // what was built, and the workloads that the tenancy declares
	Managed  []string         // the namespaces in Kubernetes whose policies Hedgerow writes
	Open     []string         // those of them that a roll-out keeps open
	Places   map[string]Place // by the names of namespaces in Kubernetes
	facts    *tenancy.Cluster
	policies map[policyKey]*generator.Policy
	declared []reach.Edge
	causes   []*generator.Connection // of each declared edge
	// after is the cluster as it will be when every roll-out is over; it is the
	// cluster itself where none is open.
	after *Cluster
}

// A policyKey names a policy in Kubernetes.
type policyKey struct{ namespace, name string }

// New reads the manifests that were built from an expansion, by cluster.
func New(t *tenancy.Tenancy, x *generator.Expansion, built map[string]*reach.Cluster) (*Proof, error) {
	p := &Proof{t: t, x: x, Clusters: map[string]*Cluster{}}
	expanded := map[string]*generator.Cluster{}
	for _, k := range x.Clusters {
		expanded[k.Name] = k
		if built[k.Name] == nil {
			return nil, fmt.Errorf("nothing was built for cluster %q", k.Name)
		}
	}
	for name := range t.Clusters {
		objects, k := built[name], expanded[name]
		if k == nil { // nothing is managed there, but guards and people may ask
			objects, k = &reach.Cluster{}, &generator.Cluster{Name: name}
		}
		c, err := newCluster(t, k, *objects)
		if err != nil {
			return nil, fmt.Errorf("cluster %q: %w", name, err)
		}
		p.Clusters[name] = c
	}
	return p, nil
}

func newCluster(t *tenancy.Tenancy, k *generator.Cluster, objects reach.Cluster) (*Cluster, error) {
	c, err := graphed(t, k, objects)
	if err != nil {
		return nil, err
	}
	for _, o := range k.Overlays {
		if o.Rollout != nil {
			c.Open = append(c.Open, o.Namespace)
		}
	}
	c.after = c
	if len(c.Open) > 0 {
		objects.Policies = slices.DeleteFunc(slices.Clone(objects.Policies), func(p *networkingv1.NetworkPolicy) bool { return p.Name == generator.AllowAll })
		c.after, err = graphed(t, k, objects)
	}
	return c, err
}

// graphed gives a cluster with what is open on it, and what is declared.
func graphed(t *tenancy.Tenancy, k *generator.Cluster, objects reach.Cluster) (*Cluster, error) {
	c := &Cluster{Name: k.Name, facts: t.Clusters[k.Name], Places: places(t, k), Objects: &objects, policies: map[policyKey]*generator.Policy{}}
	objects.Workloads = workloads(t, c)
	var err error
	if c.Graph, err = reach.Build(&objects, c.namespaces(k)...); err != nil {
		return nil, err
	}
	// Whose policies Hedgerow writes the tenancy says: an overlay that is missing
	// leaves its namespace open, and that must show.
	for name, place := range tenancy.Sorted(c.Places) {
		if place.managed {
			c.Managed = append(c.Managed, name)
		}
	}
	for _, o := range k.Overlays {
		for _, policy := range slices.Concat(k.Base, o.Policies) {
			c.policies[policyKey{o.Namespace, policy.Name}] = policy
		}
	}
	return c, c.declare(k.Declared)
}

// namespaces gives every namespace that the tenancy names on the cluster.
func (c *Cluster) namespaces(k *generator.Cluster) []string {
	names := map[string]bool{}
	for name := range c.Places {
		names[name] = true
	}
	for _, d := range k.Declared {
		for _, peer := range slices.Concat(d.From, d.To) {
			for _, name := range peer.Namespaces {
				names[name] = true
			}
		}
	}
	return tenancy.Keys(names)
}

// Check gives every difference between what is declared and what is built.
func (p *Proof) Check() []diag.Diagnostic {
	var l diag.List
	for _, c := range tenancy.Sorted(p.Clusters) {
		p.differences(&l, c.after)
		p.rollouts(&l, c)
	}
	return l
}
