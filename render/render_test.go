package render

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/schema"
)

const small = `package tenancy

clusters: main: {cni: "calico", manageNamespaces: true}
environments: prod: cluster: "main"
teams: shop: namespaces: {
	frontend: workloads: web: {pods: app: "web", ports: http: 8080}
	orders: {podSecurity: "restricted", workloads: api: {pods: app: "orders", ports: http: 8080}}
}
flows: "frontend-orders": {
	from: {namespace: "frontend", workload: "web"}
	to: namespace: "orders"
	reason: "the shop places orders"
}
`

func expand(t *testing.T, dir string, tags ...string) *generator.Expansion {
	t.Helper()
	res, err := schema.Load(dir, tags, nil)
	if err != nil || res.Tenancy == nil || diag.HasErrors(res.Diags) {
		t.Fatal(err, res)
	}
	x, diags := generator.Expand(res.Tenancy, generator.Options{AsOf: "2026-11-20"})
	if diag.HasErrors(diags) {
		t.Fatal(diags)
	}
	return x
}

func files(t *testing.T, x *generator.Expansion) Tree {
	t.Helper()
	tree, err := Files(x)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestBuildRefusesDamage damages one file of a correct tree at a time; what
// would open or hide something stops the build.
func TestBuildRefusesDamage(t *testing.T) {
	const (
		ingress       = "main/prod/orders/allow-frontend-orders-ingress-api.yaml"
		egress        = "main/prod/frontend/allow-frontend-orders-egress-web.yaml"
		kustomization = "main/prod/orders/kustomization.yaml"
		deny          = "main/base/default-deny/default-deny.yaml"
		environment   = "main/prod/kustomization.yaml"
		object        = "main/namespaces/namespace-orders.yaml"
		objects       = "main/namespaces/kustomization.yaml"
	)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	x := expand(t, dir)
	if _, err := Build(x, files(t, x), nil, nil); err != nil {
		t.Fatalf("the correct tree does not build: %v", err)
	}
	refuses(t, x, []damage{
		{"a misspelt from", ingress, "- from:", "- form:", `unknown field "spec.ingress[0].form"`},
		{"a field in the wrong case", ingress, "- from:", "- From:", `unknown field "spec.ingress[0].From"`},
		{"no peers", ingress, "  - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: frontend\n      podSelector:\n        matchLabels:\n          app: web\n    ports:", "  - ports:", "has no peers"},
		{"no peers at the source", egress, "    to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: orders\n      podSelector:\n        matchLabels:\n          app: orders\n", "", "has no peers"},
		{"an empty peer", ingress, "    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: frontend\n      podSelector:\n        matchLabels:\n          app: web\n", "    - {}\n", "has an empty peer"},
		{"no ports", ingress, "    ports:\n    - port: 8080\n      protocol: TCP\n", "", "has no ports"},
		{"no policyTypes", egress, "  policyTypes:\n  - Egress\n", "", "has no policyTypes"},
		{"no policyTypes on the deny", deny, "  policyTypes:\n  - Ingress\n  - Egress\n", "", "has no policyTypes"},
		{"another namespace in the file", ingress, "namespace: orders", "namespace: frontend", `says namespace "frontend" instead of "orders"`},
		{"another namespace for the overlay", kustomization, "namespace: orders", "namespace: default", `says namespace "orders" instead of "default"`},
		{"the deny left out", kustomization, "- ../../base/default-deny\n", "", "3 policies and 0 Namespace objects were built instead of 4"},
		{"an unknown field of kustomize", kustomization, "resources:", "resource:", "unknown field"},
		{"another kind", ingress, "kind: NetworkPolicy", "kind: ClusterNetworkPolicy", "no kind"},
		{"no YAML", ingress, "spec:", "\tspec:", "tab"},
		{"a namespace for the environment", environment, "kind: Kustomization", "kind: Kustomization\nnamespace: default", "does more than list what is there"},
		{"an overlay that the environment does not list", environment, "- orders\n", "", "1 entries instead of 2"},
		{"a policy that the overlay does not list", kustomization, "- allow-frontend-orders-ingress-api.yaml\n", "", "is listed by no kustomization"},
		{"a deny that Flux removes", deny, "kustomize.toolkit.fluxcd.io/prune: disabled", "kustomize.toolkit.fluxcd.io/prune: enabled", "removed by Flux"},
		{"a deny that Argo CD removes", deny, "Prune=false,Delete=false", "Prune=true", "removed by Argo CD"},
		{"a deny that shows as out of sync", deny, "IgnoreExtraneous", "None", "out of sync in Argo CD"},
		{"another flow", ingress, "hedgerow.dev/flow: frontend-orders", "hedgerow.dev/flow: other", `there for flow "other", not for "frontend-orders"`},
		{"another level of Pod Security", object, "enforce: restricted", "enforce: privileged", "another Pod Security level"},
		{"a Namespace object left out", objects, "- namespace-frontend.yaml\n", "", "is listed by no kustomization"},
	})
}

// damage replaces a text in a file of a tree that builds; want is what the build
// then says.
type damage struct{ name, file, old, new, want string }

func refuses(t *testing.T, x *generator.Expansion, all []damage) {
	t.Helper()
	if _, err := Build(x, files(t, x), nil, nil); err != nil {
		t.Fatalf("the correct tree does not build: %v", err)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			tree := files(t, x)
			damaged := strings.Replace(string(tree[c.file]), c.old, c.new, 1)
			if damaged == string(tree[c.file]) {
				t.Fatalf("%q does not stand in\n%s", c.old, tree[c.file])
			}
			tree[c.file] = []byte(damaged)
			if _, err := Build(x, tree, nil, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, not %q", err, c.want)
			}
		})
	}
}

// TestBuildRefusesMore adds a kustomization that no overlay, environment or layer
// is: nobody would build it here, and an ApplicationSet would deploy it.
func TestBuildRefusesMore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	x := expand(t, dir)
	for _, folder := range []string{"main/extra", "main/rollout/prod/orders", "main/base/open", "main/prod/other"} {
		tree := files(t, x)
		tree[folder+"/kustomization.yaml"] = []byte("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- allow.yaml\n")
		tree[folder+"/allow.yaml"] = []byte("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {ingress: [{}]}\n")
		if _, err := Build(x, tree, nil, nil); err == nil || !strings.Contains(err.Error(), "a kustomization that nothing declares") {
			t.Errorf("%s: %v", folder, err)
		}
	}
	x.Clusters[0].Overlays[0].Layers = x.Clusters[0].Overlays[0].Layers[1:]
	if _, err := Build(x, files(t, x), nil, nil); err == nil || !strings.Contains(err.Error(), "it has no deny") {
		t.Errorf("an overlay without its deny: %v", err)
	}
}

// TestEveryPolicyKeepsTheRules looks at every policy that the tenancies of the
// repository build to.
func TestEveryPolicyKeepsTheRules(t *testing.T) {
	tenancies, err := filepath.Glob("../testdata/tenancies/*/tenants.cue")
	if err != nil || len(tenancies) == 0 {
		t.Fatal(err, tenancies)
	}
	policies := 0
	for _, file := range append(tenancies, "../tenants.cue") {
		dir := filepath.Dir(file)
		var tags []string
		if filepath.Base(dir) == "many-files" {
			tags = []string{"region=eu", "preview=true"}
		}
		x := expand(t, dir, tags...)
		tree := files(t, x)
		for path, data := range tree {
			for _, bad := range []string{"${", "matchLabels: {}", "[]", "null", "namespaceSelector: {}", "commonLabels", "buildMetadata"} {
				// The patch of an ApplicationSet takes a source away; a guard is for every
				// namespace that its binding names.
				allowed := strings.NewReplacer("source: null", "", "matchPolicy: Equivalent\n    namespaceSelector: {}", "")
				if strings.Contains(allowed.Replace(string(data)), bad) {
					t.Errorf("%s: %s holds %q", dir, path, bad)
				}
			}
		}
		built, err := Build(x, tree, nil, nil)
		if err != nil {
			t.Fatal(dir, err)
		}
		for _, b := range built {
			for _, p := range b.Policies {
				policies++
				checkPolicy(t, dir, p)
			}
		}
	}
	if policies < 300 {
		t.Errorf("only %d policies were seen", policies)
	}
}

func checkPolicy(t *testing.T, dir string, p *networkingv1.NetworkPolicy) {
	t.Helper()
	var peers []networkingv1.NetworkPolicyPeer
	var ports []networkingv1.NetworkPolicyPort
	for _, r := range p.Spec.Ingress {
		peers, ports = append(peers, r.From...), append(ports, r.Ports...)
	}
	for _, r := range p.Spec.Egress {
		peers, ports = append(peers, r.To...), append(ports, r.Ports...)
	}
	for _, port := range ports {
		if port.Protocol == nil || port.Port == nil || port.Port.IntValue() == 0 {
			t.Errorf("%s: %s/%s has a port without number or protocol", dir, p.Namespace, p.Name)
		}
	}
	for _, peer := range peers {
		if why := wrongPeer(peer); why != "" {
			t.Errorf("%s: %s/%s: %s", dir, p.Namespace, p.Name, why)
		}
	}
	if p.Name == generator.LayerDeny && (len(peers) > 0 || len(p.Spec.PolicyTypes) != 2 || len(p.Spec.PodSelector.MatchLabels) > 0) {
		t.Errorf("%s: the deny of %s does not deny everything", dir, p.Namespace)
	}
}

func wrongPeer(peer networkingv1.NetworkPolicyPeer) string {
	if peer.IPBlock != nil {
		block := netip.MustParsePrefix(peer.IPBlock.CIDR)
		for _, e := range peer.IPBlock.Except {
			x := netip.MustParsePrefix(e)
			if x.Bits() <= block.Bits() || !block.Contains(x.Addr()) || x != x.Masked() {
				return "exception " + e + " is no part of " + peer.IPBlock.CIDR
			}
		}
		return ""
	}
	sel := peer.NamespaceSelector
	if sel == nil {
		return ""
	}
	byLabel := len(sel.MatchExpressions) == 0 && len(sel.MatchLabels) == 1 && sel.MatchLabels[namespaceName] != ""
	byList := len(sel.MatchLabels) == 0 && len(sel.MatchExpressions) == 1 && sel.MatchExpressions[0].Key == namespaceName &&
		sel.MatchExpressions[0].Operator == metav1.LabelSelectorOpIn && slices.IsSorted(sel.MatchExpressions[0].Values)
	if !byLabel && !byList {
		return "a namespace is not matched by its name: " + sel.String()
	}
	return ""
}
