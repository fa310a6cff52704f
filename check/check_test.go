package check

import (
	"fmt"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func word(s string) tenancy.Word { return tenancy.Word{Text: s} }

// base is a tenancy of one namespace in which nothing is wrong.
func base() *tenancy.Tenancy {
	return &tenancy.Tenancy{
		Clusters: map[string]*tenancy.Cluster{"main": {Name: "main", CNI: word("calico"), DNS: tenancy.DNS{Provider: word("coredns")}}},
		Environments: map[string]*tenancy.Environment{
			"dev": {Name: "dev", Cluster: word("main"), Suffix: "-dev"}, "prod": {Name: "prod", Cluster: word("main")},
		},
		Teams: map[string]*tenancy.Team{"shop": {Name: "shop", Namespaces: map[string]*tenancy.Namespace{
			"cart": {Name: "cart", Team: "shop", Workloads: map[string]*tenancy.Workload{
				"api": {Name: "api", Pods: tenancy.Labels{"app": "api"}}, "db": {Name: "db", Pods: tenancy.Labels{"app": "db"}},
			}},
		}}},
	}
}

// TestTenancy changes one thing of a correct tenancy at a time.
func TestTenancy(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*tenancy.Tenancy)
		want   string
	}{
		{"nothing", func(*tenancy.Tenancy) {}, "[]"},
		{"a plugin that enforces nothing", func(t *tenancy.Tenancy) { t.Clusters["main"].CNI = word("flannel") }, "[cni-not-enforcing]"},
		{"and is accepted", func(t *tenancy.Tenancy) {
			t.Clusters["main"].CNI, t.Clusters["main"].CNIAcknowledged = word("flannel"), word("with Canal")
		}, "[]"},
		{"nodes everywhere", func(t *tenancy.Tenancy) { t.Clusters["main"].Nodes = []tenancy.Word{word("0.0.0.0/0")} }, "[cluster-fact]"},
		{"host bits", func(t *tenancy.Tenancy) { t.Clusters["main"].Nodes = []tenancy.Word{word("10.1.2.3/16")} }, "[host-bits]"},
		{"IPv4 in IPv6", func(t *tenancy.Tenancy) { t.Clusters["main"].Nodes = []tenancy.Word{word("::ffff:10.0.0.0/104")} }, "[bad-address]"},
		{"environments alike", func(t *tenancy.Tenancy) { t.Environments["dev"].Suffix = "" }, "[name-taken]"},
		{"a reserved name", func(t *tenancy.Tenancy) {
			t.Teams["shop"].Namespaces["cart"].Names = map[string]tenancy.Word{"prod": word("kube-system")}
		}, "[name-reserved]"},
		{"a name too long", func(t *tenancy.Tenancy) {
			t.Environments["dev"].Suffix = "-" + fmt.Sprintf("%060d", 0)
		}, "[name-too-long]"},
		{"workloads that share a pod", func(t *tenancy.Tenancy) {
			t.Teams["shop"].Namespaces["cart"].Workloads["db"].Pods = tenancy.Labels{"tier": "data"}
		}, "[workloads-overlap]"},
		{"retired and declared", func(t *tenancy.Tenancy) {
			t.Retired = map[string]map[string]*tenancy.Retired{"main": {"cart": {Reason: "r"}}}
		}, "[retired-declared]"},
		{"retired and a peer only", func(t *tenancy.Tenancy) {
			t.Shared = map[string]*tenancy.Shared{"gateway": {Name: "gateway", Namespace: word("gateway")}}
			t.Retired = map[string]map[string]*tenancy.Retired{"main": {"gateway": {Reason: "r"}}}
		}, "[]"},
		{"retired system", func(t *tenancy.Tenancy) {
			t.Retired = map[string]map[string]*tenancy.Retired{"main": {"kube-system": {Reason: "r"}}}
		}, "[name-reserved]"},
		{"a cluster with the name of a folder", func(t *tenancy.Tenancy) {
			t.Clusters["delivery"] = &tenancy.Cluster{Name: "delivery", CNI: word("calico"), DNS: tenancy.DNS{Provider: word("coredns")}}
		}, "[name-reserved]"},
		{"delivery through both", func(t *tenancy.Tenancy) {
			t.Delivery = &tenancy.Delivery{ArgoCD: &tenancy.ArgoCD{Namespace: "argocd"}, Flux: &tenancy.Flux{Namespace: "flux-system"}}
		}, "[]"},
		{"delivery through neither", func(t *tenancy.Tenancy) { t.Delivery = &tenancy.Delivery{} }, "[bad-delivery]"},
		{"a team in the namespace of Argo CD", func(t *tenancy.Tenancy) {
			t.Delivery = &tenancy.Delivery{ArgoCD: &tenancy.ArgoCD{Namespace: "cart"}}
		}, "[name-reserved]"},
		{"a team in the namespace of Flux", func(t *tenancy.Tenancy) {
			t.Delivery = &tenancy.Delivery{Flux: &tenancy.Flux{Namespace: "cart-dev"}}
		}, "[name-reserved]"},
		{"one Application for a peer that is retired", func(t *tenancy.Tenancy) {
			t.Shared = map[string]*tenancy.Shared{"gateway": {Name: "gateway", Namespace: word("gateway")}}
			t.Retired = map[string]map[string]*tenancy.Retired{"main": {"gateway": {Reason: "r"}}}
			t.Delivery = &tenancy.Delivery{ArgoCD: &tenancy.ArgoCD{Namespace: "argocd"}}
		}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tn := base()
			c.change(tn)
			codes := []diag.Code{}
			for _, d := range diag.Sort(Tenancy(tn)) {
				codes = append(codes, d.Code)
			}
			if fmt.Sprint(codes) != c.want {
				t.Errorf("got %v, not %s", codes, c.want)
			}
		})
	}
}
