package facts

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

const system = "kube-system"

// whichDNS is the command that tells who answers on GKE.
const whichDNS = "\"gcloud container clusters describe NAME --format='value(networkConfig.dnsConfig.clusterDns)'\" shows who answers"

// dns gives where pods resolve names. Hedgerow calls coredns whatever has the
// label k8s-app=kube-dns in kube-system, which kube-dns itself has as well.
func (o *Objects) dns(plugin, version string) Fact[DNS] {
	const hint = "; \"kubectl get pods -A -l k8s-app=kube-dns\" shows CoreDNS wherever it runs"
	if o.daemonSet("openshift-dns", "dns-default") {
		// openshift/cluster-dns-operator assets/dns/daemonset.yaml.
		return known(DNS{Provider: tenancy.ProviderOpenShift}, "DaemonSet openshift-dns/dns-default")
	}
	from := o.labelled(system, "k8s-app", "kube-dns")
	if from == "" && !o.makers() {
		return unknown[DNS]("no Deployment or no DaemonSet could be read" + hint)
	}
	if from == "" {
		// With Cloud DNS, GKE answers on the node, and the Service kube-dns has no pods
		// (cloud.google.com, About Cloud DNS for GKE).
		why := "nothing in kube-system makes pods with the label k8s-app=kube-dns"
		if o.cloud() == "gce" {
			return unknown[DNS](why + ", as with Cloud DNS; " + whichDNS)
		}
		return unknown[DNS](why + hint)
	}
	out := known(DNS{Provider: tenancy.ProviderCoreDNS}, from)
	if o.cloud() == "gce" {
		out.Note = "if pods do not ask Cloud DNS instead: " + whichDNS
	}
	o.nodeLocal(&out, plugin, version)
	return out
}

// nodeLocal adds NodeLocal DNSCache: its argument -localip has its own address,
// which is link-local, and in iptables mode that of the Service as well
// (kubernetes/kubernetes cluster/addons/dns/nodelocaldns).
func (o *Objects) nodeLocal(dns *Fact[DNS], plugin, version string) {
	name, texts := o.localIPs()
	if name == "" && !o.read["DaemonSet"] {
		dns.Value.LeftOut = true
		dns.Note = "no DaemonSet could be read, so that whether there is NodeLocal DNSCache is not known; " + allAgents + " shows it"
		return
	}
	if name == "" {
		return
	}
	const hint = ": \"kubectl get daemonsets -n kube-system -o yaml\" and \"kubectl get service kube-dns -n kube-system\" show them"
	if matches, sure := cni.Of(plugin).BlockOnNodes.In(version); sure && !matches {
		dns.Value.LeftOut = true
		dns.Note = "DaemonSet " + name + " is NodeLocal DNSCache, whose address no NetworkPolicy matches on " + plugin + ": nodeLocal is left out"
		return
	}
	var own, service []netip.Addr
	for _, text := range append(texts, o.kubeDNS()...) {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		switch {
		case err != nil || slices.Contains(own, a) || slices.Contains(service, a):
		case a.IsLinkLocalUnicast():
			own = append(own, a)
		default:
			service = append(service, a)
		}
	}
	if len(own) != 1 || len(service) != 1 {
		dns.Value.LeftOut, dns.Value.Unaddressed = true, name
		dns.Note = "DaemonSet " + name + " is NodeLocal DNSCache, and nodeLocal and clusterIP are not one address each" + hint
		return
	}
	dns.Value.NodeLocal, dns.Value.ClusterIP = own[0], service[0]
	dns.From += ", and -localip of DaemonSet " + name
}

// localIPs gives the addresses of NodeLocal DNSCache and the name of its
// DaemonSet; "" without one. Installers name it differently, the argument alone
// is always there.
func (o *Objects) localIPs() (name string, texts []string) {
	for i := range o.daemonSets {
		d := &o.daemonSets[i]
		for _, c := range d.Spec.Template.Spec.Containers {
			args := append(c.Command[:len(c.Command):len(c.Command)], c.Args...)
			for n, arg := range args {
				flag, value, given := strings.Cut(arg, "=")
				if flag != "-localip" && flag != "--localip" {
					continue
				}
				if !given && n+1 < len(args) {
					value = args[n+1]
				}
				return called(&d.ObjectMeta), strings.Split(value, ",")
			}
		}
	}
	return "", nil
}

// kubeDNS gives the addresses of the Service kube-dns.
func (o *Objects) kubeDNS() []string {
	for i := range o.services {
		if s := &o.services[i]; called(&s.ObjectMeta) == system+"/kube-dns" && s.Spec.ClusterIP != corev1.ClusterIPNone && s.Spec.ClusterIP != "" {
			return []string{s.Spec.ClusterIP}
		}
	}
	return nil
}

func (o *Objects) daemonSet(namespace, name string) bool {
	for i := range o.daemonSets {
		if called(&o.daemonSets[i].ObjectMeta) == namespace+"/"+name {
			return true
		}
	}
	return false
}

// labelled gives what makes pods with a label in a namespace, or such a pod; ""
// if nothing does. A Deployment that is scaled to nothing makes none.
func (o *Objects) labelled(namespace, label, value string) string {
	for i := range o.deployments {
		d := &o.deployments[i]
		if d.Namespace == namespace && d.Spec.Template.Labels[label] == value && (d.Spec.Replicas == nil || *d.Spec.Replicas > 0) {
			return "Deployment " + called(&d.ObjectMeta)
		}
	}
	for i := range o.daemonSets {
		if d := &o.daemonSets[i]; d.Namespace == namespace && d.Spec.Template.Labels[label] == value && !idle(d) {
			return "DaemonSet " + called(&d.ObjectMeta)
		}
	}
	for i := range o.pods {
		p := &o.pods[i]
		if p.Namespace == namespace && p.Labels[label] == value && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			return "Pods in " + namespace + " with the label " + label + "=" + value
		}
	}
	return ""
}
