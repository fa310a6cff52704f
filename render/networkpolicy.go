package render

import (
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// namespaceName is the one label of a namespace that the API server itself
// keeps true (KEP-2161); access is decided by no other.
const namespaceName = "kubernetes.io/metadata.name"

// networkPolicy gives the policy as a networking.k8s.io/v1 NetworkPolicy; an
// empty namespace leaves it to the overlay.
func networkPolicy(p *generator.Policy, namespace string) *networkingv1.NetworkPolicy {
	np := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: namespace, Labels: managedBy(), Annotations: causeAnnotations(p.Cause)},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: podSelector(p.Subject)},
	}
	if p.Name == generator.LayerDeny {
		np.Annotations = keepAnnotations()
		np.Annotations[argoCompare] = "IgnoreExtraneous"
	}
	for _, d := range p.Isolates {
		np.Spec.PolicyTypes = append(np.Spec.PolicyTypes, policyTypes[d])
	}
	for _, r := range p.Ingress {
		np.Spec.Ingress = append(np.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers(r.Peers), Ports: ports(r.Ports)})
	}
	for _, r := range p.Egress {
		np.Spec.Egress = append(np.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers(r.Peers), Ports: ports(r.Ports)})
	}
	return np
}

var policyTypes = map[generator.Direction]networkingv1.PolicyType{
	generator.Ingress: networkingv1.PolicyTypeIngress,
	generator.Egress:  networkingv1.PolicyTypeEgress,
}

// podSelector never has empty matchLabels: kustomize would add labels to those.
func podSelector(l tenancy.Labels) metav1.LabelSelector {
	if len(l) == 0 {
		return metav1.LabelSelector{}
	}
	return metav1.LabelSelector{MatchLabels: l}
}

func peers(ps []generator.Peer) (out []networkingv1.NetworkPolicyPeer) {
	for _, p := range ps {
		out = append(out, peer(p))
	}
	return out
}

// peer is one list item, in which both selectors must match.
func peer(p generator.Peer) networkingv1.NetworkPolicyPeer {
	if p.Block.IsValid() {
		return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: p.Block.String(), Except: prefixes(p.Except)}}
	}
	var out networkingv1.NetworkPolicyPeer
	switch len(p.Namespaces) {
	case 0:
	case 1:
		out.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{namespaceName: p.Namespaces[0]}}
	default:
		out.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: namespaceName, Operator: metav1.LabelSelectorOpIn, Values: p.Namespaces},
		}}
	}
	if len(p.Pods) > 0 || len(p.Namespaces) == 0 {
		sel := podSelector(p.Pods)
		out.PodSelector = &sel
	}
	return out
}

func prefixes(ps []netip.Prefix) (out []string) {
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// ports are numbers always: plugins differ in how they resolve names.
func ports(ps []tenancy.Port) (out []networkingv1.NetworkPolicyPort) {
	for _, p := range ps {
		protocol, number := corev1.Protocol(p.Protocol), intstr.FromInt32(int32(p.Number))
		np := networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &number}
		if p.End != p.Number {
			end := int32(p.End)
			np.EndPort = &end
		}
		out = append(out, np)
	}
	return out
}

func causeAnnotations(c *generator.Cause) map[string]string {
	if c == nil {
		return nil
	}
	out := map[string]string{
		annotationCluster:     c.Cluster,
		annotationEnvironment: strings.Join(c.Environments, ","),
		annotationFlow:        c.Flow.Name,
		annotationReason:      c.Flow.Reason,
	}
	for key, value := range map[string]string{
		annotationTicket:  c.Flow.Ticket,
		annotationExpires: c.Flow.Expires.Text,
		annotationOwners:  strings.Join(c.Owners, ", "),
	} {
		if value != "" {
			out[key] = value
		}
	}
	return out
}

// rolloutAnnotations say why a namespace is open. Argo CD applies what has the
// wave before what has none (argocd.argoproj.io/sync-wave).
func rolloutAnnotations(o *generator.Overlay) map[string]string {
	out := map[string]string{
		argoWave:          "-1",
		annotationCluster: o.Cluster,
		annotationReason:  o.Rollout.Cause.Reason,
		annotationUntil:   o.Rollout.Cause.Until.Text,
	}
	if o.Environment != "" {
		out[annotationEnvironment] = o.Environment
	}
	if len(o.Rollout.Owners) > 0 {
		out[annotationOwners] = strings.Join(o.Rollout.Owners, ", ")
	}
	return out
}

// namespaceObject gives the Namespace. Its labels are for people and other
// tools; access never depends on them.
func namespaceObject(n generator.NamespaceObject) *metav1.PartialObjectMetadata {
	ns := &metav1.PartialObjectMetadata{ // a Namespace's spec and status are not ours
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: managedBy(), Annotations: keepAnnotations()},
	}
	for key, value := range map[string]string{
		annotationTeam:                       n.Team,
		annotationEnvironment:                n.Environment,
		annotationClass:                      n.Class,
		"pod-security.kubernetes.io/enforce": n.PodSecurity,
	} {
		if value != "" {
			ns.Labels[key] = value
		}
	}
	return ns
}

func managedBy() map[string]string {
	return map[string]string{managedByLabel: "hedgerow"}
}

const managedByLabel = "app.kubernetes.io/managed-by"

// SaysOurs reports whether the labels of an object say that Hedgerow wrote it.
// Anybody may write that.
func SaysOurs(labels map[string]string) bool { return labels[managedByLabel] == "hedgerow" }

// The annotations of flow policies, and those of them that are labels of
// Namespace objects.
const (
	annotationCluster     = "hedgerow.dev/cluster"
	annotationEnvironment = "hedgerow.dev/environment"
	annotationFlow        = "hedgerow.dev/flow"
	annotationReason      = "hedgerow.dev/reason"
	annotationTicket      = "hedgerow.dev/ticket"
	annotationExpires     = "hedgerow.dev/expires"
	annotationOwners      = "hedgerow.dev/owners"
	annotationTeam        = "hedgerow.dev/team"
	annotationClass       = "hedgerow.dev/class"
	annotationUntil       = "hedgerow.dev/until"
	argoCompare           = "argocd.argoproj.io/compare-options"
	argoWave              = "argocd.argoproj.io/sync-wave"
	argoOptions           = "argocd.argoproj.io/sync-options"
	fluxPrune             = "kustomize.toolkit.fluxcd.io/prune"
	fluxSSA               = "kustomize.toolkit.fluxcd.io/ssa"
)

// keepAnnotations stop Argo CD and Flux from removing an object when it leaves
// the source.
func keepAnnotations() map[string]string {
	return map[string]string{
		argoOptions: "Prune=false,Delete=false",
		fluxPrune:   "disabled",
	}
}

// FlowRef names a flow in one environment of a cluster.
type FlowRef struct{ Cluster, Environment, Flow string }

// flowRefs reads from a policy's annotations which flow it is there for, in
// which environments.
func flowRefs(annotations map[string]string) (out []FlowRef) {
	if annotations[annotationFlow] == "" {
		return nil
	}
	for e := range strings.SplitSeq(annotations[annotationEnvironment], ",") {
		out = append(out, FlowRef{annotations[annotationCluster], e, annotations[annotationFlow]})
	}
	return out
}

// Note is what a policy says about the flow that it is there for.
type Note struct {
	Flow, Reason, Ticket, Expires string
	Owners                        []string // of the namespace that the policy stands in
}

// NoteOf reads a policy's annotations; the note is empty if no flow is its
// cause.
func NoteOf(annotations map[string]string) Note {
	var owners []string
	if all := annotations[annotationOwners]; all != "" {
		owners = strings.Split(all, ", ")
	}
	return Note{
		Flow: annotations[annotationFlow], Reason: annotations[annotationReason],
		Ticket: annotations[annotationTicket], Expires: annotations[annotationExpires],
		Owners: owners,
	}
}
