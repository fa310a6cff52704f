package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// snippet gives the flow that would open a connection, as CUE, or "" where no
// flow can.
func snippet(from, to *End, asked string) string {
	a, z := from.flowPeer(), to.flowPeer()
	if a == "" || z == "" || !from.ours() && !to.ours() {
		return ""
	}
	var b strings.Builder
	for _, e := range []*End{from, to} {
		if e.peer == "" {
			fmt.Fprintf(&b, "externals: \"NAME\": cidrs: [%s]\n", quoted(e))
		}
	}
	list, named := flowPorts(to, asked)
	if to.wholeNamespace() && !named {
		z += ", anyPod: true"
	}
	environments := slices.DeleteFunc([]string{from.Place.Environment, to.Place.Environment}, func(e string) bool { return e == "" })
	crosses := len(slices.Compact(environments)) == 2
	if len(environments) > 0 && !(from.usable(environments[0]) && to.usable(environments[0])) {
		return ""
	}
	if crosses {
		a += fmt.Sprintf(", environment: %q", from.Place.Environment)
		z += fmt.Sprintf(", environment: %q", to.Place.Environment)
	}
	fmt.Fprintf(&b, "flows: \"NAME\": {\n\tfrom: {%s}\n\tto: {%s}\n", a, z)
	if list != "" {
		fmt.Fprintf(&b, "\tports: [%q]\n", list)
	}
	switch {
	case crosses:
		b.WriteString("\tcrossEnvironment: true\n")
	case len(environments) > 0:
		fmt.Fprintf(&b, "\tenvironments: [%q]\n", environments[0])
	}
	b.WriteString("\treason: \"WHY\"\n}\n")
	return b.String()
}

// flowPeer gives an end as a flow names it; "" if none can.
func (e *End) flowPeer() string {
	if e.peer == "" && e.Namespace == "" {
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

// wholeNamespace reports whether an end is every pod of a namespace.
func (e *End) wholeNamespace() bool { return e.Namespace != "" && e.Name == e.Place.String() }

func quoted(e *End) string {
	var out []string
	for _, p := range e.Group.Addresses() {
		out = append(out, strconv.Quote(p.String()))
	}
	return strings.Join(out, ", ")
}

// flowPorts gives the ports of a flow, by name where the destination has one; ""
// where a flow can leave them out.
func flowPorts(to *End, asked string) (list string, named bool) {
	if asked == "" {
		if to.peer == "apiServer: true" || !to.wholeNamespace() && len(to.Ports) == 1 {
			return "", false
		}
		return "PORT", false
	}
	if !strings.Contains(asked, "/") {
		if _, err := strconv.Atoi(asked); err != nil {
			return asked, true
		}
		asked += "/TCP"
	}
	asked = strings.ToUpper(asked)
	for name, p := range tenancy.Sorted(to.Ports) {
		if p.String() == asked {
			return name, true
		}
	}
	return asked, false
}
