package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// A claim is a diagnostic by which Hedgerow refuses what Kubernetes would not
// take, in one place of the tenancy. VALUE stands for what is said there, and
// for what of it would reach the server.
type claim struct {
	code            diag.Code
	tenancy, object string
	values          []string // on which the two agree, right and wrong ones
	stricter        []string // what Hedgerow alone refuses, for a reason of its own
}

// sound is a tenancy to which the claims add.
const sound = `package tenancy

clusters: main: {
	cni: "calico"
	manageNamespaces: true
	pods: cidrs: ["10.244.0.0/16"]
	services: cidrs: ["10.96.0.0/16"]
	nodes: cidrs: ["172.18.0.0/24"]
}
environments: prod: cluster: "main"
teams: shop: namespaces: web: workloads: api: pods: app: "api"
`

// The beginnings of objects, and of what the tenancy says.
const (
	namespaceHead = "apiVersion: v1\nkind: Namespace\nmetadata: "
	policyHead    = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: claim, namespace: default}\nspec: "
	syncHead      = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: claim, namespace: default}\nspec: "
	sourceHead    = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: claim, namespace: default}\nspec: "

	environment = `environments: test: {cluster: "main", `
	workload    = `teams: shop: namespaces: web: workloads: api: `
	external    = `externals: bank: {environments: ["prod"], `
	toFlux      = "delivery: repository: \"https://git.example.com/acme/policies.git\"\ndelivery: flux: "
)

var claims = []claim{
	{diag.BadName, `teams: shop: namespaces: "VALUE": {}`, namespaceHead + `{name: "VALUE"}`, []string{
		"orders", "2-orders", long(63),
		"Orders", "orders.eu", "gate_way", "-orders", "orders-", "two words", "", "käse", long(64),
	}, nil},
	{diag.BadName, environment + `prefix: "VALUE"}`, namespaceHead + `{name: "VALUEweb"}`, []string{
		"t-", "t", "T-", "t_", "-t", "t.",
	}, nil},
	{diag.BadName, environment + `suffix: "VALUE"}`, namespaceHead + `{name: "webVALUE"}`, []string{
		"-t", "2", "-T", "_t", "t-", ".t",
	}, nil},
	{diag.NameTaken, `teams: shop: namespaces: orders: names: prod: "VALUE"`, namespaceHead + `{name: "VALUE"}`, []string{
		"web", "nothing-is-called-so",
	}, nil},
	{diag.NameTooLong, environment + `suffix: "VALUE"}`, namespaceHead + `{name: "webVALUE"}`, []string{
		long(60), long(61), long(62),
	}, nil},
	{ // Flux labels all that it applies with the name of its Kustomization, that of roll-outs the longest.
		diag.NameTooLong, "environments: \"VALUE\": {cluster: \"main\", suffix: \"-t\"}\n" + toFlux + `{}`,
		namespaceHead + `{name: web-t, labels: {kustomize.toolkit.fluxcd.io/name: "hedgerow-VALUE.rollout"}}`, []string{
			long(46), long(47), long(63),
		}, nil,
	},
	{diag.BadLabel, workload + `pods: "VALUE": "api"`, policyHead + `{podSelector: {matchLabels: {"VALUE": api}}}`, []string{
		"app", "app.kubernetes.io/name", "a.b_c-D", long(63), strings.Repeat("d.", 126) + "d/a",
		"app name", "-app", "app-", "Example.com/app", "/app", "app/", "a/b/c", "", "käse", long(64), strings.Repeat("d.", 127) + "d/a",
	}, nil},
	{diag.BadLabel, workload + `pods: tier: "VALUE"`, policyHead + `{podSelector: {matchLabels: {tier: "VALUE"}}}`, []string{
		"web", "", "a.b_c-D", long(63), "two words", "-x", "x-", "a/b", "web ", "käse", long(64),
	}, nil},
	{diag.BadPort, workload + `ports: http: VALUE`, policyHead + `{ingress: [{ports: [{port: VALUE}]}]}`, []string{
		"1", "65535", "0", "-1", "65536", `"8080"`, `""`,
	}, nil},
	{diag.BadPort, workload + `ports: "VALUE": 8080`, policyHead + `{ingress: [{ports: [{port: "VALUE"}]}]}`, []string{
		"http", "8a", "a-b", long(15), "HTTP", "a--b", "-a", "a-", "80", "", "a_b", long(16),
	}, nil},
	{
		diag.BadPort, workload + `ports: rtp: "90-VALUE/UDP"`,
		policyHead + `{ingress: [{ports: [{protocol: UDP, port: 90, endPort: VALUE}]}]}`, []string{
			"90", "100", "65535", "80", "0", "-1", "65536",
		}, nil,
	},
	{diag.BadPort, workload + `ports: rtp: "90/VALUE"`, policyHead + `{ingress: [{ports: [{protocol: "VALUE", port: 90}]}]}`, []string{
		"TCP", "UDP", "SCTP", "ICMP", "tcp", "6", "",
	}, nil},
	{diag.BadCIDR, external + `cidrs: ["VALUE"]}`, policyHead + `{egress: [{to: [{ipBlock: {cidr: "VALUE"}}]}]}`, []string{
		"203.0.113.0/24", "2001:db8:1::/48",
		"bank.example", "203.0.113.0", "203.0.113.0/33", "300.0.113.0/24", "2001:db8::/129", "::ffff:203.0.113.0/120",
		"203.0.113.0/024", "203.0.0113.0/24", "203.0.113.0/-1", " 203.0.113.0/24", "",
	}, nil},
	{diag.HostBits, external + `cidrs: ["VALUE"]}`, policyHead + `{egress: [{to: [{ipBlock: {cidr: "VALUE"}}]}]}`, []string{
		"203.0.113.0/24", "2001:db8:1::/48", "203.0.113.7/24", "2001:db8::1/64",
	}, nil},
	{
		diag.HostBits, external + `cidrs: ["203.0.113.0/24"], except: ["VALUE"]}`,
		policyHead + `{egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24, except: ["VALUE"]}}]}]}`, []string{
			"203.0.113.8/29", "203.0.113.9/29",
		}, nil,
	},
	{
		diag.ExceptOutside, external + `cidrs: ["203.0.113.0/24"], except: ["VALUE"]}`,
		policyHead + `{egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24, except: ["VALUE"]}}]}]}`, []string{
			"203.0.113.8/29", "203.0.113.9/32", "198.51.100.0/29", "203.0.0.0/16", "203.0.113.0/24", "2001:db8::/48",
		}, nil,
	},
	{
		diag.BadValue, `teams: shop: namespaces: web: podSecurity: "VALUE"`,
		namespaceHead + `{name: claim, labels: {pod-security.kubernetes.io/enforce: "VALUE"}}`, []string{
			"privileged", "baseline", "restricted", "strict", "Restricted", "",
		}, nil,
	},
	{
		diag.BadDelivery, toFlux + `interval: "VALUE"`,
		syncHead + `{interval: "VALUE", prune: true, sourceRef: {kind: GitRepository, name: x}}`,
		[]string{"10m", "1h30m", "90s", "10", "ten minutes", "10d", ""},
		[]string{"0s", "500ms", "1.5h"}, // an interval is whole, and not nothing
	},
	{
		diag.BadDelivery, "delivery: {flux: {}, repository: \"VALUE\"}",
		sourceHead + `{interval: 10m, url: "VALUE"}`, []string{
			"https://git.example.com/acme/policies.git", "ssh://git@git.example.com:2222/acme/policies.git",
			"git@git.example.com:acme/policies.git", "git://git.example.com/acme/policies.git", "file:///srv/policies.git", "",
		}, []string{ // what anybody on the way could change, and a password for everybody to read
			"http://git.example.com/acme/policies.git", "https://user:word@git.example.com/acme/policies.git",
		},
	},
}

func long(n int) string { return strings.Repeat("a", n) }

// testClaims sees to it that the server refuses what Hedgerow says that it
// would, value by value, and takes the others.
func testClaims(t *testing.T, s *server) {
	if err := s.ensureNamespace(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	taken, refused, alone := 0, 0, 0
	dir := t.TempDir()
	for _, c := range claims {
		ours := make(map[bool]int)
		for _, v := range slices.Concat(c.values, c.stricter) {
			hedgerow, server := c.hedgerow(t, dir, v), c.server(t, s, v)
			stricter := slices.Contains(c.stricter, v)
			if (hedgerow != nil) != (server != nil || stricter) || stricter && server != nil {
				t.Errorf("%s: of %q Hedgerow says %v, and the server %v", c.code, strings.ReplaceAll(c.tenancy, "VALUE", v), hedgerow, server)
			}
			ours[hedgerow != nil]++
		}
		if ours[true] == 0 || ours[false] == 0 {
			t.Errorf("%s, %s: the values are not both right and wrong: %v", c.code, c.tenancy, ours)
		}
		taken += ours[false]
		refused += ours[true] - len(c.stricter)
		alone += len(c.stricter)
	}
	t.Logf("%d claims, %d values: both take %d and refuse %d, Hedgerow alone refuses %d", len(claims), taken+refused+alone, taken, refused, alone)
}

// hedgerow gives the diagnostic of this code that the value leads to.
func (c *claim) hedgerow(t *testing.T, dir, value string) *diag.Diagnostic {
	text := sound + strings.ReplaceAll(c.tenancy, "VALUE", value) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, diags, err := expand(dir)
	if err != nil {
		t.Errorf("%s: %q: %v", c.code, value, err)
	}
	for _, d := range diags {
		if d.Code == c.code && d.Severity == diag.Error {
			return &d
		}
	}
	if diag.HasErrors(diags) {
		t.Errorf("%s: %q has other problems: %v", c.code, value, diags)
	}
	return nil
}

// server gives the error by which the server refuses the value.
func (c *claim) server(t *testing.T, s *server, value string) error {
	o, err := objectOf([]byte(strings.ReplaceAll(c.object, "VALUE", value)))
	if err != nil {
		t.Fatal(err)
	}
	return s.judge(t, o)
}
