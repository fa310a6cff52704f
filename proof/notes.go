package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// notes says what the verdict does not.
func (x *Explanation) notes() {
	note := func(format string, args ...any) { x.Notes = append(x.Notes, fmt.Sprintf(format, args...)) }
	if x.Verdict == Unruled {
		note("neither end is a pod that policies rule: no NetworkPolicy can open or close this")
	}
	ends := []*End{x.from, x.to}
	for i, e := range ends {
		if environment := ends[1-i].Place.Environment; environment != "" && !e.usable(environment) {
			note("%s may be used in %s alone", e.Name, strings.Join(tenancy.Texts(e.external.Environments), ", "))
		}
	}
	if x.from.Namespace == x.to.Namespace && x.from.Name == x.to.Name || x.from.Namespace != "" && x.from.Namespace == x.to.Namespace {
		ends = ends[:1]
	}
	for _, e := range ends {
		if about := e.note(); about != "" {
			note("%s", about)
		}
	}
	if x.Verdict != Allowed && x.Verdict != Unruled && x.meshed() {
		k := x.from.Cluster.facts
		port, _ := k.MeshPort()
		note("%s is open, over which %s carries every TCP port: which of them is for the mesh to say", port, k.Mesh.Text)
	}
	if open := x.Verdict == Allowed || x.Verdict == Partly; open && x.from.Namespace != "" && !x.from.whole && !x.from.Place.hostNetwork {
		note("labels are no boundary: whoever may create pods in namespace %s can give them those of %s", x.from.Namespace, x.from.Name)
	}
}

// meshed reports whether the port on which a mesh carries all TCP is open between
// two ends that are pods.
func (x *Explanation) meshed() bool {
	port, ok := x.from.Cluster.facts.MeshPort()
	if !ok || x.from.Namespace == "" || x.to.Namespace == "" {
		return false
	}
	carried := []reach.Edge{{From: x.from.Group, To: x.to.Group, Ports: ports([]tenancy.Port{port})}}
	return len(x.from.Cluster.Graph.Opens(carried)) > 0
}

// note says what is special about an end; "" if nothing is.
func (e *End) note() string {
	switch {
	case e.unknown() && e.external == nil:
		return fmt.Sprintf("cluster %q does not say the addresses of %s: no policy can name it, and nothing can be said of it", e.Cluster.Name, e.Name)
	case e.Place.hostNetwork:
		return fmt.Sprintf("the pods of %s use their nodes' network: they are taken for the addresses of the nodes", e.Name)
	case e.Place.Retired:
		return fmt.Sprintf("namespace %s is retired: its deny stays until it is released", e.Namespace)
	case e.Namespace != "" && !slices.Contains(e.Cluster.Managed, e.Namespace):
		return fmt.Sprintf("Hedgerow writes no policies in namespace %s: what others write there may close more", e.Namespace)
	case e.isRaw():
		return e.insideNote()
	}
	return ""
}

// insideNote speaks of addresses that are the cluster's own: for those a policy
// that names addresses is the wrong word.
func (e *End) insideNote() string {
	var out []string
	for _, own := range e.Cluster.ownAddresses() {
		if !overlap(e.Group, own.blocks) {
			continue
		}
		out = append(out, own.what)
	}
	if len(out) == 0 {
		return ""
	}
	return fmt.Sprintf("%s is, or holds, addresses of the cluster's %s: policies judge pods there by their labels, not by their addresses",
		e.Name, strings.Join(out, " and "))
}

// askedPorts is what somebody calls ports.
type askedPorts struct {
	ports reach.Ports
	spec  string // as a flow writes them; "" for every port
	named bool   // spec is a name that the destination declares
}

// ports reads what somebody calls ports of an end.
func (e *End) ports(text string) (askedPorts, error) {
	if text == "" {
		return askedPorts{ports: reach.AllPorts}, nil
	}
	if found := e.portsNamed(text); len(found) > 0 {
		return askedPorts{ports(found), text, true}, nil
	}
	spec := strings.ToUpper(text)
	if !strings.Contains(spec, "/") {
		spec += "/TCP"
	}
	p, ok := tenancy.ParsePort(spec)
	switch {
	case ok && p.Number <= p.End:
		return askedPorts{ports: ports([]tenancy.Port{p}), spec: p.String()}, nil
	case ok || strings.Contains(text, "/") || !notDigit(rune(text[0])):
		return askedPorts{}, fmt.Errorf("%s is not a port: ports are numbers from 1 to 65535, as in 8443, 53/UDP or 30000-30100/TCP, or names that the destination declares", quote(text))
	}
	return askedPorts{}, fmt.Errorf("%s declares no port %s; write a number, as in 8443/TCP, or one of its names", e.Name, quote(text))
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// portsNamed gives the ports that an end declares by a name; of a whole
// namespace, those of its workloads.
func (e *End) portsNamed(name string) (out []tenancy.Port) {
	if p, ok := e.Ports[name]; ok {
		out = append(out, p)
	}
	if e.whole {
		for _, w := range e.Place.workloads {
			if p, ok := w.Ports[name]; ok {
				out = append(out, p)
			}
		}
	}
	return out
}
