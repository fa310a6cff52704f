package conformance

import (
	"net/netip"
	"slices"
	"sync/atomic"

	"go4.org/netipx"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
)

// A difference is one between an engine and the API, which is known, and theirs.
// It says how the engine reads policies and pods; a verdict is forgiven only if
// it is right for what was read so. One that no verdict needs is an error.
type difference struct {
	engine, what, source string
	read                 func(*reading)
	needed               atomic.Int64 // verdicts that are right by it alone
}

// A reading is what an engine takes a world to be.
type reading struct {
	bruteforce.Cluster
	ends []bruteforce.End
}

// differences are all that are known, each before those that build on it.
var differences = []*difference{
	{
		engine: "cilium",
		what:   "an ipBlock never means a pod",
		source: "https://docs.cilium.io/en/v1.15/network/kubernetes/policy/#networkpolicy, github.com/cilium/cilium/issues/9209",
		read:   withoutAddresses,
	},
	{
		engine: "cilium",
		what:   "of a range of ports only the first counts",
		source: "https://docs.cilium.io/en/v1.15/network/kubernetes/policy/#networkpolicy, github.com/cilium/cilium/issues/16622",
		read:   withoutEndPorts,
	},
	{
		engine: "cilium",
		what:   "rules count in a direction that policyTypes does not list",
		source: "github.com/cilium/cilium/issues/48703",
		read:   withTypesOfRules,
	},
	{
		engine: "cilium",
		what:   "a name of a port stands for one number of a pod, whatever the protocol: the last one",
		source: `Kubernetes' API reference of ContainerPort: "Each named port in a pod must have a unique name"; Cilium's pkg/types/portmap.go`,
		read:   withUniqueNames,
	},
	{
		engine: "cilium",
		what:   "in egress rules a name stands for one number in the whole cluster, or for none where pods do not agree",
		source: "github.com/cilium/cilium/issues/30003, github.com/cilium/cilium/issues/24779",
		read:   withNamesOfCluster,
	},
	{
		engine: "cilium",
		what:   "selectors that ask only for what is absent match addresses too, which have no labels",
		source: "github.com/cilium/cilium/issues/46949",
		read:   withLabellessAddresses,
	},
	{
		engine: "cilium",
		what:   "in a rule with ports, a block of which the exceptions leave nothing matches everything",
		source: "pkg/policy/api/cidr.go and pkg/policy/rule.go: no selector is left, and none means all; since github.com/cilium/cilium/pull/35139 exceptions are selectors",
		read:   withBoundlessEmptyBlocks,
	},
	{
		engine: "cyclonus",
		what:   "NotIn does not match what lacks the key",
		source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement says that it does; cyclonus' pkg/kube/labelselector.go",
		read:   withKeysOfNotIn,
	},
}

func withoutAddresses(r *reading) {
	for _, e := range r.ends {
		if e.Pod != nil {
			e.Pod.Addresses = nil
		}
	}
}

func withoutEndPorts(r *reading) {
	for _, p := range r.Policies {
		forEachRule(p, func(r rule) {
			for i := range *r.ports {
				(*r.ports)[i].EndPort = nil
			}
		})
	}
}

func withTypesOfRules(r *reading) {
	for _, p := range r.Policies {
		s := &p.Spec
		if len(s.Ingress) > 0 && !slices.Contains(s.PolicyTypes, networkingv1.PolicyTypeIngress) {
			s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeIngress)
		}
		if len(s.Egress) > 0 && !slices.Contains(s.PolicyTypes, networkingv1.PolicyTypeEgress) {
			s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
}

func withUniqueNames(r *reading) {
	for _, e := range r.ends {
		if e.Pod == nil {
			continue
		}
		var last []bruteforce.Port
		for i, p := range e.Pod.Ports {
			again := func(q bruteforce.Port) bool { return q.Name == p.Name }
			if !slices.ContainsFunc(e.Pod.Ports[i+1:], again) {
				last = append(last, p)
			}
		}
		e.Pod.Ports = last
	}
}

// withNamesOfCluster writes numbers for the names in egress rules. A rule that is
// left without ports is left with one that nobody has.
func withNamesOfCluster(r *reading) {
	for _, p := range r.Policies {
		for i := range p.Spec.Egress {
			ports := p.Spec.Egress[i].Ports
			for j := range ports {
				if ports[j].Port != nil && ports[j].Port.Type == intstr.String {
					ports[j].Port = new(intstr.FromInt32(r.number(ports[j].Port.StrVal, *ports[j].Protocol)))
				}
			}
		}
	}
}

// number gives what all pods of the cluster call by a name, or 0.
func (r *reading) number(name string, protocol corev1.Protocol) (number int32) {
	for _, e := range r.ends {
		if e.Pod == nil {
			continue
		}
		for _, p := range e.Pod.Ports {
			switch {
			case p.Name != name || p.Protocol != protocol:
			case number != 0 && number != p.Number:
				return 0
			default:
				number = p.Number
			}
		}
	}
	return number
}

// withLabellessAddresses lets all addresses in with such selectors.
func withLabellessAddresses(r *reading) {
	for _, p := range r.Policies {
		forEachRule(p, func(r rule) {
			for _, peer := range *r.peers {
				if s := peer.NamespaceSelector; s != nil && len(s.MatchExpressions) > 0 && asksForAbsence(s) && asksForAbsence(peer.PodSelector) {
					*r.peers = append(*r.peers, block("0.0.0.0/0"), block("::/0"))
				}
			}
		})
	}
}

// withBoundlessEmptyBlocks lets everybody in with blocks that mean nobody.
func withBoundlessEmptyBlocks(r *reading) {
	for _, p := range r.Policies {
		forEachRule(p, func(r rule) {
			for _, peer := range *r.peers {
				if len(*r.ports) > 0 && peer.IPBlock != nil && isEmpty(peer.IPBlock) {
					every := networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}
					*r.peers = append(*r.peers, block("0.0.0.0/0"), block("::/0"), every)
				}
			}
		})
	}
}

func isEmpty(b *networkingv1.IPBlock) bool {
	var set netipx.IPSetBuilder
	set.AddPrefix(netip.MustParsePrefix(b.CIDR))
	for _, e := range b.Except {
		set.RemovePrefix(netip.MustParsePrefix(e))
	}
	left, err := set.IPSet()
	return err == nil && len(left.Ranges()) == 0
}

// asksForAbsence reports whether what has no labels matches the selector.
func asksForAbsence(s *metav1.LabelSelector) bool {
	asksForKey := func(e metav1.LabelSelectorRequirement) bool {
		return e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpExists
	}
	return s == nil || len(s.MatchLabels) == 0 && !slices.ContainsFunc(s.MatchExpressions, asksForKey)
}

func block(cidr string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}
}

func withKeysOfNotIn(r *reading) {
	for _, p := range r.Policies {
		needKeys(&p.Spec.PodSelector)
		forEachRule(p, func(r rule) {
			for _, peer := range *r.peers {
				needKeys(peer.PodSelector)
				needKeys(peer.NamespaceSelector)
			}
		})
	}
}

func needKeys(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	for _, e := range s.MatchExpressions {
		if e.Operator == metav1.LabelSelectorOpNotIn {
			has := metav1.LabelSelectorRequirement{Key: e.Key, Operator: metav1.LabelSelectorOpExists}
			s.MatchExpressions = append(s.MatchExpressions, has)
		}
	}
}

// read gives the world as an engine reads it with the differences.
func (w *world) read(by []*difference) *reading {
	r := &reading{Cluster: bruteforce.Cluster{Namespaces: w.labels}}
	for _, p := range w.shown.Policies {
		r.Policies = append(r.Policies, stored(p))
	}
	for _, e := range w.ends {
		r.ends = append(r.ends, e.bruteforce())
	}
	for _, d := range by {
		d.read(r)
	}
	return r
}

func (e *end) bruteforce() bruteforce.End {
	if !e.IsPod() {
		return bruteforce.End{Address: e.Addresses[0]}
	}
	p := &bruteforce.Pod{Namespace: e.Namespace, Labels: e.Labels, Addresses: e.Addresses}
	for _, port := range e.Ports {
		p.Ports = append(p.Ports, bruteforce.Port{Name: port.Name, Protocol: corev1.Protocol(port.Protocol), Number: int32(port.Number)})
	}
	return bruteforce.End{Pod: p}
}

// allows judges a packet by what was read.
func (r *reading) allows(p engine.Packet) bool {
	return r.Allows(r.ends[p.From], r.ends[p.To], corev1.Protocol(p.Protocol), int32(p.Port))
}
