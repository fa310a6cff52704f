package render

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// withGuards has a cluster with exceptions and a retired namespace, and one
// whose guard says nothing itself.
var withGuards = strings.NewReplacer(
	"manageNamespaces: true}", `manageNamespaces: true, admissionGuard: except: {
		"break glass": {group: "on-call", reason: "incidents"}
		tool: {user: "tool \"two\" <x@example.com>", reason: "writes policies of its own"}
	}}`,
	`spare: cni: "calico"`, `spare: {cni: "calico", admissionGuard: {}}`,
).Replace(delivered)

const (
	guardFile   = "delivery/guard/main/validatingadmissionpolicy-hedgerow.yaml"
	bindingFile = "delivery/guard/main/validatingadmissionpolicybinding-hedgerow.yaml"
)

// TestGuardLetsInWhoApplies reads who is let in, word for word.
func TestGuardLetsInWhoApplies(t *testing.T) {
	const (
		kubernetes = `request.operation != "CREATE" && request.userInfo.username in ["system:kube-controller-manager", ` +
			`"system:serviceaccount:kube-system:generic-garbage-collector", "system:serviceaccount:kube-system:namespace-controller"]` + "\n"
		flux, manager = `"system:serviceaccount:flux-system:hedgerow"`, `"system:serviceaccount:kube-system:argocd-manager"`
	)
	for name, c := range map[string]struct{ tenancy, file, want string }{
		"exceptions": {withGuards, guardFile, `request.userInfo.username in [` + flux + `, ` + manager + `, "tool \"two\" \u003cx@example.com\u003e"] ||
      request.userInfo.groups.exists(group, group in ["on-call"]) ||
      ` + kubernetes},
		"Flux and a cluster that was added to Argo CD": {withGuards, strings.Replace(guardFile, "main", "spare", 1),
			`request.userInfo.username in [` + flux + `, ` + manager + `] ||` + "\n      " + kubernetes},
		"the cluster that Argo CD runs in": {
			strings.Replace(withGuards, "argocd: destinations: spare: server: \"https://172.20.0.2:6443\"\n\tflux: secret: \"policies-git\"",
				`argocd: {namespace: "gitops", destinations: spare: name: "in-cluster"}`, 1), strings.Replace(guardFile, "main", "spare", 1),
			`request.userInfo.username in ["system:serviceaccount:gitops:argocd-application-controller"] ||` + "\n      " + kubernetes,
		},
		"somebody else": {strings.Replace(withGuards, "admissionGuard: {}", `admissionGuard: controller: "arn:aws:iam::1:role/argo"`, 1),
			strings.Replace(guardFile, "main", "spare", 1), `request.userInfo.username in ["arn:aws:iam::1:role/argo"] ||` + "\n      " + kubernetes},
	} {
		x := expandText(t, c.tenancy)
		tree := files(t, x)
		if _, err := Build(x, tree, nil, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text := string(tree[c.file]); !strings.Contains(text, "expression: |-\n      "+c.want) {
			t.Errorf("%s: it is not\n%s\nbut\n%s", name, c.want, text)
		}
	}
}

// TestBuildRefusesDamagedGuard damages a guard so that somebody would pass who
// should not, or nobody would.
func TestBuildRefusesDamagedGuard(t *testing.T) {
	const (
		others, kinds, over = "lets in others", "speaks of other kinds", "passes over"
		elsewhere, list     = "in other namespaces than those", "delivery/guard/main/kustomization.yaml"
		unknown             = "unknown field"
	)
	refuses(t, expandText(t, withGuards), []damage{
		{"a guard that is not listed", list, "- validatingadmissionpolicy-hedgerow.yaml\n", "", "1 entries instead of 2"},
		{"a namespace for what has none", list, "resources:", "namespace: default\nresources:", "does more than list"},
		{"one that gives way", guardFile, "failurePolicy: Fail", "failurePolicy: Ignore", "not judged would be let in"},
		{"a condition", guardFile, "spec:\n", "spec:\n  matchConditions: [{name: x, expression: \"false\"}]\n", unknown},
		{"a parameter", guardFile, "spec:\n", "spec:\n  paramKind: {apiVersion: v1, kind: ConfigMap}\n", unknown},
		{"an exclusion", guardFile, "    matchPolicy:", "    excludeResourceRules: []\n    matchPolicy:", unknown},
		{"names", guardFile, "      scope:", "      resourceNames: [x]\n      scope:", unknown},
		{"other versions", guardFile, "matchPolicy: Equivalent", "matchPolicy: Exact", "pass under another version"},
		{"one version", guardFile, "      - '*'\n      operations", "      - v1\n      operations", over},
		{"no deletions", guardFile, "      - DELETE\n", "", over},
		{"objects of the cluster only", guardFile, "scope: '*'", "scope: Cluster", over},
		{"some namespaces", guardFile, "    namespaceSelector: {}", "    namespaceSelector:\n      matchLabels:\n        a: b", over},
		{"some objects", guardFile, "    objectSelector: {}", "    objectSelector:\n      matchLabels:\n        a: b", over},
		{"no NetworkPolicies", guardFile, "      - networkpolicies\n      scope", "      - ingresses\n      scope", kinds},
		{"a group less", guardFile, "      - projectcalico.org\n", "", kinds},
		{"a group more", guardFile, "      - cilium.io\n", "      - cilium.io\n      - apps\n", kinds},
		{"everybody", guardFile, "request.userInfo.username in [\"", "true || request.userInfo.username in [\"", others},
		{"everybody at the end", guardFile, "namespace-controller\"]", "namespace-controller\"] || true", others},
		{"everybody on a line", guardFile, " ||\n      request.op", " ||\n      true ||\n      request.op", others},
		{"a tenant", guardFile, "in [\"", "in [\"somebody\", \"", others},
		{"nobody who applies", guardFile, "\"system:serviceaccount:flux-system:hedgerow\", ", "", others},
		{"another group", guardFile, "on-call", "developers", others},
		{"no namespace can go", guardFile, ", \"system:serviceaccount:kube-system:namespace-controller\"", "", others},
		{"Kubernetes' own write", guardFile, "request.operation != \"CREATE\" && ", "", others},
		{"no group", guardFile, "      request.userInfo.groups.exists(group, group in [\"on-call\"]) ||\n", "", others},
		{"no message", guardFile, "declare the flow", "open all of them", "what to do instead"},
		{"another reason", guardFile, "reason: Forbidden", "reason: Invalid", "what to do instead"},
		{"a second validation", guardFile, "  validations:\n", "  validations:\n  - {expression: \"true\", message: x, reason: Forbidden}\n", ""},
		{"another name", guardFile, "name: hedgerow", "name: other", "is not ValidatingAdmissionPolicy"},

		{"another policy", bindingFile, "policyName: hedgerow", "policyName: other", "binds something else"},
		{"a warning", bindingFile, "- Deny", "- Warn", "nobody would be refused"},
		{"a parameter of the binding", bindingFile, "  policyName", "  paramRef: {name: x}\n  policyName", unknown},
		{"a namespace less", bindingFile, "        - old\n", "", elsewhere},
		{"a namespace more", bindingFile, "        - old\n", "        - old\n        - kube-system\n", elsewhere},
		{"all but those", bindingFile, "operator: In", "operator: NotIn", elsewhere},
		{"a label that tenants set", bindingFile, "kubernetes.io/metadata.name", "team", elsewhere},
		{"one more label", bindingFile, "      matchExpressions:", "      matchLabels:\n        a: b\n      matchExpressions:", ""},
		{"some objects of the binding", bindingFile, "    objectSelector: {}", "    objectSelector:\n      matchLabels:\n        a: b", over},
		{"some kinds of the binding", bindingFile, "    objectSelector: {}", "    objectSelector: {}\n    resourceRules:\n    - apiGroups:\n      - apps\n" +
			"      apiVersions:\n      - '*'\n      operations:\n      - CREATE\n      resources:\n      - x\n      scope: '*'", over},
		{"exactly one version of the binding", bindingFile, "matchPolicy: Equivalent", "matchPolicy: Exact", over},
	})
}

// TestGuardNeedsNoDelivery: a cluster can be guarded whoever applies the
// policies, and what is not declared is refused.
func TestGuardNeedsNoDelivery(t *testing.T) {
	text := withGuards[:strings.Index(withGuards, "delivery: {")]
	text = strings.Replace(text, "admissionGuard: except:", "admissionGuard: controller: \"ci\", admissionGuard: except:", 1)
	text = strings.Replace(text, "admissionGuard: {}", "admissionGuard: controller: \"ci\"", 1)
	x := expandText(t, text)
	tree := files(t, x)
	if _, err := Build(x, tree, nil, nil); err != nil {
		t.Error(err)
	}
	below := slices.DeleteFunc(slices.Sorted(maps.Keys(tree)), func(f string) bool { return !strings.HasPrefix(f, "delivery/") })
	if len(below) != 6 {
		t.Errorf("these files are below delivery: %q", below)
	}
	x.Clusters[0].Guard = nil
	if _, err := Build(x, tree, nil, nil); err == nil || !strings.Contains(err.Error(), "delivery/guard/main") {
		t.Errorf("a guard that nobody declares: %v", err)
	}
}
