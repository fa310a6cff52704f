package conformance

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
	"github.com/hedgerow-dev/hedgerow/internal/foreign"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// foreignWorld gives the world of a foreign cluster: its pods, then addresses.
func foreignWorld(c *foreign.Cluster) *world {
	w := newWorld()
	for _, name := range foreign.Namespaces {
		w.labels[name] = c.Namespaces[name]
		if c.Shown[name] {
			n := &corev1.Namespace{}
			n.Name, n.Labels = name, c.Namespaces[name]
			w.shown.Namespaces = append(w.shown.Namespaces, n)
		}
	}
	w.shown.Policies = c.Policies
	for i, p := range c.Pods {
		w.addPod(p, fmt.Sprint("pod-", i), c)
	}
	for _, a := range foreign.Addresses {
		w.add(address(netip.MustParseAddr(a)))
	}
	return w
}

// addPod shows reach a pod whose addresses are known. Of the others it learns as
// of pods that no manifest shows; engines, which know no pod without an address,
// are told one that no block means. Where there is none the pod is left out.
func (w *world) addPod(p *bruteforce.Pod, name string, c *foreign.Cluster) {
	e := end{End: engine.End{Namespace: p.Namespace, Labels: p.Labels, Addresses: p.Addresses}, shown: len(p.Addresses) > 0}
	of := &reach.Workload{Namespace: p.Namespace, Kind: "Pod", Name: name, Labels: p.Labels, Addresses: p.Addresses}
	for _, port := range p.Ports {
		protocol, _ := reach.ParseProtocol(string(port.Protocol))
		of.Ports = append(of.Ports, reach.NamedPort{Name: port.Name, Protocol: protocol, Number: int(port.Number)})
		e.Ports = append(e.Ports, engine.Port{Name: port.Name, Protocol: string(port.Protocol), Number: int(port.Number)})
	}
	if e.shown {
		w.shown.Workloads = append(w.shown.Workloads, of)
		e.endpoint = of.Endpoint()
	} else if e.Addresses = unmeant(c); e.Addresses == nil {
		return
	}
	if !e.shown {
		e.endpoint = reach.Endpoint{Namespace: p.Namespace, Labels: p.Labels, Ports: of.Ports}
	}
	e.endpoint.NamespaceLabels = c.Namespaces[p.Namespace]
	w.add(e)
}

// unmeant gives an address that is in none of the blocks, if there is one.
func unmeant(c *foreign.Cluster) []netip.Addr {
	for _, a := range []string{"203.0.113.77", "2001:db8:77::77"} {
		a := netip.MustParseAddr(a)
		if !slices.ContainsFunc(c.Blocks(), func(b netip.Prefix) bool { return b.Contains(a) }) {
			return []netip.Addr{a}
		}
	}
	return nil
}
