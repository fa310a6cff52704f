package conformance

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// A world is a cluster that everybody judges, each by what they know of it.
type world struct {
	shown  reach.Cluster                // what manifests show
	labels map[string]map[string]string // of every namespace
	ends   []end
}

// An end is a pod or an address, as reach and as the engines know it.
type end struct {
	engine.End
	endpoint reach.Endpoint
	shown    bool // a manifest shows it to reach, with its addresses
}

func newWorld() *world { return &world{labels: map[string]map[string]string{}} }

// add gives the number of an end. The namespace of a pod has the name that every
// API server gives it.
func (w *world) add(e end) int {
	if e.IsPod() {
		if w.labels[e.Namespace] == nil {
			w.labels[e.Namespace] = map[string]string{}
		}
		w.labels[e.Namespace][corev1.LabelMetadataName] = e.Namespace
	}
	w.ends = append(w.ends, e)
	return len(w.ends) - 1
}

// address gives an end that is no pod.
func address(a netip.Addr) end {
	return end{End: engine.End{Addresses: []netip.Addr{a}}, endpoint: reach.Endpoint{Address: a}}
}

// with gives the same world under other policies.
func (w *world) with(policies []*networkingv1.NetworkPolicy) *world {
	out := *w
	out.shown.Policies = policies
	return &out
}

// forEngines gives the world as engines get to see it.
func (w *world) forEngines() (*engine.World, error) {
	e := &engine.World{Namespaces: w.labels}
	for _, p := range w.shown.Policies {
		raw, err := json.Marshal(stored(p))
		if err != nil {
			return nil, err
		}
		e.Policies = append(e.Policies, raw)
	}
	for _, x := range w.ends {
		e.Ends = append(e.Ends, x.End)
	}
	return e, nil
}

// stored gives a policy as an API server stores it, with its defaults (Kubernetes,
// pkg/apis/networking/v1/defaults.go): engines get to see no other.
func stored(p *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	p = p.DeepCopy()
	p.APIVersion, p.Kind = networkingv1.SchemeGroupVersion.String(), "NetworkPolicy"
	if p.Namespace == "" {
		p.Namespace = corev1.NamespaceDefault
	}
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	forEachRule(p, func(r rule) {
		for i := range *r.ports {
			if (*r.ports)[i].Protocol == nil {
				(*r.ports)[i].Protocol = new(corev1.ProtocolTCP)
			}
		}
	})
	return p
}

// A rule is one of a policy, of either direction.
type rule struct {
	egress bool
	ports  *[]networkingv1.NetworkPolicyPort
	peers  *[]networkingv1.NetworkPolicyPeer
}

func forEachRule(p *networkingv1.NetworkPolicy, f func(rule)) {
	for i := range p.Spec.Ingress {
		f(rule{false, &p.Spec.Ingress[i].Ports, &p.Spec.Ingress[i].From})
	}
	for i := range p.Spec.Egress {
		f(rule{true, &p.Spec.Egress[i].Ports, &p.Spec.Egress[i].To})
	}
}

// graph gives what reach makes of the world.
func (w *world) graph() (*graph, error) {
	g, err := reach.Build(&w.shown)
	return &graph{g, w.ends}, err
}

// A graph is that of reach, asked as engines are.
type graph struct {
	*reach.Graph
	ends []end
}

// verdicts gives what reach says.
func (g *graph) verdicts(packets []engine.Packet) ([]bool, error) {
	out := make([]bool, len(packets))
	for i, p := range packets {
		protocol, ok := reach.ParseProtocol(p.Protocol)
		if !ok {
			return nil, fmt.Errorf("%q is no protocol", p.Protocol)
		}
		out[i] = g.Allows(g.ends[p.From].endpoint, g.ends[p.To].endpoint, protocol, p.Port)
	}
	return out, nil
}

// verdicts gives what reach says in the world.
func (w *world) verdicts(packets []engine.Packet) ([]bool, error) {
	g, err := w.graph()
	if err != nil {
		return nil, err
	}
	return g.verdicts(packets)
}

// show writes the world and a packet for a message, so that it can be tried
// elsewhere.
func (w *world) show(p engine.Packet) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# packet: %s -> %s on %d/%s\n", w.ends[p.From].show(), w.ends[p.To].show(), p.Port, p.Protocol)
	for i, e := range w.ends {
		if i != p.From && i != p.To {
			fmt.Fprintf(&out, "# also there: %s\n", e.show())
		}
	}
	var objects []any
	for name, labels := range w.labels {
		if slices.ContainsFunc(w.ends, func(e end) bool { return e.Namespace == name }) {
			n := corev1.Namespace{}
			n.APIVersion, n.Kind, n.Name, n.Labels = "v1", "Namespace", name, labels
			objects = append(objects, n)
		}
	}
	for _, policy := range w.shown.Policies {
		objects = append(objects, stored(policy))
	}
	for _, o := range objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&out, "---\n%s", text)
	}
	return out.String()
}

func (e *end) show() string {
	if !e.IsPod() {
		return e.Addresses[0].String()
	}
	shown := "a pod that no manifest shows"
	if e.shown {
		shown = "a pod"
	}
	return fmt.Sprintf("%s in %s with labels %v, ports %v, addresses %v", shown, e.Namespace, e.Labels, e.Ports, e.Addresses)
}
