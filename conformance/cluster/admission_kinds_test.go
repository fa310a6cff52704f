package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

// A guardedKind is a kind that a guard speaks of.
type guardedKind struct {
	resource   schema.GroupVersionResource
	kind       string
	namespaced bool
	spec       any
}

// policy gives the guard's own policy, as Kubernetes' types have it.
func (g *guarded) policy() *admissionv1.ValidatingAdmissionPolicy {
	p := &admissionv1.ValidatingAdmissionPolicy{}
	g.must(runtime.DefaultUnstructuredConverter.FromUnstructured(g.objects[0].Object, p))
	return p
}

// findKinds gives every kind that the guard speaks of, and defines those that
// the server does not know: what a kind holds is nothing to a guard.
func (g *guarded) findKinds() {
	specs := map[schema.GroupKind]any{}
	for _, k := range kinds {
		o, err := objectOf([]byte(k.object))
		g.must(err)
		specs[o.GroupVersionKind().GroupKind()] = o.Object["spec"]
	}
	for _, rule := range g.policy().Spec.MatchConstraints.ResourceRules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				gvr := schema.GroupVersionResource{Group: group, Resource: resource}
				gvk, err := g.server.kinds.KindFor(gvr)
				if meta.IsNoMatchError(err) {
					g.define(group, resource)
					gvk, err = g.server.kinds.KindFor(gvr)
				}
				g.must(err)
				mapping, err := g.server.kinds.RESTMapping(gvk.GroupKind(), gvk.Version)
				g.must(err)
				spec := specs[gvk.GroupKind()]
				if spec == nil {
					spec = map[string]any{}
				}
				g.kinds = append(g.kinds, guardedKind{mapping.Resource, gvk.Kind, mapping.Scope.Name() == meta.RESTScopeNameNamespace, spec})
			}
		}
	}
}

// define makes a kind that holds anything, until the test ends.
func (g *guarded) define(group, resource string) {
	scope := "Namespaced"
	for _, word := range []string{"admin", "cluster", "global"} {
		if strings.Contains(resource, word) {
			scope = "Cluster"
		}
	}
	text := fmt.Sprintf(`{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition,
metadata: {name: %[2]s.%[1]s, annotations: {api-approved.kubernetes.io: "unapproved, it is for a test"}},
spec: {group: %[1]s, scope: %[3]s, names: {plural: %[2]s, kind: %[4]s},
versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}`,
		group, resource, scope, "Test"+strings.TrimSuffix(resource, "ies"))
	o, err := objectOf([]byte(text))
	g.must(err)
	g.must(g.create(g.Context(), o))
	g.Cleanup(func() { g.remove(o) })
	g.must(g.awaitEstablished(g.Context(), o))
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		g.server.kinds.Reset()
		if _, err = g.server.kinds.KindFor(schema.GroupVersionResource{Group: group, Resource: resource}); err == nil {
			return
		}
	}
	g.Fatal(err)
}

// places gives those in which there can be objects of this kind.
func (k guardedKind) places(among []string) []string {
	return slices.DeleteFunc(slices.Clone(among), func(ns string) bool { return k.namespaced == (ns == ofCluster) })
}

// object gives a right one of this kind.
func (k guardedKind) object(namespace, name string) *object {
	o := &object{Object: map[string]any{"spec": k.spec}}
	o.SetGroupVersionKind(k.resource.GroupVersion().WithKind(k.kind))
	o.SetNamespace(namespace)
	o.SetName(name)
	return o.DeepCopy()
}

// in is where somebody finds the objects of this kind.
func (k guardedKind) in(client dynamic.Interface, namespace string) dynamic.ResourceInterface {
	if k.namespaced {
		return client.Resource(k.resource).Namespace(namespace)
	}
	return client.Resource(k.resource)
}

// checkTypes has Kubernetes' own checker look at the guard, which a controller
// runs that is not here (kubernetes, cmd/kube-controller-manager/app,
// validatingadmissionpolicystatus.go). It passes over rules for every version,
// so it is given those that the server has as well; and it must see a fault.
func (g *guarded) checkTypes() {
	config, err := clientcmd.BuildConfigFromFlags("", g.config)
	g.must(err)
	found, err := discovery.NewDiscoveryClientForConfig(config)
	g.must(err)
	checker := &validating.TypeChecker{SchemaResolver: &resolver.ClientDiscoveryResolver{Discovery: found}, RestMapper: g.server.kinds}
	p := g.policy()
	if warnings := checker.Check(p); len(warnings) > 0 {
		g.Errorf("the guard is warned of: %v", warnings)
	}
	p.Spec.MatchConstraints.ResourceRules = nil
	for _, k := range g.kinds {
		p.Spec.MatchConstraints.ResourceRules = append(p.Spec.MatchConstraints.ResourceRules, admissionv1.NamedRuleWithOperations{
			RuleWithOperations: admissionv1.RuleWithOperations{Rule: admissionv1.Rule{
				APIGroups: []string{k.resource.Group}, APIVersions: []string{k.resource.Version}, Resources: []string{k.resource.Resource},
			}},
		})
	}
	if warnings := checker.Check(p); len(warnings) > 0 {
		g.Errorf("the guard is warned of: %v", warnings)
	}
	p.Spec.Validations[0].Expression = "request.userInfo.nickname == 'x'"
	if warnings := checker.Check(p); len(warnings) != 1 || !strings.Contains(warnings[0].Warning, "undefined field 'nickname'") {
		g.Errorf("a field that does not exist is not warned of: %v", warnings)
	}
}

// holdsForMany guards as many namespaces with names of the greatest length, of
// which the last is there.
func (g *guarded) holdsForMany(count int) {
	binding := g.objects[1].DeepCopy()
	last := fmt.Sprintf("z%062d", count)
	values := []any{guardedWeb, last}
	for i := range count - len(values) {
		values = append(values, fmt.Sprintf("n%062d", i))
	}
	list, _, err := unstructured.NestedSlice(binding.Object, "spec", "matchResources", "namespaceSelector", "matchExpressions")
	g.must(err)
	list[0].(map[string]any)["values"] = values
	g.must(unstructured.SetNestedSlice(binding.Object, list, "spec", "matchResources", "namespaceSelector", "matchExpressions"))
	data, err := json.Marshal(binding)
	g.must(err)
	where, err := g.resource(binding)
	g.must(err)
	g.must(g.ensureNamespace(g.Context(), last))
	policyBefore, otherBefore := g.pace(unguarded)
	_, err = where.Patch(g.Context(), binding.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: "kubectl"})
	g.must(err)
	g.await(g.T, last, true)
	g.await(g.T, guardedWeb, true)
	policy, other := g.pace(unguarded)
	g.Logf("with %d namespaces, the binding has %d KB; elsewhere, a policy is judged in %s instead of %s, and a ConfigMap in %s instead of %s",
		count, len(data)>>10, policy, policyBefore, other, otherBefore)
}

// pace measures how long it takes to judge a policy, and another object.
func (g *guarded) pace(namespace string) (policy, other time.Duration) {
	configs := guardedKind{resource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, kind: "ConfigMap", namespaced: true}
	judge := func(k guardedKind) time.Duration {
		const count = 100
		start := time.Now()
		for range count {
			_, err := k.in(g.server.objects, namespace).Create(g.Context(), k.object(namespace, "pace"), metav1.CreateOptions{DryRun: dry})
			g.must(err)
		}
		return (time.Since(start) / count).Round(10 * time.Microsecond)
	}
	return judge(g.kindOf(policies)), judge(configs)
}
