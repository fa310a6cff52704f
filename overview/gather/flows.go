package gather

import (
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// opened is what a flow opens.
type opened struct {
	environments, owners map[string]bool
	ports                map[tenancy.Port]bool
}

// openedBy gives what each flow opens; one that has expired opens nothing.
func openedBy(x *generator.Expansion) map[string]*opened {
	out := map[string]*opened{}
	for _, o := range x.Overlays() {
		for _, p := range o.Policies {
			f := out[p.Cause.Flow.Name]
			if f == nil {
				f = &opened{map[string]bool{}, map[string]bool{}, map[tenancy.Port]bool{}}
				out[p.Cause.Flow.Name] = f
			}
			f.add(p)
		}
	}
	return out
}

func (f *opened) add(p *generator.Policy) {
	for _, e := range p.Cause.Environments {
		f.environments[e] = true
	}
	for _, owner := range p.Cause.Owners {
		f.owners[owner] = true
	}
	for _, r := range slices.Concat(p.Ingress, p.Egress) {
		for _, port := range r.Ports {
			f.ports[port] = true
		}
	}
}

// register gives every declared flow.
func (g *gatherer) register() []overview.Flow {
	out := []overview.Flow{}
	for name, f := range tenancy.Sorted(g.Tenancy.Flows) {
		entry := overview.Flow{Name: name, From: peer(&f.From), To: peer(&f.To), Ports: declaredPorts(f.Ports), Reason: f.Reason, Ticket: f.Ticket,
			Expires: f.Expires.Text, At: f.Pos.String()}
		if day := f.Expires.Text; day != "" {
			entry.Expired, entry.Expiring = day < g.AsOf, g.AsOf <= day && day <= g.Soon
		}
		if open := g.open[name]; open != nil {
			entry.Environments, entry.Owners = tenancy.Keys(open.environments), tenancy.Keys(open.owners)
			entry.Ports = portsOf(open.ports)
		} else {
			entry.Owners = g.ownersOf(f)
		}
		out = append(out, entry)
	}
	return out
}

// ownersOf gives the owners of the teams that a flow names: who says whether one
// that opens nothing is still needed.
func (g *gatherer) ownersOf(f *tenancy.Flow) []string {
	owners, namespaces := map[string]bool{}, g.Tenancy.ByName()
	for _, end := range []*tenancy.Peer{&f.From, &f.To} {
		team := end.Team.Text
		if n := namespaces[end.Namespace.Text]; n != nil {
			team = n.Team
		}
		if t := g.Tenancy.Teams[team]; t != nil {
			for _, owner := range t.Owners {
				owners[owner.Text] = true
			}
		}
	}
	return tenancy.Keys(owners)
}

// peer words an end as it is declared.
func peer(p *tenancy.Peer) string {
	var head string
	switch {
	case p.Namespace.Text != "":
		head = p.Namespace.Text
		if p.Environment.Text != "" {
			head = p.Environment.Text + "/" + head
		}
	case p.Team.Text != "":
		head = "team " + p.Team.Text
		if p.Environment.Text != "" {
			head += " in " + p.Environment.Text
		}
	case p.Environment.Text != "":
		head = "environment " + p.Environment.Text
	case p.Shared.Text != "":
		head = "shared/" + p.Shared.Text
	case p.AnyNamespace:
		head = "any namespace"
	default:
		head = addresses(p)
	}
	if p.Workload.Text != "" {
		head += "/" + p.Workload.Text
	}
	if p.Tag.Text != "" {
		head += " tagged " + p.Tag.Text
	}
	if p.AnyPod {
		head += ", any pod"
	}
	return head
}

// addresses names a peer that stands for addresses; "" of one that does not.
func addresses(p *tenancy.Peer) string {
	switch {
	case p.External.Text != "":
		return "external/" + p.External.Text
	case p.Nodes:
		return "nodes"
	case p.APIServer:
		return "apiServer"
	}
	return ""
}

// declaredPorts gives ports as a flow writes them.
func declaredPorts(ps tenancy.FlowPorts) string {
	if ps.All {
		return "all that are declared"
	}
	var out []string
	for _, p := range ps.List {
		if p.Name != "" {
			out = append(out, p.Name)
			continue
		}
		out = append(out, p.Port.String())
	}
	return strings.Join(out, ", ")
}

func portsOf(set map[tenancy.Port]bool) string {
	var ports []tenancy.Port
	for p := range set {
		ports = append(ports, p)
	}
	slices.SortFunc(ports, tenancy.Port.Compare)
	var out []string
	for _, p := range ports {
		out = append(out, p.String())
	}
	return strings.Join(out, ", ")
}

// connection puts a connection into the names of the overview.
func (g *gatherer) connection(c *report.Connection) overview.Connection {
	return overview.Connection{
		Cluster: c.Cluster, Ports: c.Ports.String(), Flows: c.Flows, Policies: c.Policies,
		From: g.end(c, &c.From, func(f *tenancy.Flow) *tenancy.Peer { return &f.From }),
		To:   g.end(c, &c.To, func(f *tenancy.Flow) *tenancy.Peer { return &f.To }),
	}
}

// end gives one end.
func (g *gatherer) end(c *report.Connection, e *report.End, of func(*tenancy.Flow) *tenancy.Peer) overview.End {
	group, label := e.Title(), e.String()
	if name := g.names[location{c.Cluster, e.Namespace}]; name != "" {
		return overview.End{Group: name, Label: name + strings.TrimPrefix(label, group)}
	}
	if name := g.declaredAs(c, e, of); e.CIDR != "" && name != "" {
		return overview.End{Group: name, Label: name + " " + label}
	}
	return overview.End{Group: group, Label: label}
}

// declaredAs gives the name of addresses: that of what the flows are declared from
// or to, if it is one thing, or DNS; "" of others.
func (g *gatherer) declaredAs(c *report.Connection, e *report.End, of func(*tenancy.Flow) *tenancy.Peer) string {
	if len(c.Flows) == 0 && g.resolves(c.Cluster, e.CIDR) {
		return "DNS"
	}
	named := map[string]bool{}
	for _, name := range c.Flows {
		f := g.Tenancy.Flows[name]
		if f == nil { // which was, in the state before
			return ""
		}
		named[g.addressed(c.Cluster, of(f))] = true
	}
	if len(named) != 1 {
		return ""
	}
	return tenancy.Keys(named)[0]
}

// addressed names a peer that stands for addresses on a cluster: also a namespace
// whose pods have those of their nodes.
func (g *gatherer) addressed(cluster string, p *tenancy.Peer) string {
	if s := g.Tenancy.Shared[p.Shared.Text]; s != nil && s.HostNetwork {
		for at, name := range g.names {
			if place := g.Proof.Clusters[cluster].Places[at.namespace]; at.cluster == cluster && place.Shared == p.Shared.Text {
				return name
			}
		}
	}
	return addresses(p)
}

// resolves reports whether a cluster's DNS is at the addresses.
func (g *gatherer) resolves(cluster, cidr string) bool {
	k := g.Tenancy.Clusters[cluster]
	return k != nil && (tenancy.Contains(k.DNS.CIDRs, cidr) || slices.ContainsFunc([]tenancy.Word{k.DNS.ClusterIP, k.DNS.NodeLocal}, func(at tenancy.Word) bool {
		return at.Text != "" && strings.HasPrefix(cidr, at.Text+"/")
	}))
}

// change gathers what differs from another state.
func (g *gatherer) change(since string, d *report.Difference) *overview.Change {
	out := &overview.Change{Since: since, Opened: []overview.Connection{}, Closed: []overview.Connection{}, Appeared: []string{}, Vanished: []string{}, Notes: []string{}}
	of := func(cluster string, c report.Connection) overview.Connection {
		c.Cluster = cluster
		return g.connection(&c)
	}
	for i := range d.Clusters {
		k := &d.Clusters[i]
		for _, c := range k.Opened {
			out.Opened = append(out.Opened, of(k.Cluster, c))
		}
		for _, c := range k.Closed {
			out.Closed = append(out.Closed, of(k.Cluster, c))
		}
		for _, c := range k.Changed {
			if !c.Opened.Empty() {
				out.Opened = append(out.Opened, of(k.Cluster, report.Connection{From: c.From, To: c.To, Ports: c.Opened, Flows: c.Flows}))
			}
			if !c.Closed.Empty() {
				out.Closed = append(out.Closed, of(k.Cluster, report.Connection{From: c.From, To: c.To, Ports: c.Closed, Flows: c.Flows}))
			}
		}
		out.Appeared, out.Vanished = append(out.Appeared, k.Appeared...), append(out.Vanished, k.Vanished...)
		for _, n := range k.Unisolated {
			out.Notes = append(out.Notes, n+" had policies, and has none any more")
		}
	}
	for _, n := range d.Notes {
		out.Notes = append(out.Notes, n.String())
	}
	return out
}
