// Package check judges what a tenancy declares as nouns: clusters, environments,
// namespaces, workloads, externals and retired namespaces, each by itself and
// against the others. Flows and guards are resolved, and judged, by the
// generator.
package check

import (
	"fmt"
	"go/token"
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

type checker struct {
	diag.List
	t *tenancy.Tenancy
}

// Tenancy gives every problem of the declared things of t, in no order.
func Tenancy(t *tenancy.Tenancy) []diag.Diagnostic {
	c := &checker{t: t}
	for _, cluster := range tenancy.Sorted(t.Clusters) {
		c.cluster(cluster)
	}
	for _, e := range tenancy.Sorted(t.Environments) {
		c.environment(e)
	}
	for _, s := range tenancy.Sorted(t.Shared) {
		c.shared(s)
	}
	c.namespaces()
	for _, e := range tenancy.Sorted(t.Externals) {
		c.external(e)
	}
	n := c.kubernetesNames()
	n.admissionGuards()
	if c.t.Delivery != nil {
		c.delivery(c.t.Delivery, n)
	}
	return c.List
}

// knownCluster reports an unknown cluster.
func (c *checker) knownCluster(name string, pos token.Position) bool {
	if c.t.Clusters[name] != nil {
		return true
	}
	if !c.t.Partial {
		c.Error(diag.UnknownCluster, pos, nearest.Hint(name, "clusters", tenancy.Keys(c.t.Clusters)), "cluster %q is not declared", name)
	}
	return false
}

// knownEnvironments reports the unknown ones of the environments.
func (c *checker) knownEnvironments(words []tenancy.Word) {
	for _, w := range words {
		c.knownEnvironment(w.Text, w.Pos)
	}
}

func (c *checker) knownEnvironment(name string, pos token.Position) {
	if c.t.Environments[name] == nil && !c.t.Partial {
		c.Error(diag.UnknownEnvironment, pos, nearest.Hint(name, "environments", tenancy.Keys(c.t.Environments)),
			"environment %q is not declared", name)
	}
}

// prefix reads a range of addresses and reports what is wrong with it. The API
// server refuses host bits from Kubernetes 1.36 on (StrictIPCIDRValidation).
func (c *checker) prefix(w tenancy.Word) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(w.Text)
	one := netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
	switch {
	case w.Text == "":
		return p, false // reported by the decoder
	case err != nil || p.Addr().Is4In6():
		c.Error(diag.BadCIDR, w.Pos, `write it as "203.0.113.0/24" or "2001:db8::/32"`, "%q is not a range of addresses", w.Text)
		return p, false
	case p != p.Masked():
		c.Error(diag.HostBits, w.Pos, fmt.Sprintf("write %q for the range, or %q for the one address", p.Masked(), one), "%q has bits set behind its mask", w.Text)
		return p, false
	}
	return p, true
}

func (c *checker) address(w tenancy.Word) {
	if a, err := netip.ParseAddr(w.Text); w.Set() && (err != nil || a.Is4In6()) {
		c.Error(diag.BadCIDR, w.Pos, `write it as "169.254.20.10"`, "%q is not an address", w.Text)
	}
}

// ports reports ranges that run backwards.
func (c *checker) ports(ports map[string]tenancy.Port, at map[string]token.Position) {
	for name, p := range tenancy.Sorted(ports) {
		if p.End < p.Number {
			c.Error(diag.BadPort, at[name], "write the smaller number first", "port %q: %s runs backwards", name, p)
		}
	}
}
