package check

import (
	"fmt"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// managedDNS speaks of isolating the DNS pods: a flow can let every declared
// namespace in, and everybody else is cut off all the same.
func (c *checker) managedDNS(s *tenancy.Shared) {
	for _, k := range tenancy.Sorted(c.t.Clusters) {
		if !s.On(k.Name) || !c.holdsDNS(k.Name, s.Namespace.Text) {
			continue
		}
		if s.Partial || c.t.Partial {
			continue
		}
		everybody := func(p *tenancy.Peer) bool { return p.AnyNamespace }
		if !c.opensDNS(s, k.DNS, everybody) {
			c.Error(diag.DNSManaged, s.Pos, "add a flow from anyNamespace to those pods on their DNS ports, UDP and TCP, without expiry; or leave managed out",
				"managing %q isolates the DNS pods of cluster %q, and no flow lets every namespace in", s.Namespace.Text, k.Name)
			continue
		}
		c.sharedLooksUp(s, k)
		c.Lint(diag.DNSManaged, "shared."+s.Name, s.Pos, "see to it that every namespace of the cluster that looks names up is a team's",
			"managing %q isolates the DNS pods of cluster %q: shared and undeclared namespaces cannot look names up", s.Namespace.Text, k.Name)
	}
}

// sharedLooksUp reports managed shared namespaces that look names up, as their
// baseline has it, and that no flow lets in: anyNamespace means those of teams.
func (c *checker) sharedLooksUp(dns *tenancy.Shared, k *tenancy.Cluster) {
	for _, s := range tenancy.Sorted(c.t.Shared) {
		own := func(p *tenancy.Peer) bool { return p.Shared.Text == s.Name && !p.Workload.Set() }
		if s == dns || !s.Managed || !s.On(k.Name) || s.Baseline.DNS != nil || c.opensDNS(dns, k.DNS, own) {
			continue
		}
		c.Error(diag.DNSManaged, s.Pos, fmt.Sprintf("add a flow from shared: %q to the DNS pods of %q on their DNS ports, UDP and TCP, without expiry", s.Name, dns.Name),
			"shared namespace %q looks names up on cluster %q, whose DNS pods managing %q isolates, and no flow lets it in", s.Name, k.Name, dns.Namespace.Text)
	}
}

// opensDNS reports whether flows let somebody ask every one of the DNS pods of a
// shared namespace, in every environment and for good, by UDP and by TCP.
func (c *checker) opensDNS(s *tenancy.Shared, d tenancy.DNS, from func(*tenancy.Peer) bool) bool {
	open, port := map[tenancy.Protocol]bool{}, d.PodPort()
	add := func(p tenancy.Port) { open[p.Protocol] = open[p.Protocol] || p.Number <= port && port <= p.End }
	for _, f := range c.t.Flows {
		if f.Partial {
			return true // the decoder spoke of it
		}
		narrow := f.From.Tag.Set() || len(f.Environments) > 0 || f.Expires.Set()
		if f.To.Shared.Text != s.Name || !from(&f.From) || narrow {
			continue
		}
		every := f.To.AnyPod // of the DNS pods is meant
		for name, w := range s.Workloads {
			meant := (!f.To.Workload.Set() || f.To.Workload.Text == name) && (!f.To.Tag.Set() || w.Tags[f.To.Tag.Text])
			if !meant || !w.Pods.Select(d.PodLabels()) {
				continue
			}
			every = true
			for _, p := range opened(f.Ports, w.Ports) {
				add(p)
			}
		}
		for _, p := range f.Ports.List {
			if p.Name == "" && every {
				add(p.Port)
			}
		}
	}
	return open[tenancy.UDP] && open[tenancy.TCP]
}

// opened gives those of a workload's ports that a flow names.
func opened(named tenancy.FlowPorts, declared map[string]tenancy.Port) (out []tenancy.Port) {
	for name, p := range declared {
		if !named.Given() || named.All || slices.ContainsFunc(named.List, func(q tenancy.FlowPort) bool { return q.Name == name }) {
			out = append(out, p)
		}
	}
	return out
}
