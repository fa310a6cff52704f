package facts

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/internal/addresses"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A gatherer gathers addresses, and remembers the first that is none.
type gatherer struct {
	set   netipx.IPSetBuilder
	wrong string
}

func (g *gatherer) prefix(text, of string) {
	p, err := netip.ParsePrefix(strings.TrimSpace(text))
	if err != nil || p.Addr().Is4In6() {
		g.refuse(text, of)
		return
	}
	g.take(p.Masked(), of)
}

func (g *gatherer) address(text, of string) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		g.refuse(text, of)
		return
	}
	g.take(netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), of)
}

// take refuses what no cluster has, whatever an object says.
func (g *gatherer) take(p netip.Prefix, of string) {
	if wrong := impossible(addresses.Ranges, p); wrong != "" && g.wrong == "" {
		g.wrong = of + " has " + wrong
	}
	g.set.AddPrefix(p)
}

// impossible says why a range cannot be of this use, or "".
func impossible(use addresses.Use, p netip.Prefix) string {
	shown := p.String()
	if p.IsSingleIP() {
		shown = p.Addr().String()
	}
	if p.Bits() < use.Widest(p) {
		return shown + ", which is too wide for a cluster's own"
	} else if reserved := use.Reserved(p); reserved != "" {
		return shown + ", which is among " + reserved
	}
	return ""
}

func (g *gatherer) refuse(text, of string) {
	if g.wrong == "" {
		g.wrong = fmt.Sprintf("%s has the address %q, which is none", of, text)
	}
}

// fact gives the fewest prefixes that hold exactly what was gathered; hint is the
// command that shows it.
func (g *gatherer) fact(from, none, hint string) Fact[[]netip.Prefix] {
	set, err := g.set.IPSet()
	if err != nil && g.wrong == "" {
		g.wrong = err.Error()
	}
	switch {
	case g.wrong != "":
		return unknown[[]netip.Prefix](g.wrong + "; " + hint)
	case len(set.Prefixes()) == 0:
		return unknown[[]netip.Prefix](none + "; " + hint)
	}
	return known(set.Prefixes(), from)
}

// apiServer gives the endpoints of the Service kubernetes, which the API server
// itself keeps (kubernetes/kubernetes pkg/controlplane/controller/kubernetesservice).
func (o *Objects) apiServer() Fact[APIServer] {
	const hint = "; \"kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes\" shows them"
	var out APIServer
	ports := map[int]bool{}
	for i := range o.endpoints {
		s := &o.endpoints[i]
		if s.Namespace != "default" || s.Labels[discoveryv1.LabelServiceName] != "kubernetes" {
			continue
		}
		for _, e := range s.Endpoints {
			for _, text := range e.Addresses {
				a, err := netip.ParseAddr(text)
				if err != nil {
					return unknown[APIServer](fmt.Sprintf("EndpointSlice %s has %q, which is no address", called(&s.ObjectMeta), text) + hint)
				}
				if wrong := impossible(addresses.Endpoints, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())); wrong != "" {
					return unknown[APIServer](fmt.Sprintf("EndpointSlice %s has %s", called(&s.ObjectMeta), wrong) + hint)
				}
				out.Addresses = append(out.Addresses, a.Unmap())
			}
		}
		for _, p := range s.Ports {
			if p.Port != nil {
				ports[int(*p.Port)] = true
			}
		}
	}
	slices.SortFunc(out.Addresses, netip.Addr.Compare)
	out.Addresses = slices.Compact(out.Addresses)
	if len(out.Addresses) == 0 {
		return unknown[APIServer]("no EndpointSlice of the Service kubernetes in default was found" + hint)
	}
	if len(ports) != 1 {
		return unknown[APIServer](fmt.Sprintf("its EndpointSlices have %d different ports, and a tenancy takes one", len(ports)) + hint)
	}
	for out.Port = range ports {
	}
	if wrong := validation.IsValidPortNum(out.Port); len(wrong) > 0 {
		return unknown[APIServer](fmt.Sprintf("its EndpointSlices have the port %d, which is none", out.Port) + hint)
	}
	return known(out, "EndpointSlices of the Service default/kubernetes")
}

// tunnels are the annotations by which Calico says which addresses the tunnels of
// a node have: what comes from the node to pods of another has these
// (projectcalico/calico libcalico-go/lib/backend/k8s/resources/node.go).
var tunnels = []string{
	"projectcalico.org/IPv4IPIPTunnelAddr",
	"projectcalico.org/IPv4VXLANTunnelAddr", "projectcalico.org/IPv6VXLANTunnelAddr",
	"projectcalico.org/IPv4WireguardInterfaceAddr", "projectcalico.org/IPv6WireguardInterfaceAddr",
}

func (o *Objects) nodeRanges() Fact[[]netip.Prefix] {
	var g gatherer
	from := "InternalIP of the Nodes"
	for i := range o.nodes {
		n := &o.nodes[i]
		for _, a := range n.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				g.address(a.Address, "Node "+n.Name)
			}
		}
		for _, key := range tunnels {
			if text := n.Annotations[key]; text != "" {
				g.address(text, "Node "+n.Name)
				from = "InternalIP of the Nodes, and the tunnels of Calico in their annotations"
			}
		}
	}
	out := g.fact(from, "no Node with an InternalIP was found", "\"kubectl get nodes -o wide\" shows them")
	out.Note = "of the nodes that there are: the range of their subnets outlives autoscaling"
	return out
}

// podRanges gives where pods get their addresses from. Where a pod has another,
// somebody else hands them out, and nothing is known; what the Nodes say counts
// only where a pod bears it out.
func (o *Objects) podRanges(plugin string) Fact[[]netip.Prefix] {
	hint := o.inCloud(map[string]string{
		"aws":   "aws ec2 describe-subnets --filters Name=vpc-id,Values=VPC --query 'Subnets[].CidrBlock'",
		"azure": "az aks show -g GROUP -n NAME --query networkProfile",
		"gce":   "gcloud container clusters describe NAME --format='value(clusterIpv4Cidr)'",
	}, "kubectl get ippools,ciliumnodes,nodes -o yaml")
	if plugin == "aws-vpc-cni" {
		// docs.aws.amazon.com, Amazon VPC CNI; with ENIConfigs, those that they name.
		return unknown[[]netip.Prefix]("pods have addresses of the VPC's subnets; " + hint)
	}
	const none = "no ranges of pods were found in IPPools, CiliumNodes or Nodes"
	out, sure := o.assigned(plugin, none, hint)
	if !sure {
		out = o.fromNodes(none, hint)
	}
	if out.State != Known {
		return out
	}
	for i := range o.pods {
		p := &o.pods[i]
		for _, a := range podAddresses(p) {
			sure = true
			if !covers(out.Value, netip.PrefixFrom(a, a.BitLen())) {
				return unknown[[]netip.Prefix](fmt.Sprintf("Pod %s has %s, which is in none of the ranges of %s; %s", called(&p.ObjectMeta), a, out.From, hint))
			}
		}
	}
	if !sure {
		// Many plugins hand out other addresses than those that the Node was given.
		return unknown[[]netip.Prefix]("no Pod in kube-system shows whether it is the " + out.From + " that pods have addresses of; " + hint)
	}
	return out
}

// assigned gives the ranges of whoever hands out addresses: the pools of Calico,
// the CiliumNodes, or OpenShift's network. It reports whether there is one.
func (o *Objects) assigned(plugin, none, hint string) (out Fact[[]netip.Prefix], sure bool) {
	var g gatherer
	if plugin == "calico" && len(o.pools) > 0 {
		for i := range o.pools {
			g.prefix(o.pools[i].Spec.CIDR, "IPPool "+o.pools[i].Name)
		}
		return g.fact("IPPools", none, hint), true
	}
	if ranges := o.ciliumRanges(); len(ranges) > 0 {
		for _, r := range ranges {
			g.prefix(r.text, r.of)
		}
		return ofToday(g.fact("CiliumNodes", none, hint)), true
	}
	for i := range o.networks {
		for _, n := range o.networks[i].Status.ClusterNetwork {
			g.prefix(n.CIDR, "Network "+o.networks[i].Name)
			sure = true
		}
	}
	return g.fact("clusterNetwork of the Network of OpenShift", none, hint), sure
}

// fromNodes gives the ranges that the Nodes were given for their pods; or, where
// kubeadm was told it, the whole range out of which those come.
func (o *Objects) fromNodes(none, hint string) Fact[[]netip.Prefix] {
	var g, whole gatherer
	for i := range o.nodes {
		for _, text := range podCIDRs(&o.nodes[i]) {
			g.prefix(text, "Node "+o.nodes[i].Name)
		}
	}
	nodes := g.fact("podCIDRs of the Nodes", none, hint)
	for _, text := range listed(o.kubeadm().PodSubnet) {
		whole.prefix(text, kubeadmFrom)
	}
	if all := whole.fact("podSubnet of "+kubeadmFrom, none, hint); nodes.State == Known && all.State == Known && coversAll(all.Value, nodes.Value) {
		return all
	}
	return ofToday(nodes)
}

// ofToday says that a fact holds for the nodes that there are.
func ofToday(f Fact[[]netip.Prefix]) Fact[[]netip.Prefix] {
	f.Note = "of the nodes that there are: another brings another range, so the whole range is better"
	return f
}

type rangeOf struct{ text, of string }

func (o *Objects) ciliumRanges() (out []rangeOf) {
	for i := range o.ciliumNodes {
		n := &o.ciliumNodes[i]
		texts := slices.Clone(n.Spec.IPAM.PodCIDRs)
		for _, a := range n.Spec.IPAM.Pools.Allocated {
			texts = append(texts, a.CIDRs...)
		}
		for _, text := range texts {
			out = append(out, rangeOf{text, "CiliumNode " + n.Name})
		}
	}
	return out
}

func podCIDRs(n *corev1.Node) []string {
	if len(n.Spec.PodCIDRs) == 0 && n.Spec.PodCIDR != "" {
		return []string{n.Spec.PodCIDR}
	}
	return n.Spec.PodCIDRs
}

// podAddresses gives the addresses of a pod that runs on the network of pods.
func podAddresses(p *corev1.Pod) (out []netip.Addr) {
	if p.Spec.HostNetwork || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		return nil
	}
	for _, ip := range p.Status.PodIPs {
		if a, err := netip.ParseAddr(ip.IP); err == nil {
			out = append(out, a.Unmap())
		}
	}
	return out
}

// serviceRanges gives the ranges of the virtual addresses of Services: those that
// the API server allots from (KEP-1880, GA in 1.33), else what OpenShift or
// kubeadm was told.
func (o *Objects) serviceRanges() Fact[[]netip.Prefix] {
	const none = "neither a ServiceCIDR, which clusters have from Kubernetes 1.33 on, nor " + kubeadmFrom + " was found"
	hint := o.inCloud(map[string]string{
		"aws":   "aws eks describe-cluster --name NAME --query cluster.kubernetesNetworkConfig",
		"azure": "az aks show -g GROUP -n NAME --query networkProfile",
		"gce":   "gcloud container clusters describe NAME --format='value(servicesIpv4Cidr)'",
	}, "kubectl get servicecidrs")
	var g gatherer
	from := kubeadmFrom
	switch {
	case len(o.ranges) > 0:
		from = "ServiceCIDRs"
		for i := range o.ranges {
			for _, text := range o.ranges[i].Spec.CIDRs {
				g.prefix(text, "ServiceCIDR "+o.ranges[i].Name)
			}
		}
	case len(o.networks) > 0:
		from = "serviceNetwork of Network " + o.networks[0].Name
		for _, text := range o.networks[0].Status.ServiceNetwork {
			g.prefix(text, "Network "+o.networks[0].Name)
		}
	default:
		for _, text := range listed(o.kubeadm().ServiceSubnet) {
			g.prefix(text, kubeadmFrom)
		}
	}
	return g.fact(from, none, hint)
}

// inCloud gives the hint of a command: that of the cloud in which the nodes run,
// or any other's.
func (o *Objects) inCloud(commands map[string]string, other string) string {
	return "\"" + cmp.Or(commands[o.cloud()], other) + "\" shows them"
}

// cloud gives where the nodes run, by their providerID (kubernetes.io, Cloud
// Controller Manager): aws, azure, gce and others.
func (o *Objects) cloud() string {
	for i := range o.nodes {
		if cloud, _, ok := strings.Cut(o.nodes[i].Spec.ProviderID, "://"); ok {
			return cloud
		}
	}
	return ""
}

const kubeadmFrom = "ConfigMap kube-system/kubeadm-config"

// networking is what matters of kubeadm's ClusterConfiguration (kubernetes.io,
// kubeadm Configuration v1beta4): each may hold one range of each family.
type networking struct {
	PodSubnet     string `json:"podSubnet"`
	ServiceSubnet string `json:"serviceSubnet"`
}

func listed(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// kubeadm gives what kubeadm was told; nothing if it did not make the cluster, or
// it cannot be read.
func (o *Objects) kubeadm() networking {
	var out struct {
		Networking networking `json:"networking"`
	}
	for i := range o.configs {
		if called(&o.configs[i].ObjectMeta) != "kube-system/kubeadm-config" {
			continue
		}
		values, err := reach.Values("", []byte(o.configs[i].Data["ClusterConfiguration"]))
		if err != nil || len(values) != 1 || reach.Decode(values[0], &out) != nil {
			return networking{}
		}
	}
	return out.Networking
}

// families gives the families of the addresses of pods. Where Services have
// others, which is which is left to people.
func (o *Objects) families(pods, services Fact[[]netip.Prefix]) Fact[[]string] {
	const hint = "; \"kubectl get pods -A -o jsonpath='{.items[*].status.podIPs[*].ip}'\" shows them"
	of, from := familiesOf(pods.Value), pods.From
	if pods.State != Known {
		var all []netip.Prefix
		for i := range o.pods {
			for _, a := range podAddresses(&o.pods[i]) {
				all = append(all, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		of, from = familiesOf(all), "addresses of Pods in kube-system"
	}
	if len(of) == 0 {
		of, from = familiesOf(services.Value), services.From
	}
	switch {
	case len(of) == 0:
		return unknown[[]string]("no ranges and no addresses of pods were found" + hint)
	case services.State == Known && !slices.Equal(of, familiesOf(services.Value)):
		return unknown[[]string](fmt.Sprintf("pods have %s, and Services %s", strings.Join(of, " and "), strings.Join(familiesOf(services.Value), " and ")) + hint)
	}
	return known(of, from)
}

// familiesOf gives the families of prefixes, sorted.
func familiesOf(ps []netip.Prefix) (out []string) {
	for _, p := range ps {
		if p.Addr().Is4() {
			out = append(out, tenancy.FamilyIPv4)
		} else {
			out = append(out, tenancy.FamilyIPv6)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covers reports whether one of the ranges holds a prefix.
func covers(ranges []netip.Prefix, p netip.Prefix) bool { return coversAll(ranges, []netip.Prefix{p}) }

// coversAll reports whether ranges hold every address of others.
func coversAll(ranges, others []netip.Prefix) bool { return len(beyond(ranges, others)) == 0 }

// beyond gives what others hold and the ranges do not.
func beyond(ranges, others []netip.Prefix) []netip.Prefix {
	var b netipx.IPSetBuilder
	for _, p := range others {
		b.AddPrefix(p)
	}
	for _, p := range ranges {
		b.RemovePrefix(p)
	}
	set, err := b.IPSet()
	if err != nil {
		return others // none of them is valid, which gatherers see to
	}
	return set.Prefixes()
}
