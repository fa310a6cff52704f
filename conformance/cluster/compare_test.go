package cluster

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// serverFields are what the server alone writes into every object.
var serverFields = [][]string{
	{"metadata", "uid"}, {"metadata", "resourceVersion"}, {"metadata", "generation"},
	{"metadata", "creationTimestamp"}, {"metadata", "managedFields"},
}

// defaults are what the server adds to objects that do not say otherwise, by
// kind; "NAME" is the object's. NetworkPolicies are not among them: of a policy
// that was changed Argo CD would say that it has drifted.
var defaults = map[string]string{
	"Namespace":     `{metadata: {labels: {kubernetes.io/metadata.name: 'NAME'}}, spec: {finalizers: [kubernetes]}, status: {phase: Active}}`,
	"GitRepository": `{spec: {timeout: 60s}, status: {observedGeneration: -1}}`,
	"Kustomization": `{spec: {force: false}, status: {observedGeneration: -1}}`,
	// A controller writes into it what it thinks of the policy's types.
	"ValidatingAdmissionPolicy": `{status: {}}`,
}

// withDefaults gives an object with what the server adds to it.
func withDefaults(o *object) (map[string]any, error) {
	added := map[string]any{}
	if text := defaults[o.GetKind()]; text != "" {
		asJSON, err := yaml.YAMLToJSON([]byte(strings.ReplaceAll(text, "NAME", o.GetName())))
		if err != nil {
			return nil, err
		}
		if err := utiljson.Unmarshal(asJSON, &added); err != nil {
			return nil, err
		}
	}
	return merged(added, o.Object), nil
}

// merged gives the fields of both; where they meet, those of the second.
func merged(under, over map[string]any) map[string]any {
	out := maps.Clone(under)
	for field, value := range over {
		below, isMap := value.(map[string]any)
		if there, ok := out[field].(map[string]any); ok && isMap {
			value = merged(there, below)
		}
		out[field] = value
	}
	return out
}

// difference compares an object with what the server keeps of it, field by
// field; it is "" if the server changed nothing and added nothing but its own.
func difference(want, got *object) string {
	all, err := withDefaults(want)
	if err != nil {
		return err.Error()
	}
	got = got.DeepCopy()
	for _, f := range serverFields {
		unstructured.RemoveNestedField(got.Object, f...)
	}
	if reflect.DeepEqual(all, got.Object) {
		return "" // said much faster than by what follows
	}
	return cmp.Diff(all, got.Object)
}

// name tells objects apart.
func name(o *object) string {
	return strings.TrimPrefix(fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName()), " ")
}

// compare holds what the server keeps against what was rendered: each object,
// and no other.
func compare(t *testing.T, want []*object, got map[string]*object) {
	t.Helper()
	var wrong []string
	left := maps.Clone(got)
	for _, w := range want {
		g := left[name(w)]
		if g == nil {
			wrong = append(wrong, name(w)+" is not there, or was rendered twice")
			continue
		}
		delete(left, name(w))
		if d := difference(w, g); d != "" {
			wrong = append(wrong, fmt.Sprintf("%s differs from what was rendered (-), as the server keeps it (+):\n%s", name(w), d))
		}
	}
	for n := range left {
		wrong = append(wrong, n+" was not rendered")
	}
	if len(wrong) > 0 { // a default that is wrong is so in thousands of objects
		t.Fatalf("%d objects are wrong, such as\n%s", len(wrong), strings.Join(wrong[:min(5, len(wrong))], "\n"))
	}
}

// compareVersions sees to it that nobody changed an object in between.
func compareVersions(t *testing.T, before, after map[string]*object) {
	t.Helper()
	for n, b := range before {
		if a := after[n]; a == nil || a.GetUID() != b.GetUID() || a.GetResourceVersion() != b.GetResourceVersion() {
			t.Errorf("%s is another one after the second time", n)
		}
	}
}
