package browser

import (
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// TestNoFalseComfort asks about what no label and no line of the map names alone:
// pods of two workloads, pods with the addresses of their nodes, and namespaces
// that only stand among several. That nothing is open to them would be false.
func TestNoFalseComfort(t *testing.T) {
	o := sample.Company()
	end := func(group, label string) overview.End { return overview.End{Group: group, Label: label} }
	for i := range o.Namespaces {
		switch n := &o.Namespaces[i]; n.Name {
		case "prod/payments":
			n.Workloads = append(n.Workloads, overview.Workload{Name: "job", Pods: "role=job"})
		case "shared/prod-ingress":
			n.HostNetwork = true
			n.Workloads = []overview.Workload{{Name: "api", Pods: "app=ingress"}}
		}
	}
	o.Connections = append(o.Connections,
		overview.Connection{Cluster: "prod", Ports: "9000/TCP", From: end("prod/search", "prod/search/api"), To: end("nodes", "nodes 10.0.0.0/24")},
		overview.Connection{Cluster: "prod", Ports: "9002/TCP", // of a flow from what has its nodes' addresses
			From: end("shared/prod-ingress", "shared/prod-ingress 10.0.0.0/24"), To: end("prod/orders", "prod/orders/api")},
		overview.Connection{Cluster: "prod", Ports: "all ports",
			From: end("ingress-nginx, kube-system and any other namespace", "ingress-nginx, kube-system and any other namespace"),
			To:   end("ingress-nginx, kube-system and any other namespace", "ingress-nginx, kube-system and any other namespace")})
	renamed := slices.Index(o.Change.Appeared, "prod/fraud")
	o.Change.Appeared[renamed] = "prod/fraud (fraud in Kubernetes)"
	v := open(t, o, desktop)
	if got := ask[string](v, `return model.groups.get("prod/fraud").sign`); got != "+" {
		t.Errorf("a namespace that took the place of another has the sign %q", got)
	}
	const nodes = "Pods of shared/prod-ingress have the addresses of their nodes: what is open for those is open for them. "
	for _, c := range []struct {
		question, note string
		want           []string
	}{
		{"from:prod/checkout to:prod/payments/job", "1 connection is open from prod/checkout to prod/payments/job.",
			[]string{"prod/checkout/api → prod/payments/api"}}, // whose pods a job may be as well
		{"from:prod/checkout to:prod/payments/db", "Nothing is open from prod/checkout to prod/payments/db.", nil},
		{"from:prod/search to:shared/prod-ingress",
			nodes + "1 connection is open from prod/search to shared/prod-ingress. " +
				"No policy rules shared/prod-ingress: there, only the other ends decide.",
			[]string{"prod/search/api → nodes 10.0.0.0/24"}},
		{"from:shared/prod-ingress/api to:prod/orders",
			nodes + "1 connection is open from shared/prod-ingress/api to prod/orders. " +
				"No policy rules shared/prod-ingress: there, only the other ends decide.",
			[]string{"shared/prod-ingress 10.0.0.0/24 → prod/orders/api"}},
		{"from:prod/orders to:shared/prod-ingress",
			nodes + "Nothing else is open from prod/orders to shared/prod-ingress. " +
				"No policy rules shared/prod-ingress: there, only the other ends decide.", nil},
	} {
		v.search(c.question)
		if note := v.text("#answer-note"); note != c.note {
			t.Errorf("%s\n got: %s\nwant: %s", c.question, note, c.note)
		}
		if got := v.answers(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.question, got, c.want)
		}
	}
	v.choose("environment", "prod") // somebody left it there
	v.search("from:payments/api to:staging/card-vault")
	const hidden = "Nothing is open from payments/api to staging/card-vault in prod. The filter hides 1 connection of other environments."
	if note := v.text("#answer-note"); note != hidden {
		t.Errorf("in another environment: %s", note)
	}
	v.click("#reset")
	if note := v.text("#answer-note"); note != "1 connection is open from payments/api to staging/card-vault." {
		t.Errorf("after the reset: %s", note)
	}
	v.click("#clear")
	v.click(`#map [data-name="shared/prod-ingress"]`)
	same(t, "the details say", v.texts("#details h4"),
		"Reached by 3, besides what no policy rules", "Reaches 4, besides what no policy rules")
}
