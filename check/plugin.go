package check

import (
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// judged sees to it that the plugin of a cluster judges connections to the API
// server and to resolvers by the addresses that are named.
func (c *checker) judged(k *tenancy.Cluster) {
	if k.APIServer != nil {
		c.translated(k, "API server", k.APIServer.CIDRs, `"kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes"`)
	}
	c.translated(k, "resolvers", k.DNS.CIDRs, `"kubectl get endpointslices -A"`)
	plugin := cni.Of(k.CNI.Text)
	for _, of := range []struct {
		what   string
		means  cni.Answer
		ranges []tenancy.Word
		fix    string
	}{
		{"pods", plugin.BlockOnPods, k.Pods, "name their namespace, pods and port instead of cidrs"},
		{"nodes", plugin.BlockOnNodes, k.Nodes, "have resolvers that are pods, or that run on none of the nodes"},
	} {
		for _, w := range k.DNS.CIDRs {
			if yes, known := of.means.In(k.CNIVersion.Text); known && !yes && within(w, of.ranges) {
				c.Error(diag.NotOnCilium, w.Pos, of.fix, "%s is among the %s of cluster %q, which no NetworkPolicy matches by address on %s", w.Text, of.what, k.Name, k.CNI.Text)
			}
		}
	}
}

// translated reports the addresses of Services, at which nobody arrives where
// Services are translated before policies are judged.
func (c *checker) translated(k *tenancy.Cluster, what string, words []tenancy.Word, shows string) {
	if after, known := cni.Of(k.CNI.Text).AfterServices.In(k.CNIVersion.Text); !after || !known {
		return
	}
	for _, w := range words {
		if within(w, k.Services) {
			c.Error(diag.ClusterFact, w.Pos, "write the addresses behind the Service, as "+shows+" shows them",
				"%s is among the Services of cluster %q, and %s judges connections to its %s after Services are translated", w.Text, k.Name, k.CNI.Text, what)
		}
	}
}

// externalAPIServer reports an external that is the API server of a cluster on
// which it may be used, where no policy matches that by address.
func (c *checker) externalAPIServer(e *tenancy.External) {
	for _, k := range tenancy.Sorted(c.t.Clusters) {
		yes, known := cni.Of(k.CNI.Text).BlockOnAPIServer.In(k.CNIVersion.Text)
		used := slices.ContainsFunc(tenancy.Keys(c.t.Environments), func(name string) bool {
			return c.t.Environments[name].Cluster.Text == k.Name && (len(e.Environments) == 0 || tenancy.Contains(e.Environments, name))
		})
		if !known || yes || !used || k.APIServer == nil {
			continue
		}
		for _, w := range e.CIDRs {
			if within(w, k.APIServer.CIDRs) {
				c.Error(diag.NotOnCilium, w.Pos, "leave it out until Cilium's own policies are rendered",
					"external %q: %s is the API server of cluster %q, which no NetworkPolicy matches by address on %s", e.Name, w.Text, k.Name, k.CNI.Text)
			}
		}
	}
}

// within reports whether one of the ranges holds all of a block.
func within(w tenancy.Word, ranges []tenancy.Word) bool {
	block, err := netip.ParsePrefix(w.Text)
	return err == nil && slices.ContainsFunc(ranges, func(r tenancy.Word) bool {
		p, err := netip.ParsePrefix(r.Text)
		return err == nil && p.Bits() <= block.Bits() && p.Contains(block.Addr())
	})
}
