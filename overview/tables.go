package overview

import (
	"fmt"
	"strings"
)

// A table is one of the report's, for pages and Markdown alike.
type table struct {
	ID    string // names it in links
	Title string
	Note  string // what it means; "" where the title says it
	None  string // what an empty one says; "" leaves it out
	Head  []string
	Rows  []row
	Grave bool // whether what it lists is open, or wrong
}

// A row has a cell for each of the head. The first one names it.
type row struct {
	State string // by which a page sets it apart; "" for most
	Cells []string
}

func (t *table) add(cells ...string) { t.Rows = append(t.Rows, row{Cells: cells}) }

// attention gives what somebody should look at, the gravest first.
func attention(o *Overview) []table {
	out := []table{unmanaged(o), rollouts(o), brokenGuards(o), expiredFlows(o), reservations(o)}
	return append(out, expiringFlows(o), exemptions(o), acknowledged(o), silenced(o), retired(o))
}

func unmanaged(o *Overview) table {
	t := table{
		ID: "unmanaged", Title: "Unmanaged namespaces", Grave: true, None: "Every namespace that is known is managed.",
		Note: "No policy of Hedgerow's rules these: what they may reach, and who may reach them, only the other ends decide.",
		Head: []string{"namespace", "cluster", "team", "reason", "declared at"},
	}
	for _, n := range inState(o, Unmanaged) {
		t.add(n.Name, n.Cluster, n.Team, n.Reason, n.At)
	}
	return t
}

func rollouts(o *Overview) table {
	t := table{
		ID: "rollouts", Title: "Open roll-outs", Grave: true, None: "No roll-out keeps a namespace open.",
		Note: "These are open in both directions until their roll-out ends, whatever their flows say.",
		Head: []string{"namespace", "until", "reason", "team", "owners", "declared at"},
	}
	for _, n := range inState(o, Open) {
		t.add(n.Name, n.Until, n.Reason, n.Team, words(n.Owners), n.At)
	}
	return t
}

func retired(o *Overview) table {
	t := table{
		ID: "retired", Title: "Retired namespaces", None: "No namespace is retired.",
		Note: "Everything to and from these is closed, until their entries and then their policies are deleted.",
		Head: []string{"namespace", "cluster", "reason", "declared at"},
	}
	for _, n := range inState(o, Retired) {
		t.add(n.Name, n.Cluster, n.Reason, n.At)
	}
	return t
}

func inState(o *Overview, state string) (out []*Namespace) {
	for i := range o.Namespaces {
		if o.Namespaces[i].State == state {
			out = append(out, &o.Namespaces[i])
		}
	}
	return out
}

func exemptions(o *Overview) table {
	t := table{
		ID: "exemptions", Title: "Exemptions", None: "Every namespace has the whole baseline.",
		Note: "Layers of the baseline that a namespace does without.",
		Head: []string{"namespace", "layer", "reason", "declared at"},
	}
	for _, n := range o.Namespaces {
		for _, e := range n.Exemptions {
			t.add(n.Name, e.Layer, e.Reason, e.At)
		}
	}
	return t
}

func brokenGuards(o *Overview) table {
	t := guards(o)
	t.ID, t.Title, t.Grave, t.None = "guards-not-held", "Guards that do not simply hold", true, "Every guard holds."
	kept := t.Rows[:0]
	for _, r := range t.Rows {
		if r.State != Held {
			kept = append(kept, r)
		}
	}
	t.Rows = kept
	return t
}

func guards(o *Overview) table {
	t := table{
		ID: "guards", Title: "Guards", None: "No guard is declared.",
		Note: "Rules on what must never, or always, be open, judged on what was built.",
		Head: []string{"guard", "kind", "verdict", "reason", "declared at"},
	}
	for _, g := range o.Guards {
		t.Rows = append(t.Rows, row{g.Verdict, []string{g.Name, g.Kind, verdict(g.Verdict), g.Reason, g.At}})
	}
	return t
}

func verdict(v string) string {
	switch v {
	case Suspended:
		return "suspended by a roll-out"
	case Apart:
		return "holds only because its ends are on different clusters"
	}
	return v
}

func expiredFlows(o *Overview) table {
	t := register(o, expired)
	t.ID, t.Title, t.Grave, t.None = "expired", "Expired flows", true, "No flow has expired."
	t.Note = "Their last day is over: they are closed, and wait to be deleted or prolonged."
	return t
}

func expiringFlows(o *Overview) table {
	t := register(o, expiring)
	t.ID, t.Title, t.None = "expiring", "Flows that expire soon", "No flow expires within 30 days."
	t.Note = "Their last day is within 30 days."
	return t
}

// register gives the flows of a state, or all of them.
func register(o *Overview, state string) table {
	t := table{
		ID: "flows", Title: "Register of flows", None: "No flow is declared.",
		Note: "Everything that is opened on purpose.",
		Head: []string{
			"flow", "from", "to", "ports", "environments", "reason", "owners", "ticket", "expires", "state", "declared at",
		},
	}
	for i := range o.Flows {
		f := &o.Flows[i]
		if state == "" || f.State() == state {
			t.Rows = append(t.Rows, row{f.State(), []string{
				f.Name, f.From, f.To, f.Ports, words(f.Environments), f.Reason, words(f.Owners), f.Ticket, f.Expires,
				f.State(), f.At,
			}})
		}
	}
	return t
}

func silenced(o *Overview) table {
	t := table{
		ID: "silenced", Title: "Silenced lints", None: "No lint is silenced.", Head: []string{"lint", "path", "reason"},
	}
	for _, s := range o.Silenced {
		t.add(s.Code, s.Path, s.Reason)
	}
	return t
}

func acknowledged(o *Overview) table {
	t := table{
		ID: "acknowledged", Title: "Accepted lacks of network plugins", None: "No plugin lacks anything that is needed here.",
		Head: []string{"cluster", "plugin", "accepted because", "declared at"},
	}
	for _, c := range o.Clusters {
		if c.Acknowledged != "" {
			t.add(c.Name, c.CNI, c.Acknowledged, c.At)
		}
	}
	return t
}

func reservations(o *Overview) table {
	t := table{
		ID: "reservations", Title: "Reservations", Grave: true, None: "Nothing is less than it seems to be.",
		Note: "What is less than it seems to be.", Head: []string{"reservation"},
	}
	for _, r := range o.Reservations {
		t.add(r)
	}
	return t
}

func clusters(o *Overview) table {
	t := table{
		ID: "clusters", Title: "Clusters", None: "No cluster is declared.",
		Head: []string{"cluster", "network plugin", "environments", "policies", "declared at"},
	}
	for _, c := range o.Clusters {
		var environments []string
		for _, e := range o.Environments {
			if e.Cluster == c.Name {
				environments = append(environments, e.Name)
			}
		}
		t.add(c.Name, c.CNI, words(environments), fmt.Sprint(c.Policies), c.At)
	}
	return t
}

func namespaces(o *Overview) table {
	t := table{
		ID: "namespaces", Title: "Namespaces", None: "No namespace is declared.",
		Head: []string{
			"namespace",
			"in Kubernetes",
			"cluster",
			"team",
			"owners",
			"state",
			"workloads",
			"declared at",
		},
	}
	for i := range o.Namespaces {
		n := &o.Namespaces[i]
		t.Rows = append(t.Rows, row{n.State, []string{
			n.Name, n.Kubernetes, n.Cluster, n.Team, words(n.Owners), n.status(), n.workloads(), n.At,
		}})
	}
	return t
}

// status gives the state with its reason.
func (n *Namespace) status() string {
	out := n.State
	if n.Until != "" {
		out += " until " + n.Until
	}
	if n.Reason != "" {
		out += ": " + n.Reason
	}
	return out
}

func (n *Namespace) workloads() string {
	var out []string
	for _, w := range n.Workloads {
		s := w.Name + " (" + w.Pods + ")"
		if len(w.Ports) > 0 {
			s += " " + strings.Join(w.Ports, " ")
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// changes gives what differs from the other state; nothing if none was compared.
func changes(o *Overview) []table {
	c := o.Change
	if c == nil {
		return nil
	}
	reasons := map[string]string{}
	for _, f := range o.Flows {
		reasons[f.Name] = f.Reason
	}
	return []table{
		differing("opened", "+ Opens", "Nothing opens.", c.Opened, reasons),
		differing("closed", "− Closes", "Nothing closes.", c.Closed, reasons),
		single("appeared", "+ New namespaces", "", "namespace", c.Appeared),
		single("vanished", "− Namespaces that are gone", "", "namespace", c.Vanished),
		single("notes", "What else changed", "", "change", c.Notes),
	}
}

// differing lists connections with the reasons of those of their flows that are
// declared.
func differing(id, title, none string, cs []Connection, reasons map[string]string) table {
	t := table{ID: id, Title: title, None: none, Head: []string{"from", "to", "ports", "cluster", "by", "reason"}}
	for _, c := range cs {
		var because []string
		for _, f := range c.Flows {
			if r := reasons[f]; r != "" {
				because = append(because, r)
			}
		}
		t.Rows = append(t.Rows, row{id, []string{
			c.From.Label, c.To.Label, c.Ports, c.Cluster, c.by(), strings.Join(because, "; "),
		}})
	}
	return t
}

// by says what opens a connection.
func (c *Connection) by() string {
	if len(c.Flows) > 0 {
		return words(c.Flows)
	}
	return words(c.Policies)
}

func single(id, title, none, head string, of []string) table {
	t := table{ID: id, Title: title, None: none, Head: []string{head}}
	for _, s := range of {
		t.add(s)
	}
	return t
}

func evidence() table {
	t := table{
		ID: "evidence", Title: "Evidence",
		Head: []string{"control", "what it asks for", "what supports it", "what that does not show"},
	}
	for _, e := range Controls() {
		t.add(e.Framework+" "+e.Control, e.Asks, e.Supports, e.NotShown)
	}
	return t
}

func words(list []string) string { return strings.Join(list, ", ") }
