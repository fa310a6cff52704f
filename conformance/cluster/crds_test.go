package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// loadDefinitions gives the server the kinds of Argo CD, Flux, Cilium, Calico
// and the network policy API.
func (s *server) loadDefinitions(t *testing.T) {
	loaded := 0
	for _, folder := range []string{"crds", "e2e/crds"} {
		files, err := filepath.Glob(filepath.Join(tool(t, folder), "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			ok, err := s.loadDefinition(t.Context(), file)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if ok {
				loaded++
			}
		}
	}
	s.kinds.Reset()
	t.Logf("%d kinds are defined", loaded)
}

// loadDefinition loads a file, unless it is one of kustomize's own beside the
// definitions, and reports whether it did.
func (s *server) loadDefinition(ctx context.Context, file string) (bool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	o, err := objectOf(data)
	if err != nil || o.GetKind() != "CustomResourceDefinition" {
		return false, nil
	}
	if err := s.create(ctx, o); err != nil {
		return false, err
	}
	return true, s.awaitEstablished(ctx, o)
}

// awaitEstablished waits until the server serves a kind.
func (s *server) awaitEstablished(ctx context.Context, definition *object) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	for {
		o, err := s.get(ctx, definition)
		if err != nil {
			return err
		}
		if established(o) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not served", definition.GetName())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func established(definition *object) bool {
	conditions, _, _ := unstructured.NestedSlice(definition.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
			return true
		}
	}
	return false
}
