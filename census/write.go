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

// CUE writes the census as a tenancy. It may be formatted more nicely.
func (c *Census) CUE(of Tenancy) string {
	var w writer
	w.line("package tenancy\n")
	w.line("import %q\n", "github.com/hedgerow-dev/hedgerow/schema")
	w.line("schema.#Tenancy\n")
	w.line("// The cluster, with the facts that policies depend on.")
	w.line("%s", of.Clusters)
	w.line("// The namespaces keep their names. The roll-out keeps all of them open, as they were, until what they need is")
	w.line("// declared as flows: give each its own, and take this one out.")
	w.line("environments: %s: {", label(of.Environment))
	w.line("cluster: %s", q(of.Cluster))
	w.line("rollout: open: {reason: %s, until: %s}", q("what it needs is not declared yet"), q(of.Until))
	w.line("}\n")
	w.shared(c.Namespaces)
	w.teams(c.Namespaces)
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
	first := true
	for _, n := range namespaces {
		if n.Team != "" {
			continue
		}
		if first {
			w.line("// Namespaces that look like the platform's: flows may name them, and no policies are written for them.")
			w.line("shared: {")
			first = false
		}
		w.namespace(n)
	}
	if !first {
		w.line("}\n")
	}
}

func (w *writer) teams(namespaces []*Namespace) {
	teams := map[string][]*Namespace{}
	for _, n := range namespaces {
		if n.Team != "" {
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
			w.namespace(n)
		}
		w.line("}")
	}
	w.line("}")
}

func (w *writer) namespace(n *Namespace) {
	if len(n.Workloads) == 0 {
		w.line("%s: {}", label(n.Name))
		return
	}
	w.line("%s: workloads: {", label(n.Name))
	for _, l := range n.Workloads {
		w.workload(l)
	}
	w.line("}")
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
