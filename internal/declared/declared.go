// Package declared says of one connection whether a tenancy opens it. It is
// written from the design alone and walks the tenancy for every question: no
// expansion, no policies, no sets. What it shares with the generator is the
// domain types, so that a test can hold the two against each other.
package declared

import (
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// End is one end of a connection: a pod, or, without a namespace, an address.
type End struct {
	Namespace string // as Kubernetes names it
	Labels    map[string]string
	Address   netip.Addr
}

// Connection is what one packet shows that opens a connection.
type Connection struct {
	Cluster  string
	From, To End
	Protocol tenancy.Protocol
	Port     int
}

// Open reports whether the connection is open on a day, written as 2006-01-02,
// by what the tenancy declares. Ends that it does not manage are free: a
// connection between two of them is open, and nobody's business.
func Open(t *tenancy.Tenancy, c Connection, asOf string) bool {
	return Between(t, c, asOf).Open(c.Protocol, c.Port)
}

// A Pair is two ends on a day, with all that no port changes.
type Pair struct {
	question
	leads []lead
	// Whether only the deny is left of the namespace of an end.
	fromRetired, toRetired bool
	// Whether the source may open, and the destination accepts, any connection
	// between them without a flow; and whether the source may look up names.
	leaves, enters, looksUp bool
}

// question is a connection with all that is needed to judge it.
type question struct {
	t *tenancy.Tenancy
	Connection
	asOf string
}

// Between gives the ends of a connection, for whoever asks about many ports of
// them: walking the tenancy is nearly all the time.
func Between(t *tenancy.Tenancy, c Connection, asOf string) *Pair {
	q := question{t, c, asOf}
	p := &Pair{question: q, leads: q.leads(), fromRetired: q.retired(c.From), toRetired: q.retired(c.To)}
	inside := c.From.Namespace == c.To.Namespace
	if b := q.managed(c.From); b == nil || q.rollsOut(c.From) {
		p.leaves = !p.fromRetired
	} else {
		p.leaves, p.looksUp = b.IntraNamespace == nil && inside, b.DNS == nil
	}
	if b := q.managed(c.To); b == nil || q.rollsOut(c.To) {
		p.enters = !p.toRetired
	} else {
		probe := t.Clusters[c.Cluster].Mesh.Text == "istio-ambient" && c.From.isAt("169.254.7.127")
		p.enters = probe || b.IntraNamespace == nil && inside
	}
	return p
}

// Open reports whether a connection between the ends is open on a port.
func (p *Pair) Open(protocol tenancy.Protocol, port int) bool {
	q := p.question
	q.Protocol, q.Port = protocol, port
	flow := slices.ContainsFunc(p.leads, q.opensBy)
	return (flow && !p.fromRetired || p.leaves || p.looksUp && q.looksUpNames()) && (flow && !p.toRetired || p.enters)
}

// managed gives the baseline of the namespace that a pod is in, nil if its
// policies are not Hedgerow's.
func (q question) managed(e End) *tenancy.Baseline {
	if e.Namespace == "" {
		return nil
	}
	for _, team := range q.t.Teams {
		for _, n := range team.Namespaces {
			for _, env := range q.t.Environments {
				if env.Cluster.Text == q.Cluster && q.is(e, n, env) {
					return &n.Baseline
				}
			}
		}
	}
	for _, s := range q.t.Shared {
		if s.Managed && q.stands(s) && s.Namespace.Text == e.Namespace {
			return &s.Baseline
		}
	}
	return nil
}

// rollsOut reports whether a pod is in a namespace that a roll-out keeps open.
func (q question) rollsOut(e End) bool {
	for _, team := range q.t.Teams {
		for _, n := range team.Namespaces {
			for _, env := range q.t.Environments {
				own := n.Rollout != nil && listed(n.Rollout.Environments, env.Name)
				if (own || env.Rollout != nil) && env.Cluster.Text == q.Cluster && q.is(e, n, env) {
					return true
				}
			}
		}
	}
	for _, s := range q.t.Shared {
		if s.Rollout != nil && s.Managed && q.stands(s) && s.Namespace.Text == e.Namespace {
			return true
		}
	}
	return false
}

// retired reports whether a pod is in a namespace of which only the deny is
// left.
func (q question) retired(e End) bool {
	return e.Namespace != "" && q.t.Retired[q.Cluster][e.Namespace] != nil
}

// is reports whether a pod is in a namespace as it exists in an environment.
func (q question) is(e End, n *tenancy.Namespace, env *tenancy.Environment) bool {
	if !listed(n.Environments, env.Name) {
		return false
	}
	name := env.Prefix + n.Name + env.Suffix
	if w, ok := n.Names[env.Name]; ok {
		name = w.Text
	}
	return e.Namespace == name
}

// stands reports whether a shared namespace is on the cluster.
func (q question) stands(s *tenancy.Shared) bool { return listed(s.Clusters, q.Cluster) }

// listed reports whether a list names something; one that was left out names
// everything.
func listed(list []tenancy.Word, name string) bool {
	for _, w := range list {
		if w.Text == name {
			return true
		}
	}
	return len(list) == 0
}

// carries reports whether a pod has all the labels.
func (e End) carries(labels tenancy.Labels) bool {
	for k, v := range labels {
		if has, ok := e.Labels[k]; !ok || has != v {
			return false
		}
	}
	return e.Namespace != ""
}

// looksUpNames reports whether the connection asks the cluster's DNS.
func (q question) looksUpNames() bool {
	if q.Protocol != tenancy.UDP && q.Protocol != tenancy.TCP {
		return false
	}
	d := q.t.Clusters[q.Cluster].DNS
	pods := func(namespace string, labels tenancy.Labels, port int) bool {
		return q.Port == port && q.To.Namespace == namespace && q.To.carries(labels)
	}
	switch d.Provider.Text {
	case tenancy.ProviderOpenShift:
		return pods("openshift-dns", tenancy.Labels{"dns.operator.openshift.io/daemonset-dns": "default"}, 5353)
	case tenancy.ProviderCloudDNS:
		return q.Port == 53 && q.To.isAt("169.254.169.254")
	case tenancy.ProviderCustom:
		return pods(d.Namespace.Text, d.Pods, d.Port) || q.Port == d.Port && q.To.within(d.CIDRs)
	}
	// NodeLocal DNSCache listens on its own address and on the Service's.
	cached := q.Port == 53 && d.NodeLocal.Set() && (q.To.isAt(d.NodeLocal.Text) || q.To.isAt(d.ClusterIP.Text))
	return cached || pods("kube-system", tenancy.Labels{"k8s-app": "kube-dns"}, 53)
}
