// Command cyclonus answers the judge with the matcher of cyclonus
// (github.com/mattfenwick/cyclonus), which reads NetworkPolicies to predict what
// a cluster that is under test should do.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

func main() {
	if err := engine.Serve(os.Stdin, os.Stdout, build); err != nil {
		fmt.Fprintln(os.Stderr, "cyclonus:", err)
		os.Exit(1)
	}
}

func build(w *engine.World) (engine.Judge, error) {
	var policies []*networkingv1.NetworkPolicy
	for _, raw := range w.Policies {
		p := &networkingv1.NetworkPolicy{}
		if err := json.Unmarshal(raw, p); err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	m := matcher.BuildNetworkPolicies(false, policies)
	peers := make([][]*matcher.TrafficPeer, len(w.Ends))
	for i := range w.Ends {
		peers[i] = peersOf(w, &w.Ends[i])
	}
	return func(p engine.Packet) (bool, error) {
		t := &matcher.Traffic{ResolvedPort: p.Port, Protocol: corev1.Protocol(p.Protocol)}
		return passes(m, t, peers[p.From], peers[p.To], names(&w.Ends[p.To], p)), nil
	}, nil
}

// peersOf gives an end once for each of its addresses: cyclonus knows pods of
// one.
func peersOf(w *engine.World, e *engine.End) (out []*matcher.TrafficPeer) {
	for _, a := range e.Addresses {
		peer := &matcher.TrafficPeer{IP: a.String()}
		if e.IsPod() {
			peer.Internal = &matcher.InternalPeer{
				PodLabels: e.Labels, NamespaceLabels: w.Namespaces[e.Namespace], Namespace: e.Namespace,
			}
		}
		out = append(out, peer)
	}
	return out
}

// names gives what the destination calls the port: cyclonus wants it resolved,
// to one name. "" is that of a port without any.
func names(to *engine.End, p engine.Packet) []string {
	out := []string{""}
	for _, port := range to.Ports {
		if port.Protocol == p.Protocol && port.Number == p.Port {
			out = append(out, port.Name)
		}
	}
	return out
}

// passes reports whether each side lets the packet through under some name of
// the port and address of the other side.
func passes(m *matcher.Policy, t *matcher.Traffic, from, to []*matcher.TrafficPeer, names []string) bool {
	egress, ingress := false, false
	for _, t.ResolvedPortName = range names {
		for _, t.Source = range from {
			for _, t.Destination = range to {
				egress = egress || m.IsIngressOrEgressAllowed(t, false).IsAllowed()
				ingress = ingress || m.IsIngressOrEgressAllowed(t, true).IsAllowed()
			}
		}
	}
	return egress && ingress
}
