package sample

import (
	"fmt"

	"github.com/hedgerow-dev/hedgerow/overview"
)

var (
	products = []string{
		"checkout", "payments", "catalogue", "search", "orders", "shipping", "identity", "billing", "pricing", "reviews",
		"media", "mobile", "fraud", "ledger", "support", "mailing", "analytics", "loyalty", "inventory", "returns",
		"partners", "content", "tax", "stores", "suppliers", "bookings",
	}
	parts = []string{"api", "web", "events", "batch", "store", "gateway", "reports"}
	kinds = []string{"api", "worker", "db"}
)

// Large is a company with so many namespaces in three environments, three flows
// for each namespace, and about ten connections for each.
func Large(size int) *overview.Overview {
	o := &overview.Overview{Version: "v1.4.0", AsOf: "2026-11-21"}
	o.Clusters = []overview.Cluster{
		{Name: "nonprod", CNI: "cilium 1.19.0", Policies: size * 5, At: "tenants.cue:3:2"},
		{Name: "prod", CNI: "cilium 1.19.0", Policies: size * 3, At: "tenants.cue:4:2"},
	}
	o.Environments = []overview.Environment{
		{
			Name:    "dev",
			Cluster: "nonprod",
			At:      "tenants.cue:8:2",
		}, {Name: "staging", Cluster: "nonprod", At: "tenants.cue:9:2"},
		{Name: "prod", Cluster: "prod", Class: "production", At: "tenants.cue:10:2"},
	}
	var teams []team
	each := (size + 2) / 3
	for i := range each {
		if i%len(parts) == 0 {
			name := products[len(teams)%len(products)]
			if round := len(teams) / len(products); round > 0 {
				name += fmt.Sprintf("-%d", round+1)
			}
			teams = append(teams, team{name: name, owners: []string{"@acme/" + name}})
		}
		t := &teams[len(teams)-1]
		t.namespaces = append(t.namespaces, t.name+"-"+parts[i%len(parts)])
	}
	for _, t := range teams {
		o.Teams = append(o.Teams, overview.Team{Name: t.name, Owners: t.owners, At: "teams/" + t.name + ".cue:3:1"})
	}
	for i := range size {
		e := &o.Environments[i/each]
		k := i % each
		t := teams[k/len(parts)]
		n := namespace(e, t.name, t.owners, t.namespaces[k%len(parts)], k%len(parts))
		switch {
		case i%61 == 17:
			n.State, n.Until, n.Reason = overview.Open, "2026-12-15", "it is taken in; its flows are collected"
		case i%97 == 40:
			n.State, n.Reason = overview.Retired, "replaced"
		case i%83 == 60:
			n.State, n.Reason = overview.Unmanaged, "listed by the cluster's facts, and not declared yet"
		}
		o.Namespaces = append(o.Namespaces, n)
		o.Connections = append(o.Connections, baseline(&n)...)
	}
	largeFlows(o, each, size*3)
	return o
}

// largeFlows declares flows that are mostly within a team or to the next one.
func largeFlows(o *overview.Overview, each, count int) {
	for i := range count {
		a := i % each
		b := (a + []int{1, 7, 2, 40, 3}[i%5] + i/each) % each
		f := overview.Flow{
			Ports: []string{"8080/TCP", "5432/TCP", "443/TCP, 9090/TCP"}[i%3], Ticket: fmt.Sprintf("NET-%d", 100+i),
			Reason: fmt.Sprintf("what %s needs for its work, agreed in review %d by both owners, and measured in the ticket", kinds[i%3], i/7),
			At:     fmt.Sprintf("flows/%02d.cue:%d:8", i%40, 4+i/40*7),
		}
		from, to := o.Namespaces[a], o.Namespaces[b]
		if i%19 == 3 {
			f.Expires, f.Expiring = "2026-12-09", true
		}
		for k, e := range o.Environments {
			if k*each+max(a, b) >= len(o.Namespaces) {
				break
			}
			from, to = o.Namespaces[k*each+a], o.Namespaces[k*each+b]
			c := overview.Connection{
				Cluster: e.Cluster, Ports: f.Ports,
				From: overview.End{
					Group: from.Name,
					Label: from.Name + "/" + kinds[i%2],
				}, To: overview.End{Group: to.Name, Label: to.Name + "/" + kinds[i%3]},
			}
			if i%23 == 5 {
				address := fmt.Sprintf("203.0.113.%d/32", i%16*4)
				c.To = overview.End{Group: address, Label: address}
			}
			f.Environments = append(f.Environments, e.Name)
			f.From, f.To = c.From.Label[len(e.Name)+1:], c.To.Label
			if c.To.Group == to.Name {
				f.To = c.To.Label[len(e.Name)+1:]
			}
			f.Name = fmt.Sprintf("%s-%s-%d", from.Name[len(e.Name)+1:], to.Name[len(e.Name)+1:], i)
			c.Flows = []string{f.Name}
			c.Policies = []string{
				from.Kubernetes + "/allow-" + f.Name + "-egress",
				to.Kubernetes + "/allow-" + f.Name + "-ingress",
			}
			o.Connections = append(o.Connections, c)
		}
		f.Owners = []string{o.Namespaces[a].Owners[0], o.Namespaces[b].Owners[0]}
		o.Flows = append(o.Flows, f)
	}
}
