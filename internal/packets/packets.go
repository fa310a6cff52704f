// Package packets chooses connections to judge a tenancy by: from, to and beside
// everything that it names. It serves tests alone.
package packets

import (
	"iter"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Ends are what the packets of a cluster come from and go to.
type Ends struct {
	Managed, Others []declared.End
}

// endsOf gives, for a cluster, pods of everything that the tenancy names, pods
// that it does not name, and addresses in and around every block.
func endsOf(t *tenancy.Tenancy, cluster string, r *rand.Rand) (out Ends) {
	for _, n := range t.Namespaces() {
		for _, e := range tenancy.Sorted(t.Environments) {
			name, pods := n.KubernetesName(e), PodsOf(n.Workloads)
			switch {
			case !n.In(e.Name):
			case e.Cluster.Text == cluster:
				out.Managed = append(out.Managed, In(name, pods)...)
			default: // a namespace of another cluster has no meaning on this one
				out.Others = append(out.Others, In(name, pods[:1])...)
			}
		}
		out.Others = append(out.Others, In(n.Name+"-stranger", PodsOf(n.Workloads))...)
	}
	for _, s := range tenancy.Sorted(t.Shared) {
		pods := In(s.Namespace.Text, PodsOf(s.Workloads))
		if s.Managed && s.On(cluster) {
			out.Managed = append(out.Managed, pods...)
		} else {
			out.Others = append(out.Others, pods...)
		}
	}
	for name := range tenancy.Sorted(t.Retired[cluster]) {
		out.Managed = append(out.Managed, In(name, []map[string]string{{"app": "api"}})...)
	}
	out.Others = append(out.Others, dnsPods(t.Clusters[cluster].DNS)...)
	if _, pods := t.Clusters[cluster].Callers(); pods != nil {
		out.Others = append(out.Others, In(pods.Namespace.Text, []map[string]string{pods.Pods, {"app": "nobody"}})...)
	}
	for _, a := range addressesOf(t, r) {
		out.Others = append(out.Others, declared.End{Address: a})
	}
	return Ends{Distinct(out.Managed), Distinct(out.Others)}
}

// In gives pods of a namespace by their labels.
func In(namespace string, pods []map[string]string) (out []declared.End) {
	for _, labels := range pods {
		out = append(out, declared.End{Namespace: namespace, Labels: labels})
	}
	return out
}

// PodsOf gives a pod of each workload, one of every two, one with a part of the
// labels of each, and one that belongs to none.
func PodsOf(workloads map[string]*tenancy.Workload) []map[string]string {
	out := []map[string]string{{"app": "nobody", "own": "label"}}
	for a, w := range tenancy.Sorted(workloads) {
		out = append(out, w.Pods)
		if len(w.Pods) > 1 {
			part := maps.Clone(map[string]string(w.Pods))
			delete(part, tenancy.Keys(w.Pods)[0])
			out = append(out, part)
		}
		for b, x := range tenancy.Sorted(workloads) {
			if a < b {
				both := maps.Clone(map[string]string(w.Pods))
				maps.Copy(both, x.Pods)
				out = append(out, both)
			}
		}
	}
	return out
}

// dnsPods gives the pods that answer under each provider, and neighbours of
// theirs.
func dnsPods(d tenancy.DNS) []declared.End {
	pods := []map[string]string{
		{"k8s-app": "kube-dns"}, {"dns.operator.openshift.io/daemonset-dns": "default"}, {"app": "unbound"}, {"app": "nobody"},
	}
	out := slices.Concat(In("kube-system", pods), In("openshift-dns", pods))
	if d.Namespace.Set() {
		out = append(out, In(d.Namespace.Text, append(pods, d.Pods))...)
	}
	return out
}

// Distinct gives every end once.
func Distinct(es []declared.End) (out []declared.End) {
	for _, e := range es {
		same := func(x declared.End) bool {
			return x.Namespace == e.Namespace && x.Address == e.Address && maps.Equal(x.Labels, e.Labels)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, e)
		}
	}
	return out
}

// addressesOf gives for every block that the tenancy or the design names its
// edges, what lies beside them, and something from within.
func addressesOf(t *tenancy.Tenancy, r *rand.Rand) (out []netip.Addr) {
	for _, b := range blocksOf(t) {
		p := netip.MustParsePrefix(b)
		last := AtRandom(p, func() byte { return 0xff })
		within := AtRandom(p, func() byte { return byte(r.IntN(256)) })
		out = append(out, p.Addr(), last, within, p.Addr().Prev(), last.Next())
	}
	out = slices.DeleteFunc(out, func(a netip.Addr) bool { return !a.IsValid() })
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

// AtRandom gives an address of the block with its free bits as they come.
func AtRandom(p netip.Prefix, bits func() byte) netip.Addr {
	b := p.Addr().AsSlice()
	for i := range b {
		fixed := min(max(p.Bits()-8*i, 0), 8)
		b[i] |= bits() & byte(0xff>>fixed)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func blocksOf(t *tenancy.Tenancy) []string {
	out := []string{
		"0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/32", "fe80::/10", "fd00:ec2::/32", "fd00:ec2::254/128",
		"168.63.129.16/32", "100.100.100.200/32", "169.254.20.10/32", "169.254.7.127/32",
		"64:ff9b::a9fe:0/112", "64:ff9b::a83f:8110/128", "64:ff9b::6464:64c8/128", // the same through NAT64
	}
	add := func(words ...tenancy.Word) { out = append(out, tenancy.Texts(words)...) }
	for _, k := range tenancy.Sorted(t.Clusters) {
		add(slices.Concat(k.Pods, k.Services, k.Nodes, k.DNS.CIDRs)...)
		if k.APIServer != nil {
			add(k.APIServer.CIDRs...)
		}
		if k.Webhooks != nil {
			add(k.Webhooks.CIDRs...)
		}
		for _, w := range []tenancy.Word{k.DNS.NodeLocal, k.DNS.ClusterIP} {
			if a, err := netip.ParseAddr(w.Text); err == nil {
				out = append(out, netip.PrefixFrom(a, a.BitLen()).String())
			}
		}
	}
	for _, x := range tenancy.Sorted(t.Externals) {
		add(slices.Concat(x.CIDRs, x.Except)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// portsOf gives the ports that the tenancy names, one of each range, and those
// that it and the baseline name with their neighbours, for all protocols.
func portsOf(t *tenancy.Tenancy) (named, around []tenancy.Port) {
	numbers := []int{1, 53, 443, 5353, 6443, 65535}
	add := func(p tenancy.Port) {
		numbers = append(numbers, p.Number-1, p.Number, p.End, p.End+1)
		named = append(named, tenancy.Port{Number: (p.Number + p.End) / 2, Protocol: p.Protocol})
	}
	of := func(workloads map[string]*tenancy.Workload) {
		for _, w := range workloads {
			for _, p := range w.Ports {
				add(p)
			}
		}
	}
	for _, n := range t.Namespaces() {
		of(n.Workloads)
	}
	for _, s := range t.Shared {
		of(s.Workloads)
	}
	for _, x := range t.Externals {
		for _, p := range x.Ports {
			add(p)
		}
	}
	for _, f := range t.Flows {
		for _, p := range f.Ports.List {
			if p.Name == "" {
				add(p.Port)
			}
		}
	}
	for _, k := range t.Clusters {
		add(single(k.DNS.PodPort()))
		if k.APIServer != nil {
			add(single(k.APIServer.Port))
		}
		if p, ok := k.MeshPort(); ok {
			add(p)
		}
	}
	slices.SortFunc(named, tenancy.Port.Compare)
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		if n < 1 || n > 65535 {
			continue
		}
		for _, protocol := range []tenancy.Protocol{tenancy.TCP, tenancy.UDP, tenancy.SCTP} {
			around = append(around, tenancy.Port{Number: n, Protocol: protocol})
		}
	}
	return named, around
}

func single(number int) tenancy.Port {
	return tenancy.Port{Number: number, End: number, Protocol: tenancy.TCP}
}

// Aim is how the packets of a cluster are chosen.
type Aim struct {
	t             *tenancy.Tenancy
	cluster       string
	Ends          Ends
	Named, Around []tenancy.Port
	*rand.Rand
}

// New aims at what a tenancy says of a cluster; the same seed gives the same
// packets.
func New(t *tenancy.Tenancy, cluster string, seed uint64) *Aim {
	r := rand.New(rand.NewPCG(seed, 2))
	a := &Aim{t: t, cluster: cluster, Ends: endsOf(t, cluster, r), Rand: r}
	a.Named, a.Around = portsOf(t)
	return a
}

// Packets gives connections with a managed end: up to so many between any ends,
// and so many for each flow between ends that it could be about.
func (a *Aim) Packets(anywhere, perFlow int) (out []declared.Connection) {
	if len(a.Ends.Managed) == 0 {
		return nil
	}
	for range anywhere {
		from, to := one(a, a.Ends.Managed), one(a, a.Ends.Managed)
		switch a.IntN(5) {
		case 0, 1:
			from = one(a, a.Ends.Others)
		case 2, 3:
			to = one(a, a.Ends.Others)
		}
		out = append(out, a.packet(from, to))
	}
	for _, f := range tenancy.Sorted(a.t.Flows) {
		from, to := a.near(f.From), a.near(f.To)
		for range perFlow {
			if len(from) > 0 && len(to) > 0 {
				out = append(out, a.packet(one(a, from), one(a, to)))
			}
		}
	}
	return out
}

func one[T any](a *Aim, of []T) T { return of[a.IntN(len(of))] }

func (a *Aim) packet(from, to declared.End) declared.Connection {
	p := one(a, a.Around)
	if len(a.Named) > 0 && a.IntN(4) > 0 {
		p = one(a, a.Named)
	}
	return declared.Connection{Cluster: a.cluster, From: from, To: to, Protocol: p.Protocol, Port: p.Number}
}

// near gives ends among which are those that a peer means.
func (a *Aim) near(p tenancy.Peer) (out []declared.End) {
	blocks, names := []tenancy.Word{}, map[string]bool{}
	k := a.t.Clusters[a.cluster]
	switch {
	case p.External.Set():
		blocks = a.t.Externals[p.External.Text].CIDRs
	case p.Nodes:
		blocks = k.Nodes
	case p.APIServer && k.Webhooks != nil && k.Webhooks.Namespace.Set():
		names[k.Webhooks.Namespace.Text] = true
	case p.APIServer && k.APIServer != nil:
		blocks = slices.Clone(k.APIServer.CIDRs)
		if k.Webhooks != nil {
			blocks = append(blocks, k.Webhooks.CIDRs...)
		}
	case p.Shared.Set():
		names[a.t.Shared[p.Shared.Text].Namespace.Text] = true
		if a.t.Shared[p.Shared.Text].HostNetwork {
			blocks = k.Nodes
		}
	case p.Namespace.Set():
		for _, e := range a.t.Environments {
			names[a.t.ByName()[p.Namespace.Text].KubernetesName(e)] = true
		}
	default:
		return a.Ends.Managed
	}
	for _, e := range slices.Concat(a.Ends.Managed, a.Ends.Others) {
		inBlock := func(w tenancy.Word) bool { return netip.MustParsePrefix(w.Text).Contains(e.Address) }
		if names[e.Namespace] || e.Namespace == "" && slices.ContainsFunc(blocks, inBlock) {
			out = append(out, e)
		}
	}
	return out
}

// Matrix gives every connection of the cluster with a managed end, on every
// port, those between the same ends beside each other: one by one, for they are
// more than fit into memory.
func (a *Aim) Matrix() iter.Seq[declared.Connection] {
	ports := slices.Concat(a.Around, a.Named)
	slices.SortFunc(ports, tenancy.Port.Compare)
	ports = slices.Compact(ports)
	return func(yield func(declared.Connection) bool) {
		for from, to := range a.pairs() {
			for _, p := range ports {
				if !yield(declared.Connection{Cluster: a.cluster, From: from, To: to, Protocol: p.Protocol, Port: p.Number}) {
					return
				}
			}
		}
	}
}

// pairs gives the ends of which one is managed: from each of those to everyone,
// then from each of the others to each of those.
func (a *Aim) pairs() iter.Seq2[declared.End, declared.End] {
	everyone := slices.Concat(a.Ends.Managed, a.Ends.Others)
	return func(yield func(from, to declared.End) bool) {
		all := func(sources, destinations []declared.End) bool {
			for _, from := range sources {
				for _, to := range destinations {
					if !yield(from, to) {
						return false
					}
				}
			}
			return true
		}
		_ = all(a.Ends.Managed, everyone) && all(a.Ends.Others, a.Ends.Managed)
	}
}
