package facts

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// What a mesh and konnectivity are known by may stand in any namespace: people
// install them where they like, and anybody who may write in a namespace can give
// an object such a name. In its usual namespace it is a fact; elsewhere whether it
// is one is not known; and that there is none is a fact only where every
// namespace was seen.

// A maker is a DaemonSet or a Deployment.
type maker struct {
	kind     string
	meta     *metav1.ObjectMeta
	template *corev1.PodTemplateSpec
}

func (m maker) String() string { return m.kind + " " + called(m.meta) }

// command shows the object, unless a shell would take its name for more.
func (m maker) command() string {
	if len(validation.IsDNS1123Label(m.meta.Namespace)) > 0 || len(validation.IsDNS1123Subdomain(m.meta.Name)) > 0 {
		return "\"kubectl get daemonsets,deployments -A -o yaml\""
	}
	return fmt.Sprintf("\"kubectl get %s %s -n %s -o yaml\"", strings.ToLower(m.kind), m.meta.Name, m.meta.Namespace)
}

// makersThat gives the DaemonSets and Deployments that fit, in the order in which
// they were read.
func (o *Objects) makersThat(fit func(maker) bool) (out []maker) {
	for i := range o.daemonSets {
		d := &o.daemonSets[i]
		out = append(out, maker{"DaemonSet", &d.ObjectMeta, &d.Spec.Template})
	}
	for i := range o.deployments {
		d := &o.deployments[i]
		out = append(out, maker{"Deployment", &d.ObjectMeta, &d.Spec.Template})
	}
	return slices.DeleteFunc(out, func(m maker) bool { return !fit(m) })
}

// webhooks gives the pods through which the API server calls: konnectivity's
// agents, which AKS labels app and GKE, as the project itself, k8s-app
// (kubernetes-sigs/apiserver-network-proxy examples/kubernetes/konnectivity-agent.yaml).
func (o *Objects) webhooks() Fact[Callers] {
	const agent = "konnectivity-agent"
	for _, label := range []string{"app", "k8s-app"} {
		if from := o.labelled(system, label, agent); from != "" {
			return known(Callers{system, label, agent}, from)
		}
	}
	strays := o.makersThat(func(m maker) bool {
		return (m.meta.Name == agent || m.template.Labels["app"] == agent || m.template.Labels["k8s-app"] == agent)
	})
	const hint = "; \"kubectl get pods -n kube-system -o name\" shows its agents"
	switch {
	case len(strays) > 0:
		return unknown[Callers](strays[0].String() + " may be an agent of konnectivity, which has the label app or k8s-app in " + system + ", or anybody's; " + strays[0].command() + " shows it")
	case !o.makers():
		return unknown[Callers]("whether there is konnectivity is not known" + hint)
	case !o.everywhere():
		return unknown[Callers](notEverywhere + hint)
	}
	return Fact[Callers]{State: None}
}

// mesh gives the mesh that carries connections between pods on its own port:
// Istio's ambient mode has ztunnel on every node (istio/istio
// manifests/charts/ztunnel), Linkerd its control plane (linkerd.io, Architecture).
// The guides have ztunnel in istio-system, but in kube-system on GKE (istio.io,
// Platform-Specific Prerequisites), and in ztunnel on OpenShift (Red Hat OpenShift
// Service Mesh 3).
func (o *Objects) mesh() Fact[string] {
	ambient, ztunnels := in("istio-system", o.makersThat(maker.isZtunnel))
	linkerd, destinations := in("linkerd", o.makersThat(maker.isLinkerd))
	strays := slices.Concat(ztunnels, destinations)
	const hint = "; \"kubectl get daemonsets,deployments -A\" shows whether there is Istio's ztunnel or Linkerd"
	switch {
	case ambient != nil && linkerd != nil:
		return unknown[string]("there are Istio's ztunnel and Linkerd; \"kubectl get namespaces --show-labels\" shows which of them namespaces are in")
	case ambient != nil:
		return known(tenancy.MeshIstioAmbient, ambient.String())
	case linkerd != nil:
		return known(tenancy.MeshLinkerd, linkerd.String())
	case len(strays) > 0:
		return unknown[string](fmt.Sprintf("%s may be a mesh's, outside of its usual namespace, or anybody's; %s shows it", strays[0], strays[0].command()))
	case !o.makers():
		return unknown[string]("no DaemonSet or no Deployment could be read" + hint)
	case !o.everywhere():
		return unknown[string](notEverywhere + hint)
	}
	return Fact[string]{State: None}
}

// in gives the first of some in a namespace, and those in others.
func in(namespace string, all []maker) (there *maker, others []maker) {
	for i := range all {
		switch {
		case all[i].meta.Namespace != namespace:
			others = append(others, all[i])
		case there == nil:
			there = &all[i]
		}
	}
	return there, others
}

// isZtunnel reports whether it is Istio's ztunnel, by its name, label or image.
func (m maker) isZtunnel() bool {
	const name = "ztunnel"
	return m.kind == "DaemonSet" && (m.meta.Name == name || m.template.Labels["app"] == name ||
		slices.ContainsFunc(m.template.Spec.Containers, func(c corev1.Container) bool { return repository(c.Image) == name }))
}

// isLinkerd reports whether it is Linkerd's destination controller, by its name or
// label (linkerd/linkerd2 charts/linkerd-control-plane/templates/destination.yaml).
func (m maker) isLinkerd() bool {
	return m.kind == "Deployment" && (m.meta.Name == "linkerd-destination" || m.template.Labels["linkerd.io/control-plane-component"] == "destination")
}

// repository gives the last part of the name of an image.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return name
}

// makers reports whether what makes pods could be read, so that what is not
// there is not on the cluster.
func (o *Objects) makers() bool { return o.read["DaemonSet"] && o.read["Deployment"] }

const notEverywhere = "what was read shows no DaemonSet and no Deployment of other namespaces than " + system + ", or none of that"

// everywhere reports whether what makes pods was read of every namespace: of
// manifests, whether they show any in kube-system and any elsewhere.
func (o *Objects) everywhere() bool {
	inside := o.makersThat(func(m maker) bool { return m.meta.Namespace == system })
	return o.Whole || len(inside) > 0 && len(inside) < len(o.daemonSets)+len(o.deployments)
}
