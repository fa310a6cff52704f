package render

import (
	"path"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/hedgerow-dev/hedgerow/generator"
)

// The folders of what Argo CD and Flux need to sync the overlays, and of what
// keeps everybody else from changing them. Nothing of it is a cluster's: no
// cluster may be called delivery.
const (
	DeliveryFolder = "delivery"

	argoFolder  = DeliveryFolder + "/argocd"
	fluxFolder  = DeliveryFolder + "/flux"
	guardFolder = DeliveryFolder + "/guard"
)

// A deliveryObject is an object of Argo CD, Flux or Kubernetes itself, of which
// the types here hold no more fields than Hedgerow writes.
type deliveryObject interface {
	GetName() string
	GetNamespace() string
	GroupVersionKind() schema.GroupVersionKind
}

// delivery renders the objects with which Argo CD and Flux sync the overlays,
// and the guards of the clusters that have one.
func (t Tree) delivery(x *generator.Expansion) error {
	d := x.Delivery
	for _, c := range x.Clusters {
		if c.Guard == nil {
			continue
		}
		if err := t.objects(path.Join(guardFolder, c.Name), guardObjects(d, c)); err != nil {
			return err
		}
	}
	if d == nil {
		return nil
	}
	if d.ArgoCD != nil {
		objects := []deliveryObject{tenantsProject(d)}
		for _, c := range x.Clusters {
			objects = append(objects, argoObjects(d, c)...)
		}
		if err := t.objects(argoFolder, objects); err != nil {
			return err
		}
	}
	if d.Flux == nil {
		return nil
	}
	for _, c := range x.Clusters {
		if err := t.objects(path.Join(fluxFolder, c.Name), fluxObjects(d, c)); err != nil {
			return err
		}
	}
	return nil
}

// objects writes each object into a file of its own. The kustomization sets no
// namespace: not all objects have one.
func (t Tree) objects(dir string, objects []deliveryObject) error {
	var resources []string
	for _, o := range objects {
		file := objectFile(o.GroupVersionKind().Kind, o.GetName())
		resources = append(resources, file)
		if err := t.put(path.Join(dir, file), o); err != nil {
			return err
		}
	}
	return t.kustomization(dir, "", resources)
}

func objectFile(kind, name string) string { return strings.ToLower(kind) + "-" + name + ".yaml" }

func typeMeta(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

func objectMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: managedBy()}
}
