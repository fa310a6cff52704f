package foreign

import (
	"cmp"
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
)

// Cluster is a cluster of a few pods. Manifests show those of which the
// addresses are known.
type Cluster struct {
	Namespaces map[string]map[string]string // the labels of each
	Shown      map[string]bool              // the namespaces that manifests show
	Pods       []*bruteforce.Pod
	Policies   []*networkingv1.NetworkPolicy
}

// Cluster gives any cluster.
func (s Source) Cluster() *Cluster {
	c := &Cluster{Namespaces: map[string]map[string]string{}, Shown: map[string]bool{}}
	for i, name := range Namespaces {
		c.Namespaces[name] = s.Labels()
		c.Shown[name] = i < ShownAtMost && !s.OneIn(3)
	}
	c.Pods = append(Some(s, 5, s.pod), s.pod(), s.pod())
	c.Policies = Some(s, 9, s.Policy)
	return c
}

func (s Source) pod() *bruteforce.Pod {
	p := &bruteforce.Pod{Namespace: cmp.Or(s.Place(), "default"), Labels: s.Labels(), Ports: Some(s, 3, s.port)}
	if s.OneIn(3) {
		p.Namespace = Pick(s, Namespaces)
	}
	if s.OneIn(2) {
		p.Addresses = append(Some(s, 1, s.Address), s.Address())
	}
	return p
}

func (s Source) port() bruteforce.Port {
	return bruteforce.Port{Name: Pick(s, PortNames), Protocol: Pick(s, Protocols), Number: Pick(s, Numbers)}
}

// Blocks gives every block that the policies name.
func (c *Cluster) Blocks() (out []netip.Prefix) {
	add := func(peers []networkingv1.NetworkPolicyPeer) {
		for _, p := range peers {
			if p.IPBlock != nil {
				out = append(out, netip.MustParsePrefix(p.IPBlock.CIDR))
			}
		}
	}
	for _, p := range c.Policies {
		for _, r := range p.Spec.Ingress {
			add(r.From)
		}
		for _, r := range p.Spec.Egress {
			add(r.To)
		}
	}
	return out
}
