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
