package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// A customKind is a CustomResourceDefinition as far as it says what its objects
// look like.
type customKind struct {
	Spec struct {
		Group    string
		Names    struct{ Kind string }
		Versions []struct {
			Name   string
			Schema struct{ OpenAPIV3Schema map[string]any }
		}
	}
}

// strictKinds gives a strict schema for each kind of Argo CD and Flux that is
// delivered, by API version and kind.
func strictKinds(t *testing.T) map[metav1.TypeMeta]*jsonschema.Schema {
	t.Helper()
	tools := os.Getenv("HEDGEROW_TOOLS")
	files, err := filepath.Glob(filepath.Join(tools, "crds", "*.yaml"))
	if err != nil || tools == "" || len(files) == 0 {
		t.Fatal(`HEDGEROW_TOOLS names no folder with the definitions of Argo CD's and Flux's objects; run "make test"`)
	}
	wanted := []string{"AppProject", "Application", "ApplicationSet", "GitRepository", "Kustomization"}
	out := map[metav1.TypeMeta]*jsonschema.Schema{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var k customKind
		if err := yaml.Unmarshal(data, &k); err != nil {
			t.Fatal(file, err)
		}
		if !slices.Contains(wanted, k.Spec.Names.Kind) {
			continue
		}
		for _, v := range k.Spec.Versions {
			out[typeMeta(k.Spec.Group+"/"+v.Name, k.Spec.Names.Kind)] = compileStrict(t, v.Schema.OpenAPIV3Schema)
		}
	}
	return out
}

func compileStrict(t *testing.T, schema map[string]any) *jsonschema.Schema {
	t.Helper()
	strict(schema)
	data, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("strict.json", doc); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("strict.json")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// strict turns a structural schema of Kubernetes into one of JSON Schema that
// refuses what the API server would drop in silence.
func strict(s map[string]any) {
	properties, _ := s["properties"].(map[string]any)
	_, others := s["additionalProperties"]
	if s["x-kubernetes-preserve-unknown-fields"] != true && properties != nil && !others {
		s["additionalProperties"] = false
	}
	for _, p := range properties {
		strict(p.(map[string]any))
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below, ok := s[key].(map[string]any); ok {
			strict(below)
		}
	}
	if s["x-kubernetes-int-or-string"] == true {
		s["type"] = []any{"integer", "string"}
	}
	if s["nullable"] == true {
		s["type"] = []any{s["type"], "null"}
	}
}

// checkObject holds an object that is delivered against what its API says.
func checkObject(t *testing.T, kinds map[metav1.TypeMeta]*jsonschema.Schema, data []byte) error {
	t.Helper()
	var head struct {
		metav1.TypeMeta
		Metadata map[string]any
	}
	if err := yaml.Unmarshal(data, &head); err != nil {
		t.Fatal(err)
	}
	schema := kinds[head.TypeMeta]
	if schema == nil {
		return checkBuiltIn(head.TypeMeta, data)
	}
	metadata, err := yaml.Marshal(head.Metadata) // of which no definition says what it holds
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(metadata, &metav1.ObjectMeta{}); err != nil {
		return err
	}
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

// checkBuiltIn is for what Kubernetes itself defines.
func checkBuiltIn(kind metav1.TypeMeta, data []byte) error {
	for k, object := range map[metav1.TypeMeta]runtime.Object{
		typeMeta("v1", "ServiceAccount"):                               &corev1.ServiceAccount{},
		typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"):        &rbacv1.ClusterRole{},
		typeMeta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): &rbacv1.ClusterRoleBinding{},
		typeMeta(admissionAPI, "ValidatingAdmissionPolicy"):            &admissionv1.ValidatingAdmissionPolicy{},
		typeMeta(admissionAPI, "ValidatingAdmissionPolicyBinding"):     &admissionv1.ValidatingAdmissionPolicyBinding{},
	} {
		if k == kind {
			return yaml.UnmarshalStrict(data, object)
		}
	}
	return os.ErrNotExist
}

// TestDeliveryIsOfItsAPI holds every object for Argo CD and Flux against the
// definitions that those come with.
func TestDeliveryIsOfItsAPI(t *testing.T) {
	kinds := strictKinds(t)
	seen := map[string]int{}
	trees := []Tree{files(t, expandText(t, delivered))}
	for _, dir := range []string{"..", "../testdata/tenancies/platform-managed"} {
		trees = append(trees, files(t, expand(t, dir)))
	}
	for _, tree := range trees {
		for file, data := range tree {
			if !strings.HasPrefix(file, "delivery/") || path.Base(file) == kustomizationFile {
				continue
			}
			kind, _, _ := strings.Cut(path.Base(file), "-")
			seen[kind]++
			if err := checkObject(t, kinds, data); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	want := []string{"application", "applicationset", "appproject", "clusterrole", "clusterrolebinding", "gitrepository", "kustomization", "serviceaccount",
		"validatingadmissionpolicy", "validatingadmissionpolicybinding"}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) || seen["applicationset"] < 5 {
		t.Errorf("these were seen: %v", seen)
	}
}

// TestDeliveryAPIIsStrict shows that the definitions are held to the letter.
func TestDeliveryAPIIsStrict(t *testing.T) {
	kinds, tree := strictKinds(t), files(t, expandText(t, delivered))
	for _, c := range []struct{ file, old, new, want string }{
		{"argocd/applicationset-hedgerow-main.yaml", "preserveResourcesOnDeletion", "preserveResourcesOnDelete", "'preserveResourcesOnDelete' not allowed"},
		{"argocd/applicationset-hedgerow-main.yaml", "selfHeal: true", "selfHeal: \"true\"", "got string, want boolean"},
		{"argocd/applicationset-hedgerow-main.yaml", "factor: 2", "factor: two", "got string, want integer"},
		{"argocd/applicationset-hedgerow-main.yaml", "      project: hedgerow-main\n", "", "missing property 'project'"},
		{"argocd/appproject-hedgerow-main.yaml", "namespaceResourceWhitelist", "namespacedResourceWhitelist", "not allowed"},
		{"argocd/appproject-hedgerow-main.yaml", "kind: NetworkPolicy", "king: NetworkPolicy", "not allowed"},
		{"argocd/application-main.namespaces.yaml", "  name: main.", "  nmae: main.", "unknown field"},
		{"argocd/application-main.namespaces.yaml", "limit: -1", "limit: none", "got string, want integer"},
		{"flux/main/gitrepository-hedgerow.yaml", "branch: main", "brunch: main", "not allowed"},
		{"flux/main/gitrepository-hedgerow.yaml", "url: https", "url: git", "does not match pattern"},
		{"flux/main/kustomization-hedgerow-prod.yaml", "prune: true", "prune: 1", "got number, want boolean"},
		{"flux/main/kustomization-hedgerow-prod.yaml", "  prune: true\n", "", "missing property 'prune'"},
		{"flux/main/kustomization-hedgerow-prod.yaml", "interval: 10m", "interval: 10", "want string"},
		{"flux/main/clusterrole-hedgerow.yaml", "verbs:", "verb:", "unknown field"},
		{"flux/main/serviceaccount-hedgerow.yaml", "apiVersion: v1", "apiVersion: v2", "does not exist"},
	} {
		data := tree["delivery/"+c.file]
		damaged := strings.Replace(string(data), c.old, c.new, 1)
		if damaged == string(data) {
			t.Fatalf("%q does not stand in\n%s", c.old, data)
		}
		if err := checkObject(t, kinds, []byte(damaged)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: got %v, not %q", c.file, c.new, err, c.want)
		}
	}
}
