// Package report writes what is open, for people and programs. It decides
// nothing: what it is given, it writes in the order in which it is given.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// Connection is what is open from one end to another.
type Connection struct {
	Cluster string `json:"cluster,omitempty"`
	From    End    `json:"from"`
	To      End    `json:"to"`
	Ports   Ports  `json:"ports"`
	// Flows are the flows that open it, of a tenancy.
	Flows []string `json:"flows,omitempty"`
	// Policies allow it, as namespace/name; none where nothing isolates the ends.
	Policies []string `json:"policies,omitempty"`
}

// End is one end of a connection: pods of a namespace, pods of several of which
// the same is true, or addresses.
type End struct {
	Name            string   `json:"name,omitempty"` // in the tenancy's terms
	Namespace       string   `json:"namespace,omitempty"`
	Namespaces      []string `json:"namespaces,omitempty"`
	OtherNamespaces bool     `json:"otherNamespaces,omitempty"` // and every namespace that nothing names
	// AllNamespaces stands for every namespace but those of ExceptNamespaces.
	AllNamespaces    bool     `json:"allNamespaces,omitempty"`
	ExceptNamespaces []string `json:"exceptNamespaces,omitempty"`
	Workload         string   `json:"workload,omitempty"`
	Pods             string   `json:"pods,omitempty"`    // what their labels must be
	Unshown          bool     `json:"unshown,omitempty"` // only pods that no manifest shows
	CIDR             string   `json:"cidr,omitempty"`
	Except           []string `json:"except,omitempty"`
	// Group is the namespace in the tenancy's terms, or what stands for it; a matrix
	// has a line for each.
	Group       string   `json:"-"`
	Team        string   `json:"team,omitempty"`
	Owners      []string `json:"owners,omitempty"`
	environment string   // of a team's namespace
	label       string
	full        string // label with all namespaces, where that is shorter; it tells ends apart
	title       string // Group as label is
}

// Ports are those of a connection.
type Ports struct {
	reach.Ports
	ByName []string // names that pods may give to any of them
}

// MarshalJSON writes "all", or a list of ports and ranges.
func (p Ports) MarshalJSON() ([]byte, error) {
	if p.All() {
		return json.Marshal("all")
	}
	type port struct {
		Protocol string   `json:"protocol"`
		Port     int      `json:"port"`
		EndPort  int      `json:"endPort,omitempty"`
		ByName   []string `json:"byName,omitempty"`
	}
	out := []port{}
	for _, r := range p.Ports {
		q := port{Protocol: r.Protocol.String(), Port: r.First, ByName: p.ByName}
		if r.Last != r.First {
			q.EndPort = r.Last
		}
		out = append(out, q)
	}
	return json.Marshal(out)
}

// String gives the ports for people.
func (p Ports) String() string {
	if len(p.ByName) > 0 {
		return p.Ports.String() + " by the name " + plain(strings.Join(p.ByName, " or "))
	}
	return p.Ports.String()
}

// NewEnd gives an end; name is what the tenancy calls its namespace, or "".
func NewEnd(e reach.End, name, team string, owners []string) End {
	out := End{
		Namespace: e.Namespace, Namespaces: e.Namespaces, OtherNamespaces: e.OtherNamespaces,
		AllNamespaces: e.AllNamespaces, ExceptNamespaces: e.ExceptNamespaces, Workload: e.Workload, Pods: e.Pods, Unshown: e.Unshown,
		Except: texts(e.Except), Team: team, Owners: owners,
	}
	if e.CIDR.IsValid() {
		out.CIDR = e.CIDR.String()
	}
	if name != "" {
		e.Namespace = name
		out.Name = e.String()
	}
	out.label, out.full = names(e)
	whole := e
	whole.Workload, whole.Pods, whole.Unshown = "", "", false
	out.title, out.Group = names(whole)
	return out
}

// names gives an end for people, and in full. Mostly they are the same, in the
// same memory: there can be many ends.
func names(e reach.End) (short, full string) {
	short = plain(e.String())
	if len(e.Namespaces)+len(e.ExceptNamespaces) == 0 {
		return short, short
	}
	return short, plain(e.Full())
}

func texts(ps []netip.Prefix) (out []string) {
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// plain keeps a name from being more than a name: what would start a line, steer
// a terminal or turn the direction of writing is written as Go writes it.
func plain(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Plain gives a text from outside for people: what would start a line, steer a
// terminal or turn the direction of writing is written as Go writes it.
func Plain(s string) string { return plain(s) }

func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// String gives the end for people.
func (e End) String() string { return e.label }

// Title gives Group for people.
func (e End) Title() string { return e.title }

// via says what opens a connection.
func (c *Connection) via() string {
	switch {
	case len(c.Flows) > 0:
		return plain(strings.Join(c.Flows, ", "))
	case len(c.Policies) > 0:
		return plain(strings.Join(c.Policies, ", "))
	}
	return "nothing isolates them"
}

// Format is how connections are written.
type Format string

// The formats.
const (
	Text     Format = "text"
	JSON     Format = "json"
	CSV      Format = "csv"
	Markdown Format = "markdown"
	DOT      Format = "dot"
	Mermaid  Format = "mermaid"
)

// Formats gives the formats of connections.
func Formats() []Format { return []Format{Text, JSON, CSV, Markdown, DOT, Mermaid} }

// Write writes the connections.
func Write(w io.Writer, f Format, cs []Connection) error {
	switch f {
	case JSON:
		return writeJSON(w, cs)
	case CSV:
		return writeCSV(w, cs)
	case Markdown:
		return writeMarkdown(w, cs)
	case DOT:
		return writeDOT(w, cs)
	case Mermaid:
		return writeMermaid(w, cs)
	case Text:
		return writeText(w, cs)
	}
	return fmt.Errorf("unknown format %q", f)
}

func writeJSON(w io.Writer, cs []Connection) error {
	if cs == nil {
		cs = []Connection{}
	}
	return WriteJSON(w, struct {
		Connections []Connection `json:"connections"`
	}{cs})
}

// WriteJSON writes a value as every report in JSON is written: indented, and
// with arrows and ampersands as they are.
func WriteJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
