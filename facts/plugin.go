package facts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/cni"
)

// agents are the network plugins by what their own manifests call the DaemonSet
// that runs on every node, its label k8s-app, or the container in it: what is
// installed under another name, as canal is, keeps the container's. The first
// that fits counts: anetd, which is a Cilium, has the labels of one.
//
// Sources: cloud.google.com, GKE Dataplane V2; projectcalico/calico manifests/calico.yaml and canal.yaml;
// cilium/cilium install/kubernetes/cilium/templates/cilium-agent/daemonset.yaml;
// antrea-io/antrea build/yamls/antrea.yml; ovn-kubernetes/ovn-kubernetes
// dist/templates/ovnkube-node.yaml.j2; aws/amazon-vpc-cni-k8s
// config/master/aws-k8s-cni.yaml; Azure/azure-container-networking
// npm/azure-npm.yaml; cloudnativelabs/kube-router daemonset/generic-kuberouter.yaml;
// flannel-io/flannel Documentation/kube-flannel.yml; the commands of package cni.
var agents = []struct {
	plugin string
	names  []string
}{
	{"gke-dataplane-v2", []string{"anetd"}},
	{"calico", []string{"calico-node"}},
	{"cilium", []string{"cilium"}},
	{"antrea", []string{"antrea-agent"}},
	{"ovn-kubernetes", []string{"ovnkube-node"}},
	{"aws-vpc-cni", []string{"aws-node"}},
	{"azure-npm", []string{"azure-npm"}},
	{"kube-router", []string{"kube-router"}},
	{"flannel", []string{"kube-flannel-ds", "kube-flannel"}},
}

// installed are the namespaces that plugins are installed in. A DaemonSet of such
// a name elsewhere is anybody's, and is not to say what the cluster's plugin is.
var installed = []string{"calico-system", "cilium", "kube-flannel", "kube-system", "openshift-ovn-kubernetes", "ovn-kubernetes"}

// An agent is a network plugin that was found.
type agent struct {
	plugin, object, image string
	off                   bool // it is there for addresses alone, and enforces no policy
}

const allAgents = "\"kubectl get daemonsets -A\""

// cni gives the plugin that enforces policies, and its version.
func (o *Objects) cni() (plugin, version Fact[string]) {
	found := enforcing(o.agents())
	var names, objects []string
	for _, a := range found {
		names = append(names, a.plugin)
		objects = append(objects, a.object)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(names) == 0 && !o.read["DaemonSet"]:
		plugin = unknown[string]("no DaemonSet could be read; " + allAgents + " shows them")
	case len(names) == 0 && o.k3s():
		// k3s has flannel, and the policies of kube-router, in its own process, and
		// can be told to leave either out (docs.k3s.io, Basic Network Options).
		plugin = unknown[string]("k3s runs flannel without a DaemonSet, with the policies of kube-router unless --disable-network-policy; \"ps -C k3s-server -o args\" on a server, and its config.yaml, say so; then write cni: \"flannel\" and cniAcknowledged")
	case len(names) == 0:
		plugin = unknown[string]("no DaemonSet is of a plugin that is known here; " + allAgents + " shows all")
	case len(names) > 1:
		plugin = unknown[string](fmt.Sprintf("each of %s may enforce policies; %s shows all", strings.Join(objects, " and "), allAgents))
	case found[0].off:
		plugin = unknown[string](objects[0] + " is there and enforces no policy, for " + switchedOff[found[0].plugin] + fmt.Sprintf("; then write cni: %q", found[0].plugin))
	default:
		plugin = known(names[0], strings.Join(objects, ", "))
	}
	if plugin.Value == "flannel" {
		plugin.Note = "it enforces no policy unless netpol.enabled=true: add cniAcknowledged, with who does"
	}
	if plugin.State != Known {
		return plugin, unknown[string]("the plugin is unknown")
	}
	return plugin, versionOf(found)
}

// agents gives the plugins that are there, in the order of the objects' names.
func (o *Objects) agents() (out []agent) {
	for i := range o.daemonSets {
		d := &o.daemonSets[i]
		if idle(d) || !slices.Contains(installed, d.Namespace) {
			continue
		}
		for _, a := range agents {
			if image, ok := runs(d, a.names); ok {
				out = append(out, agent{a.plugin, "DaemonSet " + called(&d.ObjectMeta), image, isOff(a.plugin, d)})
				break
			}
		}
	}
	for i := range o.deployments {
		// Of kube-ovn the DaemonSets are also those of Open vSwitch: the controller
		// tells (kubeovn/kube-ovn dist/images/install.sh).
		if d := &o.deployments[i]; d.Name == "kube-ovn-controller" && slices.Contains(installed, d.Namespace) {
			image, _ := imageOf(&d.Spec.Template.Spec, []string{d.Name})
			out = append(out, agent{"kube-ovn", "Deployment " + called(&d.ObjectMeta), image, false})
		}
	}
	slices.SortFunc(out, func(a, b agent) int { return strings.Compare(a.object, b.object) })
	return out
}

// idle reports whether a DaemonSet is meant for none of the nodes, as aws-node is
// where Cilium has taken its place (docs.cilium.io, AWS VPC CNI plugin).
func idle(d *appsv1.DaemonSet) bool {
	return d.Status.ObservedGeneration > 0 && d.Status.DesiredNumberScheduled == 0
}

// runs reports whether a DaemonSet is that of a plugin under one of its names, and
// gives the image.
func runs(d *appsv1.DaemonSet, names []string) (image string, ok bool) {
	image, ok = imageOf(&d.Spec.Template.Spec, names)
	return image, ok || slices.Contains(names, d.Name) || slices.Contains(names, d.Spec.Template.Labels["k8s-app"])
}

// imageOf gives the image of the container of one of these names, and whether
// there is one; else of the first, or "".
func imageOf(spec *corev1.PodSpec, names []string) (image string, named bool) {
	for _, c := range spec.Containers {
		if slices.Contains(names, c.Name) {
			return c.Image, true
		}
	}
	if len(spec.Containers) > 0 {
		image = spec.Containers[0].Image
	}
	return image, false
}

// switchedOff says why a plugin that is there enforces nothing, and what to do.
var switchedOff = map[string]string{
	"aws-vpc-cni": "nothing sets --enable-network-policy=true; switch on enableNetworkPolicy of the add-on vpc-cni",
	"kube-router": "it is told --run-firewall=false; take that away",
}

// isOff reports whether a plugin is told to enforce no policies: that of AWS does
// only with an option (aws/aws-network-policy-agent README.md), kube-router always
// but with one (cloudnativelabs/kube-router pkg/options/options.go).
func isOff(plugin string, d *appsv1.DaemonSet) bool {
	told := func(args ...string) bool {
		return slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool {
			return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(a string) bool { return slices.Contains(args, a) })
		})
	}
	switch plugin {
	case "aws-vpc-cni":
		return !told("--enable-network-policy=true", "--enable-network-policy")
	case "kube-router":
		return told("--run-firewall=false")
	}
	return false
}

// enforcing leaves out the plugins that only bring addresses where another
// enforces: flannel beside Calico, which is canal, and those that are told to
// enforce nothing.
func enforcing(all []agent) []agent {
	has := func(plugin string) bool {
		return slices.ContainsFunc(all, func(a agent) bool { return a.plugin == plugin })
	}
	return slices.DeleteFunc(slices.Clone(all), func(a agent) bool {
		others := slices.ContainsFunc(all, func(b agent) bool { return b.plugin != a.plugin })
		return a.plugin == "flannel" && has("calico") || a.off && others
	})
}

// reVersion is what a tenancy takes for a version (#Version in schema.cue).
var reVersion = regexp.MustCompile(`^v?[0-9]{1,4}[.][0-9]{1,5}([.][0-9]{1,5})?([-+][A-Za-z0-9.+-]{1,60})?$`)

// versionOf gives the version that the image of a plugin is tagged with.
func versionOf(found []agent) Fact[string] {
	a, command := found[0], "\""+cni.Of(found[0].plugin).Command+"\" shows the image"
	for _, b := range found[1:] {
		if tag(b.image) != tag(a.image) {
			return unknown[string](fmt.Sprintf("%s and %s are of two versions; %s", a.object, b.object, command))
		}
	}
	if !reVersion.MatchString(tag(a.image)) {
		return unknown[string](fmt.Sprintf("the image %q has no version; %s", a.image, command))
	}
	return known(tag(a.image), "its image "+a.image)
}

// tag gives the tag of an image, without the digest; "" if it has none.
func tag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	last := image[strings.LastIndex(image, "/")+1:] // before it, a colon is of the registry's port
	_, tag, _ := strings.Cut(last, ":")
	return tag
}

// k3s reports whether the kubelets are those of k3s.
func (o *Objects) k3s() bool {
	return slices.ContainsFunc(o.nodes, func(n corev1.Node) bool { return strings.Contains(n.Status.NodeInfo.KubeletVersion, "+k3s") })
}

// kubernetes gives the version of the API server; without having asked it, that
// of the newest kubelet, which is no newer (kubernetes.io, Version Skew Policy).
func (o *Objects) kubernetes() (out Fact[string], kubelets bool) {
	if reVersion.MatchString(o.Version) {
		return known(o.Version, "the API server"), false
	}
	newest := ""
	for _, n := range o.nodes {
		if v := n.Status.NodeInfo.KubeletVersion; reVersion.MatchString(v) && semver.Compare(canonical(v), canonical(newest)) > 0 {
			newest = v
		}
	}
	if newest == "" {
		return unknown[string]("\"kubectl version\" shows it"), false
	}
	out = known(newest, "the newest kubelet")
	out.Note = "the API server may be newer: \"kubectl version\" shows it"
	return out, true
}

func canonical(version string) string { return "v" + strings.TrimPrefix(version, "v") }
