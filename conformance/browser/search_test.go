package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// answers gives the rows of the answer: their first two cells.
func (v *view) answers() []string {
	v.t.Helper()
	return ask[[]string](
		v,
		`return [...document.querySelectorAll("#answers tbody tr")].map((r) =>
			r.children[0].textContent + " → " + r.children[1].textContent)`,
	)
}

// lit gives what the map sets apart.
func (v *view) lit() []string {
	v.t.Helper()
	out := ask[[]string](v, `return [...document.querySelectorAll("#map .tile.lit")].map((t) => t.dataset.name)`)
	slices.Sort(out)
	return out
}

// company has a namespace that some others may reach without any of them being named.
func company() *overview.Overview {
	o := sample.Company()
	end := func(group, label string) overview.End { return overview.End{Group: group, Label: label} }
	o.Connections = append(o.Connections,
		overview.Connection{Cluster: "prod", Ports: "9090/TCP",
			From: end(
				"every namespace but prod/search",
				"every namespace but prod/search",
			), To: end("prod/monitoring", "prod/monitoring/api")},
		overview.Connection{Cluster: "prod", Ports: "9091/TCP",
			From: end("ingress-nginx, shipping and any other namespace", "ingress-nginx, shipping and any other namespace"),
			To:   end("prod/reports", "prod/reports/api")},
		overview.Connection{Cluster: "prod", Ports: "9187/TCP",
			From: end("prod/monitoring", "prod/monitoring/api"), To: end("prod/payments", "prod/payments")})
	return o
}

const alsoTeam = `There is a team payments too: ask for "team payments" to mean all of it.`

func TestSearch(t *testing.T) {
	v := open(t, company(), desktop)
	for _, c := range []struct {
		question, note string
		want           []string
	}{
		{"who can reach card-vault/api?", "2 connections are open to card-vault/api.",
			[]string{"staging/payments/api → staging/card-vault/api", "prod/payments/api → prod/card-vault/api"}},
		{"Who reaches prod/card-vault", "1 connection is open to prod/card-vault.",
			[]string{"prod/payments/api → prod/card-vault/api"}},
		{"what can prod/shipping reach?", "4 connections are open from prod/shipping.",
			[]string{
				"prod/shipping/api → carriers",
				"prod/shipping → kube-system (pods with k8s-app=kube-dns)",
				"every namespace but prod/search → prod/monitoring/api",
				"ingress-nginx, shipping and any other namespace → prod/reports/api",
			}},
		{"what does prod/search reach?", "1 connection is open from prod/search.",
			[]string{"prod/search → kube-system (pods with k8s-app=kube-dns)"}},
		{"from:checkout to:payments", "2 connections are open from checkout to payments. " + alsoTeam,
			[]string{"staging/checkout/api → staging/payments/api", "prod/checkout/api → prod/payments/api"}},
		{"can checkout reach payments?", "2 connections are open from checkout to payments. " + alsoTeam,
			[]string{"staging/checkout/api → staging/payments/api", "prod/checkout/api → prod/payments/api"}},
		// By the names of Kubernetes, and as one that nothing names.
		{"from:shared/prod-ingress to:reports", "1 connection is open from shared/prod-ingress to reports. " +
			"No policy rules shared/prod-ingress: there, only the other ends decide.",
			[]string{"ingress-nginx, shipping and any other namespace → prod/reports/api"}},
		{"from:legacy-cron to:reports", "1 connection is open from legacy-cron to reports. " +
			"No policy rules legacy-cron: there, only the other ends decide.",
			[]string{"ingress-nginx, shipping and any other namespace → prod/reports/api"}},
		{"from:orders to:reports", "Nothing is open from orders to reports.", nil},
		{"to:banks", "2 connections are open to banks.",
			[]string{"staging/payments/api → banks", "prod/payments/api → banks"}},
		{"can frontend reach card-vault?", "Nothing is open from frontend to card-vault.", nil},
		{"to:nowhere", "Nothing here is called nowhere.", nil},
		{"can frontned reach payments?", "Nothing here is called frontned.", nil}, // and not: nothing is open
		{"from:prod/warehouse to:\"any other\"", "1 connection is open from prod/warehouse to any other. " +
			"A roll-out keeps prod/warehouse open: there, only the other ends decide.",
			[]string{"prod/warehouse → any other namespace"}},
		{"to:\"team payments\" from:checkout", "2 connections are open from checkout to team payments.",
			[]string{"staging/checkout/api → staging/payments/api", "prod/checkout/api → prod/payments/api"}},
		{"what can reports-staging reach?", "2 connections are open from reports-staging. 1 connection closed since then.",
			[]string{
				"staging/reports/api → staging/orders/db",
				"staging/reports → kube-system (pods with k8s-app=kube-dns)",
				"− staging/reports/api → staging/payments/db",
			}},
		{"from:insight to:orders", "2 connections are open from insight to orders.",
			[]string{"staging/reports/api → staging/orders/db", "prod/reports/api → prod/orders/db"}},
		// What is open to the whole namespace is open to its database, and what closed says so.
		{"who can reach payments/db?", "1 connection is open to payments/db. 2 connections closed since then.",
			[]string{
				"prod/monitoring/api → prod/payments",
				"− prod/reports/api → prod/payments/db",
				"− staging/reports/api → staging/payments/db",
			}},
		{"to:events from:checkout", "2 connections are open from checkout to events.",
			[]string{"staging/checkout/api → staging/events/api", "+ prod/checkout/api → prod/events/api"}},
		{"who can reach legacy-cron?",
			"1 connection is open to legacy-cron. No policy rules legacy-cron: there, only the other ends decide.",
			[]string{"prod/warehouse → any other namespace"}},
		{"settlement", "1 flow and 0 places speak of settlement.", []string{"payments-banks → flow"}},
		{"PAY-15", "1 flow and 0 places speak of pay-15.", []string{"payments-fraud → flow"}},
		{"warehouse-postgres", "0 flows and 2 places speak of warehouse-postgres.",
			[]string{"staging/warehouse → namespace", "prod/warehouse → namespace"}},
	} {
		v.search(c.question)
		if note := v.text("#answer-note"); note != c.note {
			t.Errorf("%s\n got: %s\nwant: %s", c.question, note, c.note)
		}
		if got := v.answers(); !slices.Equal(got, c.want) {
			t.Errorf("%s\n got: %s\nwant: %s", c.question, strings.Join(got, "; "), strings.Join(c.want, "; "))
		}
		if status := v.text("#status"); status != c.note {
			t.Errorf("%s: the status says %q", c.question, status)
		}
	}
	v.search("from:checkout to:payments")
	same(t, "the map sets apart", v.lit(),
		"prod/checkout", "prod/payments", "staging/checkout", "staging/payments")
	v.choose("environment", "prod")
	v.search("from:checkout to:payments")
	if got, want := v.answers(), []string{"prod/checkout/api → prod/payments/api"}; !slices.Equal(got, want) {
		t.Errorf("in prod: %s", got)
	}
	v.click("#clear")
	if n := v.count("#answer:not([hidden]), #map .dim"); n != 0 {
		t.Error("the answer is still there")
	}
}
