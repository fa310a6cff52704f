package census

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// Objects are those objects of a cluster that say which namespaces it has and
// what runs in them. The zero value holds none.
type Objects struct {
	namespaces []metav1.ObjectMeta
	makers     []*maker
	policies   map[string]int // by namespace, "" for the whole cluster: of every kind that may decide
}

// A maker is an object that makes pods, or a pod.
type maker struct {
	kind, namespace, name string
	owner                 *metav1.OwnerReference // of a Pod, ReplicaSet or Job: what would make it again; nil if nothing would
	selector              map[string]string      // by which it knows its pods
	labels                map[string]string      // of its pods
	hostNetwork           bool
	ports                 []corev1.ContainerPort
}

// String gives it as people call it.
func (m *maker) String() string { return fmt.Sprintf("%s %s/%s", m.kind, m.namespace, m.name) }

// deepest is how deep lists may stand in each other.
const deepest = 8

// Read adds the objects of a manifest, or of what the API server answers: YAML or
// JSON, of any number of documents, each an object or a list of some. Kinds that
// say nothing of namespaces and pods are passed over. The error names everything
// that cannot be read, with the name of the manifest.
func (o *Objects) Read(name string, data []byte) error {
	values, err := reach.Values(name, data)
	errs := []error{err}
	for _, v := range values {
		if err := o.add(v, metav1.TypeMeta{}, 0); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// add takes in an object, or the objects of a list; one that does not say its
// type is of the list's that it stands in.
func (o *Objects) add(data []byte, of metav1.TypeMeta, depth int) error {
	head := struct {
		metav1.TypeMeta `json:",inline"`
		Items           []json.RawMessage `json:"items"`
		Message         string            `json:"message"`
	}{TypeMeta: of}
	if err := reach.Decode(data, &head); err != nil {
		return fmt.Errorf("it is not a Kubernetes object: %w", err)
	}
	element, isList := strings.CutSuffix(head.Kind, "List")
	switch {
	case head.Kind == "" || head.APIVersion == "":
		return errors.New("it is not a Kubernetes object: it has no apiVersion or no kind")
	case head.Kind == "Status" && head.APIVersion == "v1":
		return fmt.Errorf("it is no object but an answer of the API server: %s", head.Message)
	case !isList:
		return o.object(head.TypeMeta, data)
	case depth == deepest:
		return fmt.Errorf("more than %d lists stand in each other", deepest)
	}
	of = metav1.TypeMeta{} // a plain List's items say their types
	if element != "" {
		of = metav1.TypeMeta{Kind: element, APIVersion: head.APIVersion}
	}
	var errs []error
	for i, item := range head.Items {
		if err := o.add(item, of, depth+1); err != nil {
			errs = append(errs, fmt.Errorf("item %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// kinds are those that make pods, with their groups, in the order in which they
// are asked what runs: what makes the others comes before what it makes.
var kinds = []struct{ kind, group string }{
	{"Deployment", "apps"}, {"StatefulSet", "apps"}, {"DaemonSet", "apps"}, {"ReplicationController", ""},
	{"CronJob", "batch"}, {"ReplicaSet", "apps"}, {"Job", "batch"}, {"Pod", ""},
}

func (o *Objects) object(of metav1.TypeMeta, data []byte) error {
	group, _, hasGroup := strings.Cut(of.APIVersion, "/")
	if !hasGroup {
		group = ""
	}
	switch {
	case of.Kind == "Namespace" && group == "":
		var n struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
		}
		if err := reach.Decode(data, &n); err != nil {
			return fmt.Errorf("Namespace: %w", err)
		}
		o.namespaces = append(o.namespaces, n.Metadata)
	case isolates(group, of.Kind):
		var p struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
		}
		if err := reach.Decode(data, &p); err != nil {
			return fmt.Errorf("%s: %w", of.Kind, err)
		}
		if o.policies == nil {
			o.policies = map[string]int{}
		}
		if of.Kind == "NetworkPolicy" && p.Metadata.Namespace == "" { // which every such policy is in
			p.Metadata.Namespace = corev1.NamespaceDefault
		}
		o.policies[p.Metadata.Namespace]++
	default:
		for _, k := range kinds {
			if k.kind == of.Kind && k.group == group {
				return o.maker(k.kind, data)
			}
		}
	}
	return nil
}

// isolates reports whether objects of a kind may close what a NetworkPolicy that
// allows all would open. Those of a mesh close it all the same.
func isolates(group, kind string) bool {
	if kind == "NetworkPolicy" && group == "networking.k8s.io" {
		return true
	}
	api := policykinds.Of(group)
	return policykinds.MayDecide(group, kind) && (api == nil || !api.Mesh)
}

// A podMaker is what matters of every kind that makes pods, and of a pod.
type podMaker struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		reach.PodSpec `json:",inline"`   // of a Pod
		Selector      json.RawMessage    `json:"selector"`
		Template      *reach.PodTemplate `json:"template"`
		JobTemplate   *struct {
			Spec struct {
				Template *reach.PodTemplate `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
	Status struct {
		Phase corev1.PodPhase `json:"phase"`
	} `json:"status"`
}

func (o *Objects) maker(kind string, data []byte) error {
	var p podMaker
	if err := reach.Decode(data, &p); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		return nil // it runs no more
	}
	m := &maker{kind: kind, namespace: p.Metadata.Namespace, name: p.Metadata.Name}
	if kind == "Pod" || kind == "ReplicaSet" || kind == "Job" {
		m.owner = metav1.GetControllerOf(&p.Metadata)
	}
	if m.namespace == "" {
		m.namespace = corev1.NamespaceDefault
	}
	labels, spec := p.Metadata.Labels, p.Spec.PodSpec
	if kind != "Pod" {
		template := p.Spec.Template
		if p.Spec.JobTemplate != nil {
			template = p.Spec.JobTemplate.Spec.Template
		}
		if template == nil {
			return fmt.Errorf("%s: it has no pod template", m)
		}
		labels, spec = template.Metadata.Labels, template.Spec
		var err error
		if m.selector, err = selectorOf(kind, p.Spec.Selector); err != nil {
			return fmt.Errorf("%s: its selector: %w", m, err)
		}
	}
	m.labels, m.hostNetwork, m.ports = labels, spec.HostNetwork, spec.Ports()
	o.makers = append(o.makers, m)
	return nil
}

// selectorOf gives the labels by which an object knows its pods, none where it
// knows them by expressions.
func selectorOf(kind string, data []byte) (map[string]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if kind == "ReplicationController" {
		var labels map[string]string
		err := reach.Decode(data, &labels)
		return labels, err
	}
	var s metav1.LabelSelector
	err := reach.Decode(data, &s)
	return s.MatchLabels, err
}
