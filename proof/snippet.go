package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// snippet gives the flow that would open a connection, as CUE, or, where no flow
// can, why that is so if it is not plain.
func (p *Proof) snippet(from, to *End, asked askedPorts) (text, why string) {
	a, z := from.flowPeer(), to.flowPeer()
	if a == "" || z == "" || !from.ours() && !to.ours() {
		return "", ""
	}
	for _, e := range []*End{from, to} {
		if why := e.unnameable(); why != "" {
			return "", why
		}
	}
	list, named := flowPorts(to, asked)
	if to.whole && !named {
		z += ", anyPod: true"
	}
	where, crosses := p.where(from, to)
	if len(where) == 0 && !crosses {
		return "", p.nowhere(from, to)
	}
	if crosses {
		a += fmt.Sprintf(", environment: %q", from.Place.Environment)
		z += fmt.Sprintf(", environment: %q", to.Place.Environment)
	}
	var b strings.Builder
	for _, e := range []*End{from, to} {
		if e.isRaw() {
			fmt.Fprintf(&b, "externals: \"NAME\": cidrs: [%s]\n", quoted(e))
		}
	}
	fmt.Fprintf(&b, "flows: \"NAME\": {\n\tfrom: {%s}\n\tto: {%s}\n", a, z)
	if list != "" {
		fmt.Fprintf(&b, "\tports: [%q]\n", list)
	}
	if crosses {
		b.WriteString("\tcrossEnvironment: true\n")
	} else {
		fmt.Fprintf(&b, "\tenvironments: [%s]\n", quotedList(where))
	}
	b.WriteString("\treason: \"WHY\"\n}\n")
	return b.String(), ""
}

// where gives the environments of a flow, or reports that it crosses them. Between
// ends that are in none, it is for those of their cluster: else it would open on
// others, too.
func (p *Proof) where(from, to *End) (environments []string, crosses bool) {
	in := slices.DeleteFunc([]string{from.Place.Environment, to.Place.Environment}, func(e string) bool { return e == "" })
	switch in = slices.Compact(in); {
	case len(in) == 2:
		return nil, true
	case len(in) == 0:
		return p.environments(from, to), false
	case from.usable(in[0]) && to.usable(in[0]):
		return in, false
	}
	return nil, false
}

// nowhere says why a flow has no environment to open in.
func (p *Proof) nowhere(from, to *End) string {
	for _, e := range []*End{from, to} {
		if e.external != nil && len(e.external.Environments) > 0 {
			if from.Place.Environment != "" || to.Place.Environment != "" {
				return "" // a note says so already
			}
			return fmt.Sprintf("%s may be used in %s alone, and those are not on cluster %q", e.Name, strings.Join(tenancy.Texts(e.external.Environments), ", "), e.Cluster.Name)
		}
	}
	return fmt.Sprintf("no flow opens it: cluster %q has no environment", from.Cluster.Name)
}

// unnameable says why no flow that names an end can be written; "" if one can.
func (e *End) unnameable() string {
	switch {
	case e.isRaw():
		return e.notExternal()
	case e.Group.IsAddresses() && e.external == nil && e.Cluster.facts.CNI.Text == "cilium":
		return fmt.Sprintf("no flow opens it: on Cilium, as on cluster %q, no NetworkPolicy matches %s", e.Cluster.Name, e.Name)
	}
	return ""
}

// flowPeer gives an end as a flow names it; "" if none can.
func (e *End) flowPeer() string {
	if e.isRaw() {
		return `external: "NAME"`
	}
	return e.peer
}

// usable reports whether an end may be used in an environment: an external says
// in which.
func (e *End) usable(environment string) bool {
	return e.external == nil || len(e.external.Environments) == 0 || tenancy.Contains(e.external.Environments, environment)
}

// ours reports whether Hedgerow writes the policies of an end.
func (e *End) ours() bool {
	return slices.Contains(e.Cluster.Managed, e.Namespace) && !e.Place.Retired
}

func quoted(e *End) string {
	var out []string
	for _, p := range e.Group.Addresses() {
		out = append(out, p.String())
	}
	return quotedList(out)
}

func quotedList(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, strconv.Quote(s))
	}
	return strings.Join(out, ", ")
}

// flowOpens gives the ports that a flow opens as flowPorts writes them: every
// port where somebody has to choose.
func flowOpens(to *End, asked askedPorts) reach.Ports {
	if list, _ := flowPorts(to, asked); list == "" {
		for _, p := range to.Ports {
			return ports([]tenancy.Port{p})
		}
	}
	return asked.ports
}

// flowPorts gives the ports of a flow, by name where the destination has one; ""
// where a flow can leave them out.
func flowPorts(to *End, asked askedPorts) (list string, named bool) {
	if asked.spec == "" {
		if to.peer == "apiServer: true" || !to.whole && len(to.Ports) == 1 {
			return "", false
		}
		return "PORT", false
	}
	for name, p := range tenancy.Sorted(to.Ports) {
		if p.String() == asked.spec {
			return name, true
		}
	}
	return asked.spec, asked.named
}
