package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"go4.org/netipx"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A witness says whether a mutant that the proof passed over changes anything.
// It shares no code with the proof: it tries connection after connection.
type witness struct {
	before  policiesByNamespace
	pods    map[string][]bruteforce.End // of the tenancy, by namespace
	managed map[string]bool
}

type policiesByNamespace map[string][]*networkingv1.NetworkPolicy

// undeclared is a namespace that no tenancy names.
const undeclared = "nobody-declared-this"

func newWitness(c *clusterOutput) *witness {
	w := &witness{before: byNamespace(c.objects(nil)), pods: map[string][]bruteforce.End{}, managed: map[string]bool{}}
	for _, o := range c.cluster.Overlays {
		w.managed[o.Namespace] = true
		w.addPods(o.Namespace, nil)
	}
	w.addPods(undeclared, nil)
	for _, e := range c.tenancy.Environments {
		for _, n := range c.tenancy.Namespaces() {
			if e.Cluster.Text == c.cluster.Name && n.In(e.Name) {
				w.addPods(n.KubernetesName(e), n.Workloads)
			}
		}
	}
	for _, s := range c.tenancy.Shared {
		if s.On(c.cluster.Name) {
			w.addPods(s.Namespace.Text, s.Workloads)
		}
	}
	return w
}

// addPods puts into a namespace a pod of each workload, one with the labels of
// two, and one without labels.
func (w *witness) addPods(namespace string, workloads map[string]*tenancy.Workload) {
	w.pods[namespace] = []bruteforce.End{podWith(namespace, nil, nil)}
	var previous map[string]string
	for _, workload := range tenancy.Sorted(workloads) {
		var ports []bruteforce.Port
		for name, p := range tenancy.Sorted(workload.Ports) {
			ports = append(ports, bruteforce.Port{Name: name, Protocol: corev1.Protocol(p.Protocol), Number: int32(p.Number)})
		}
		w.pods[namespace] = append(w.pods[namespace], podWith(namespace, workload.Pods, ports))
		if both := maps.Clone(previous); both != nil {
			maps.Copy(both, workload.Pods)
			w.pods[namespace] = append(w.pods[namespace], podWith(namespace, both, ports))
		}
		previous = workload.Pods
	}
}

func podWith(namespace string, labels map[string]string, ports []bruteforce.Port) bruteforce.End {
	return bruteforce.End{Pod: &bruteforce.Pod{Namespace: namespace, Labels: labels, Ports: ports}}
}

func byNamespace(objects *reach.Cluster) policiesByNamespace {
	out := policiesByNamespace{}
	for _, p := range objects.Policies {
		namespace := cmp.Or(p.Namespace, metav1.NamespaceDefault)
		out[namespace] = append(out[namespace], p)
	}
	return out
}

// changed gives a connection that is allowed only before or only after, or "".
// Connections of two ends where Hedgerow writes no policies are not its affair.
func (w *witness) changed(objects *reach.Cluster) string {
	after := byNamespace(objects)
	namespaces := map[string]bool{}
	for name := range w.before {
		namespaces[name] = true
	}
	for name := range after {
		namespaces[name] = true
	}
	for _, name := range tenancy.Keys(namespaces) {
		x := &comparison{w: w, before: w.before, after: after, namespace: name}
		if len(x.only(w.before, after))+len(x.only(after, w.before)) == 0 {
			continue
		}
		x.prepare()
		if found := x.run(); found != "" {
			return found
		}
	}
	return ""
}

// A comparison is that of the policies in one namespace, before and after, for
// every connection of its pods. Policies add up: who is isolated, and what rules
// allow, can be asked of them one after the other. So what both sides share needs
// no trying, as long as the same pods are isolated.
type comparison struct {
	w             *witness
	before, after policiesByNamespace
	namespace     string
	namespaces    map[string]map[string]string // the labels of those that anything is known of
	own, peers    []bruteforce.End
	ports         map[string][]bruteforce.Port // to try, by the namespace of the other end
}

// prepare finds what to try: besides the pods of the tenancy, pods in every
// namespace that are labelled as the difference asks for.
func (x *comparison) prepare() {
	was, is := readMentions(x.only(x.before, x.after)), readMentions(x.only(x.after, x.before))
	x.namespaces = map[string]map[string]string{undeclared: joined(was.namespaceLabels, is.namespaceLabels)}
	pods := maps.Clone(x.w.pods)
	for name := range joined(was.namespaces, is.namespaces, map[string]bool{x.namespace: true}) {
		if pods[name] == nil {
			pods[name] = []bruteforce.End{podWith(name, nil, nil)}
		}
	}
	var ports []bruteforce.Port // a pod of nobody's may call any port so
	for name := range joined(was.names, is.names) {
		ports = append(ports, bruteforce.Port{Name: name, Protocol: corev1.ProtocolTCP, Number: unspoken})
	}
	for _, name := range tenancy.Keys(pods) {
		here := slices.Clone(pods[name])
		for _, labels := range tenancy.Sorted(joined(was.labels, is.labels)) {
			here = append(here, podWith(name, labels, ports))
		}
		if name == x.namespace {
			x.own = here
		}
		x.peers = append(x.peers, here...)
	}
	for a := range joined(was.addresses, is.addresses) {
		x.peers = append(x.peers, bruteforce.End{Address: a})
	}
	x.ports = map[string][]bruteforce.Port{}
}

// unspoken is a port that no policy speaks of.
const unspoken = 54321

// portsWith gives the ports to try with an end: all that policies of either side
// speak of, all that pods have a name for, and one more.
func (x *comparison) portsWith(e bruteforce.End) []bruteforce.Port {
	namespace := ""
	if e.Pod != nil {
		namespace = e.Pod.Namespace
	}
	if x.ports[namespace] == nil {
		x.ports[namespace] = x.tried(readMentions(slices.Concat(x.before[x.namespace], x.after[x.namespace], x.before[namespace], x.after[namespace])))
	}
	return x.ports[namespace]
}

func (x *comparison) tried(m *mentions) []bruteforce.Port {
	for _, pod := range x.peers {
		for i := 0; pod.Pod != nil && i < len(pod.Pod.Ports); i++ {
			if p := pod.Pod.Ports[i]; m.names[p.Name] {
				m.ports[bruteforce.Port{Protocol: p.Protocol, Number: p.Number}] = true
			}
		}
	}
	for _, protocol := range everyProtocol {
		m.ports[bruteforce.Port{Protocol: protocol, Number: unspoken}] = true
	}
	maps.DeleteFunc(m.ports, func(p bruteforce.Port, _ bool) bool { return p.Number < 1 || p.Number > 65535 })
	return slices.SortedFunc(maps.Keys(m.ports), func(a, b bruteforce.Port) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Number, b.Number))
	})
}

// only gives the policies of the namespace that say what none of the others
// says.
func (x *comparison) only(these, others policiesByNamespace) (out []*networkingv1.NetworkPolicy) {
	for _, p := range these[x.namespace] {
		same := func(q *networkingv1.NetworkPolicy) bool { return p == q || equality.Semantic.DeepEqual(p.Spec, q.Spec) }
		if !slices.ContainsFunc(others[x.namespace], same) {
			out = append(out, p)
		}
	}
	return out
}

// isolation says in which directions a pod is isolated.
func (x *comparison) isolation(own bruteforce.End, by policiesByNamespace) (out [2]bool) {
	c := &bruteforce.Cluster{}
	for _, p := range by[x.namespace] {
		p = p.DeepCopy()
		if len(p.Spec.PolicyTypes) == 0 && len(p.Spec.Egress) > 0 { // what that means, said before the rules go
			p.Spec.PolicyTypes = both
		}
		p.Spec.Ingress, p.Spec.Egress = nil, nil
		c.Policies = append(c.Policies, p)
	}
	somewhere := bruteforce.End{Address: netip.MustParseAddr("192.0.2.1")}
	return [2]bool{!c.Allows(own, somewhere, corev1.ProtocolTCP, 1), !c.Allows(somewhere, own, corev1.ProtocolTCP, 1)}
}

// alone gives only those policies of the namespace that the other side does not
// have, and a deny, so that nothing but their rules allows anything.
func (x *comparison) alone(these, others policiesByNamespace) *bruteforce.Cluster {
	deny := foreign(x.namespace, networkingv1.NetworkPolicySpec{PolicyTypes: both})
	return &bruteforce.Cluster{Namespaces: x.namespaces, Policies: append(x.only(these, others), deny)}
}

// run tries every connection of the namespace's pods.
func (x *comparison) run() string {
	before, after := x.alone(x.before, x.after), x.alone(x.after, x.before)
	few := x.tried(readMentions(slices.Concat(before.Policies, after.Policies)))
	for _, own := range x.own {
		same := x.isolation(own, x.before) == x.isolation(own, x.after)
		for _, peer := range x.peers {
			if !x.w.isManaged(own) && !x.w.isManaged(peer) {
				continue
			}
			for _, c := range [][2]bruteforce.End{{own, peer}, {peer, own}} {
				differ := func(p bruteforce.Port) bool {
					return before.Allows(c[0], c[1], p.Protocol, p.Number) != after.Allows(c[0], c[1], p.Protocol, p.Number)
				}
				// What the two allow can change only at ports that they speak of.
				if same && !slices.ContainsFunc(few, differ) {
					continue
				}
				for _, p := range x.portsWith(peer) {
					if x.differs(c[0], c[1], p) {
						return fmt.Sprintf("%s → %s on %d/%s", describe(c[0]), describe(c[1]), p.Number, p.Protocol)
					}
				}
			}
		}
	}
	return ""
}

// differs judges a connection by all policies of both ends.
func (x *comparison) differs(from, to bruteforce.End, p bruteforce.Port) bool {
	before, after := &bruteforce.Cluster{Namespaces: x.namespaces}, &bruteforce.Cluster{Namespaces: x.namespaces}
	for _, name := range namespacesOf(from, to) {
		before.Policies = append(before.Policies, x.before[name]...)
		after.Policies = append(after.Policies, x.after[name]...)
	}
	return before.Allows(from, to, p.Protocol, p.Number) != after.Allows(from, to, p.Protocol, p.Number)
}

func (w *witness) isManaged(e bruteforce.End) bool { return e.Pod != nil && w.managed[e.Pod.Namespace] }

// namespacesOf gives the namespaces whose policies decide about a connection.
func namespacesOf(ends ...bruteforce.End) (out []string) {
	for _, e := range ends {
		if e.Pod != nil && !slices.Contains(out, e.Pod.Namespace) {
			out = append(out, e.Pod.Namespace)
		}
	}
	return out
}

func describe(e bruteforce.End) string {
	if e.Pod == nil {
		return e.Address.String()
	}
	return fmt.Sprint(e.Pod.Namespace, e.Pod.Labels)
}

// Mentions are what policies speak of, which is where what they say can change.
type mentions struct {
	namespaces      map[string]bool
	namespaceLabels map[string]string
	labels          map[string]map[string]string
	addresses       map[netip.Addr]bool
	ports           map[bruteforce.Port]bool
	names           map[string]bool // of ports
}

func readMentions(policies []*networkingv1.NetworkPolicy) *mentions {
	m := &mentions{
		namespaces: map[string]bool{}, namespaceLabels: map[string]string{}, labels: map[string]map[string]string{},
		addresses: map[netip.Addr]bool{}, ports: map[bruteforce.Port]bool{}, names: map[string]bool{},
	}
	for _, p := range policies {
		m.selector(&p.Spec.PodSelector)
		for _, r := range rulesOf(p) {
			for _, peer := range *r.peers {
				m.selector(peer.PodSelector)
				m.namespaceSelector(peer.NamespaceSelector)
				m.block(peer.IPBlock)
			}
			for _, port := range *r.ports {
				m.port(&port)
			}
		}
	}
	return m
}

// selector notes labels that a selector of pods could mean, "x" where it asks
// for no value in particular.
func (m *mentions) selector(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	out := map[string]string{}
	maps.Copy(out, s.MatchLabels)
	for _, e := range s.MatchExpressions {
		out[e.Key] = append(slices.Clone(e.Values), "x")[0]
	}
	m.labels[fmt.Sprint(out)] = out // sorted by fmt
}

func (m *mentions) namespaceSelector(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	for key, value := range s.MatchLabels {
		if key == corev1.LabelMetadataName {
			m.namespaces[value] = true
		} else {
			m.namespaceLabels[key] = value
		}
	}
	for _, e := range s.MatchExpressions {
		for i := 0; e.Key == corev1.LabelMetadataName && i < len(e.Values); i++ {
			m.namespaces[e.Values[i]] = true
		}
	}
}

// block notes the addresses at the edges of a block, and of what is cut out.
func (m *mentions) block(b *networkingv1.IPBlock) {
	if b == nil {
		return
	}
	for _, s := range append([]string{b.CIDR}, b.Except...) {
		r := netipx.RangeOfPrefix(netip.MustParsePrefix(s))
		for _, a := range []netip.Addr{r.From().Prev(), r.From(), r.To(), r.To().Next()} {
			if a.IsValid() {
				m.addresses[a] = true
			}
		}
	}
}

var everyProtocol = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

// port notes a port with its neighbours, and the same number of other protocols.
func (m *mentions) port(p *networkingv1.NetworkPolicyPort) {
	if p.Port == nil {
		return
	}
	if p.Port.StrVal != "" {
		m.names[p.Port.StrVal] = true
		return
	}
	first, last := p.Port.IntVal, p.Port.IntVal
	if p.EndPort != nil {
		last = *p.EndPort
	}
	for _, protocol := range everyProtocol {
		m.ports[bruteforce.Port{Protocol: protocol, Number: first}] = true
	}
	protocol := corev1.ProtocolTCP
	if p.Protocol != nil {
		protocol = *p.Protocol
	}
	for _, n := range []int32{first - 1, last, last + 1} {
		m.ports[bruteforce.Port{Protocol: protocol, Number: n}] = true
	}
}

// joined gives what is in any of the maps.
func joined[K comparable, V any](ms ...map[K]V) map[K]V {
	out := map[K]V{}
	for _, m := range ms {
		maps.Copy(out, m)
	}
	return out
}
