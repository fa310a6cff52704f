package reach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
)

// Objects are what manifests hold.
type Objects struct {
	Cluster
	// Passed counts the objects that do not say who reaches whom, by kind.
	Passed map[string]int
	// Unjudged are the objects of other policy kinds, which this engine does not
	// know and which may close or open more, by kind and group as in
	// CiliumNetworkPolicy.cilium.io.
	Unjudged map[string][]Name
	// Admission are the ValidatingAdmissionPolicies and their bindings, which may
	// say who writes policies.
	Admission []Admission
}

// Admission is a ValidatingAdmissionPolicy or a ValidatingAdmissionPolicyBinding.
type Admission struct {
	Kind, Name string
	Object     json.RawMessage
}

// Name is what an object is called. The namespace is "" of one that says none, as
// those do that are of the whole cluster.
type Name struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Read gives the objects of a manifest: YAML or JSON, of any number of
// documents and lists. The error names every object that cannot be read, with
// the manifest's name and the number of the document, from 1.
func Read(name string, data []byte) (*Objects, error) {
	documents := split(data)
	// Reading YAML is most of the work on a large cluster, so every core takes a
	// part of the documents.
	parts := make([]part, min(runtime.GOMAXPROCS(0), len(documents)))
	var wait sync.WaitGroup
	for i := range parts {
		from, to := i*len(documents)/len(parts), (i+1)*len(documents)/len(parts)
		wait.Go(func() { parts[i].read(name, from+1, documents[from:to]) })
	}
	wait.Wait()
	o := newObjects()
	var errs []error
	for i := range parts {
		o.Add(parts[i].Objects)
		errs = append(errs, parts[i].errs...)
	}
	return o, errors.Join(errs...)
}

func newObjects() *Objects { return &Objects{Passed: map[string]int{}, Unjudged: map[string][]Name{}} }

// A part is some documents of a manifest.
type part struct {
	*Objects
	errs []error
}

func (p *part) read(name string, number int, documents [][]byte) {
	p.Objects = newObjects()
	for i, doc := range documents {
		for _, err := range p.document(doc) {
			p.errs = append(p.errs, fmt.Errorf("%s: document %d: %s", name, number+i, oneLine(err)))
		}
	}
}

// oneLine keeps a report one line each.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Add joins the objects of another manifest.
func (o *Objects) Add(p *Objects) {
	o.Namespaces = append(o.Namespaces, p.Namespaces...)
	o.Workloads = append(o.Workloads, p.Workloads...)
	o.Policies = append(o.Policies, p.Policies...)
	o.Admission = append(o.Admission, p.Admission...)
	for kind, n := range p.Passed {
		o.Passed[kind] += n
	}
	for kind, names := range p.Unjudged {
		o.Unjudged[kind] = append(o.Unjudged[kind], names...)
	}
}

func (o *Objects) document(doc []byte) (errs []error) {
	all, err := jsonOf(doc)
	if err != nil {
		errs = append(errs, err)
	}
	for _, data := range all {
		if !bytes.Equal(data, []byte("null")) { // only comments
			errs = append(errs, o.object(data, metav1.TypeMeta{}, 0)...)
		}
	}
	return errs
}

// deepest is how deep lists may stand in each other. Every list is read again
// for each that it stands in.
const deepest = 8

// object reads one object; where it does not say its type, it is of the list's
// that it stands in.
func (o *Objects) object(data []byte, of metav1.TypeMeta, depth int) []error {
	head := struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        Name            `json:"metadata"`
		Items           json.RawMessage `json:"items"`
	}{TypeMeta: of}
	if data[0] != '{' {
		return []error{errors.New("it is not a Kubernetes object")}
	}
	if err := decode(data, &head); err != nil {
		return []error{fmt.Errorf("it is not a Kubernetes object: %w", err)}
	}
	if head.Kind == "" || head.APIVersion == "" {
		return []error{errors.New("it is not a Kubernetes object: it has no apiVersion or no kind")}
	}
	// Other kinds may end in List as well, but do not hold items.
	if element, ok := strings.CutSuffix(head.Kind, "List"); ok && (element == "" || len(head.Items) > 0) {
		return o.items(head.Items, metav1.TypeMeta{Kind: element, APIVersion: head.APIVersion}, depth+1)
	}
	if head.Kind == "Status" && head.APIVersion == "v1" {
		return failed(data)
	}
	if err := o.read(head.TypeMeta, head.Metadata, data); err != nil {
		name := head.Metadata.Name
		if head.Kind != "Namespace" {
			name = namespaceOf(head.Metadata.Namespace) + "/" + name
		}
		return []error{fmt.Errorf("%s %s: %w", head.Kind, name, err)}
	}
	return nil
}

func (o *Objects) items(data []byte, of metav1.TypeMeta, depth int) (errs []error) {
	if depth > deepest {
		return []error{fmt.Errorf("more than %d lists stand in each other", deepest)}
	}
	if of.Kind == "" {
		of = metav1.TypeMeta{} // a plain List's items say their types
	}
	var items []json.RawMessage
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, &items); err != nil {
		return []error{errors.New("its items are not a list")}
	}
	for i, item := range items {
		for _, err := range o.object(item, of, depth) {
			errs = append(errs, fmt.Errorf("item %d: %w", i+1, err))
		}
	}
	return errs
}

// read takes in an object of a kind that matters, and counts every other.
func (o *Objects) read(of metav1.TypeMeta, name Name, data []byte) error {
	group, _, hasGroup := strings.Cut(of.APIVersion, "/")
	if !hasGroup {
		group = ""
	}
	switch {
	case meant(group, of.Kind) != "":
		return fmt.Errorf("no cluster has such a kind: write %s", meant(group, of.Kind))
	case group == "networking.k8s.io" && of.Kind == "NetworkPolicy":
		return o.policy(of, data)
	case group == "" && of.Kind == "Namespace":
		n := &corev1.Namespace{}
		if err := decode(data, n); err != nil {
			return err
		}
		if n.Name == "" {
			return errors.New("it has no name")
		}
		o.Namespaces = append(o.Namespaces, n)
	case workloadGroups[of.Kind] != nil && workloadGroups[of.Kind][group]:
		return o.workload(of.Kind, data)
	case of.Kind == "NetworkPolicy" && !strings.Contains(group, ".") && group != "extensions":
		return notServed(of)
	case policykinds.MayDecide(group, of.Kind):
		kind := of.Kind + "." + group
		o.Unjudged[kind] = append(o.Unjudged[kind], name)
	default:
		o.Passed[of.Kind]++
		if group == "admissionregistration.k8s.io" && strings.HasPrefix(of.Kind, "ValidatingAdmissionPolicy") {
			o.Admission = append(o.Admission, Admission{of.Kind, name.Name, data})
		}
	}
	return nil
}

// failed gives the error that a server answered instead of objects, as kubectl
// prints it with -o yaml.
func failed(data []byte) []error {
	var s metav1.Status
	if err := decode(data, &s); err != nil {
		return []error{err}
	}
	if s.Status != metav1.StatusFailure {
		return nil
	}
	return []error{fmt.Errorf("it is no object but an error of the API server: %s", s.Message)}
}

// meant gives the kind that matters and that another differs from in its capitals
// alone: who wrote it would take the object for judged.
func meant(group, kind string) string {
	for k, groups := range workloadGroups {
		if groups[group] && k != kind && strings.EqualFold(k, kind) {
			return k
		}
	}
	for k, of := range map[string]string{"Namespace": "", "NetworkPolicy": "networking.k8s.io"} {
		if of == group && k != kind && strings.EqualFold(k, kind) {
			return k
		}
	}
	return ""
}

// policy reads a policy strictly: a rule whose peers stand under a misspelt name
// would seem to allow everybody.
func (o *Objects) policy(of metav1.TypeMeta, data []byte) error {
	if of.APIVersion != networkingv1.SchemeGroupVersion.String() {
		return notServed(of)
	}
	p := &networkingv1.NetworkPolicy{}
	unknown, err := kjson.UnmarshalStrict(data, p)
	// Clusters before Kubernetes 1.28 wrote a status, which says nothing (KEP-2943).
	unknown = slices.DeleteFunc(unknown, func(err error) bool { return err.Error() == `unknown field "status"` })
	if err != nil || len(unknown) > 0 {
		return errors.Join(append(unknown, plainly(err))...)
	}
	if p.Name == "" {
		return errors.New("it has no name")
	}
	o.Policies = append(o.Policies, p)
	_, err = newUniverse(nil).understand(p) // here it is still known where it stands
	return err
}

func notServed(of metav1.TypeMeta) error {
	return fmt.Errorf("no cluster serves it as %s: write networking.k8s.io/v1", of.APIVersion)
}

func decode(data []byte, into any) error {
	return plainly(kjson.UnmarshalCaseSensitivePreserveInts(data, into))
}

// ofWrongType is how the decoder says that a field holds another type, with the
// names of Go's types, which nobody wrote.
var ofWrongType = regexp.MustCompile(`^json: cannot unmarshal (.+) into Go struct field [^.]*\.(?:TypeMeta\.)?(\S+) of type .*$`)

func plainly(err error) error {
	if err == nil {
		return nil
	}
	if m := ofWrongType.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s cannot be of type %s", strings.Replace(m[2], "PodSpec.", "", 1), m[1])
	}
	return err
}

// workloadGroups are the kinds that make pods, with the groups that they are or
// were in.
var workloadGroups = map[string]map[string]bool{
	"Pod":                   {"": true},
	"ReplicationController": {"": true},
	"Deployment":            {"apps": true, "extensions": true},
	"StatefulSet":           {"apps": true},
	"DaemonSet":             {"apps": true, "extensions": true},
	"ReplicaSet":            {"apps": true, "extensions": true},
	"Job":                   {"batch": true},
	"CronJob":               {"batch": true},
}

// A podMaker is what matters of every kind that makes pods.
type podMaker struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		PodSpec     `json:",inline"` // of a Pod
		Template    *PodTemplate     `json:"template"`
		JobTemplate *struct {
			Spec struct {
				Template *PodTemplate `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
	Status struct {
		Phase  corev1.PodPhase `json:"phase"`
		PodIP  string          `json:"podIP"`
		PodIPs []corev1.PodIP  `json:"podIPs"`
	} `json:"status"`
}

func (o *Objects) workload(kind string, data []byte) error {
	var m podMaker
	if err := decode(data, &m); err != nil {
		return err
	}
	w := &Workload{Namespace: namespaceOf(m.Metadata.Namespace), Kind: kind, Name: m.Metadata.Name}
	labels, spec := m.Metadata.Labels, m.Spec.PodSpec
	if kind != "Pod" {
		template := m.Spec.Template
		if m.Spec.JobTemplate != nil {
			template = m.Spec.JobTemplate.Spec.Template
		}
		if template == nil {
			return errors.New("it has no pod template")
		}
		labels, spec = template.Metadata.Labels, template.Spec
	}
	w.Labels, w.HostNetwork = labels, spec.HostNetwork
	var err error
	if w.Ports, err = ports(&spec); err != nil {
		return err
	}
	if kind == "Pod" && !w.HostNetwork && m.Status.Phase != corev1.PodSucceeded && m.Status.Phase != corev1.PodFailed {
		w.Addresses, err = podAddresses(append(m.Status.PodIPs, corev1.PodIP{IP: m.Status.PodIP}))
	}
	o.Workloads = append(o.Workloads, w)
	return err
}

func podAddresses(ips []corev1.PodIP) (out []netip.Addr, err error) {
	for _, ip := range ips {
		if ip.IP == "" {
			continue
		}
		a, err := netip.ParseAddr(ip.IP)
		if err != nil {
			return nil, fmt.Errorf("its address: %w", err)
		}
		out = append(out, a.Unmap().WithZone(""))
	}
	return out, nil
}

// ports gives the named ports of the pods.
func ports(s *PodSpec) (out []NamedPort, err error) {
	for _, p := range s.Ports() {
		protocol, ok := TCP, true
		if p.Protocol != "" {
			protocol, ok = ParseProtocol(string(p.Protocol))
		}
		if !ok {
			return nil, fmt.Errorf("container port %d has the unknown protocol %q", p.ContainerPort, p.Protocol)
		}
		if p.Name != "" {
			out = append(out, NamedPort{Name: p.Name, Protocol: protocol, Number: int(p.ContainerPort)})
		}
	}
	return out, nil
}
