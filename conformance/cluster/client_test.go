package cluster

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// An object is anything that an API server keeps.
type object = unstructured.Unstructured

// manager is who changes objects, to the server.
const manager = "hedgerow-conformance"

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
	o := &object{}
	o.SetAPIVersion("v1")
	o.SetKind("Namespace")
	o.SetName(name)
	if err := s.create(ctx, o); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
