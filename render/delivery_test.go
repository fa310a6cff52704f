package render

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
)

// delivered has two clusters, one of which manages its namespaces, and every
// kind of overlay.
const delivered = `package tenancy

clusters: {
	main: {cni: "calico", manageNamespaces: true}
	spare: cni: "calico"
}
environments: {
	prod: cluster: "main"
	test: {cluster: "spare", suffix: "-test"}
}
shared: monitoring: {managed: true, clusters: ["main"], workloads: prometheus: pods: app: "prometheus"}
teams: shop: namespaces: {
	frontend: workloads: web: {pods: app: "web", ports: http: 8080}
	orders: workloads: api: {pods: app: "orders", ports: http: 8080}
}
flows: "frontend-orders": {
	from: {namespace: "frontend", workload: "web"}
	to: namespace: "orders"
	reason: "the shop places orders"
}
retired: main: old: reason: "nobody bought anything there"
delivery: {
	repository: "https://git.example.com/acme/policies.git"
	argocd: destinations: spare: server: "https://172.20.0.2:6443"
	flux: secret: "policies-git"
}
`

func expandText(t *testing.T, source string) *generator.Expansion {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return expand(t, dir)
}

// TestBuildRefusesDamagedDelivery damages one object of Argo CD or Flux at a
// time; what would sync more, less or otherwise stops the build.
func TestBuildRefusesDamagedDelivery(t *testing.T) {
	const (
		list        = "delivery/argocd/kustomization.yaml"
		tenants     = "delivery/argocd/appproject-hedgerow-tenants.yaml"
		project     = "delivery/argocd/appproject-hedgerow-main.yaml"
		spare       = "delivery/argocd/appproject-hedgerow-spare.yaml"
		set         = "delivery/argocd/applicationset-hedgerow-main.yaml"
		application = "delivery/argocd/application-main.namespaces.yaml"
		fluxList    = "delivery/flux/main/kustomization.yaml"
		source      = "delivery/flux/main/gitrepository-hedgerow.yaml"
		prod        = "delivery/flux/main/kustomization-hedgerow-prod.yaml"
		objects     = "delivery/flux/main/kustomization-hedgerow-namespaces.yaml"
		account     = "delivery/flux/main/serviceaccount-hedgerow.yaml"
		role        = "delivery/flux/main/clusterrole-hedgerow.yaml"
		spareRole   = "delivery/flux/spare/clusterrole-hedgerow.yaml"
		binding     = "delivery/flux/main/clusterrolebinding-hedgerow.yaml"
		shared      = "main/shared/kustomization.yaml"
		retired     = "main/retired/kustomization.yaml"

		onlyOverlays, otherRights, otherOptions = "does not list each overlay once", "gives other rights", "has other options"
		otherSource, otherPath, unknown         = "has another source", "has another path", "unknown field"
	)
	x := expandText(t, delivered)
	refuses(t, x, []damage{
		{"an object that nothing lists", list, "- applicationset-hedgerow-main.yaml\n", "", "5 entries instead of 6"},
		{"a patch", list, "resources:", "patches: [{patch: x}]\nresources:", "does more than list"},
		{"a namespace for everything", fluxList, "resources:", "namespace: default\nresources:", "does more than list"},
		{"a shared overlay that is not listed", shared, "- monitoring", "- ../prod/orders", "main/shared/kustomization.yaml: it does"},
		{"a shared list that does more", shared, "resources:", "namespace: default\nresources:", "does more than list"},
		{"an empty roll-out that lists something", "main/rollout/prod/kustomization.yaml", "sortOptions:", "resources:\n- ../../prod\nsortOptions:", "1 entries instead of 0"},
		{"a retired overlay that is not listed", retired, "- old\n", "", "0 entries instead of 1"},

		{"tenants who may something", tenants, "spec:", "spec:\n  sourceRepos: ['*']", "says something"},
		{"tenants with a source", tenants, "  namespaceResourceBlacklist", "  destinations:\n  - namespace: x\n  namespaceResourceBlacklist", "allows something"},
		{"tenants with policies", tenants, "  - group: networking.k8s.io\n    kind: NetworkPolicy\n", "", "lets tenants write NetworkPolicies"},
		{"tenants with policies of the core group", tenants, "group: networking.k8s.io\n", "group: \"\"\n", "lets tenants write NetworkPolicies"},
		{"tenants with a policy of GKE", tenants, "FQDNNetworkPolicy", "FQDNNetworkPolicies", "lets tenants write FQDNNetworkPolicy of networking.gke.io"},
		{"tenants with one policy", tenants, "kind: NetworkPolicy\n", "kind: NetworkPolicy\n    name: x\n", "lets tenants write NetworkPolicies"},
		{"tenants with cluster-wide policies of Cilium", tenants, "cilium.io", "cilium.oi", "policies of cilium.io"},

		{"any repository", project, "https://git.example.com/acme/policies.git", "'*'", "allows another repository"},
		{"another kind", project, "kind: NetworkPolicy", "kind: '*'", "other kinds than NetworkPolicy"},
		{"every kind", project, "  namespaceResourceWhitelist:\n  - group: networking.k8s.io\n    kind: NetworkPolicy\n", "", "other kinds than NetworkPolicy"},
		{"any Namespace", project, "    name: orders\n  description", "  description", "other objects of the cluster"},
		{"objects of a cluster without its Namespaces", spare, "spec:\n", "spec:\n  clusterResourceWhitelist:\n  - group: \"\"\n    kind: Namespace\n", "other objects of the cluster"},
		{"any namespace", project, "namespace: old", "namespace: '*'", "allows other destinations"},
		{"a namespace that it lacks", project, "  - name: main\n    namespace: old\n", "", "allows other destinations"},
		{"another cluster", spare, "server: https://172.20.0.2:6443", "server: https://172.20.0.3:6443", "allows other destinations"},
		{"no policies at all", project, "  namespaceResourceW", "  namespaceResourceBlacklist:\n  - group: '*'\n    kind: '*'\n  namespaceResourceW", "forbids what it must allow"},
		{"another project", project, "name: hedgerow-main\n", "name: default\n", `is not AppProject "hedgerow-main"`},
		{"a project somewhere else", project, "namespace: argocd", "namespace: default", `in namespace "argocd"`},

		{"a deny that goes along", set, "preserveResourcesOnDeletion: true", "preserveResourcesOnDeletion: false", "takes the deny"},
		{"the same by leaving it out", set, "    preserveResourcesOnDeletion: true\n", "", "says something"},
		{"the same by its case", set, "preserveResourcesOnDeletion: true", "PreserveResourcesOnDeletion: true", "says something"},
		{"a finalizer", set, "      name: main-", "      finalizers: [x]\n      name: main-", unknown},
		{"a missing parameter", set, "missingkey=error", "missingkey=zero", "parameter that is missing"},
		{"no template of Go", set, "goTemplate: true", "goTemplate: false", "parameter that is missing"},
		{"an overlay left out", set, "      - namespace: old\n        path: main/retired/old\n", "", onlyOverlays},
		{"an overlay twice", set, "      - namespace: old\n        path: main/retired/old\n", "      - namespace: orders\n        path: main/prod/orders\n", onlyOverlays},
		{"the base", set, "path: main/retired/old", "path: main/base/default-deny", onlyOverlays},
		{"the overlay of another", set, "path: main/retired/old", "path: main/prod/orders", onlyOverlays},
		{"one more", set, "      elements:\n", "      elements:\n      - namespace: default\n        path: main/prod/orders\n", onlyOverlays},
		{"a generator of folders", set, "  - list:", "  - git: {repoURL: x}\n    list:", unknown},
		{"a name that changes with the path", set, "name: main-{{.namespace}}", "name: main-{{.path}}", "depends on more than"},
		{"changes of the base that are passed over", set, ";/overlays/main/base", "", "change of main/base would be passed over"},
		{"changes that are passed over", set, "/overlays/{{.path}};", "", "change of {{.path}} would be passed over"},
		{"the default project", set, "project: hedgerow-main", "project: default", "in another project"},
		{"another source", set, "policies.git", "other.git", otherSource},
		{"another branch", set, "refs/heads/main", "HEAD", otherSource},
		{"another path", set, "path: overlays/{{.path}}", "path: '{{.path}}'", otherPath},
		{"another destination", set, "namespace: '{{.namespace}}'", "namespace: default", "another destination"},
		{"no pruning", set, "prune: true", "prune: false", "it does not prune"},
		{"no healing", set, "selfHeal: true", "selfHeal: false", "gives up"},
		{"few retries", set, "limit: -1", "limit: 5", "gives up"},
		{"retries of a commit that was replaced", set, "refresh: true", "refresh: false", "gives up"},
		{"one that overwrites others", set, "        - FailOnSharedResource=true\n", "", otherOptions},
		{"one that creates namespaces", set, "        - PruneLast=true", "        - CreateNamespace=true", otherOptions},
		{"Namespace objects from another path", application, "path: overlays/main/namespaces", "path: overlays/main/prod", otherPath},
		{"Namespace objects that go along", application, "  labels:", "  finalizers:\n  - resources-finalizer.argocd.argoproj.io\n  labels:", "takes along"},
		{"changes of Namespace objects", application, "/overlays/main/namespaces", "/overlays/main/prod", "would be passed over"},
		{"Namespace objects that are not pruned", application, "prune: true", "prune: false", "it does not prune"},

		{"another repository for Flux", source, "policies.git", "other.git", "clones something else"},
		{"another branch for Flux", source, "branch: main", "branch: test", "clones something else"},
		{"a tag for Flux", source, "branch: main", "branch: main\n    tag: v1", unknown},
		{"no pruning in Flux", prod, "prune: true", "prune: false", "it does not prune"},
		{"no waiting", prod, "wait: true", "wait: false", "would not wait"},
		{"one namespace for everything in Flux", prod, "spec:\n", "spec:\n  targetNamespace: default\n", unknown},
		{"policies that are rewritten", prod, "spec:\n", "spec:\n  postBuild: {}\n", unknown},
		{"another folder in Flux", prod, "path: ./overlays/main/prod", "path: ./overlays/main", "another source or path"},
		{"another source in Flux", prod, "name: hedgerow\n  timeout", "name: flux-system\n  timeout", "another source or path"},
		{"the rights of Flux itself", prod, "serviceAccountName: hedgerow", "serviceAccountName: kustomize-controller", "works with other rights"},
		{"policies before their namespaces", prod, "  - name: hedgerow-namespaces\n", "", "depends on something else"},
		{"policies after something else", prod, "  - name: hedgerow-namespaces\n", "  - name: apps\n", "depends on something else"},
		{"namespaces that wait for themselves", objects, "spec:\n", "spec:\n  dependsOn:\n  - name: hedgerow-namespaces\n", "depends on something else"},
		{"another account", account, "name: hedgerow\n", "name: default\n", "is not ServiceAccount"},
		{"all rights", role, "  - delete\n", "  - '*'\n", otherRights},
		{"namespaces that can be deleted", role, "  resources:\n  - namespaces\n  verbs:\n", "  resources:\n  - namespaces\n  verbs:\n  - delete\n", otherRights},
		{"rights over all kinds", spareRole, "- networkpolicies", "- '*'", otherRights},
		{"rights in all groups", spareRole, "- networking.k8s.io\n", "- '*'\n", otherRights},
		{"rights over some policies", spareRole, "  resources:", "  resourceNames:\n  - x\n  resources:", otherRights},
		{"rights of others", spareRole, "kind: ClusterRole\n", "aggregationRule:\n  clusterRoleSelectors:\n  - matchLabels:\n      a: b\nkind: ClusterRole\n", ""},
		{"rights for others", binding, "  name: hedgerow\n  namespace", "  name: default\n  namespace", "binds something else"},
		{"other rights for it", binding, "  name: hedgerow\nsubjects", "  name: cluster-admin\nsubjects", "binds something else"},
	})
}

// TestBuildRefusesDamagedRollout damages what keeps namespaces open: it must be
// that and no more, come first, and go when the roll-out ends.
func TestBuildRefusesDamagedRollout(t *testing.T) {
	const (
		allowAll = "main/rollout/prod/till/rollout-allow-all.yaml"
		folder   = "main/rollout/prod/till/kustomization.yaml"
		list     = "main/rollout/prod/kustomization.yaml"
		group    = "main/prod/kustomization.yaml"
		overlay  = "main/prod/till/kustomization.yaml"
		set      = "delivery/argocd/applicationset-hedgerow-main.yaml"
		first    = "delivery/flux/main/kustomization-hedgerow-prod.rollout.yaml"
		then     = "delivery/flux/main/kustomization-hedgerow-prod.yaml"

		notThat, notASource = "is not the one that keeps namespace \"till\" open", "is not a source beside its overlay"
	)
	refuses(t, expand(t, "../testdata/tenancies/rolling-out"), []damage{
		{"another namespace", allowAll, "namespace: till", "namespace: catalogue", `says namespace "catalogue" instead of "till"`},
		{"another namespace for the folder", folder, "namespace: till", "namespace: catalogue", `says namespace "till" instead of "catalogue"`},
		{"some pods", allowAll, "podSelector: {}", "podSelector: {matchLabels: {app: till}}", notThat},
		{"no way out", allowAll, "  egress:\n  - {}\n", "", notThat},
		{"somebody only", allowAll, "  ingress:\n  - {}", "  ingress:\n  - from:\n    - podSelector: {}", notThat},
		{"another name", allowAll, "name: rollout-allow-all", "name: allow-all", notThat},
		{"after the deny", allowAll, "sync-wave: \"-1\"", "sync-wave: \"1\"", "would come after the deny"},
		{"another reason", allowAll, "card readers", "people", "does not say why"},
		{"another day", allowAll, "2036-06-30", "2037-06-30", "does not say why"},
		{"kept by Argo CD", allowAll, "  annotations:\n", "  annotations:\n    argocd.argoproj.io/sync-options: Prune=false\n", "would not be removed"},
		{"kept by Flux", allowAll, "  annotations:\n", "  annotations:\n    kustomize.toolkit.fluxcd.io/prune: disabled\n", "would not be removed"},
		{"nothing listed", folder, "resources:\n- rollout-allow-all.yaml\n", "resources: []\n", "listed by no kustomization"},
		{"more listed", folder, "- rollout-allow-all.yaml\n", "- rollout-allow-all.yaml\n- ../../../base/default-deny\n", "2 policies and 0 Namespace objects were built instead of one"},
		{"a roll-out that is not listed", list, "- till\n", "", "1 entries instead of 2"},
		{"a roll-out that its environment does not take over", group, "- ../rollout/prod/till\n", "", "4 entries instead of 5"},
		{"the roll-out of another environment", group, "../rollout/prod/till", "../rollout/qa/till", "does not list exactly"},
		{"a namespace that is closed in its place", group, "../rollout/prod/till", "../rollout/prod/catalogue", "does not list exactly"},
		{"a roll-out that Flux takes back", list, "ssa: IfNotPresent", "ssa: Merge", "would not leave"},
		{"one that it would not say so of", list, "commonAnnotations:\n  kustomize.toolkit.fluxcd.io/ssa: IfNotPresent\n", "", "would not leave"},
		{"roll-outs that say more", list, "ssa: IfNotPresent\n", "ssa: IfNotPresent\n  kustomize.toolkit.fluxcd.io/prune: disabled\n", "would not leave"},
		{"one that nobody takes over", allowAll, "  annotations:\n", "  annotations:\n    kustomize.toolkit.fluxcd.io/ssa: IfNotPresent\n", "would not be removed"},
		{"an environment that annotates", group, "kind: Kustomization\n", "kind: Kustomization\ncommonAnnotations:\n  kustomize.toolkit.fluxcd.io/ssa: IfNotPresent\n", "does more than list"},
		{"a roll-out that an overlay lists", overlay, "resources:\n", "resources:\n- ../../rollout/prod/till\n", "doesn't exist"},

		{"a roll-out that Argo CD does not know", set, "rollout: main/rollout/prod/till", "rollout: \"\"", "does not list each overlay once"},
		{"one of a namespace that is closed", set, "rollout: \"\"", "rollout: main/rollout/prod/till", "does not list each overlay once"},
		{"an element that does not say", set, "        rollout: \"\"\n", "", "does not say whether"},
		{"no patch", set, "{{- if .rollout }}", "{{- if false }}", "would be passed over"},
		{"a patch for all", set, "{{- if .rollout }}", "{{- if true }}", "of a namespace that is closed"},
		{"a patch of more", set, "    spec:\n      source: null", "    spec:\n      project: default\n      source: null", "more than sources"},
		{"one source too many", set, "      source: null\n", "", notASource},
		{"another repository", set, "    spec:\n      source: null\n      sources:\n      - {repoURL: \"https://git.example.com", "    spec:\n      source: null\n      sources:\n      - {repoURL: \"https://git.example.org", notASource},
		{"changes that are passed over", set, ";/overlays/{{.rollout}}", "", "would be passed over"},
		{"a patch that cannot be read", set, "{{- else }}", "{{- els }}", "cannot be read"},
		{"a patch that cannot be filled in", set, "{{.rollout}}\"}", "{{.rolout}}\"}", "cannot be filled in"},

		{"a list of roll-outs that does more", "main/rollout/qa/kustomization.yaml", "kind: Kustomization\n", "kind: Kustomization\nnamespace: default\n", "does more than list"},
		{"a deny that does not wait in Flux", then, "  - name: hedgerow-prod.rollout\n", "", "depends on something else"},
		{"a roll-out that waits for the deny", first, "  - name: hedgerow-namespaces\n", "  - name: hedgerow-prod\n", "depends on something else"},
		{"a roll-out that stays in Flux", first, "prune: true", "prune: false", "it does not prune"},
		{"another folder", first, "path: ./overlays/main/rollout/prod", "path: ./overlays/main/prod", "another source or path"},
	})
}

// TestRolloutKeepsItsApplication: what a roll-out's end changes for Argo CD and
// Flux is where they look, and nothing about who looks.
func TestRolloutKeepsItsApplication(t *testing.T) {
	source, err := os.ReadFile("../testdata/tenancies/rolling-out/tenants.cue")
	if err != nil {
		t.Fatal(err)
	}
	const line = `rollout: open: {reason: "card readers of old shops are not all known", until: "2036-06-30", environments: ["prod"]}`
	before, after := files(t, expandText(t, string(source))), expandText(t, strings.Replace(string(source), line, "", 1))
	tree := files(t, after)
	if _, err := Build(after, tree, nil, nil); err != nil {
		t.Fatal(err)
	}
	const set = "delivery/argocd/applicationset-hedgerow-main.yaml"
	if want := strings.Replace(string(before[set]), "rollout: main/rollout/prod/till\n", "rollout: \"\"\n", 1); string(tree[set]) != want {
		t.Errorf("the ApplicationSet is\n%s\nand not\n%s", tree[set], want)
	}
	for file, data := range before {
		gone := strings.HasPrefix(file, "main/rollout/prod/till/")
		if _, stays := tree[file]; stays == gone {
			t.Errorf("%s: stays is %t", file, stays)
		}
		lists := file == "main/rollout/prod/kustomization.yaml" || file == "main/prod/kustomization.yaml"
		if file != set && !lists && !gone && string(tree[file]) != string(data) {
			t.Errorf("%s is changed", file)
		}
	}
}

// TestBuildRefusesMoreDelivery takes a file away, or adds one, anywhere below
// delivery.
func TestBuildRefusesMoreDelivery(t *testing.T) {
	x := expandText(t, delivered)
	tree := files(t, x)
	below := slices.DeleteFunc(slices.Sorted(maps.Keys(tree)), func(f string) bool { return !strings.HasPrefix(f, "delivery/") })
	if len(below) != 25 {
		t.Errorf("there are %d files below delivery:\n%s", len(below), strings.Join(below, "\n"))
	}
	for _, file := range below {
		less := maps.Clone(tree)
		delete(less, file)
		if _, err := Build(x, less, nil, nil); err == nil {
			t.Errorf("without %s it builds", file)
		}
		more, dir := maps.Clone(tree), filepath.Dir(file)
		more[dir+"/more.yaml"] = tree[file]
		more[dir+"/kustomization.yaml"] = []byte(strings.Replace(string(tree[dir+"/kustomization.yaml"]), "resources:\n", "resources:\n- more.yaml\n", 1))
		if _, err := Build(x, more, nil, nil); err == nil || !strings.Contains(err.Error(), "is no part of any delivery") {
			t.Errorf("with %s twice: %v", file, err)
		}
	}
	x.Delivery = nil
	if _, err := Build(x, tree, nil, nil); err == nil || !strings.Contains(err.Error(), "a kustomization that nothing declares") {
		t.Errorf("a delivery that nobody declares: %v", err)
	}
}

// TestRetiredKeepsItsApplication: a namespace that is retired changes the path
// of its Application and nothing else, so that Argo CD prunes its allows there
// and finds its deny.
func TestRetiredKeepsItsApplication(t *testing.T) {
	const declared = "\torders: workloads: api: {pods: app: \"orders\", ports: http: 8080}\n"
	flow := delivered[strings.Index(delivered, "flows:"):strings.Index(delivered, "retired:")]
	gone := strings.NewReplacer(declared, "", flow, "",
		"retired: main: old:", "retired: spare: \"orders-test\": reason: \"moved\"\nretired: main: orders: reason: \"moved\"\nretired: main: old:")
	before, after := files(t, expandText(t, delivered)), expandText(t, gone.Replace(delivered))
	tree := files(t, after)
	if _, err := Build(after, tree, nil, nil); err != nil {
		t.Fatal(err)
	}
	for file, moved := range map[string][2]string{
		"delivery/argocd/applicationset-hedgerow-main.yaml":  {"path: main/prod/orders\n", "path: main/retired/orders\n"},
		"delivery/argocd/applicationset-hedgerow-spare.yaml": {"path: spare/test/orders\n", "path: spare/retired/orders-test\n"},
	} {
		if want := strings.Replace(string(before[file]), moved[0], moved[1], 1); string(tree[file]) != want {
			t.Errorf("%s is\n%s\nand not\n%s", file, tree[file], want)
		}
	}
	var k struct{ Resources []string }
	if err := yaml.Unmarshal(tree["main/retired/orders/kustomization.yaml"], &k); err != nil || !slices.Equal(k.Resources, []string{"../../base/default-deny"}) {
		t.Errorf("the retired namespace keeps %q (%v)", k.Resources, err)
	}
	if tree["delivery/flux/spare/kustomization-hedgerow-retired.yaml"] == nil {
		t.Error("Flux does not sync the retired namespace")
	}
}
