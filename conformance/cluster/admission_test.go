package cluster

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// guardedTenancy has a guard on a cluster with managed namespaces and a retired
// one, which both Argo CD and Flux deliver.
const guardedTenancy = `package tenancy

clusters: main: {cni: "calico", admissionGuard: except: "break glass": {group: "on-call", reason: "incidents"}}
environments: prod: {cluster: "main", prefix: "guarded-"}
teams: shop: namespaces: {
	web: workloads: web: {pods: app: "web", ports: http: 8080}
	api: workloads: api: {pods: app: "api", ports: http: 8080}
}
flows: "web-api": {from: namespace: "web", to: namespace: "api", reason: "pages"}
retired: main: "guarded-old": reason: "it left"
delivery: {repository: "https://git.example.com/acme/policies.git", argocd: {}, flux: {}}
`

// The folder that is applied, and namespaces of that tenancy and of nobody's.
const (
	guardFolder                   = "delivery/guard/main"
	guardedWeb, guardedAPI        = "guarded-web", "guarded-api"
	guardedOld, unguarded         = "guarded-old", "unguarded"
	everything                    = "everything" // a group that has all rights
	fluxUser, argoUser            = "system:serviceaccount:flux-system:hedgerow", "system:serviceaccount:kube-system:argocd-manager"
	managerUser                   = "system:kube-controller-manager"
	namespaceUser, collectionUser = "system:serviceaccount:kube-system:namespace-controller", "system:serviceaccount:kube-system:generic-garbage-collector"
)

// ofCluster is where objects are that have no namespace.
const ofCluster = ""

// guardedPlaces are those in which the guard is in force.
var guardedPlaces = []string{guardedWeb, guardedOld, ofCluster}

// A guarded server is one to which a guard is applied to a server.
type guarded struct {
	*server
	*testing.T
	folder  string
	objects []*object // the policy and its binding
	kinds   []guardedKind
}

// testAdmissionGuard sees to it that a guard keeps everybody out who has all
// rights, whatever the kind and the verb, and lets in those whom it should.
func testAdmissionGuard(t *testing.T, s *server) {
	g := newGuard(t, s)
	g.applyAll()
	g.checkTypes()
	g.keepsOut()
	for _, who := range [][]string{{fluxUser, everything}, {argoUser, everything}, {"somebody", everything, "on-call"}} {
		g.letsIn(who, guardedPlaces...)
	}
	g.letsIn([]string{"tenant", everything}, unguarded)
	g.letsFluxWork()
	g.letsCollect()
	g.letsNamespacesGo()
	g.holdsForMany(10_000)
	g.apply()
	s.unguard(t, g.objects)
	g.letsIn([]string{"tenant", everything}, guardedPlaces...)
}

// newGuard renders the tenancy and makes what it takes for granted.
func newGuard(t *testing.T, s *server) *guarded {
	g := &guarded{server: s, T: t, folder: t.TempDir()}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(guardedTenancy), 0o644); err != nil {
		t.Fatal(err)
	}
	r, diags, err := expand(dir)
	if err != nil || r == nil {
		t.Fatal(err, diags)
	}
	if err := r.write(g.folder); err != nil {
		t.Fatal(err)
	}
	folders, err := r.delivery()
	if err != nil {
		t.Fatal(err)
	}
	g.objects = folders[guardFolder]
	slices.SortFunc(g.objects, func(a, b *object) int { return strings.Compare(a.GetKind(), b.GetKind()) })
	t.Cleanup(s.kinds.Reset) // when what is defined here is gone
	g.findKinds()
	for _, ns := range []string{guardedWeb, guardedAPI, guardedOld, unguarded, "flux-system"} {
		if err := s.ensureNamespace(t.Context(), ns); err != nil {
			t.Fatal(err)
		}
	}
	g.giveRights()
	return g
}

// giveRights gives a group all rights, as a team may have them in its
// namespaces.
func (g *guarded) giveRights() {
	for _, text := range []string{
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: everything}, rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]}`,
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: everything},
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: everything}]}`,
	} {
		g.must(g.keep(text))
		o, err := objectOf([]byte(text))
		g.must(err)
		g.Cleanup(func() { g.remove(o) })
	}
}

// applyAll applies the guard, and the account of Flux, and waits until the guard
// is in force: a server takes it up within seconds (apiserver,
// pkg/admission/plugin/policy/generic/policy_source.go).
func (g *guarded) applyAll() {
	for _, k := range g.kinds { // what was there before
		for _, ns := range k.places(guardedPlaces) {
			g.must(g.create(g.Context(), k.object(ns, "before")))
		}
	}
	start := time.Now()
	g.apply()
	g.await(g.T, guardedWeb, true)
	g.Logf("the guard is in force after %.1f s", time.Since(start).Seconds())
}

// apply has kubectl apply the guard, and what is rendered for Flux.
func (g *guarded) apply() {
	a := applied{server: g.server, T: g.T, folder: g.folder, overlays: []overlay{{path: guardFolder, objects: g.objects}}}
	a.apply(g.Context(), flux("main"))
	a.apply(g.Context(), guardFolder)
	compare(g.T, g.objects, a.kept())
}

// keepsOut tries every verb on every kind as somebody who has all rights.
func (g *guarded) keepsOut() {
	tried := 0
	for _, who := range [][]string{{"tenant", everything}, {"admin", "system:masters"}, {"system:serviceaccount:guarded-web:default", everything}} {
		client := g.as(who[0], who[1:]...)
		for _, k := range g.kinds {
			for _, ns := range k.places(guardedPlaces) {
				before := k.object(ns, "before")
				live, err := g.get(g.Context(), before)
				g.must(err)
				for _, w := range writes {
					err := w.do(g.Context(), k.in(client, ns), live.DeepCopy(), k.object(ns, "new"))
					if !byGuard(err) {
						g.Errorf("%s may %s %s in %q: %v", who[0], w.name, k.resource, ns, err)
					}
					tried++
				}
				if after, err := g.get(g.Context(), before); err != nil || after.GetResourceVersion() != live.GetResourceVersion() {
					g.Errorf("%s in %q is another one: %v", k.resource, ns, err)
				}
			}
		}
	}
	// The label by which the guard knows a namespace is the server's.
	client := g.as("tenant", everything).Resource(namespaces)
	_, err := client.Patch(g.Context(), guardedWeb, types.MergePatchType, []byte(`{"metadata": {"labels": {"kubernetes.io/metadata.name": "unguarded"}}}`), metav1.PatchOptions{})
	if is, _ := client.Get(g.Context(), guardedWeb, metav1.GetOptions{}); is == nil || is.GetLabels()["kubernetes.io/metadata.name"] != guardedWeb {
		g.Errorf("the name of the namespace can be changed: %v, %v", is, err)
	}
	g.Logf("%d writes of %d kinds are refused", tried, len(g.kinds))
}

// letsIn has somebody, a user and its groups, go through all verbs on every kind
// that there can be in these places.
func (g *guarded) letsIn(who []string, places ...string) {
	client, taken := g.as(who[0], who[1:]...), 0
	for _, k := range g.kinds {
		for _, ns := range k.places(places) {
			taken += g.writesAll(who[0], k, k.in(client, ns), ns, len(writes))
		}
	}
	g.Logf("%d writes of %s are taken in %q", taken, who[0], places)
}

// letsFluxWork has Flux write with the rights that are rendered for it, and no
// others.
func (g *guarded) letsFluxWork() {
	k := g.kindOf(policies)
	g.writesAll("Flux", k, k.in(g.as(fluxUser, "system:serviceaccounts"), guardedWeb), guardedWeb, len(writes)-1)
	g.must(k.in(g.as(fluxUser, everything), guardedWeb).DeleteCollection(g.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
}

// writesAll makes an object and goes through the first of the verbs, and gives
// how many were taken.
func (g *guarded) writesAll(who string, k guardedKind, where dynamic.ResourceInterface, ns string, verbs int) (taken int) {
	live, err := where.Create(g.Context(), k.object(ns, "theirs"), metav1.CreateOptions{})
	for _, w := range writes[:verbs] {
		if err == nil {
			taken++
			err = w.do(g.Context(), where, live, k.object(ns, "new"))
		}
		if err != nil {
			g.Errorf("%s may not %s %s in %q: %v", who, w.name, k.resource, ns, err)
			break
		}
	}
	return taken
}

// letsCollect deletes an object as Argo CD does, in the foreground: the garbage
// collector is who then takes it away, and nobody else may.
func (g *guarded) letsCollect() {
	k := g.kindOf(policies)
	applier := k.in(g.as(fluxUser, everything), guardedWeb)
	_, err := applier.Create(g.Context(), k.object(guardedWeb, "collected"), metav1.CreateOptions{})
	g.must(err)
	foreground := metav1.DeletePropagationForeground
	g.must(applier.Delete(g.Context(), "collected", metav1.DeleteOptions{PropagationPolicy: &foreground}))
	release := func(where dynamic.ResourceInterface) error {
		_, err := where.Patch(g.Context(), "collected", types.MergePatchType, []byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		return err
	}
	if err := release(k.in(g.as("tenant", everything), guardedWeb)); !byGuard(err) {
		g.Errorf("a tenant takes a policy away: %v", err)
	}
	g.must(release(k.in(g.as(collectionUser, "system:serviceaccounts"), guardedWeb)))
	if _, err := applier.Get(g.Context(), "collected", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		g.Errorf("the policy is still there: %v", err)
	}
	for _, user := range []string{collectionUser, namespaceUser, managerUser} {
		if _, err := k.in(g.as(user, everything), guardedWeb).Create(g.Context(), k.object(guardedWeb, "new"), metav1.CreateOptions{}); !byGuard(err) {
			g.Errorf("%s may create policies: %v", user, err)
		}
	}
}

// letsNamespacesGo deletes a namespace with policies of every kind, and does
// what the namespace controller does then: as the account that it has, and as
// the one that it shares where controllers have none of their own.
func (g *guarded) letsNamespacesGo() {
	for ns, client := range map[string]dynamic.Interface{
		guardedAPI: g.as(namespaceUser, "system:serviceaccounts", "system:serviceaccounts:kube-system"),
		guardedOld: g.as(managerUser, everything),
	} {
		applier := g.as(argoUser, everything)
		for _, k := range g.kinds {
			if k.namespaced {
				_, err := k.in(applier, ns).Create(g.Context(), k.object(ns, "left"), metav1.CreateOptions{})
				g.must(err)
			}
		}
		g.must(g.server.objects.Resource(namespaces).Delete(g.Context(), ns, metav1.DeleteOptions{}))
		for _, k := range g.kinds {
			if !k.namespaced {
				continue
			}
			if err := k.in(g.as("tenant", everything), ns).DeleteCollection(g.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); !byGuard(err) {
				g.Errorf("a tenant deletes %s of a namespace that goes: %v", k.resource, err)
			}
			g.must(k.in(client, ns).DeleteCollection(g.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
			if list, err := k.in(client, ns).List(g.Context(), metav1.ListOptions{}); err != nil || len(list.Items) > 0 {
				g.Errorf("%s are left in %s: %v %v", k.resource, ns, list, err)
			}
		}
		o, err := client.Resource(namespaces).Get(g.Context(), ns, metav1.GetOptions{})
		g.must(err)
		g.must(unstructured.SetNestedSlice(o.Object, nil, "spec", "finalizers"))
		_, err = client.Resource(namespaces).Update(g.Context(), o, metav1.UpdateOptions{}, "finalize")
		g.must(err)
		if _, err := client.Resource(namespaces).Get(g.Context(), ns, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			g.Errorf("namespace %s is still there: %v", ns, err)
		}
		g.made.Delete(ns)
		g.must(g.ensureNamespace(g.Context(), ns))
	}
}

// must ends the test with an error.
func (g *guarded) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// keep creates an object.
func (g *guarded) keep(text string) error {
	o, err := objectOf([]byte(text))
	if err != nil {
		return err
	}
	return g.create(g.Context(), o)
}

// remove deletes what a test has made.
func (g *guarded) remove(o *object) {
	where, err := g.resource(o)
	if err == nil {
		err = where.Delete(context.Background(), o.GetName(), metav1.DeleteOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		g.Errorf("%s is left: %v", name(o), err)
	}
}

// kindOf gives one kind.
func (g *guarded) kindOf(resource schema.GroupVersionResource) guardedKind {
	return g.kinds[slices.IndexFunc(g.kinds, func(k guardedKind) bool { return k.resource == resource })]
}

// writes are the verbs that change what a server keeps: of an object that is
// there, and of a new one.
var writes = []struct {
	name string
	do   func(ctx context.Context, where dynamic.ResourceInterface, there, fresh *object) error
}{
	{"create", func(ctx context.Context, where dynamic.ResourceInterface, _, fresh *object) error {
		_, err := where.Create(ctx, fresh, metav1.CreateOptions{})
		return err
	}},
	{"update", func(ctx context.Context, where dynamic.ResourceInterface, there, _ *object) error {
		there.SetLabels(map[string]string{"updated": "yes"})
		_, err := where.Update(ctx, there, metav1.UpdateOptions{})
		return err
	}},
	{"patch", func(ctx context.Context, where dynamic.ResourceInterface, there, _ *object) error {
		_, err := where.Patch(ctx, there.GetName(), types.MergePatchType, []byte(`{"metadata": {"annotations": {"patched": "yes"}}}`), metav1.PatchOptions{})
		return err
	}},
	{"apply", func(ctx context.Context, where dynamic.ResourceInterface, there, fresh *object) error {
		fresh = fresh.DeepCopy()
		fresh.SetName(there.GetName())
		fresh.SetLabels(map[string]string{"applied": "yes"})
		_, err := where.Apply(ctx, fresh.GetName(), fresh, metav1.ApplyOptions{FieldManager: "test", Force: true})
		return err
	}},
	{"apply a new one of", func(ctx context.Context, where dynamic.ResourceInterface, _, fresh *object) error {
		fresh = fresh.DeepCopy()
		fresh.SetName("applied")
		_, err := where.Apply(ctx, fresh.GetName(), fresh, metav1.ApplyOptions{FieldManager: "test"})
		return err
	}},
	{"delete", func(ctx context.Context, where dynamic.ResourceInterface, there, _ *object) error {
		return where.Delete(ctx, there.GetName(), metav1.DeleteOptions{})
	}},
	{"delete all", func(ctx context.Context, where dynamic.ResourceInterface, _, _ *object) error {
		return where.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
	}},
}

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// as gives a client that works as somebody else.
func (g *guarded) as(user string, groups ...string) dynamic.Interface {
	config, err := clientcmd.BuildConfigFromFlags("", g.config)
	g.must(err)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	client, err := dynamic.NewForConfig(config)
	g.must(err)
	return client
}

// byGuard reports whether a guard is who refuses, and says what to do instead.
func byGuard(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'hedgerow' with binding 'hedgerow' denied request: ") &&
		strings.Contains(err.Error(), "declare the flow in tenants.cue")
}

// await waits until a guard is in force in a namespace, or is not any more. The
// administrator of the server is nobody whom a guard lets in.
func (s *server) await(t *testing.T, namespace string, inForce bool) {
	probe, err := objectOf([]byte(policyHead + "{}"))
	if err != nil {
		t.Fatal(err)
	}
	probe.SetNamespace(namespace)
	probe.SetName("probe")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		switch err = s.create(t.Context(), probe, dry...); {
		case byGuard(err) == inForce && (inForce || err == nil):
			return
		case time.Now().After(end):
			t.Fatalf("a guard is in force in %s: it should be %t; %v", namespace, inForce, err)
		}
	}
}

// unguard takes a guard away once it is in force, and waits until it is no more.
func (s *server) unguard(t *testing.T, objects []*object) {
	for _, o := range objects {
		names, err := guardedBy(o)
		if err != nil {
			continue // it is not the binding
		}
		if err := s.ensureNamespace(t.Context(), names[0]); err != nil {
			t.Fatal(err)
		}
		s.await(t, names[0], true)
		defer s.await(t, names[0], false)
	}
	for _, o := range objects {
		where, err := s.resource(o)
		if err == nil {
			err = where.Delete(t.Context(), o.GetName(), metav1.DeleteOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// guardedBy gives the namespaces that a binding names.
func guardedBy(binding *object) ([]string, error) {
	list, _, err := unstructured.NestedSlice(binding.Object, "spec", "matchResources", "namespaceSelector", "matchExpressions")
	if err != nil || len(list) != 1 {
		return nil, errors.Join(err, errors.New("it selects no namespaces"))
	}
	names, _, err := unstructured.NestedStringSlice(list[0].(map[string]any), "values")
	return slices.Sorted(maps.Keys(setOf(names))), err
}

func setOf(words []string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words {
		out[w] = true
	}
	return out
}
