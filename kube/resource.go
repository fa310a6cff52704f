package kube

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Resource is where the API server keeps objects of one kind.
type Resource struct {
	Group       string // "" for the core
	Version     string
	Name        string // as in addresses and in RBAC rules: plural and small
	Kind        string
	ClusterWide bool // they are in no namespace
}

// The resources that are on every cluster.
var (
	Namespaces             = Resource{Version: "v1", Name: "namespaces", Kind: "Namespace", ClusterWide: true}
	Nodes                  = Resource{Version: "v1", Name: "nodes", Kind: "Node", ClusterWide: true}
	Pods                   = Resource{Version: "v1", Name: "pods", Kind: "Pod"}
	Services               = Resource{Version: "v1", Name: "services", Kind: "Service"}
	ConfigMaps             = Resource{Version: "v1", Name: "configmaps", Kind: "ConfigMap"}
	ReplicationControllers = Resource{Version: "v1", Name: "replicationcontrollers", Kind: "ReplicationController"}
	Deployments            = Resource{Group: "apps", Version: "v1", Name: "deployments", Kind: "Deployment"}
	StatefulSets           = Resource{Group: "apps", Version: "v1", Name: "statefulsets", Kind: "StatefulSet"}
	DaemonSets             = Resource{Group: "apps", Version: "v1", Name: "daemonsets", Kind: "DaemonSet"}
	Jobs                   = Resource{Group: "batch", Version: "v1", Name: "jobs", Kind: "Job"}
	CronJobs               = Resource{Group: "batch", Version: "v1", Name: "cronjobs", Kind: "CronJob"}
	EndpointSlices         = Resource{Group: "discovery.k8s.io", Version: "v1", Name: "endpointslices", Kind: "EndpointSlice"}
	NetworkPolicies        = Resource{Group: "networking.k8s.io", Version: "v1", Name: "networkpolicies", Kind: "NetworkPolicy"}
)

// The resources of admission policies, which clusters have from Kubernetes 1.30
// on (KEP-3488).
var (
	AdmissionPolicies = Resource{Group: "admissionregistration.k8s.io", Version: "v1", Name: "validatingadmissionpolicies", Kind: "ValidatingAdmissionPolicy", ClusterWide: true}
	AdmissionBindings = Resource{Group: "admissionregistration.k8s.io", Version: "v1", Name: "validatingadmissionpolicybindings", Kind: "ValidatingAdmissionPolicyBinding", ClusterWide: true}
)

// String gives the resource as kubectl and RBAC call it, as in deployments.apps.
func (r Resource) String() string {
	if r.Group == "" {
		return r.Name
	}
	return r.Name + "." + r.Group
}

// path is where the server keeps them; without a namespace those of all.
func (r Resource) path(namespace string) string {
	out := "/apis/" + r.Group + "/" + r.Version
	if r.Group == "" {
		out = "/api/" + r.Version
	}
	if namespace != "" {
		out += "/namespaces/" + namespace
	}
	return out + "/" + r.Name
}

// chunk is how many objects are asked for at once, as kubectl does (KEP-365).
const chunk = 500

// Pages hands over the objects of a resource, in lists as JSON of at most 500,
// of one namespace or, with "", of all. It ends at the first error of page.
func (c *Client) Pages(ctx context.Context, r Resource, namespace string, page func(list []byte) error) error {
	params := map[string]string{"limit": strconv.Itoa(chunk)}
	for {
		data, err := c.get(ctx, r.path(namespace), params)
		if next := goesOn(err); next != "" && next != params["continue"] {
			params["continue"] = next
			continue
		}
		if err != nil {
			return c.refused(err, r, "list", namespace)
		}
		var head struct {
			Metadata metav1.ListMeta `json:"metadata"`
		}
		if err := decode(data, &head); err != nil {
			return c.refused(err, r, "list", namespace)
		}
		if err := page(data); err != nil {
			return err
		}
		switch next := head.Metadata.Continue; next {
		case "":
			return nil
		case params["continue"]:
			return c.refused(errors.New("the server gives the same page again"), r, "list", namespace)
		default:
			params["continue"] = next
		}
	}
}

// goesOn gives the token by which a list goes on that took longer than the server
// keeps its snapshot: what comes is then of a later one, which does for a look at
// a cluster that goes on changing anyway (Kubernetes API concepts, 410 Gone
// responses).
func goesOn(err error) string {
	var status apierrors.APIStatus
	if apierrors.IsResourceExpired(err) && errors.As(err, &status) {
		return status.Status().Continue
	}
	return ""
}

// Get gives one object as T; the namespace of cluster-wide ones is "". It gives
// nil for one that is not there.
func Get[T any](ctx context.Context, c *Client, r Resource, namespace, name string) (*T, error) {
	data, err := c.get(ctx, r.path(namespace)+"/"+name, nil)
	var status apierrors.APIStatus
	if apierrors.IsNotFound(err) && errors.As(err, &status) && status.Status().Details != nil && status.Status().Details.Name == name {
		return nil, nil // the server knows the kind: else it names no object
	}
	object := new(T)
	if err == nil {
		err = decode(data, object)
	}
	if err != nil {
		return nil, c.refused(err, r, "get", namespace)
	}
	return object, nil
}

// refused says what a resource that cannot be read takes: the verb that RBAC
// must give, or the command that shows what is so.
func (c *Client) refused(err error, r Resource, verb, namespace string) error {
	where, flag := " in every namespace", " --all-namespaces"
	if r.ClusterWide {
		where, flag = "", ""
	} else if namespace != "" {
		where, flag = fmt.Sprintf(" in namespace %q", namespace), " -n "+namespace
	}
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s cannot be read: the user lacks the right to the verb %q on them%s; \"kubectl auth can-i %s %s%s\" asks for it", r, verb, where, verb, r, flag)
	case apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err):
		return fmt.Errorf("%s cannot be read: the cluster does not serve version %s of them; \"kubectl api-resources --api-group=%s\" lists what it serves", r, r.Version, r.Group)
	}
	return c.worded(err, "reading "+r.String())
}

// worded says whose error it is.
func (c *Client) worded(err error, what string) error {
	if apierrors.IsUnauthorized(err) {
		return fmt.Errorf("the API server at %s does not know the user of the kubeconfig: log in again; \"kubectl auth whoami\" says whether that helped", c.host)
	}
	if sent := (*url.Error)(nil); errors.As(err, &sent) {
		err = sent.Err // without the address, which is named already
	}
	return fmt.Errorf("the API server at %s, %s: %s", c.host, what, oneLine(err))
}
