package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Difference is what changed between two states.
type Difference struct {
	Clusters []ClusterDifference `json:"clusters"`
	// Notes are changes of flows that open and close nothing.
	Notes []NoteChange `json:"notes,omitempty"`
	// Reservations say what is less than it seems to be.
	Reservations []string `json:"reservations,omitempty"`
}

// ClusterDifference is what changed on a cluster.
type ClusterDifference struct {
	Cluster  string       `json:"cluster,omitempty"`
	Opened   []Connection `json:"opened"`
	Closed   []Connection `json:"closed"`
	Changed  []Change     `json:"changed"`
	Appeared []string     `json:"appeared,omitempty"` // namespaces
	Vanished []string     `json:"vanished,omitempty"`
	// Unisolated are namespaces that had policies and have none any more.
	Unisolated []string `json:"unisolated,omitempty"`
}

// Change is other ports between the same ends.
type Change struct {
	From   End      `json:"from"`
	To     End      `json:"to"`
	Opened Ports    `json:"opened"`
	Closed Ports    `json:"closed"`
	Flows  []string `json:"flows,omitempty"`
}

// The fields of notes about flows that came or went without opening or closing
// anything: under another name, or over what is open anyway.
const (
	NewFlow  = "new"
	GoneFlow = "gone"
)

// NoteChange is a flow whose reason, ticket or expiry changed, or one that is new
// or gone, with its reason.
type NoteChange struct {
	Flow   string `json:"flow"`
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Empty reports whether nothing changed.
func (d *Difference) Empty() bool {
	return len(d.Notes) == 0 && !slices.ContainsFunc(d.Clusters, func(c ClusterDifference) bool {
		return len(c.Opened)+len(c.Closed)+len(c.Changed)+len(c.Appeared)+len(c.Vanished)+len(c.Unisolated) > 0
	})
}

// Flows gives the flows that what opens, closes or changes names.
func (d *Difference) Flows() map[string]bool {
	out := map[string]bool{}
	for i := range d.Clusters {
		c := &d.Clusters[i]
		var lists [][]string
		for _, e := range slices.Concat(c.Opened, c.Closed) {
			lists = append(lists, e.Flows)
		}
		for _, e := range c.Changed {
			lists = append(lists, e.Flows)
		}
		for _, f := range slices.Concat(lists...) {
			out[f] = true
		}
	}
	return out
}

// Connections gives all that opens or closes, each with its cluster; of a change
// what closes and what opens.
func (d *Difference) Connections() (out []Connection) {
	for i := range d.Clusters {
		k := &d.Clusters[i]
		of := slices.Concat(k.Opened, k.Closed)
		for _, c := range k.Changed {
			of = append(of, Connection{From: c.From, To: c.To, Ports: c.Opened}, Connection{From: c.From, To: c.To, Ports: c.Closed})
		}
		for _, c := range of {
			c.Cluster = k.Cluster
			out = append(out, c)
		}
	}
	return out
}

// WithNamespace gives the end with what Kubernetes calls its namespace, where the
// name that people use means two.
func (e End) WithNamespace() End {
	e.label += " (" + plain(e.Namespace) + " in Kubernetes)"
	return e
}

// DiffFormats gives the formats of differences.
func DiffFormats() []Format { return []Format{Text, JSON, Markdown} }

// WriteDiff writes a difference.
func WriteDiff(w io.Writer, f Format, d *Difference) error {
	switch f {
	case JSON:
		return WriteJSON(w, d)
	case Markdown:
		return writeDiffMarkdown(w, d)
	case Text:
		return writeDiffText(w, d)
	}
	return fmt.Errorf("unknown format %q", f)
}

// A line is one change in words.
type line struct {
	verb, from, to, ports, by, owners string
}

// A section is the changes of a team on a cluster.
type section struct {
	cluster, team string
	lines         []line
}

// sections groups the changes of a cluster by the team whose namespace is
// reached, or else reaches out.
func (c *ClusterDifference) sections() (out []section) {
	byTeam := map[string][]line{}
	add := func(verb string, from, to End, ports, by string) {
		team := to.Team
		if team == "" {
			team = from.Team
		}
		byTeam[team] = append(byTeam[team], line{verb, from.String(), to.String(), ports, plain(by), owners(from, to)})
	}
	for _, e := range c.Opened {
		add("opens", e.From, e.To, e.Ports.String(), e.via())
	}
	for _, e := range c.Closed {
		add("closes", e.From, e.To, e.Ports.String(), e.via())
	}
	for _, e := range c.Changed {
		add("changes", e.From, e.To, fmt.Sprintf("%s instead of %s", e.Opened, e.Closed), strings.Join(e.Flows, ", "))
	}
	var teams []string
	for team := range byTeam {
		teams = append(teams, team)
	}
	slices.Sort(teams)
	for _, team := range teams {
		out = append(out, section{c.Cluster, team, byTeam[team]})
	}
	return out
}

// owners gives those of both ends.
func owners(from, to End) string {
	all := slices.Concat(from.Owners, to.Owners)
	slices.Sort(all)
	return plain(strings.Join(slices.Compact(all), ", "))
}

// title names a section.
func (s *section) title() string {
	var out []string
	if s.cluster != "" {
		out = append(out, "cluster "+s.cluster)
	}
	if s.team != "" {
		out = append(out, "team "+s.team)
	}
	return plain(strings.Join(out, ", "))
}

// words says what a namespace that came or went means.
func (c *ClusterDifference) words() (out []string) {
	for _, n := range c.Appeared {
		out = append(out, fmt.Sprintf("namespace %s is new%s: what is not listed as opened is denied", plain(n), on(c.Cluster)))
	}
	for _, n := range c.Unisolated {
		out = append(out, fmt.Sprintf("namespace %s has no policies any more%s: everything to and from it is open, as far as the other ends allow", plain(n), on(c.Cluster)))
	}
	for _, n := range c.Vanished {
		if !slices.Contains(c.Unisolated, n) {
			out = append(out, fmt.Sprintf("namespace %s is not there any more%s", plain(n), on(c.Cluster)))
		}
	}
	return out
}

func on(cluster string) string {
	if cluster == "" {
		return ""
	}
	return " on cluster " + plain(cluster)
}

func (n *NoteChange) String() string {
	switch {
	case n.Field == NewFlow:
		return fmt.Sprintf("flow %s is new: %s", plain(n.Flow), plain(n.After))
	case n.Field == GoneFlow:
		return fmt.Sprintf("flow %s is gone", plain(n.Flow))
	case n.Before == "":
		return fmt.Sprintf("flow %s: %s is now %q", plain(n.Flow), n.Field, n.After)
	case n.After == "":
		return fmt.Sprintf("flow %s: %s is no longer %q", plain(n.Flow), n.Field, n.Before)
	}
	return fmt.Sprintf("flow %s: %s is now %q, not %q", plain(n.Flow), n.Field, n.After, n.Before)
}

// summary counts what changed.
func (d *Difference) summary() string {
	var opened, closed, changed, unisolated int
	for _, c := range d.Clusters {
		opened, closed, changed = opened+len(c.Opened), closed+len(c.Closed), changed+len(c.Changed)
		unisolated += len(c.Unisolated)
	}
	var out []string
	if opened+closed+changed > 0 {
		out = append(out, fmt.Sprintf("%s opened, %s closed, %s changed", Number(opened), Number(closed), Number(changed)))
	}
	switch {
	case unisolated == 1:
		out = append(out, "1 namespace no longer isolated")
	case unisolated > 1:
		out = append(out, Number(unisolated)+" namespaces no longer isolated")
	case len(out) == 0:
		out = append(out, "nothing opens or closes")
	}
	return strings.Join(out, ", ")
}

func writeDiffText(w io.Writer, d *Difference) error {
	out := InColumns(w)
	for _, c := range d.Clusters {
		for _, s := range c.sections() {
			if title := s.title(); title != "" {
				fmt.Fprintln(out, title)
			}
			for _, l := range s.lines {
				fmt.Fprintf(out, "  %s\t%s → %s\t%s", l.verb, l.from, l.to, l.ports)
				for _, more := range []string{l.by, l.owners} {
					if more != "" {
						fmt.Fprintf(out, "\t%s", more)
					}
				}
				fmt.Fprintln(out)
			}
		}
		for _, s := range c.words() {
			fmt.Fprintln(out, s)
		}
	}
	for i := range d.Notes {
		fmt.Fprintln(out, d.Notes[i].String())
	}
	for _, s := range d.Reservations {
		fmt.Fprintln(out, plain(s))
	}
	fmt.Fprintln(out, d.summary())
	return out.Flush()
}
