// Package proof holds what was built against what was declared: everything that
// is open must be declared, everything that is declared must be open, and the
// guards must hold. It speaks of both in the tenancy's terms.
package proof

import (
	"fmt"
	"slices"

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
	Places   map[string]Place // by the names of namespaces in Kubernetes
	facts    *tenancy.Cluster
	policies map[policyKey]*generator.Policy
	declared []reach.Edge
	causes   []*generator.Connection // of each declared edge
}

// A policyKey names a policy in Kubernetes.
type policyKey struct{ namespace, name string }

// New reads the manifests that were built from an expansion, by cluster.
func New(t *tenancy.Tenancy, x *generator.Expansion, built map[string]*reach.Cluster) (*Proof, error) {
	p := &Proof{t: t, x: x, Clusters: map[string]*Cluster{}}
	for _, k := range x.Clusters {
		c := &Cluster{Name: k.Name, facts: t.Clusters[k.Name], Places: places(t, k), policies: map[policyKey]*generator.Policy{}}
		objects := built[k.Name]
		if objects == nil {
			return nil, fmt.Errorf("nothing was built for cluster %q", k.Name)
		}
		with := *objects
		with.Workloads = workloads(t, c)
		graph, err := reach.Build(&with, c.namespaces(k)...)
		if err != nil {
			return nil, fmt.Errorf("cluster %q: %w", k.Name, err)
		}
		c.Graph, c.Objects = graph, &with
		for _, o := range k.Overlays {
			c.Managed = append(c.Managed, o.Namespace)
			for _, policy := range slices.Concat(k.Base, o.Policies) {
				c.policies[policyKey{o.Namespace, policy.Name}] = policy
			}
		}
		if err := c.declare(k.Declared); err != nil {
			return nil, fmt.Errorf("cluster %q: %w", k.Name, err)
		}
		p.Clusters[k.Name] = c
	}
	return p, nil
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
		p.differences(&l, c)
	}
	return l
}
