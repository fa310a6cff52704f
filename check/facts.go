package check

import (
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/addresses"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// webhooks reports a source of calls that is neither addresses nor pods.
func (c *checker) webhooks(k *tenancy.Cluster) {
	w := k.Webhooks
	if w == nil || w.Partial {
		return
	}
	c.ranges(k, "callers of webhooks", w.CIDRs, addresses.Endpoints)
	pods := w.Namespace.Set() && len(w.Pods) > 0
	if pods == (len(w.CIDRs) > 0) || pods != w.Namespace.Set() || pods != (len(w.Pods) > 0) {
		c.Error(diag.ClusterFact, w.Pos, "write {cidrs: […]} or {namespace: …, pods: …}", "webhooks of cluster %q are called from addresses or from pods, one of the two", k.Name)
	}
}

// resolvers reports addresses at which a cluster cannot have its DNS: what every
// namespace may ask must be no way to anything else.
func (c *checker) resolvers(k *tenancy.Cluster) {
	d := k.DNS
	for _, w := range d.CIDRs {
		if p, err := netip.ParsePrefix(w.Text); err == nil && d.Port != 53 && addresses.HandsOutCredentials(p) {
			c.Error(diag.ClusterFact, w.Pos, "name the resolvers alone; clouds that resolve names there do it on port 53",
				"%s holds an address that hands out credentials, and every namespace of cluster %q could ask it on port %d", p, k.Name, d.Port)
		}
	}
	if a, err := netip.ParseAddr(d.NodeLocal.Text); err == nil && (!addresses.IsInternal(a) || addresses.HandsOutCredentials(netip.PrefixFrom(a, a.BitLen()))) {
		c.Error(diag.ClusterFact, d.NodeLocal.Pos, "write what \"kubectl -n kube-system get daemonset node-local-dns -o jsonpath='{..args}'\" shows behind -localip",
			"%s is no address of NodeLocal DNSCache: those are link-local or private", a)
	}
	if a, err := netip.ParseAddr(d.ClusterIP.Text); err == nil && len(k.Services) > 0 &&
		!within(tenancy.Word{Text: netip.PrefixFrom(a, a.BitLen()).String()}, k.Services) {
		c.Error(diag.ClusterFact, d.ClusterIP.Pos, "write what \"kubectl -n kube-system get service kube-dns\" shows, or add its range to services",
			"%s is none of the Services of cluster %q", a, k.Name)
	}
}

// families holds the ranges of a cluster against its families of addresses.
func (c *checker) families(k *tenancy.Cluster) {
	if len(k.IPFamilies) == 0 {
		return
	}
	for _, r := range []struct {
		what, command string
		words         []tenancy.Word
	}{
		{"pods", "kubectl get ippools,nodes -o yaml", k.Pods},
		{"services", "kubectl get servicecidrs", k.Services},
	} {
		has := map[string]bool{}
		for _, w := range r.words {
			p, err := netip.ParsePrefix(w.Text)
			if err != nil {
				continue // reported as an address
			}
			family := familyOf(p)
			has[family] = true
			if k.Lacks(family) {
				c.Error(diag.ClusterFact, w.Pos, "leave it out, or add the family to ipFamilies", "cluster %q has no %s, and its %s have %s", k.Name, family, r.what, p)
			}
		}
		for _, f := range k.IPFamilies {
			if len(r.words) > 0 && !has[f.Text] {
				c.Error(diag.ClusterFact, f.Pos, "add the range to "+r.what+", as \""+r.command+"\" shows it", "cluster %q has %s, and no %s range of its %s is declared",
					k.Name, f.Text, f.Text, r.what)
			}
		}
	}
}

func familyOf(p netip.Prefix) string {
	if p.Addr().Is4() {
		return tenancy.FamilyIPv4
	}
	return tenancy.FamilyIPv6
}

// servicePorts reports ports of Services that lead to none of the workload's.
func (c *checker) servicePorts(what, namespace string, w *tenancy.Workload) {
	for name, p := range tenancy.Sorted(w.ServicePorts) {
		if _, ok := w.Ports[name]; !ok && !w.Partial {
			c.Error(diag.UnknownPort, p.Pos, nearest.Hint(name, "its ports", tenancy.Keys(w.Ports)), "workload %q of %s %q has no port %q for its Service to lead to",
				w.Name, what, namespace, name)
		}
	}
}
