package check

import (
	"fmt"
	"slices"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/addresses"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (c *checker) cluster(k *tenancy.Cluster) {
	if k.Name == "delivery" {
		c.Error(diag.NameReserved, k.Pos, "give it another name", "cluster %q has the name of the folder that Hedgerow writes beside those of the clusters", k.Name)
	}
	c.enforces(k)
	c.ranges(k, "pods", k.Pods, addresses.Ranges)
	c.ranges(k, "Services", k.Services, addresses.Ranges)
	c.ranges(k, "nodes", k.Nodes, addresses.Ranges)
	if k.APIServer != nil {
		c.ranges(k, "API server", k.APIServer.CIDRs, addresses.Endpoints)
	}
	c.webhooks(k)
	c.families(k)
	c.dns(k)
	c.judged(k)
}

// enforces sees to it that policies do anything on a cluster: nothing in
// Kubernetes itself tells.
func (c *checker) enforces(k *tenancy.Cluster) {
	plugin, unsaid := cni.Of(k.CNI.Text), !k.CNIAcknowledged.Set() && !k.Partial
	switch {
	case cni.Before(k.CNIVersion.Text, plugin.Enforces.Since):
		c.Error(diag.CNINotEnforcing, k.CNIVersion.Pos, "upgrade it to "+plugin.Enforces.Since+" at least",
			"%s %s on cluster %q ignores every policy", k.CNI.Text, k.CNIVersion.Text, k.Name)
	case unsaid && plugin.Enforces.Option != "":
		c.Error(diag.CNINotEnforcing, k.CNI.Pos, fmt.Sprintf("see that \"%s\" shows it, and add cniAcknowledged: \"%s\"", plugin.Options, plugin.Enforces.Option),
			"%s on cluster %q ignores every policy without %s, and the tenancy does not say that it is set", k.CNI.Text, k.Name, plugin.Enforces.Option)
	case unsaid && plugin.MayIgnore():
		c.Error(diag.CNINotEnforcing, k.CNI.Pos, "use a plugin that enforces policies, or add cniAcknowledged: \"why policies are enforced\"",
			"cni %q on cluster %q may ignore every policy", k.CNI.Text, k.Name)
	}
}

func (c *checker) dns(k *tenancy.Cluster) {
	d := k.DNS
	c.address(d.NodeLocal)
	c.address(d.ClusterIP)
	c.ranges(k, "resolvers", d.CIDRs, addresses.Resolvers)
	c.resolvers(k)
	if d.NodeLocal.Set() {
		switch yes, known := cni.Of(k.CNI.Text).BlockOnNodes.In(k.CNIVersion.Text); {
		case known && !yes:
			// An ipBlock never matches a node's address there (Cilium's documentation, network policy).
			c.Error(diag.NotOnCilium, d.NodeLocal.Pos, "run NodeLocal DNSCache behind a local redirect policy, and leave nodeLocal out",
				"on %s no NetworkPolicy matches NodeLocal DNSCache", k.CNI.Text)
		case d.Provider.Text != tenancy.ProviderCoreDNS:
			c.Error(diag.ClusterFact, d.NodeLocal.Pos, "leave nodeLocal out", "nodeLocal goes with provider \"coredns\", not %q", d.Provider.Text)
		case !d.ClusterIP.Set():
			c.Error(diag.ClusterFact, d.NodeLocal.Pos, "add clusterIP: \"…\", as \"kubectl -n kube-system get service kube-dns\" shows it",
				"nodeLocal needs clusterIP: in iptables mode the cache answers on the Service's address too")
		}
	}
	if d.ClusterIP.Set() && !d.NodeLocal.Set() {
		c.Error(diag.ClusterFact, d.ClusterIP.Pos, "add nodeLocal, or leave clusterIP out", "clusterIP goes with nodeLocal, and does nothing without it")
	}
	custom := d.Namespace.Set() || len(d.Pods) > 0 || len(d.CIDRs) > 0 || d.Port != 0
	pods, addresses := d.Namespace.Set() && len(d.Pods) > 0, len(d.CIDRs) > 0
	switch isCustom := d.Provider.Text == tenancy.ProviderCustom; {
	case d.Partial:
	case custom && !isCustom:
		c.Error(diag.ClusterFact, d.Pos, "add provider: \"custom\", or leave them out",
			"namespace, pods, cidrs and port go with provider \"custom\", not %q", d.Provider.Text)
	case isCustom && (pods == addresses || d.Port == 0 || addresses && (d.Namespace.Set() || len(d.Pods) > 0)):
		c.Error(diag.ClusterFact, d.Pos, "write {provider: \"custom\", namespace: …, pods: …, port: …} or {provider: \"custom\", cidrs: […], port: …}",
			"provider \"custom\" needs either namespace, pods and port, or cidrs and port")
	}
}

// Folders are the names of what Hedgerow writes beside the folders of
// environments, which none of those can have.
var Folders = []string{"base", "namespaces", "retired", "rollout", "shared"}

func (c *checker) environment(e *tenancy.Environment) {
	if slices.Contains(Folders, e.Name) {
		c.Error(diag.NameReserved, e.Pos, "give it another name", "environment %q has the name of a folder that Hedgerow writes beside it", e.Name)
	}
	if !goodAffixes(e) {
		c.Error(diag.BadName, e.Pos, "let the prefix begin, and the suffix end, with a letter or digit",
			"the names of environment %q, such as %q, would be no DNS labels", e.Name, e.Prefix+"web"+e.Suffix)
	}
	if e.Cluster.Set() {
		c.knownCluster(e.Cluster.Text, e.Cluster.Pos)
	}
}

func (c *checker) shared(s *tenancy.Shared) {
	for _, w := range s.Clusters {
		c.knownCluster(w.Text, w.Pos)
	}
	if s.Managed && s.HostNetwork {
		c.Error(diag.BadValue, s.Pos, "leave one of the two out", "policies do not select pods on their node's network, so shared namespace %q cannot be managed", s.Name)
	}
	if !s.Managed && (s.Baseline.IntraNamespace != nil || s.Baseline.DNS != nil) {
		c.Error(diag.BadValue, s.Pos, "add managed: true, or leave baseline out", "shared namespace %q has no baseline: it is not managed", s.Name)
	}
	if !s.Managed && s.Rollout != nil {
		c.Error(diag.BadValue, s.Rollout.Pos, "add managed: true, or leave rollout out", "shared namespace %q is open as it is: it is not managed", s.Name)
	}
	c.workloads("shared namespace", s.Name, s.Workloads)
	if s.Managed {
		c.managedDNS(s)
	}
}

// ranges reads a fact about a cluster's addresses.
func (c *checker) ranges(k *tenancy.Cluster, what string, words []tenancy.Word, use addresses.Use) {
	for _, w := range words {
		p, ok := c.prefix(w)
		if !ok {
			continue
		}
		if widest := use.Widest(p); p.Bits() < widest {
			c.Error(diag.ClusterFact, w.Pos, fmt.Sprintf("name the ranges that the cluster has, none wider than /%d", widest),
				"%s is too wide to be the addresses of the %s of cluster %q", p, what, k.Name)
		} else if reserved := use.Reserved(p); reserved != "" {
			c.Error(diag.ClusterFact, w.Pos, "name the addresses that they have",
				"%s cannot be addresses of the %s of cluster %q: it holds %s", p, what, k.Name, reserved)
		}
	}
}
