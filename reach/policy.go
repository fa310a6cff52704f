package reach

import (
	"errors"
	"fmt"
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// direction is a side of a connection that a policy rules.
type direction int

const (
	egress direction = iota
	ingress
	directions = 2
)

var directionNames = [directions]string{"egress", "ingress"}

// String gives the name of the direction in Kubernetes.
func (d direction) String() string { return directionNames[d] }

// A policy is a NetworkPolicy as it is to be understood.
type policy struct {
	object    *networkingv1.NetworkPolicy
	namespace int32
	subject   region
	isolates  [directions]bool
	rules     [directions][]rule
}

// A rule allows connections to or from its peers on its ports.
type rule struct {
	peers []Group
	ports Ports
	names []portName
}

// understand reads a policy as the API's documentation says (k8s.io/api,
// networking/v1; the defaults are those of pkg/apis/networking/v1/defaults.go).
// The error names every part that cannot be read.
func (u *universe) understand(np *networkingv1.NetworkPolicy) (*policy, error) {
	p := &policy{object: np, namespace: u.number(namespaceOf(np.Namespace))}
	var errs []error
	var err error
	if p.subject, err = selected(&np.Spec.PodSelector, ""); err != nil {
		errs = append(errs, fmt.Errorf("spec.podSelector: %w", err))
	}
	if p.isolates, err = isolates(&np.Spec); err != nil {
		errs = append(errs, err)
	}
	add := func(d direction, i int, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
		r, err := u.rule(p.namespace, peers, ports)
		if err != nil {
			errs = append(errs, fmt.Errorf("spec.%s[%d]: %w", d, i, err))
		}
		p.rules[d] = append(p.rules[d], r)
	}
	for i, r := range np.Spec.Ingress {
		add(ingress, i, r.From, r.Ports)
	}
	for i, r := range np.Spec.Egress {
		add(egress, i, r.To, r.Ports)
	}
	return p, errors.Join(errs...)
}

// namespaceOf gives the namespace in which an object without one is created.
func namespaceOf(name string) string {
	if name == "" {
		return metav1.NamespaceDefault
	}
	return name
}

// isolates gives the directions that a policy rules. Without policyTypes it is
// ingress always, and egress if there are egress rules.
func isolates(s *networkingv1.NetworkPolicySpec) (out [directions]bool, err error) {
	if len(s.PolicyTypes) == 0 {
		out[ingress], out[egress] = true, len(s.Egress) > 0
	}
	if len(s.PolicyTypes) > directions {
		err = fmt.Errorf("spec.policyTypes: there are %d, and no more than %d are taken", len(s.PolicyTypes), directions)
	}
	for _, t := range s.PolicyTypes {
		switch t {
		case networkingv1.PolicyTypeIngress:
			out[ingress] = true
		case networkingv1.PolicyTypeEgress:
			out[egress] = true
		default:
			err = fmt.Errorf("spec.policyTypes: %q is not a type", t)
		}
	}
	return out, err
}

func (u *universe) rule(own int32, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) (rule, error) {
	var r rule
	var errs []error
	if len(peers) == 0 {
		r.peers = u.everything()
	}
	for i := range peers {
		groups, err := u.peer(own, &peers[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("peer %d: %w", i, err))
		}
		r.peers = append(r.peers, groups...)
	}
	if len(ports) == 0 {
		r.ports = AllPorts
	}
	for i := range ports {
		if err := r.addPort(&ports[i]); err != nil {
			errs = append(errs, fmt.Errorf("port %d: %w", i, err))
		}
	}
	return r, errors.Join(errs...)
}

// peer gives the endpoints of one list item, in which both selectors must match.
func (u *universe) peer(own int32, p *networkingv1.NetworkPolicyPeer) ([]Group, error) {
	switch {
	case p.IPBlock != nil && (p.PodSelector != nil || p.NamespaceSelector != nil):
		return nil, errors.New("it has an ipBlock beside a selector")
	case p.IPBlock != nil:
		return u.block(p.IPBlock)
	case p.PodSelector == nil && p.NamespaceSelector == nil:
		return nil, errors.New("it is empty")
	}
	groups := []Group{{namespaces: []int32{own}}}
	var err error
	if p.NamespaceSelector != nil {
		if groups, err = u.selectedNamespaces(p.NamespaceSelector); err != nil {
			return nil, fmt.Errorf("namespaceSelector: %w", err)
		}
	}
	if p.PodSelector == nil {
		return groups, nil
	}
	want, err := selected(p.PodSelector, "")
	if err != nil {
		return nil, fmt.Errorf("podSelector: %w", err)
	}
	var out []Group
	for _, g := range groups {
		if in, ok := g.pods.in.and(want); ok && !want.isNothing() {
			out = append(out, Group{namespaces: g.namespaces, pods: pods{in: in}})
		}
	}
	return out, nil
}

// block gives the addresses of an ipBlock, and the pods that are known to have
// one of them.
func (u *universe) block(b *networkingv1.IPBlock) ([]Group, error) {
	cidr, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return nil, fmt.Errorf("ipBlock: %q is not a range of addresses", b.CIDR)
	}
	var except []netip.Prefix
	for _, s := range b.Except {
		p, err := netip.ParsePrefix(s)
		switch {
		case err != nil:
			return nil, fmt.Errorf("ipBlock: except %q is not a range of addresses", s)
		case !cidr.Contains(p.Addr()) || p.Bits() <= cidr.Bits():
			return nil, fmt.Errorf("ipBlock: except %q is not a part of %q", s, b.CIDR)
		}
		except = append(except, p)
	}
	set, err := ipSet([]netip.Prefix{cidr}, except)
	if err != nil {
		return nil, fmt.Errorf("ipBlock: %w", err)
	}
	if len(set.Ranges()) == 0 {
		return nil, nil
	}
	return append(u.inBlock(set), Group{addresses: set}), nil
}

func (r *rule) addPort(p *networkingv1.NetworkPolicyPort) error {
	protocol := TCP
	if p.Protocol != nil {
		var ok bool
		if protocol, ok = ParseProtocol(string(*p.Protocol)); !ok {
			return fmt.Errorf("%q is not a protocol that policies know", *p.Protocol)
		}
	}
	switch {
	case p.Port == nil && p.EndPort != nil:
		return errors.New("it has an endPort and no port")
	case p.Port == nil:
		r.ports = r.ports.Or(Ports{{protocol, firstPort, lastPort}})
	case p.Port.Type == intstr.String:
		if problems := validation.IsValidPortName(p.Port.StrVal); len(problems) > 0 || p.EndPort != nil {
			return fmt.Errorf("%q is not the name of a single port", p.Port.StrVal)
		}
		r.names = append(r.names, portName{protocol, p.Port.StrVal})
	default:
		first, last := int(p.Port.IntVal), int(p.Port.IntVal)
		if p.EndPort != nil {
			last = int(*p.EndPort)
		}
		if first < firstPort || last < first || last > lastPort {
			return fmt.Errorf("%s is not a port or a range of ports", Range{protocol, first, last})
		}
		r.ports = r.ports.Or(Ports{{protocol, first, last}})
	}
	return nil
}

// key tells groups apart. Two long lists of namespaces count as the same only if
// one selector gave both.
func (g Group) key() string {
	switch {
	case g.IsAddresses():
		return fmt.Sprint(g.addresses.Ranges())
	case len(g.namespaces) > few:
		return fmt.Sprintf("%p", g.namespaces) + g.pods.key()
	}
	return fmt.Sprint(g.namespaces) + g.pods.key()
}
