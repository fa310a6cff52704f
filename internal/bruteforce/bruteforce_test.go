package bruteforce_test

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
)

var (
	web   = pod("shop", "web", bruteforce.Port{Name: "http", Protocol: corev1.ProtocolTCP, Number: 8080})
	db    = pod("shop", "db")
	probe = pod("watch", "probe")
	near  = bruteforce.End{Address: netip.MustParseAddr("10.1.2.3")}
	far   = bruteforce.End{Address: netip.MustParseAddr("2001:db8::7")}
)

func pod(namespace, app string, ports ...bruteforce.Port) bruteforce.End {
	return bruteforce.End{Pod: &bruteforce.Pod{
		Namespace: namespace, Labels: map[string]string{"app": app}, Ports: ports,
		Addresses: []netip.Addr{netip.MustParseAddr("10.9.9.9")},
	}}
}

// Each spec is that of the only policy, in the namespace of web and db.
var cases = []struct {
	name, spec string
	from, to   bruteforce.End
	protocol   corev1.Protocol
	port       int32
	want       bool
}{
	{"nobody is selected", `{podSelector: {matchLabels: {app: none}}}`, probe, web, "TCP", 1, true},
	{"isolation", `{podSelector: {}}`, probe, web, "TCP", 1, false},
	{"isolation is per direction", `{podSelector: {}}`, web, probe, "TCP", 1, true},
	{"isolation is per namespace", `{policyTypes: [Ingress, Egress]}`, probe, probe, "TCP", 1, true},
	{"an egress section isolates twice", `{egress: [{}]}`, probe, web, "TCP", 1, false},
	{"an empty egress section is none", `{egress: []}`, web, probe, "TCP", 1, true},
	{"only egress", `{policyTypes: [Egress]}`, probe, web, "TCP", 1, true},
	{"only egress", `{policyTypes: [Egress]}`, web, probe, "TCP", 1, false},
	{"both ends", `{ingress: [{}], egress: [{to: [{podSelector: {}}]}]}`, web, db, "TCP", 1, true},
	{"both ends", `{ingress: [{}], egress: [{to: [{podSelector: {}}]}]}`, web, probe, "TCP", 1, false},
	{"no peers are all", `{ingress: [{from: []}]}`, far, web, "SCTP", 1, true},
	{"own namespace", `{ingress: [{from: [{podSelector: {}}]}]}`, probe, web, "TCP", 1, false},
	{"label of a namespace", `{ingress: [{from: [{namespaceSelector: {matchLabels: {team: sre}}}]}]}`, probe, web, "TCP", 1, true},
	{"name of a namespace", `{ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: watch}}}]}]}`, probe, web, "TCP", 1, true},
	{"both selectors", `{ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}]}]}`, probe, web, "TCP", 1, false},
	{"selectors and addresses", `{ingress: [{from: [{namespaceSelector: {}}]}]}`, near, web, "TCP", 1, false},
	{"block", `{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]}]}`, near, web, "TCP", 1, true},
	{"a pod in except", `{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]}]}`, probe, web, "TCP", 1, false},
	{"a pod in a block", `{ingress: [{from: [{ipBlock: {cidr: 10.9.0.0/16}}]}]}`, probe, web, "TCP", 1, true},
	{"the other family", `{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`, far, web, "TCP", 1, false},
	{"TCP unless it says so", `{ingress: [{ports: [{port: 53}]}]}`, probe, web, "UDP", 53, false},
	{"every port", `{ingress: [{ports: [{protocol: UDP}]}]}`, probe, web, "UDP", 53, true},
	{"range", `{ingress: [{ports: [{port: 50, endPort: 53}]}]}`, probe, web, "TCP", 53, true},
	{"above the range", `{ingress: [{ports: [{port: 50, endPort: 53}]}]}`, probe, web, "TCP", 54, false},
	{"name", `{ingress: [{ports: [{port: http}]}]}`, probe, web, "TCP", 8080, true},
	{"name of another pod", `{ingress: [{ports: [{port: http}]}]}`, probe, db, "TCP", 8080, false},
	{"name of no pod", `{egress: [{ports: [{port: http}]}]}`, web, near, "TCP", 8080, false},
}

func TestAllows(t *testing.T) {
	for _, c := range cases {
		p := &networkingv1.NetworkPolicy{}
		p.Namespace = "shop"
		if err := yaml.UnmarshalStrict([]byte(c.spec), &p.Spec); err != nil {
			t.Fatal(err)
		}
		cluster := &bruteforce.Cluster{
			Namespaces: map[string]map[string]string{"watch": {"team": "sre"}},
			Policies:   []*networkingv1.NetworkPolicy{p},
		}
		if got := cluster.Allows(c.from, c.to, c.protocol, c.port); got != c.want {
			t.Errorf("%s: %s allows it: %v", c.name, c.spec, got)
		}
	}
}

func TestDefaultNamespace(t *testing.T) {
	cluster := &bruteforce.Cluster{Policies: []*networkingv1.NetworkPolicy{{}}}
	if cluster.Allows(probe, pod("default", "web"), "TCP", 80) {
		t.Error("a policy without a namespace does not rule the default one")
	}
}
