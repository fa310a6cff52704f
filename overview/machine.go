package overview

import (
	"io"
	"strings"

	"github.com/hedgerow-dev/hedgerow/report"
)

// WriteJSON writes the overview as docs/report.schema.json has it: all that it
// holds, with the evidence and its caveats. Errors are those of w.
func WriteJSON(w io.Writer, o *Overview) error {
	return report.WriteJSON(w, struct {
		*Overview
		Evidence []Evidence `json:"evidence"`
		Caveats  []string   `json:"caveats"`
	}{listed(o), Controls(), Caveats()})
}

// listed gives an overview in which every list that JSON always has is one.
func listed(o *Overview) *Overview {
	out := *o
	list(&out.Clusters)
	list(&out.Environments)
	list(&out.Teams)
	list(&out.Namespaces)
	list(&out.Flows)
	list(&out.Connections)
	list(&out.Guards)
	list(&out.Silenced)
	list(&out.Reservations)
	if o.Change != nil {
		change := *o.Change
		list(&change.Opened)
		list(&change.Closed)
		list(&change.Appeared)
		list(&change.Vanished)
		list(&change.Notes)
		out.Change = &change
	}
	return &out
}

func list[T any](l *[]T) {
	if *l == nil {
		*l = []T{}
	}
}

// The states of flows, in words.
const (
	current  = "current"
	expiring = "expiring"
	expired  = "expired"
)

// State gives expired, expiring or current.
func (f *Flow) State() string {
	switch {
	case f.Expired:
		return expired
	case f.Expiring:
		return expiring
	}
	return current
}

// WriteCSV writes the register of the flows, with a row for each. What is several
// is joined by spaces. Errors are those of w.
func WriteCSV(w io.Writer, o *Overview) error {
	rows := [][]string{{
		"flow", "from", "to", "ports", "environments", "reason", "owners", "ticket", "expires", "state", "declared at",
	}}
	for i := range o.Flows {
		f := &o.Flows[i]
		rows = append(rows, []string{
			f.Name, f.From, f.To, f.Ports, strings.Join(f.Environments, " "), f.Reason, strings.Join(f.Owners, " "),
			f.Ticket, f.Expires, f.State(), f.At,
		})
	}
	return report.WriteCSV(w, rows)
}
