package render

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLists: what is built apart instead of a kustomization is all that it
// builds.
func TestLists(t *testing.T) {
	for text, want := range map[string]bool{
		"resources: [a, b]\n": true,
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\nsortOptions: {order: fifo}\n": true,
		"resources: [a, one.yaml]\n":                       false,
		"resources: [one.yaml]\n":                          false,
		"resources: []\n":                                  false,
		"resources: [a]\nnamespace: x\n":                   false,
		"resources: [a]\nnamePrefix: x-\n":                 false,
		"apiVersion: foo/v1\nresources: [a]\n":             false,
		"metadata: {name: x}\nresources: [a]\n":            false,
		"resources: [a]\nsortOptions: {order: bogus}\n":    false,
		"resources: [a]\ncomponents: [b]\n":                false,
		"kind: Component\nresources: [a]\n":                false,
		"resources: [a]\ncommonAnnotations: {a: b}\n":      false,
		"resources: [a]\npatches: [{path: one.yaml}]\n":    false,
		"namespace: x\nresources:\n- a\n- b\nimages: []\n": false,
	} {
		dir := t.TempDir()
		for file, data := range map[string]string{
			"kustomization.yaml": text, "one.yaml": "kind: A\n", "a/kustomization.yaml": "resources: []\n", "b/kustomization.yaml": "resources: []\n",
		} {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		k, err := FindKustomization(dir)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if k.Lists != want {
			t.Errorf("%q only lists: %v", text, k.Lists)
		}
	}
}
