package reach

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const aNamespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n"

// names gives the namespaces that were read.
func names(o *Objects) (out []string) {
	for _, n := range o.Namespaces {
		out = append(out, n.Name)
	}
	return out
}

func ns(name string) string { return fmt.Sprintf(aNamespace, name) }

func jsonNS(name string) string {
	return fmt.Sprintf(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": %q}}`, name)
}

// No document may get lost, however they are told apart.
var streams = []struct{ name, text string }{
	{"comments", "# one\n---\n# two\n---\n" + ns("a") + "---\n# three\n" + ns("b")},
	{"empty documents", "---\n---\n" + ns("a") + "---\n\n---\nnull\n---\n~\n---\n" + ns("b") + "---\n"},
	{"comment behind the separator", ns("a") + "--- # next\n" + ns("b")},
	{"spaces behind the separator", ns("a") + "---  \t\n" + ns("b")},
	{"text behind the separator", "--- " + jsonNS("a") + "\n--- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n"},
	{"directive", "%YAML 1.1\n---\n" + ns("a") + "...\n%YAML 1.1\n---\n" + ns("b")},
	{"end of a document", ns("a") + "...\n" + ns("b") + "...\n"},
	{"Windows", strings.ReplaceAll("---\n"+ns("a")+"--- \n"+ns("b"), "\n", "\r\n")},
	{"old Macintosh", strings.ReplaceAll(ns("a")+"---\n"+ns("b"), "\n", "\r")},
	{"line separators", strings.ReplaceAll(ns("a")+"---\n"+ns("b"), "\n", "\u2028")},
	{"byte order marks", "\ufeff" + ns("a") + "---\n\ufeff" + ns("b")},
	{"JSON", jsonNS("a") + "\n---\n" + jsonNS("b")},
	{"JSON without separators", jsonNS("a") + jsonNS("b") + "\n"},
	{"JSON list", `{"kind": "List", "apiVersion": "v1", "items": [` + jsonNS("a") + "," + jsonNS("b") + "]}"},
	{"list in a list", "kind: List\napiVersion: v1\nitems:\n- kind: NamespaceList\n  apiVersion: v1\n  items: [{metadata: {name: a}}, {metadata: {name: b}}]\n"},
	{"dashes that separate nothing", ns("a") + "  # ---\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: |-\n\n    ---\n    b\n  c: 'x\n ---\n\n---y'\n---\n" + ns("b")},
}

func TestReadStreams(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			o, err := Read("in", []byte(s.text))
			if got := names(o); err != nil || !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("got %q and %v", got, err)
			}
		})
	}
}

// What cannot be read is named, all of it at once, with the number of the
// document among those that say something.
var misread = []struct{ name, text, want string }{
	{"all at once", "# only this\n---\nhello\n---\n" + ns("a") + "---\n[1]\n---\nkind: Pod\n",
		"in: document 1: it is not a Kubernetes object\nin: document 3: it is not a Kubernetes object\nin: document 4: it is not a Kubernetes object: it has no apiVersion or no kind"},
	{"all of a list", "kind: List\napiVersion: v1\nitems: [null, {}, {kind: Pod, apiVersion: v1, metadata: 5}]\n",
		"in: document 1: item 1: it is not a Kubernetes object\nin: document 1: item 2: it is not a Kubernetes object: it has no apiVersion or no kind\n" +
			"in: document 1: item 3: it is not a Kubernetes object: metadata cannot be of type number"},
	{"syntax", "a: [\n", "in: document 1: yaml: line 1: did not find expected node content"},
	{"nothing is passed over after a part", "{kind: Namespace, apiVersion: v1, metadata: {name: a}}\n{kind: x}\n",
		"in: document 1: yaml: line 1: did not find expected <document start>"},
	{"indented less", "  apiVersion: v1\n  kind: ConfigMap\ndata: {}\n", "in: document 1: yaml: line 2: did not find expected <document start>"},
	{"key twice", "apiVersion: v1\nkind: Pod\nkind: Namespace\n", `in: document 1: yaml: unmarshal errors: line 3: key "kind" already set in map`},
	{"key twice in JSON", `{"kind": "Pod", "kind": "Pod"}`, `in: document 1: yaml: unmarshal errors: line 1: key "kind" already set in map`},
	{"key of two types", "kind: Pod\napiVersion: v1\nmetadata: {labels: {1: a, '1': b}}\n", `in: document 1: key "1" is there twice`},
	{"key that is no text", "null: a\n", "in: document 1: key <nil> is not a text"},
	{"not UTF-8", "a: caf\xe9\n", "in: document 1: yaml: incomplete UTF-8 octet sequence"},
	{"JSON that is not UTF-8", "{\"kind\": \"caf\xe9\"}", "in: document 1: yaml: invalid trailing UTF-8 octet"},
	{"scalar", "5\n", "in: document 1: it is not a Kubernetes object"},
	{"kind in capitals", "apiVersion: v1\nKind: Pod\n", "in: document 1: it is not a Kubernetes object: it has no apiVersion or no kind"},
	{"kind of another type", "apiVersion: v1\nkind: 5\n", "in: document 1: it is not a Kubernetes object: kind cannot be of type number"},
	{"name of another type", "apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n", "in: document 1: it is not a Kubernetes object: metadata.name cannot be of type number"},
	{"items of another type", "apiVersion: v1\nkind: List\nitems: {}\n", "in: document 1: its items are not a list"},
	{"label of another type", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {b: yes}}\n", "in: document 1: Namespace a: metadata.labels cannot be of type bool"},
	{"namespace without a name", "apiVersion: v1\nkind: Namespace\n", "in: document 1: Namespace : it has no name"},
	{"port of another type", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: '80'}]}]}\n",
		"in: document 1: Pod default/a: spec.containers.ports.containerPort cannot be of type string"},
	{"protocol", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 80, protocol: ICMP}]}]}\n",
		`in: document 1: Pod default/a: container port 80 has the unknown protocol "ICMP"`},
	{"address", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {podIP: b}\n", `in: document 1: Pod default/a: its address: ParseAddr("b"): unable to parse IP`},
	{"no template", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", "in: document 1: Deployment default/a: it has no pod template"},
	{"no job template", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {}}}\n", "in: document 1: CronJob default/a: it has no pod template"},
	{"policy with misspelt fields", policyText("spec: {podSelector: {}, ingres: []}\nother: 1"), `in: document 1: NetworkPolicy default/p: unknown field "other" unknown field "spec.ingres"`},
	{"policy with a field in capitals", policyText("Spec: {podSelector: {}}"), `in: document 1: NetworkPolicy default/p: unknown field "Spec"`},
	{"policy of wrong types", policyText("spec: {ingress: {}}"), "in: document 1: NetworkPolicy default/p: spec.ingress cannot be of type object"},
	{"policy without a name", strings.Replace(policyText("spec: {podSelector: {}}"), "{name: p}", "{}", 1), "in: document 1: NetworkPolicy default/: it has no name"},
	{"policy without metadata", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {podSelector: {}}\n", "in: document 1: NetworkPolicy default/: it has no name"},
	{"policy of a kind in small letters", strings.Replace(policyText(""), "NetworkPolicy", "networkpolicy", 1), "in: document 1: networkpolicy default/p: no cluster has such a kind: write NetworkPolicy"},
	{"pods of a kind in other letters", "apiVersion: apps/v1\nkind: Daemonset\nmetadata: {name: a}\n", "in: document 1: Daemonset default/a: no cluster has such a kind: write DaemonSet"},
	{"namespace of a kind in small letters", "apiVersion: v1\nkind: namespace\nmetadata: {name: a}\n", "in: document 1: namespace default/a: no cluster has such a kind: write Namespace"},
	{"error of the server", "apiVersion: v1\nkind: Status\nmetadata: {}\nstatus: Failure\nmessage: pods is forbidden\n", "in: document 1: it is no object but an error of the API server: pods is forbidden"},
	{"policy of no version", strings.Replace(policyText(""), "/v1", "/v1beta1", 1), "in: document 1: NetworkPolicy default/p: no cluster serves it as networking.k8s.io/v1beta1: write networking.k8s.io/v1"},
	{"policy of no group", strings.Replace(policyText(""), "networking.k8s.io/", "", 1), "in: document 1: NetworkPolicy default/p: no cluster serves it as v1: write networking.k8s.io/v1"},
	{"lists too deep", strings.Repeat(`{"kind": "List", "apiVersion": "v1", "items": [`, 5000) + strings.Repeat("]}", 5000),
		"in: document 1: " + strings.Repeat("item 1: ", deepest) + "more than 8 lists stand in each other"},
	{"anchor in itself", "a: &a [*a]\n", "in: document 1: yaml: anchor 'a' value contains itself"},
	{"values too deep", "a: " + strings.Repeat("[", 100_000), "in: document 1: yaml: exceeded max depth of 10000"},
	{"aliases of aliases", bomb(), "in: document 1: yaml: document contains excessive aliasing"},
	{"aliases of a long text", "a: &a " + strings.Repeat("x", 100_000) + "\nb: [" + strings.Repeat("*a, ", 20_000) + "]\n", "in: document 1: its aliases stand for too much"},
	{"aliases of a long key", "a: &a {" + strings.Repeat("x", 1000) + ": b}\nb: [" + strings.Repeat("*a, ", 50_000) + "]\n", "in: document 1: its aliases stand for too much"},
}

func policyText(rest string) string {
	return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n" + rest + "\n"
}

// bomb is a document whose aliases stand for nine to the power of nine values.
func bomb() string {
	var b strings.Builder
	b.WriteString("a: &a [x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c <= 'i'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), ", "))
	}
	return b.String()
}

func TestReadErrors(t *testing.T) {
	for _, m := range misread {
		t.Run(m.name, func(t *testing.T) {
			start := time.Now()
			_, err := Read("in", []byte(m.text))
			if err == nil || err.Error() != m.want {
				t.Errorf("the error is %v\nwant %s", err, m.want)
			}
			if spent := time.Since(start); spent > 10*time.Second {
				t.Errorf("it took %v", spent)
			}
		})
	}
}

// Aliases that are no bomb are good.
func TestReadAliases(t *testing.T) {
	o, err := Read("in", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: &l {app: a, <<: {b: c}}}\nspec: {template: {metadata: {labels: {<<: *l, d: e}}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"app": "a", "b": "c", "d": "e"}, o.Workloads[0].Labels); diff != "" {
		t.Error(diff)
	}
}

// Keys are texts for Kubernetes, whatever they are for YAML.
func TestReadKeys(t *testing.T) {
	o, err := Read("in", []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {1: a, 1.5: b, yes: c}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"1": "a", "1.5": "b", "true": "c"}, o.Namespaces[0].Labels); diff != "" {
		t.Error(diff)
	}
}

// A huge document that says much is read.
func TestReadHugeDocument(t *testing.T) {
	text := "apiVersion: v1\nkind: ConfigMap\ndata: {a: " + strings.Repeat("x", 40<<20) + "}\n---\n" + ns("a")
	o, err := Read("in", []byte(text))
	if err != nil || len(o.Namespaces) != 1 || o.Passed["ConfigMap"] != 1 {
		t.Error(err)
	}
}

func TestReadPolicyTolerates(t *testing.T) {
	for _, rest := range []string{"", "spec: null", "spec: {}", "spec: {podSelector: {}}\nstatus: {}"} {
		if o, err := Read("in", []byte(policyText(rest))); err != nil || len(o.Policies) != 1 {
			t.Errorf("%q: %v", rest, err)
		}
	}
	o, err := Read("in", []byte("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]\n"))
	if err != nil || len(o.Policies) != 2 {
		t.Error(err)
	}
}

const template = "template: {metadata: {labels: {app: a}}, spec: {other: 1, containers: [{image: b, ports: [{name: http, containerPort: 80}]}]}}"

// Every kind that makes pods, in every group that it was in.
func TestReadWorkloads(t *testing.T) {
	want := []NamedPort{{Name: "http", Protocol: TCP, Number: 80}}
	for _, kind := range []string{
		"apps/v1 Deployment", "apps/v1beta2 Deployment", "apps/v1beta1 Deployment", "extensions/v1beta1 Deployment", "apps/v1 StatefulSet",
		"apps/v1beta1 StatefulSet", "apps/v1 DaemonSet", "extensions/v1beta1 DaemonSet", "apps/v1 ReplicaSet",
		"extensions/v1beta1 ReplicaSet", "v1 ReplicationController", "batch/v1 Job", "batch/v1 CronJob", "batch/v1beta1 CronJob", "v1 Pod",
	} {
		version, kind, _ := strings.Cut(kind, " ")
		spec := template
		switch kind {
		case "CronJob":
			spec = "jobTemplate: {spec: {" + template + "}}"
		case "Pod":
			spec = "containers: [{ports: [{name: http, containerPort: 80}]}]"
		}
		text := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: w, namespace: m, labels: {app: a}}\nspec: {strange: 1, %s}\n", version, kind, spec)
		o, err := Read("in", []byte(text))
		if err != nil || len(o.Workloads) != 1 {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if diff := cmp.Diff(&Workload{Namespace: "m", Kind: kind, Name: "w", Labels: map[string]string{"app": "a"}, Ports: want}, o.Workloads[0]); diff != "" {
			t.Error(diff)
		}
	}
}

// Only containers that run as long as the pod serve its ports.
func TestReadPorts(t *testing.T) {
	o, err := Read("in", []byte(`apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{ports: [{name: web, containerPort: 80}, {containerPort: 81}]}, {ports: [{name: dns, containerPort: 53, protocol: UDP}]}]
  initContainers:
  - {restartPolicy: Always, ports: [{name: proxy, containerPort: 15001, protocol: SCTP}]}
  - {ports: [{name: setup, containerPort: 1}]}
`))
	want := []NamedPort{{"web", TCP, 80}, {"dns", UDP, 53}, {"proxy", SCTP, 15001}}
	if err != nil || !slices.Equal(o.Workloads[0].Ports, want) {
		t.Errorf("%v, %v", o.Workloads, err)
	}
}

// A pod has its addresses while it runs on the network of pods.
func TestReadAddresses(t *testing.T) {
	for rest, want := range map[string]string{
		"status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}": "[10.0.0.1 fd00::1 10.0.0.1]",
		"status: {podIP: '::ffff:10.0.0.1'}":                                                   "[10.0.0.1]",
		"status: {podIP: 'fe80::1%eth0'}":                                                      "[fe80::1]",
		"status: {phase: Succeeded, podIP: 10.0.0.1}":                                          "[]",
		"status: {phase: Failed, podIP: 10.0.0.1}":                                             "[]",
		"spec: {hostNetwork: true}\nstatus: {podIP: 10.0.0.1}":                                 "[]",
		"status: {phase: Pending, podIP: '', podIPs: [{ip: ''}, null]}":                        "[]",
	} {
		o, err := Read("in", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"+rest+"\n"))
		if err != nil {
			t.Errorf("%s: %v", rest, err)
			continue
		}
		w := o.Workloads[0]
		if got := fmt.Sprint(w.Addresses); got != want || w.HostNetwork != strings.Contains(rest, "hostNetwork") {
			t.Errorf("%s gives %s and %t", rest, got, w.HostNetwork)
		}
	}
}

// What decides about connections and is not judged is told from what does not.
func TestReadCountsTheRest(t *testing.T) {
	unjudged := []string{
		"cilium.io/v2 CiliumNetworkPolicy", "cilium.io/v2 CiliumClusterwideNetworkPolicy", "crd.projectcalico.org/v1 NetworkPolicy",
		"projectcalico.org/v3 GlobalNetworkPolicy", "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
		"policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy", "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
		"security.istio.io/v1 AuthorizationPolicy", "crd.antrea.io/v1beta1 NetworkPolicy", "policy.linkerd.io/v1alpha1 AuthorizationPolicy",
		"networking.gke.io/v1 FQDNNetworkPolicy", "extensions/v1beta1 NetworkPolicy",
	}
	passed := []string{
		"v1 ConfigMap", "policy/v1 PodDisruptionBudget", "extensions/v1beta1 PodSecurityPolicy", "networking.k8s.io/v1 Ingress", "v1 PodTemplate",
		"cilium.io/v2 CiliumEndpoint", "example.com/v1 AllowList", "example.com/v1 Namespace", "example.com/v1 Deployment",
	}
	var text strings.Builder
	for _, kind := range append(slices.Clone(unjudged), passed...) {
		version, kind, _ := strings.Cut(kind, " ")
		fmt.Fprintf(&text, "---\napiVersion: %s\nkind: %s\nmetadata: {name: a}\nspec: 5\n", version, kind)
	}
	o, err := Read("in", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range unjudged {
		version, kind, _ := strings.Cut(kind, " ")
		group, _, _ := strings.Cut(version, "/")
		if len(o.Unjudged[kind+"."+group]) != 1 {
			t.Errorf("%s of %s is not unjudged", kind, group)
		}
	}
	for _, kind := range passed {
		if _, kind, _ := strings.Cut(kind, " "); o.Passed[kind] != 1 {
			t.Errorf("%s is not passed over", kind)
		}
	}
	if len(o.Unjudged) != len(unjudged) || len(o.Passed) != len(passed) {
		t.Errorf("%v, %v", o.Unjudged, o.Passed)
	}
}

func TestAddObjects(t *testing.T) {
	a, err := Read("a", []byte(ns("a")+"---\napiVersion: v1\nkind: Secret\n"))
	b, err2 := Read("b", []byte(ns("b")+"---\napiVersion: v1\nkind: Secret\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: open, namespace: b}\n"))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	a.Add(b)
	if !slices.Equal(names(a), []string{"a", "b"}) || a.Passed["Secret"] != 2 || len(a.Unjudged) != 1 || !slices.Equal(a.Unjudged["CiliumNetworkPolicy.cilium.io"], []Name{{"b", "open"}}) {
		t.Errorf("%v, %v, %v", names(a), a.Passed, a.Unjudged)
	}
}

// FuzzRead: whatever is in a manifest is read or is an error, and what is read is
// built or is an error.
func FuzzRead(f *testing.F) {
	for _, s := range streams {
		f.Add([]byte(s.text))
	}
	for _, m := range misread {
		if len(m.text) < 1000 {
			f.Add([]byte(m.text))
		}
	}
	for _, u := range readUnreadable(f) {
		f.Add([]byte(policyText("spec: {" + u.Spec + "}")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := Read("in", data)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error says nothing")
			}
			return
		}
		g, err := Build(&o.Cluster)
		if (g == nil) == (err == nil) {
			t.Errorf("the graph is %v and the error %v", g, err)
		}
		if err == nil {
			g.List(g.Open())
		}
	})
}
