package facts_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// found gives the facts in a file, and how they are written.
func found(t *testing.T, file string) (*facts.Facts, []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := facts.Objects{Whole: true}
	if err := o.Read(file, data); err != nil {
		t.Fatal(err)
	}
	f := facts.Find(&o)
	var b bytes.Buffer
	if err := f.Write(&b, "main"); err != nil {
		t.Fatal(err)
	}
	return f, b.Bytes()
}

// declared gives the cluster of a tenancy that holds a block, and what is wrong
// with it.
func declared(t *testing.T, block []byte) (cluster *tenancy.Cluster, wrong []diag.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	source := "package tenancy\n" + string(block) + "environments: prod: cluster: \"main\"\nteams: {}\n"
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := schema.Load(dir, nil, func(of *tenancy.Tenancy) {
		cluster, wrong = of.Clusters["main"], check.Tenancy(of)
	})
	if err != nil {
		t.Fatal(err)
	}
	return cluster, append(wrong, res.Diags...)
}

// TestPlatforms holds what is found in the objects of each platform against the
// block beside them, which must be right, and be as its cluster is.
func TestPlatforms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 9 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, block := found(t, file)
			golden := strings.TrimSuffix(file, ".yaml") + ".cue"
			if os.Getenv("HEDGEROW_UPDATE") != "" {
				if err := os.WriteFile(golden, block, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(block)); d != "" {
				t.Error(d)
			}
			if f.CNI.State != facts.Known {
				block = bytes.Replace(block, []byte("{\n"), []byte("{\n\tcni: \"calico\"\n"), 1) // somebody found out
			}
			if f.CNI.Value == "flannel" {
				block = bytes.Replace(block, []byte("\tcni: "), []byte("\tcniAcknowledged: \"kube-router enforces\"\n\tcni: "), 1)
			}
			cluster, wrong := declared(t, block)
			if diag.HasErrors(wrong) {
				t.Fatalf("the block is refused: %v", wrong)
			}
			c := facts.Compare(cluster, f)
			if f.NotEnforcing != "" { // whatever somebody found out
				if len(c.Diags) != 1 || c.Diags[0].Code != diag.ClusterDiffers {
					t.Errorf("a plugin that ignores every policy passes: %v", c.Diags)
				}
				return
			}
			if name := f.DNS.Value.Unaddressed; name != "" { // which the block cannot have
				if len(c.Diags) != 1 || !strings.Contains(c.Diags[0].Fact, "there is NodeLocal DNSCache, DaemonSet "+name+", and dns has no nodeLocal") {
					t.Errorf("nothing is said of %s: %v", name, c.Diags)
				}
				c.Diags = nil
			}
			if len(c.Diags) > 0 || len(c.Compared) == 0 && f.Nodes.State == facts.Known {
				t.Errorf("it is not as its own cluster: %v; compared were %v", c.Diags, c.Compared)
			}
		})
	}
}

// TestEveryDifferenceIsFound changes what the block of a cluster says: it must be
// reported where it matters, and nowhere else.
func TestEveryDifferenceIsFound(t *testing.T) {
	of, _ := found(t, "testdata/kubeadm-calico.yaml")
	for _, tt := range []struct{ old, new, want string }{
		{`ipFamilies: ["IPv4"]`, `ipFamilies: ["IPv6", "IPv4"]`, "ipFamilies are IPv4 and IPv6, and those of IPPools are IPv4"},
		{`cni: "calico"`, `cni: "antrea"`, `cni is "antrea", and DaemonSet kube-system/calico-node is "calico"`},
		{`"v3.29.1"`, `"3.28"`, `cniVersion is "3.28", and the plugin's is v3.29.1`},
		{`"v3.29.1"`, `"3.29"`, ""},
		{`"v1.34.1"`, `"1.33"`, `kubernetes is "1.33", and the newest kubelet is v1.34.1`},
		{`"v1.34.1"`, `"1.35"`, ""}, // which the API server may be
		{`ipFamilies: ["IPv4"]`, ``, ""},
		{`nodeLocal: "169.254.20.10"`, `nodeLocal: "169.254.25.10"`, "nodeLocal is 169.254.25.10, and that of NodeLocal DNSCache is 169.254.20.10"},
		{`clusterIP: "10.96.0.10"`, `clusterIP: "10.96.0.11"`, "clusterIP is 10.96.0.11, and that of NodeLocal DNSCache is 10.96.0.10"},
		{`"coredns", nodeLocal: "169.254.20.10", clusterIP: "10.96.0.10"`, `"openshift"`, `dns is "openshift", and Deployment kube-system/coredns, and -localip of DaemonSet kube-system/node-local-dns is "coredns"`},
		{`"coredns", nodeLocal: "169.254.20.10", clusterIP: "10.96.0.10"`, `"custom", namespace: "dns", pods: app: "dns", port: 53`, ""},
		{`"172.18.0.2/32"], port: 6443`, `"172.18.0.2/32"], port: 443`, "the port of apiServer is 443, and that of its endpoints 6443"},
		{`"172.18.0.2/32"]`, `"172.18.0.0/30"]`, "172.18.0.0/30 holds more than the endpoints of the API server"},
		{`"172.18.0.2/32"]`, `"172.18.0.2/32", "172.18.0.9/32"]`, "no endpoint of the API server is in 172.18.0.9/32 any more"},
		{`["10.244.0.0/16"]`, `["10.244.0.0/17"]`, "pods lacks 10.244.128.0/17, found in IPPools"},
		{`["10.244.0.0/16"]`, `["10.0.0.0/8"]`, ""},
		{`["10.96.0.0/12"]`, `["10.112.0.0/12"]`, "services lacks 10.96.0.0/12, found in ServiceCIDRs"},
		{`, "172.18.0.2/31"]`, `, "172.18.0.2/32"]`, "nodes lacks 172.18.0.3/32, found in InternalIP of the Nodes, and the tunnels of Calico in their annotations"},
		{"}\n}", "}\n\tmesh: \"linkerd\"\n}", ""},
		{`cni: "calico"`, `cni: "calico", mesh: "linkerd"`, `mesh is "linkerd", and neither Istio's ztunnel nor Linkerd is there`},
		{`cni: "calico"`, `cni: "calico", webhooks: {namespace: "kube-system", pods: app: "konnectivity-agent"}`, "webhooks are called from pods in kube-system, and nothing there is an agent of konnectivity"},
		{`cni: "calico"`, `cni: "calico", webhooks: cidrs: ["172.18.0.0/24"]`, ""},
	} {
		_, block := found(t, "testdata/kubeadm-calico.yaml")
		cluster, _ := declared(t, bytes.Replace(block, []byte(tt.old), []byte(tt.new), 1))
		if cluster == nil {
			t.Fatalf("%s cannot be read", tt.new)
		}
		got := facts.Compare(cluster, of).Diags
		if tt.want == "" {
			if len(got) > 0 {
				t.Errorf("%s: %v", tt.new, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Fact != `cluster "main": `+tt.want || got[0].Severity != diag.Error || got[0].Fix == "" || !got[0].Pos.IsValid() {
			t.Errorf("%s: got %v, not one error %q", tt.new, got, tt.want)
		}
	}
}

// TestOtherDifferences is about what the cluster of the other test does not have.
func TestOtherDifferences(t *testing.T) {
	for _, tt := range []struct{ file, fields, want string }{
		{"kube-ovn", `nodes: cidrs: ["10.1.0.0/31"]`, "nodes lacks 10.1.0.3/32, 10.1.0.5/32, 10.1.0.7/32, 10.1.0.9/32, 10.1.0.11/32, found in InternalIP of the Nodes"},
		{"kube-ovn", `nodes: cidrs: ["10.2.0.0/31"]`, "nodes lacks 10.1.0.1/32, 10.1.0.3/32, 10.1.0.5/32, 10.1.0.7/32, 10.1.0.9/32, 1 more, found in InternalIP of the Nodes"},
		{"kube-ovn", `webhooks: {namespace: "kube-system", pods: app: "konnectivity-agent"}`, "webhooks are called through other pods: DaemonSet kube-system/konnectivity-agent"},
		{"k3s", `dns: {nodeLocal: "169.254.20.10", clusterIP: "10.43.0.10"}`, "nodeLocal is 169.254.20.10, and no DaemonSet has -localip, as NodeLocal DNSCache does"},
		{"gke-kube-dns", `mesh: "linkerd"`, `mesh is "linkerd", and there is DaemonSet istio-system/ztunnel`},
		{"gke-kube-dns", `dns: provider: "cloud-dns"`, ""}, // kube-dns may run on
		{"flannel", `dns: {nodeLocal: "169.254.20.10", clusterIP: "10.96.0.10"}`, ""},
	} {
		f, _ := found(t, "testdata/"+tt.file+".yaml")
		cluster, _ := declared(t, []byte("clusters: main: {cni: \"calico\", "+tt.fields+"}\n"))
		if cluster == nil {
			t.Fatalf("%s cannot be read", tt.fields)
		}
		var got []string
		for _, d := range facts.Compare(cluster, f).Diags {
			if d.Severity == diag.Error && !strings.Contains(d.Fact, ": cni is ") {
				got = append(got, d.Fact)
			}
		}
		if tt.want == "" && len(got) == 0 {
			continue
		}
		if len(got) == 0 || got[0] != `cluster "main": `+tt.want {
			t.Errorf("%s: got %q, not %q", tt.fields, got, tt.want)
		}
	}
}

// TestVersionOfTheServer trusts the API server before the kubelets.
func TestVersionOfTheServer(t *testing.T) {
	o := facts.Objects{Version: "v1.36.3"}
	if err := o.Read("nodes", []byte(`{"apiVersion": "v1", "kind": "Node", "status": {"nodeInfo": {"kubeletVersion": "v1.35.0"}}}`)); err != nil {
		t.Fatal(err)
	}
	f := facts.Find(&o)
	for version, differs := range map[string]bool{"1.35": true, "1.36": false, "v1.36.0": false, "1.37": true} {
		k := &tenancy.Cluster{Name: "main", Kubernetes: tenancy.Word{Text: version}}
		if got := len(facts.Compare(k, f).Diags) > 0; got != differs {
			t.Errorf("%s: differs is %v", version, got)
		}
	}
}

// TestWhatIsLeftOutIsAWarning leaves out what Hedgerow then takes for not there.
func TestWhatIsLeftOutIsAWarning(t *testing.T) {
	for file, wants := range map[string][]string{
		"kubeadm-calico": {"there is NodeLocal DNSCache at 169.254.20.10, and dns has no nodeLocal: nothing opens the way to it"},
		"openshift":      {`no dns is "coredns", and DaemonSet openshift-dns/dns-default is "openshift"`},
		"gke":            {"the API server calls webhooks through pods, by Deployment kube-system/konnectivity-agent, and the tenancy has no webhooks"},
		"cilium":         {"there is DaemonSet istio-system/ztunnel, and the tenancy has no mesh: what the mesh carries is closed"},
		"eks":            nil,
	} {
		f, _ := found(t, "testdata/"+file+".yaml")
		cluster, _ := declared(t, []byte("clusters: main: cni: \""+f.CNI.Value+"\"\n"))
		c := facts.Compare(cluster, f)
		var got []string
		for _, d := range c.Diags {
			if d.Severity != diag.Warning || d.Path == "" {
				t.Errorf("%s: %v", file, d)
			}
			got = append(got, strings.TrimPrefix(d.Fact, `cluster "main": `))
		}
		if d := cmp.Diff(wants, got); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func TestReadErrors(t *testing.T) {
	var o facts.Objects
	err := o.Read("standard input", []byte(`apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: a}, spec: {podCIDRs: here}}
- {kind: Node}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
- {apiVersion: v1, kind: List, items: []}
- {apiVersion: v1, kind: Node, metadata: {name: 7}}
---
just text
---
a: 1
a: 2
`))
	const want = `standard input: document 3: yaml: unmarshal errors: line 3: key "a" already set in map
standard input: item 1: Node a: spec.podCIDRs cannot be of type string
standard input: item 2: it is not a Kubernetes object: it has no apiVersion or no kind
standard input: item 4: a list stands in a list
standard input: item 5: it is not a Kubernetes object: metadata.name cannot be of type number
standard input: it is not a Kubernetes object`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestNothing finds nothing in nothing, and says so of everything.
func TestNothing(t *testing.T) {
	f := facts.Find(&facts.Objects{})
	if got := len(f.Missing()); got != 11 {
		t.Errorf("%d facts are missing: %v", got, f.Missing())
	}
	if f, _ := found(t, "testdata/flannel.yaml"); !slices.ContainsFunc(f.Missing(), func(m facts.Missing) bool { return m.Field == "dns.nodeLocal" }) {
		t.Errorf("the addresses of NodeLocal DNSCache are not missing: %v", f.Missing())
	}
	c := facts.Compare(&tenancy.Cluster{Name: "main", CNI: tenancy.Word{Text: "calico"}}, f)
	if len(c.Diags) > 0 || len(c.Compared) > 0 || len(c.Skipped) != 1 {
		t.Errorf("%+v", c)
	}
}

// TestServiceOfTheAPIServer takes the address of the Service kubernetes for one
// of the API server only where policies are judged before it is translated.
func TestServiceOfTheAPIServer(t *testing.T) {
	f, _ := found(t, "testdata/eks.yaml")
	for _, tt := range []struct {
		cni, address string
		want         int
	}{
		{"aws-vpc-cni", "172.20.0.1/32", 0},
		{"aws-vpc-cni", "172.21.0.1/32", 1}, // of no Service
		{"calico", "172.20.0.1/32", 2},      // and the plugin is another
	} {
		block := `clusters: main: {cni: "` + tt.cni + `", cniAcknowledged: "it is on", services: cidrs: ["172.20.0.0/16"], ` +
			`apiServer: {cidrs: ["10.0.1.220/32", "10.0.2.31/32", "` + tt.address + `"], port: 443}}` + "\n"
		cluster, _ := declared(t, []byte(block))
		if got := facts.Compare(cluster, f).Diags; len(got) != tt.want {
			t.Errorf("%s on %s: %v", tt.address, tt.cni, got)
		}
	}
}
