package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// Objects are those objects of a cluster that say what it is. The zero value
// holds none.
type Objects struct {
	// Version is the API server's own, or "" if nobody asked it.
	Version string
	// Whole says that every namespace was read. Manifests may be of one alone.
	Whole bool

	nodes       []corev1.Node
	pods        []corev1.Pod
	services    []corev1.Service
	configs     []corev1.ConfigMap
	daemonSets  []appsv1.DaemonSet
	deployments []appsv1.Deployment
	endpoints   []discoveryv1.EndpointSlice
	ranges      []networkingv1.ServiceCIDR
	pools       []ipPool
	ciliumNodes []ciliumNode
	networks    []network
	read        map[string]bool // the kinds of which something was read, if only that there are none
}

// An ipPool is what matters of Calico's IPPool (docs.tigera.io, IP pool).
type ipPool struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		CIDR string `json:"cidr"`
	} `json:"spec"`
}

// A ciliumNode is what matters of a CiliumNode: podCIDRs in the modes
// kubernetes and cluster-pool, pools in the mode multi-pool, and neither where
// the addresses are the cloud's (docs.cilium.io, IP Address Management).
type ciliumNode struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		IPAM struct {
			PodCIDRs []string `json:"podCIDRs"`
			Pools    struct {
				Allocated []struct {
					CIDRs []string `json:"cidrs"`
				} `json:"allocated"`
			} `json:"pools"`
		} `json:"ipam"`
	} `json:"spec"`
}

// A network is what matters of OpenShift's Network in config.openshift.io, which
// says in its status what is in force (openshift/api config/v1/types_network.go).
type network struct {
	metav1.ObjectMeta `json:"metadata"`
	Status            struct {
		ClusterNetwork []struct {
			CIDR string `json:"cidr"`
		} `json:"clusterNetwork"`
		ServiceNetwork []string `json:"serviceNetwork"`
	} `json:"status"`
}

// Read adds the objects of a manifest, or of what the API server answers: YAML or
// JSON, of any number of documents, each an object or a list of some. Kinds that
// say nothing of a cluster are passed over. The error names everything that
// cannot be read, with the name of the manifest.
func (o *Objects) Read(name string, data []byte) error {
	values, err := reach.Values(name, data)
	errs := []error{err}
	for _, v := range values {
		for _, err := range o.add(v, metav1.TypeMeta{}, false) {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// add takes in an object, or the objects of a list; one that does not say its
// type is of the list's that it stands in.
func (o *Objects) add(data []byte, of metav1.TypeMeta, inList bool) (errs []error) {
	head := struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
		Items           []json.RawMessage `json:"items"`
	}{TypeMeta: of}
	if data[0] != '{' {
		return []error{errors.New("it is not a Kubernetes object")}
	}
	if err := reach.Decode(data, &head); err != nil {
		return []error{fmt.Errorf("it is not a Kubernetes object: %w", err)}
	}
	if head.Kind == "" || head.APIVersion == "" {
		return []error{errors.New("it is not a Kubernetes object: it has no apiVersion or no kind")}
	}
	element, isList := strings.CutSuffix(head.Kind, "List")
	switch {
	case !isList:
		if err := o.object(head.TypeMeta, data); err != nil {
			return []error{fmt.Errorf("%s %s: %w", head.Kind, called(&head.Metadata), err)}
		}
		return nil
	case inList:
		return []error{errors.New("a list stands in a list")}
	}
	of = metav1.TypeMeta{} // a plain List's items say their types
	if element != "" {
		of = metav1.TypeMeta{Kind: element, APIVersion: head.APIVersion}
		o.saw(element)
	}
	for i, item := range head.Items {
		for _, err := range o.add(item, of, true) {
			errs = append(errs, fmt.Errorf("item %d: %w", i+1, err))
		}
	}
	return errs
}

func (o *Objects) saw(kind string) {
	if o.read == nil {
		o.read = map[string]bool{}
	}
	o.read[kind] = true
}

func (o *Objects) object(of metav1.TypeMeta, data []byte) (err error) {
	group, _, hasGroup := strings.Cut(of.APIVersion, "/")
	if !hasGroup {
		group = ""
	}
	switch of.Kind + "." + group {
	case "Node.":
		err = take(&o.nodes, data)
	case "Pod.":
		err = take(&o.pods, data)
	case "Service.":
		err = take(&o.services, data)
	case "ConfigMap.":
		err = take(&o.configs, data)
	case "DaemonSet.apps":
		err = take(&o.daemonSets, data)
	case "Deployment.apps":
		err = take(&o.deployments, data)
	case "EndpointSlice.discovery.k8s.io":
		err = take(&o.endpoints, data)
	case "ServiceCIDR.networking.k8s.io":
		err = take(&o.ranges, data)
	case "IPPool.crd.projectcalico.org", "IPPool.projectcalico.org": // the second is of Calico's own API server
		err = take(&o.pools, data)
	case "CiliumNode.cilium.io":
		err = take(&o.ciliumNodes, data)
	case "Network.config.openshift.io":
		err = take(&o.networks, data)
	default:
		return nil
	}
	if err == nil {
		o.saw(of.Kind)
	}
	return err
}

func take[T any](list *[]T, data []byte) error {
	var object T
	if err := reach.Decode(data, &object); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

// called gives the name of an object, with its namespace if it has one.
func called(m *metav1.ObjectMeta) string {
	if m.Namespace == "" {
		return m.Name
	}
	return m.Namespace + "/" + m.Name
}
