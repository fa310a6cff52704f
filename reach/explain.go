package reach

import (
	"net/netip"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Endpoint is one pod or one address.
type Endpoint struct {
	Namespace string
	// NamespaceLabels count where the manifests do not show the namespace.
	NamespaceLabels map[string]string
	Labels          map[string]string
	Ports           []NamedPort
	// Address is that of the endpoint if it has no namespace.
	Address  netip.Addr
	identity string
}

// Endpoint gives a pod of the workload.
func (w *Workload) Endpoint() Endpoint {
	return Endpoint{Namespace: namespaceOf(w.Namespace), Labels: w.Labels, Ports: w.Ports, identity: w.identity()}
}

// Verdict says whether a connection is open, and why, side by side.
type Verdict struct{ Egress, Ingress Side }

// Allowed reports whether both sides allow the connection.
func (v Verdict) Allowed() bool { return v.Egress.Allowed() && v.Ingress.Allowed() }

// Side is what policies say on one side of a connection.
type Side struct {
	Isolating []*networkingv1.NetworkPolicy // those that rule the endpoint in this direction
	Allowing  []Rule                        // those of their rules that allow the connection
}

// Allowed reports whether a rule allows the connection, or nothing isolates the
// endpoint.
func (s Side) Allowed() bool { return len(s.Isolating) == 0 || len(s.Allowing) > 0 }

// Explain judges one connection, policy by policy. What goes on between two
// addresses no policy rules.
func (g *Graph) Explain(from, to Endpoint, protocol Protocol, port int) Verdict {
	return Verdict{
		Egress:  g.side(egress, from, to, to, protocol, port),
		Ingress: g.side(ingress, to, from, to, protocol, port),
	}
}

// Allows reports whether a connection is open.
func (g *Graph) Allows(from, to Endpoint, protocol Protocol, port int) bool {
	return g.Explain(from, to, protocol, port).Allowed()
}

func (g *Graph) side(d direction, own, peer, to Endpoint, protocol Protocol, port int) (out Side) {
	if own.Namespace == "" {
		return out
	}
	label := g.u.labelsOf(own)
	for _, p := range g.policies[g.u.number(own.Namespace)] {
		if !p.isolates[d] || !p.subject.has(label) {
			continue
		}
		out.Isolating = append(out.Isolating, p.object)
		for i, r := range p.rules[d] {
			if r.allowsPort(to, protocol, port) && g.u.holds(r.peers, peer) {
				out.Allowing = append(out.Allowing, Rule{p.object, i})
			}
		}
	}
	return out
}

func (r *rule) allowsPort(to Endpoint, protocol Protocol, port int) bool {
	if r.ports.Has(protocol, port) {
		return true
	}
	w := Workload{Ports: to.Ports}
	return to.Namespace != "" && w.numbers(r.names).Has(protocol, port)
}

// holds reports whether an endpoint is in one of the groups.
func (u *universe) holds(groups []Group, e Endpoint) bool {
	for _, g := range groups {
		if u.in(g, e) {
			return true
		}
	}
	return false
}

func (u *universe) in(g Group, e Endpoint) bool {
	if e.Namespace == "" || g.IsAddresses() {
		return e.Namespace == "" && g.IsAddresses() && g.addresses.Contains(e.Address)
	}
	n := u.number(e.Namespace)
	return len(common(g.namespaces, []int32{n})) > 0 && g.pods.has(u.labelsOf(e))
}

// labelsOf gives the function that regions ask for the labels of a pod, those of
// its namespace and who it is.
func (u *universe) labelsOf(e Endpoint) func(key string) string {
	return func(key string) string {
		if key == identityKey {
			if e.identity == "" {
				return absent
			}
			return e.identity
		}
		if name, ok := strings.CutPrefix(key, namespaceKey); ok {
			return lookUp(e.NamespaceLabels)(name)
		}
		return lookUp(e.Labels)(key)
	}
}
