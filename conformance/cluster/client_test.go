package cluster

import (
	"context"
	"encoding/json"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// An object is anything that an API server keeps.
type object = unstructured.Unstructured

// manager is who changes objects, to the server.
const manager = "hedgerow-conformance"

// dry asks a server to do everything but to keep the object.
var dry = []string{metav1.DryRunAll}

// objectOf reads one object from YAML or JSON.
func objectOf(data []byte) (*object, error) {
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	o := &object{}
	return o, o.UnmarshalJSON(asJSON)
}

// objectFrom turns a typed object into one as the server sees it.
func objectFrom(typed any) (*object, error) {
	data, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	return objectOf(data)
}

// resource is where the server keeps objects of this kind.
func (s *server) resource(o *object) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	m, err := s.kinds.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return s.objects.Resource(m.Resource).Namespace(o.GetNamespace()), nil
	}
	return s.objects.Resource(m.Resource), nil
}

// dryApply asks the server what it would keep if the object were applied, and to
// refuse whatever it does not know.
func (s *server) dryApply(ctx context.Context, o *object) (*object, error) {
	where, err := s.resource(o)
	if err != nil {
		return nil, err
	}
	data, err := o.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return where.Patch(ctx, o.GetName(), types.ApplyPatchType, data,
		metav1.PatchOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict, DryRun: dry})
}

// create asks the server to keep an object, and to refuse whatever it does not
// know.
func (s *server) create(ctx context.Context, o *object, dryRun ...string) error {
	where, err := s.resource(o)
	if err != nil {
		return err
	}
	_, err = where.Create(ctx, o, metav1.CreateOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun})
	return err
}

// judge gives the error by which the server refuses an object that would be
// created, or nil if it would take it.
func (s *server) judge(t *testing.T, o *object) error {
	err := s.create(t.Context(), o, dry...)
	refused := apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsForbidden(err) || apierrors.IsAlreadyExists(err)
	if err != nil && !refused {
		t.Fatalf("%s is not judged: %v", name(o), err)
	}
	return err
}

// get gives the object that the server keeps under the name of another.
func (s *server) get(ctx context.Context, o *object) (*object, error) {
	where, err := s.resource(o)
	if err != nil {
		return nil, err
	}
	return where.Get(ctx, o.GetName(), metav1.GetOptions{})
}

// ensureNamespace creates a namespace that is not there yet.
func (s *server) ensureNamespace(ctx context.Context, name string) error {
	if _, before := s.made.Load(name); before {
		return nil
	}
	o := &object{}
	o.SetAPIVersion("v1")
	o.SetKind("Namespace")
	o.SetName(name)
	if err := s.create(ctx, o); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	s.made.Store(name, true)
	return nil
}
