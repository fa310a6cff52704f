package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (c *checker) delivery(d *tenancy.Delivery, n *names) {
	if d.ArgoCD == nil && d.Flux == nil && !d.Partial {
		c.Error(diag.BadDelivery, d.Pos, "add argocd: {} or flux: {}, or leave delivery out", "delivery is for neither Argo CD nor Flux")
	}
	if d.ArgoCD != nil {
		c.argocd(d.ArgoCD, n)
	}
	if d.Flux != nil {
		c.flux(d.Flux)
	}
}

func (c *checker) argocd(a *tenancy.ArgoCD, n *names) {
	for cluster, x := range tenancy.Sorted(a.Destinations) {
		c.knownCluster(cluster, x.Pos)
		if x.Name.Set() == x.Server.Set() && !x.Partial {
			c.Error(diag.BadDelivery, x.Pos, `write {server: "https://…"} or {name: "…"}, as Argo CD has the cluster`,
				"the destination of cluster %q needs exactly one of server and name", cluster)
		}
	}
	for _, k := range tenancy.Sorted(c.t.Clusters) {
		if tenancy.Project(k.Name) == tenancy.TenantsProject {
			c.Error(diag.NameReserved, k.Pos, "give it another name", "cluster %q would have the project of Argo CD that is for tenants", k.Name)
		}
	}
	c.sameDestinations(a)
	n.applications()
}

// sameDestinations refuses two clusters that Argo CD could not tell apart: each
// would undo what the other's policies say.
func (c *checker) sameDestinations(a *tenancy.ArgoCD) {
	first := map[[2]string]*tenancy.Cluster{}
	for _, k := range tenancy.Sorted(c.t.Clusters) {
		x := a.Destination(k.Name)
		key, pos := [2]string{x.Name.Text, x.Server.Text}, x.Pos
		if !pos.IsValid() {
			pos = k.Pos
		}
		if other := first[key]; other != nil && key != [2]string{} {
			c.Error(diag.BadDelivery, pos, "write the destination that each has in Argo CD",
				"clusters %q and %q are one destination of Argo CD, %q", other.Name, k.Name, x.Name.Text+x.Server.Text)
			c.Relate(other.Pos, "cluster %q is declared here", other.Name)
			continue
		}
		first[key] = k
	}
}

// applications sees to it that each Kubernetes namespace with policies has an
// Application of its own: they all stand in one namespace.
func (n *names) applications() {
	with := maps.Clone(n.gone)
	for key, by := range n.taken {
		if !by.peerOnly {
			with[key] = by
		}
	}
	keys := slices.SortedFunc(maps.Keys(with), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	first := map[string][2]string{}
	for _, key := range keys {
		name := tenancy.Application(key[0], key[1])
		other, ok := first[name]
		if !ok {
			first[name] = key
			continue
		}
		n.c.Error(diag.NameTaken, with[key].pos, "rename one of the clusters or namespaces",
			"%s on cluster %q and %s on cluster %q would both be Application %q in Argo CD", with[key].who, key[0], with[other].who, other[0], name)
		n.c.Relate(with[other].pos, "%s is declared here", with[other].who)
	}
}

// longestEnvironment leaves room for what stands around it, at the latest when it
// is rolled out: Flux writes the name of a Kustomization into a label of all that
// it applies.
const longestEnvironment = 63 - len(tenancy.FluxPrefix) - len(tenancy.FluxRollout)

func (c *checker) flux(f *tenancy.Flux) {
	// Theirs would be changed: nothing could run as it any more.
	if f.ServiceAccount == "default" || strings.HasSuffix(f.ServiceAccount, "-controller") {
		c.Error(diag.NameReserved, f.Pos, "leave serviceAccount out, or give it a name that nobody has",
			"ServiceAccount %q is somebody else's: Hedgerow writes one of its own", f.ServiceAccount)
	}
	for _, e := range tenancy.Sorted(c.t.Environments) {
		if len(e.Name) > longestEnvironment {
			c.Error(diag.NameTooLong, e.Pos, fmt.Sprintf("shorten it to %d characters", longestEnvironment),
				"environment %q is too long for Flux, whose Kustomization would be %q", e.Name, tenancy.FluxPrefix+e.Name+tenancy.FluxRollout)
		}
	}
}
