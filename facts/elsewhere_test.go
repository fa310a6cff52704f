package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// madeOf reads objects of which each is a kind, a namespace, a name, and what its
// template has.
func madeOf(t *testing.T, objects ...[4]string) *facts.Objects {
	t.Helper()
	out := &facts.Objects{}
	for _, o := range objects {
		manifest := fmt.Sprintf("{apiVersion: apps/v1, kind: %s, metadata: {namespace: %q, name: %q}, spec: {template: {%s}}}", o[0], o[1], o[2], o[3])
		if err := out.Read("-", []byte(manifest)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestElsewhere has what a mesh and konnectivity are known by stand where they are
// not expected, or not be seen at all: that there is none nobody says then.
func TestElsewhere(t *testing.T) {
	system := [][4]string{{"Deployment", "kube-system", "coredns", ""}, {"DaemonSet", "kube-system", "calico-node", ""}}
	all := append(slices.Clone(system), [4]string{"Deployment", "shop", "web", ""}, [4]string{"DaemonSet", "shop", "logs", ""})
	all = slices.Clip(all) // each of those below appends to it
	ztunnel := "spec: {containers: [{name: istio-proxy, image: \"docker.io:443/istio/ztunnel:1.25.0\"}]}"
	for name, tt := range map[string]struct {
		objects        [][4]string
		mesh, webhooks string // why it is unknown, what it is, or that there is none
	}{
		"every namespace": {all, "none", "none"},
		"one alone":       {system, "no DaemonSet and no Deployment of other namespaces", "no DaemonSet and no Deployment of other namespaces"},
		"others alone":    {all[2:], "or none of that", "or none of that"},
		"ztunnel in its place, and one of somebody": {append(all, [4]string{"DaemonSet", "shop", "ztunnel", ""}, [4]string{"DaemonSet", "istio-system", "ztunnel", ""}),
			"istio-ambient by DaemonSet istio-system/ztunnel", "none"},
		"ztunnel on GKE":         {append(all, [4]string{"DaemonSet", "kube-system", "ztunnel", ztunnel}), `"kubectl get daemonset ztunnel -n kube-system -o yaml" shows it`, "none"},
		"ztunnel on OpenShift":   {append(all, [4]string{"DaemonSet", "ztunnel", "ztunnel", ""}), "DaemonSet ztunnel/ztunnel may be a mesh's", "none"},
		"ztunnel by its image":   {append(all, [4]string{"DaemonSet", "mesh", "proxy", ztunnel}), "DaemonSet mesh/proxy may be", "none"},
		"ztunnel by its label":   {append(all, [4]string{"DaemonSet", "mesh", "proxy", "metadata: {labels: {app: ztunnel}}"}), "DaemonSet mesh/proxy may be", "none"},
		"linkerd elsewhere":      {append(all, [4]string{"Deployment", "linkerd-control-plane", "linkerd-destination", ""}), `"kubectl get deployment linkerd-destination -n linkerd-control-plane -o yaml" shows it`, "none"},
		"konnectivity elsewhere": {append(all, [4]string{"Deployment", "konnectivity", "konnectivity-agent", ""}), "none", `"kubectl get deployment konnectivity-agent -n konnectivity -o yaml" shows it`},
		"a name for a shell":     {append(all, [4]string{"DaemonSet", "$(id)", "ztunnel", ""}), `"kubectl get daemonsets,deployments -A -o yaml" shows it`, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts.Find(madeOf(t, tt.objects...))
			mesh := stated(f.Mesh.State, f.Mesh.Why, f.Mesh.Value+" by "+f.Mesh.From)
			webhooks := stated(f.Webhooks.State, f.Webhooks.Why, f.Webhooks.From)
			if !strings.Contains(mesh, tt.mesh) || !strings.Contains(webhooks, tt.webhooks) {
				t.Errorf("the mesh is %s\nand webhooks are %s", mesh, webhooks)
			}
			block := "clusters: main: {cni: \"calico\", mesh: \"istio-ambient\", webhooks: {namespace: \"kube-system\", pods: app: \"konnectivity-agent\"}}\n"
			cluster, _ := declared(t, []byte(block))
			if got := len(facts.Compare(cluster, f).Diags); got != count(tt.mesh)+count(tt.webhooks) {
				t.Errorf("what is unknown differs, or what is not there does not: %v", facts.Compare(cluster, f).Diags)
			}
			unsure := facts.Compare(&tenancy.Cluster{Name: "main", CNI: tenancy.Word{Text: "calico"}}, f).Unsure
			if want := f.Mesh.State == facts.Unknown || f.Webhooks.State == facts.Unknown; want != (len(unsure) > 0) {
				t.Errorf("what is left out and unknown: %v", unsure)
			}
		})
	}
}

func stated(state facts.State, why, what string) string {
	switch state {
	case facts.None:
		return "none"
	case facts.Unknown:
		return why
	}
	return what
}

// count gives how many differences there are from what is wanted: one if there is
// none.
func count(want string) int {
	if want == "none" {
		return 1
	}
	return 0
}

// TestCacheWithoutAddress has a tenancy know nothing of a NodeLocal DNSCache whose
// Service has another name than kube-dns, as that of RKE2.
func TestCacheWithoutAddress(t *testing.T) {
	o := madeOf(t,
		[4]string{"Deployment", "kube-system", "rke2-coredns", "metadata: {labels: {k8s-app: kube-dns}}"},
		[4]string{"DaemonSet", "kube-system", "node-local-dns", `spec: {containers: [{name: node-cache, args: [-localip, "169.254.20.10"]}]}`})
	f := facts.Find(o)
	for dns, want := range map[string]string{
		"": "warning there is NodeLocal DNSCache, DaemonSet kube-system/node-local-dns, and dns has no nodeLocal: nothing opens the way to it",
		`, dns: {nodeLocal: "169.254.20.10", clusterIP: "10.43.0.10"}`: "",
	} {
		cluster, _ := declared(t, []byte("clusters: main: {cni: \"calico\""+dns+"}\n"))
		c := facts.Compare(cluster, f)
		var got []string
		for _, d := range c.Diags {
			if d.Code != diag.ClusterDiffers || d.Severity != diag.Warning {
				t.Error(d)
			}
			got = append(got, "warning "+strings.TrimPrefix(d.Fact, `cluster "main": `))
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%q: %q", dns, got)
		}
		skipped := slices.ContainsFunc(c.Skipped, func(m facts.Missing) bool { return m.Field == "dns.nodeLocal" })
		if skipped != (want == "") {
			t.Errorf("%q: not compared are %v", dns, c.Skipped)
		}
	}
}

// TestCacheThatCannotBeRead has DaemonSets be what could not be read: that none
// has -localip is then no reason to take the address out of the tenancy.
func TestCacheThatCannotBeRead(t *testing.T) {
	f := facts.Find(madeOf(t, [4]string{"Deployment", "kube-system", "coredns", "metadata: {labels: {k8s-app: kube-dns}}"}))
	cluster, _ := declared(t, []byte(`clusters: main: {cni: "calico", dns: {nodeLocal: "169.254.20.10", clusterIP: "10.96.0.10"}}`+"\n"))
	c := facts.Compare(cluster, f)
	if len(c.Diags) > 0 || !slices.ContainsFunc(c.Skipped, func(m facts.Missing) bool { return m.Field == "dns.nodeLocal" }) {
		t.Errorf("%v; not compared are %v", c.Diags, c.Skipped)
	}
}
