package census

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Tenancy is what a census does not find and a tenancy says.
type Tenancy struct {
	Clusters    string // the clusters block, as CUE
	Cluster     string // the name of the cluster in it
	Environment string // in which the namespaces are
	Until       string // the last day on which they may stay open, as 2006-01-02
}

// example shows what is to be written next.
const example = `
// What may pass between them is to be declared here. Everything else is closed once a roll-out is over.
//
//	flows: "NAME": schema.#Flow & {
//		from: {namespace: "…", workload: "…"}
//		to: {namespace: "…", workload: "…"}
//		ports: ["…"]
//		reason: "…"
//	}`

// CUE writes the census as a tenancy. It may be formatted more nicely.
func (c *Census) CUE(of Tenancy) string {
	var w writer
	w.line("package tenancy\n")
	w.line("import %q\n", "github.com/hedgerow-dev/hedgerow/schema")
	w.line("schema.#Tenancy\n")
	w.line("// The cluster, with the facts that policies depend on.")
	w.line("%s", of.Clusters)
	w.line("// The namespaces that were found, which keep their names.")
	w.line("environments: %s: cluster: %s\n", label(of.Environment), q(of.Cluster))
	w.line("// What keeps a namespace open, as it was. Once the flows that it needs are declared, take its roll-out out.")
	w.line("_asItWas: open: {reason: %s, until: %s}\n", q("what it needs is not declared yet"), q(of.Until))
	w.shared(c.Namespaces)
	w.teams(c.Namespaces)
	w.line("%s", example)
	return w.String()
}

// A writer writes CUE, of which every name and value is in quotes.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// q quotes a value, which is plain: no part of an object gets here that a tenancy
// does not take.
func q(s string) string { return strconv.Quote(s) }

// reIdentifier is a name that a field of CUE can have without quotes. Its keywords
// are quoted.
var reIdentifier = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

var keywords = []string{"else", "false", "for", "func", "if", "import", "in", "let", "null", "package", "true", "try"}

// label gives the name of a field.
func label(s string) string {
	if reIdentifier.MatchString(s) && !slices.Contains(keywords, s) {
		return s
	}
	return q(s)
}

func (w *writer) shared(namespaces []*Namespace) {
	var platform, isolated []*Namespace
	for _, n := range namespaces {
		switch {
		case n.Team == "":
			platform = append(platform, n)
		case n.Isolated:
			isolated = append(isolated, n)
		}
	}
	if len(platform)+len(isolated) == 0 {
		return
	}
	w.line("// For these no policies are written; flows may name them.")
	w.line("shared: {")
	if len(platform) > 0 {
		w.line("// They look like the platform's.")
	}
	for _, n := range platform {
		w.namespace(n, "")
	}
	if len(isolated) > 0 {
		w.line("// Policies of others rule these, and a roll-out would open what those close. Move each to its team, without one,")
		w.line("// once the flows that it needs are declared.")
	}
	for _, n := range isolated {
		w.namespace(n, "")
	}
	w.line("}\n")
}

func (w *writer) teams(namespaces []*Namespace) {
	teams := map[string][]*Namespace{}
	for _, n := range namespaces {
		if n.Team != "" && !n.Isolated {
			teams[n.Team] = append(teams[n.Team], n)
		}
	}
	w.line("// The teams, each with its namespaces and what runs in them.")
	w.line("teams: {")
	for team, of := range tenancy.Sorted(teams) {
		if team == Unassigned {
			w.line("// Nobody has said yet whose these are: move each to its team.")
		}
		w.line("%s: namespaces: {", label(team))
		for _, n := range of {
			w.namespace(n, "rollout: _asItWas")
		}
		w.line("}")
	}
	w.line("}")
}

// namespace writes one, with a field of its own or without.
func (w *writer) namespace(n *Namespace, field string) {
	if len(n.Workloads) == 0 {
		w.line("%s: {%s}", label(n.Name), field)
		return
	}
	begin, end := label(n.Name)+": workloads: {", "}"
	if field != "" {
		begin, end = label(n.Name)+": {\n"+field+"\nworkloads: {", "}\n}"
	}
	w.line("%s", begin)
	for _, l := range n.Workloads {
		w.workload(l)
	}
	w.line("%s", end)
}

func (w *writer) workload(l *Workload) {
	var labels, ports []string
	for key, value := range tenancy.Sorted(l.Labels) {
		labels = append(labels, label(key)+": "+q(value))
	}
	for _, p := range l.Ports {
		value := strconv.Itoa(p.Number)
		if p.Protocol != "TCP" {
			value = q(value + "/" + p.Protocol)
		}
		ports = append(ports, label(p.Name)+": "+value)
	}
	fields := "pods: " + object(labels)
	if len(ports) > 0 {
		fields += ", ports: " + object(ports)
	}
	if l.Overlaps {
		fields += ", overlaps: true"
	}
	w.line("%s: {%s}", label(l.Name), fields)
}

// object writes fields as one value.
func object(fields []string) string {
	if len(fields) == 1 {
		return fields[0]
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
