package reach

import (
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// ruled gives the graph of a cluster in whose namespace "shop" one policy rules.
func ruled(t *testing.T, spec string, workloads ...*Workload) *Graph {
	t.Helper()
	p := &networkingv1.NetworkPolicy{}
	p.Namespace = "shop"
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatal(err)
	}
	g, err := Build(&Cluster{Workloads: workloads, Policies: []*networkingv1.NetworkPolicy{p}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// To pods that no manifest shows, a port by its name can be every one.
func TestSubtractWhereNoWorkloadIsShown(t *testing.T) {
	all, named := ruled(t, `ingress: [{ports: [{protocol: TCP}]}]`), ruled(t, `ingress: [{ports: [{port: http}]}]`)
	if left := Subtract(all.Open(), named.Open()); len(left) > 0 {
		t.Errorf("more is open by number than by name: %+v", left)
	}
	if left := Subtract(named.Open(), all.Open()); len(left) > 0 {
		t.Errorf("more is open by name than by number: %+v", left)
	}
}

// A workload is in no difference under labels that it does not have.
func TestSubtractByNameAndNumber(t *testing.T) {
	web := &Workload{Namespace: "shop", Kind: "Pod", Name: "web", Labels: map[string]string{"app": "web"}}
	web.Ports = []NamedPort{{"http", TCP, 80}}
	db := &Workload{Namespace: "shop", Kind: "Pod", Name: "db", Labels: map[string]string{"app": "db"}}
	const spec = `podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: %s}]}]`
	number := ruled(t, "{"+strings.ReplaceAll(spec, "%s", "80")+"}", web, db)
	name := ruled(t, "{"+strings.ReplaceAll(spec, "%s", "http")+"}", web, db)
	if left := Subtract(number.Open(), name.Open()); len(left) > 0 {
		t.Errorf("more is open by number than by name: %+v", left)
	}
	if both := Intersect(number.Open(), name.Open()); len(both) == 0 {
		t.Error("nothing is open in both")
	}
}

// What a number opens is not open through a name alone.
func TestByName(t *testing.T) {
	g := ruled(t, `ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: http}]}]`)
	var got []string
	for _, e := range g.Open() {
		if e.From.IsAddresses() && e.From.Addresses()[0].String() == "10.0.0.0/8" {
			got = append(got, strings.TrimSpace(e.Ports.String()+" "+strings.Join(e.ByName, " ")))
		}
	}
	if strings.Join(got, "; ") != "80/TCP; 1-79/TCP, 81-65535/TCP http" {
		t.Errorf("open are %q", got)
	}
}
