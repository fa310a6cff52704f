// Package sample makes up overviews for tests: the same ones every time.
package sample

import (
	"fmt"
	"slices"

	"github.com/hedgerow-dev/hedgerow/overview"
)

// Hostile are texts that must stay texts, wherever they are written.
var Hostile = []string{
	`</script><img src=x onerror=alert(1)>`, `<!--<script>alert(2)//-->`, `"><svg onload=alert(3)>'` + "`${alert(4)}`",
	`javascript:alert(5)`, "\u202egnp.exe\u2066", "=HYPERLINK(\"http://example.invalid\")", "a|b\n# c", `{{.Version}}`,
}

// Deface writes the hostile texts over everything in an overview that people
// write as they like.
func Deface(o *overview.Overview) {
	next := 0
	text := func() string { next++; return Hostile[next%len(Hostile)] }
	for i := range o.Namespaces {
		o.Namespaces[i].Reason, o.Namespaces[i].Owners = text(), []string{text()}
		for j := range o.Namespaces[i].Workloads {
			o.Namespaces[i].Workloads[j].Pods = text()
		}
	}
	for i := range o.Flows {
		f := &o.Flows[i]
		f.Reason, f.Ticket, f.Owners, f.At = text(), text(), []string{text()}, text()
	}
	for i := range o.Guards {
		o.Guards[i].Name, o.Guards[i].Reason = text(), text()
	}
	o.Reservations = slices.Clone(Hostile)
}

// Company is a shop with a little of everything, before and after a change.
func Company() *overview.Overview {
	o := &overview.Overview{Version: "v1.4.0", AsOf: "2026-11-21"}
	o.Clusters = []overview.Cluster{
		{Name: "nonprod", CNI: "calico v3.31.2", Policies: 61, At: "tenants.cue:3:2"},
		{
			Name:         "prod",
			CNI:          "aws-vpc-cni v1.21.0",
			Acknowledged: "pods are open until the agent has seen them: accepted until strict mode is on",
			Policies:     74,
			At:           "tenants.cue:4:2",
		},
	}
	o.Environments = []overview.Environment{
		{Name: "staging", Cluster: "nonprod", At: "tenants.cue:8:2"},
		{Name: "prod", Cluster: "prod", Class: "production", At: "tenants.cue:9:2"},
	}
	for i, t := range companyTeams {
		o.Teams = append(
			o.Teams,
			overview.Team{
				Name:   t.name,
				Owners: t.owners,
				Files:  []string{"teams/" + t.name + ".cue"},
				At:     fmt.Sprintf("teams/%s.cue:3:%d", t.name, i+1),
			},
		)
	}
	for _, e := range o.Environments {
		for _, t := range companyTeams {
			for i, n := range t.namespaces {
				o.Namespaces = append(o.Namespaces, namespace(&e, t.name, t.owners, n, i))
			}
		}
	}
	for _, c := range o.Clusters {
		o.Namespaces = append(o.Namespaces, overview.Namespace{
			Name: "shared/" + c.Name + "-ingress", Kubernetes: "ingress-nginx", Cluster: c.Name, State: overview.Unmanaged,
			Reason: "the platform's own, declared as shared", At: "tenants.cue:21:2",
			Workloads: []overview.Workload{
				{Name: "controller", Pods: "app.kubernetes.io/name=ingress-nginx", At: "tenants.cue:22:3"},
			},
		})
	}
	companyStates(o)
	companyFlows(o)
	o.Guards = []overview.Guard{
		{
			Name:    "card data only from payments",
			Kind:    "never",
			Reason:  "PCI DSS 1.3: the vault is reached by payments alone",
			Verdict: overview.Held,
			At:      "tenants.cue:88:2",
		},
		{
			Name:    "staging never reaches prod",
			Kind:    "never",
			Reason:  "data of customers stays in production",
			Verdict: overview.Apart,
			At:      "tenants.cue:93:2",
		},
		{
			Name:    "metrics are always scraped",
			Kind:    "always",
			Reason:  "no namespace without alarms",
			Verdict: overview.Suspended,
			At:      "tenants.cue:98:2",
		},
	}
	o.Silenced = []overview.Silence{
		{Code: "wide-external", Path: "externals.banks", Reason: "the banks publish no smaller ranges"},
	}
	o.Reservations = []string{"on cluster prod pods are open until the agent of the network plugin has seen them"}
	companyChange(o)
	return o
}

type team struct {
	name       string
	owners     []string
	namespaces []string
}

var companyTeams = []team{
	{"storefront", []string{"@shop/storefront"}, []string{"frontend", "checkout", "search"}},
	{"payments", []string{"@shop/payments", "@shop/risk"}, []string{"payments", "card-vault", "fraud"}},
	{"fulfilment", []string{"@shop/fulfilment"}, []string{"orders", "warehouse", "shipping"}},
	{"insight", []string{"@shop/insight"}, []string{"events", "reports"}},
	{"platform", []string{"@shop/platform"}, []string{"monitoring"}},
}

func namespace(e *overview.Environment, team string, owners []string, name string, line int) overview.Namespace {
	kubernetes := name
	if e.Name != "prod" {
		kubernetes += "-" + e.Name
	}
	at := func(column int) string { return fmt.Sprintf("teams/%s.cue:%d:%d", team, 5+line, column) }
	return overview.Namespace{
		Name: e.Name + "/" + name, Kubernetes: kubernetes, Cluster: e.Cluster, Environment: e.Name,
		Team: team, Owners: owners,
		State: overview.Enforced, At: at(3),
		Workloads: []overview.Workload{
			{Name: "api", Pods: "app=" + name, Ports: []string{"http 8080/TCP"}, At: at(12)},
			{Name: "db", Pods: "app=" + name + "-postgres", Ports: []string{"postgres 5432/TCP"}, At: at(30)},
		},
	}
}

// find gives a namespace by its name.
func find(o *overview.Overview, name string) *overview.Namespace {
	return &o.Namespaces[slices.IndexFunc(o.Namespaces, func(n overview.Namespace) bool { return n.Name == name })]
}

func companyStates(o *overview.Overview) {
	open := find(o, "prod/warehouse")
	open.State, open.Until = overview.Open, "2026-12-04"
	open.Reason = "it runs since before Hedgerow; its flows are collected"
	retired := find(o, "staging/search")
	retired.State, retired.Reason = overview.Retired, "replaced by the catalogue's own search"
	find(o, "shared/nonprod-ingress").HostNetwork = true
	find(o, "prod/card-vault").Exemptions = []overview.Exemption{
		{
			Layer:  "allow-same-namespace",
			Reason: "PCI DSS 1.3: each connection is named",
			At:     "teams/payments.cue:7:9",
		},
	}
	o.Namespaces = append(o.Namespaces, overview.Namespace{
		Name: "legacy-cron", Kubernetes: "legacy-cron", Cluster: "prod", State: overview.Unmanaged,
		Reason: "on the cluster, and in no tenancy",
	})
}

// companyFlows has name, from, to, ports, reason, ticket, expires. An end without a
// slash is outside.
var companyFlowTable = [][7]string{
	{"browse", "shared/ingress", "frontend/api", "8080/TCP", "customers reach the shop", "", ""},
	{"shop-checkout", "frontend/api", "checkout/api", "8080/TCP", "the basket goes to checkout", "SHOP-12", ""},
	{"shop-search", "frontend/api", "search/api", "8080/TCP", "customers search the catalogue", "SHOP-31", ""},
	{"checkout-pays", "checkout/api", "payments/api", "8080/TCP", "card payments at checkout", "PAY-7", ""},
	{"checkout-orders", "checkout/api", "orders/api", "8080/TCP", "checkout places orders", "SHOP-40", ""},
	{
		"payments-vault",
		"payments/api",
		"card-vault/api",
		"8080/TCP",
		"payments exchange tokens for cards",
		"PAY-9",
		"",
	},
	{"payments-fraud", "payments/api", "fraud/api", "8080/TCP", "each payment is scored", "PAY-15", ""},
	{"payments-banks", "payments/api", "banks", "443/TCP", "settlement with the banks", "PAY-3", ""},
	{"orders-ship", "orders/api", "shipping/api", "8080/TCP", "orders are handed to carriers", "", ""},
	{"orders-stock", "orders/api", "warehouse/api", "8080/TCP", "orders reserve stock", "OPS-2", ""},
	{"ship-carriers", "shipping/api", "carriers", "443/TCP", "labels and tracking", "OPS-8", ""},
	{
		"reports-orders",
		"reports/api",
		"orders/db",
		"5432/TCP",
		"monthly numbers, until the export is there",
		"BI-77",
		"2026-12-01",
	},
	{
		"reports-payments",
		"reports/api",
		"payments/db",
		"5432/TCP",
		"a comparison of two closings",
		"BI-70",
		"2026-10-31",
	},
	{"events-orders", "orders/api", "events/api", "8080/TCP", "what happened is told to insight", "", ""},
	{"events-checkout", "checkout/api", "events/api", "8080/TCP", "what happened is told to insight", "", ""},
}

func companyFlows(o *overview.Overview) {
	for i, r := range companyFlowTable {
		f := overview.Flow{
			Name: r[0], From: r[1], To: r[2], Ports: r[3], Reason: r[4], Ticket: r[5], Expires: r[6],
			Environments: []string{"staging", "prod"}, At: fmt.Sprintf("flows.cue:%d:8", 10+6*i),
			Expired: r[6] != "" && r[6] < o.AsOf, Expiring: r[6] > o.AsOf,
		}
		for _, e := range o.Environments {
			from, to := end(&e, r[1]), end(&e, r[2])
			for _, g := range []string{from.Group, to.Group} {
				for _, n := range o.Namespaces {
					if n.Name == g {
						f.Owners = append(f.Owners, n.Owners...)
					}
				}
			}
			if !f.Expired {
				o.Connections = append(o.Connections, overview.Connection{
					Cluster: e.Cluster, From: from, To: to, Ports: r[3], Flows: []string{r[0]},
					Policies: []string{
						from.Group + "/allow-" + r[0] + "-egress",
						to.Group + "/allow-" + r[0] + "-ingress",
					},
				})
			}
		}
		slices.Sort(f.Owners)
		f.Owners = slices.Compact(f.Owners)
		o.Flows = append(o.Flows, f)
	}
	for i := range o.Namespaces {
		o.Connections = append(o.Connections, baseline(&o.Namespaces[i])...)
	}
}

// end gives the end of a flow in an environment.
func end(e *overview.Environment, of string) overview.End {
	name := of
	workload := ""
	if i := slices.Index([]byte(of), '/'); i >= 0 {
		name, workload = of[:i], of[i:]
	}
	switch {
	case name == "shared":
		return overview.End{
			Group: "shared/" + e.Cluster + "-ingress",
			Label: "shared/" + e.Cluster + "-ingress/controller",
		}
	case workload == "":
		return overview.End{Group: name, Label: name}
	}
	return overview.End{Group: e.Name + "/" + name, Label: e.Name + "/" + name + workload}
}

// baseline gives what is open without a flow.
func baseline(n *overview.Namespace) []overview.Connection {
	own := overview.End{Group: n.Name, Label: n.Name}
	everything := overview.End{Group: "any other namespace", Label: "any other namespace"}
	switch n.State {
	case overview.Enforced:
		dns := overview.End{Group: "kube-system", Label: "kube-system (pods with k8s-app=kube-dns)"}
		return []overview.Connection{
			{
				Cluster:  n.Cluster,
				From:     own,
				To:       dns,
				Ports:    "53/TCP, 53/UDP",
				Policies: []string{n.Kubernetes + "/allow-dns"},
			},
		}
	case overview.Open:
		p := []string{n.Kubernetes + "/rollout-allow-all"}
		return []overview.Connection{
			{Cluster: n.Cluster, From: everything, To: own, Ports: "all ports", Policies: p},
			{Cluster: n.Cluster, From: own, To: everything, Ports: "all ports", Policies: p},
		}
	}
	return nil
}

func companyChange(o *overview.Overview) {
	prod, staging := o.Environments[1], o.Environments[0]
	was := func(e *overview.Environment, from, to, ports, flow string) overview.Connection {
		return overview.Connection{
			Cluster: e.Cluster,
			From:    end(e, from),
			To:      end(e, to),
			Ports:   ports,
			Flows:   []string{flow},
		}
	}
	o.Change = &overview.Change{
		Since: "v2026.10 (4f1c2ab)",
		Opened: []overview.Connection{
			was(&prod, "payments/api", "fraud/api", "8080/TCP", "payments-fraud"),
			was(&staging, "payments/api", "fraud/api", "8080/TCP", "payments-fraud"),
			was(&prod, "checkout/api", "events/api", "8080/TCP", "events-checkout"),
		},
		Closed: []overview.Connection{
			was(&prod, "reports/api", "payments/db", "5432/TCP", "reports-payments"),
			was(&staging, "reports/api", "payments/db", "5432/TCP", "reports-payments"),
			was(&prod, "frontend/api", "coupons/api", "8080/TCP", "shop-coupons"),
		},
		Appeared: []string{"prod/fraud", "staging/fraud"}, Vanished: []string{"prod/coupons"},
		Notes: []string{`flow reports-orders: expires is now "2026-12-01", not "2026-11-01"`},
	}
}
