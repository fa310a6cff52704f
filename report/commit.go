package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestSubject bounds the first line of a commit's message, in characters:
// what lists commits shows little more.
const longestSubject = 100

// mostLines bounds how many changes a commit's message lists.
const mostLines = 200

// CommitMessage says what changed as the message of a commit: a subject, an
// empty line, and the changes by team. Changes that are the same in several
// environments are one line. Further lines say what else is worth knowing; first,
// if not empty, stands before all else, as in "end the roll-out of prod/orders".
func CommitMessage(d *Difference, first string, further []string) string {
	changes := d.merged()
	var b strings.Builder
	b.WriteString(d.subject(changes, first, len(further) > 0) + "\n")
	team := ""
	for i, c := range changes {
		if i == mostLines {
			fmt.Fprintf(&b, "\nand %d more\n", len(changes)-mostLines)
			break
		}
		if i == 0 || c.team != team {
			team = c.team
			fmt.Fprintf(&b, "\n%s\n", teamTitle(team))
		}
		fmt.Fprintf(&b, "- %s%s\n", c, c.because())
	}
	var also []string
	for i := range d.Clusters {
		also = append(also, d.Clusters[i].words()...)
	}
	for i := range d.Notes {
		also = append(also, plain(d.Notes[i].String()))
	}
	for _, f := range further {
		also = append(also, plain(f))
	}
	for i, a := range also {
		if i == 0 {
			b.WriteString("\n")
		}
		if i == mostLines {
			fmt.Fprintf(&b, "and %d more\n", len(also)-mostLines)
			break
		}
		b.WriteString(a + "\n")
	}
	return b.String()
}

func teamTitle(team string) string {
	if team == "" {
		return "no team:"
	}
	return "team " + plain(team) + ":"
}

// A mergedChange is one change in all the environments in which it happens.
type mergedChange struct {
	verb, from, to, ports, flows, team string
	in                                 []string
}

// String gives the change on a line.
func (c *mergedChange) String() string {
	out := fmt.Sprintf("%s %s → %s %s", c.verb, c.from, c.to, c.ports)
	if len(c.in) > 0 {
		out += " in " + strings.Join(c.in, ", ")
	}
	return out
}

func (c *mergedChange) because() string {
	if c.flows == "" {
		return ""
	}
	return " (" + c.flows + ")"
}

// merged gives the changes of all clusters, sorted by team, with what is the
// same in several environments as one.
func (d *Difference) merged() (out []*mergedChange) {
	found := map[mergeKey]*mergedChange{}
	add := func(cluster, verb string, from, to End, ports string, flows []string) {
		in := from.environment
		if in == "" {
			in = to.environment
		}
		if from.environment != "" && to.environment != "" && from.environment != to.environment {
			in = ""
		}
		k := mergeKey{verb, from.in(in), to.in(in), ports, plain(strings.Join(flows, ", "))}
		c := found[k]
		if c == nil {
			team := to.Team
			if team == "" {
				team = from.Team
			}
			c = &mergedChange{k.verb, k.from, k.to, k.ports, k.flows, team, nil}
			found[k] = c
			out = append(out, c)
		}
		if in == "" && cluster != "" && from.environment == to.environment {
			in = "cluster " + plain(cluster)
		}
		if in != "" && !slices.Contains(c.in, in) {
			c.in = append(c.in, in)
		}
	}
	for _, c := range d.Clusters {
		for _, e := range c.Opened {
			add(c.Cluster, "open", e.From, e.To, e.Ports.String(), e.Flows)
		}
		for _, e := range c.Closed {
			add(c.Cluster, "close", e.From, e.To, e.Ports.String(), e.Flows)
		}
		for _, e := range c.Changed {
			add(c.Cluster, "change", e.From, e.To, fmt.Sprintf("to %s from %s", e.Opened, e.Closed), e.Flows)
		}
	}
	for _, c := range out {
		slices.Sort(c.in)
	}
	slices.SortStableFunc(out, func(a, b *mergedChange) int { return strings.Compare(a.team, b.team) })
	return out
}

type mergeKey struct{ verb, from, to, ports, flows string }

// InEnvironment gives the end of a namespace in an environment, whose name then
// begins with it.
func (e End) InEnvironment(environment string) End {
	e.environment = environment
	return e
}

// in gives the end for people who know the environment.
func (e End) in(environment string) string {
	if environment == "" || e.environment != environment {
		return e.label
	}
	return strings.TrimPrefix(e.label, environment+"/")
}

// subject says all of a single change, and counts several. What a namespace
// brings along when it is new is not counted.
func (d *Difference) subject(changes []*mergedChange, first string, more bool) string {
	appeared, unisolated := 0, 0
	for _, c := range d.Clusters {
		appeared, unisolated = appeared+len(c.Appeared), unisolated+len(c.Unisolated)
	}
	if appeared > 0 {
		changes = slices.DeleteFunc(slices.Clone(changes), func(c *mergedChange) bool { return c.verb == "open" && c.flows == "" })
	}
	if len(changes) == 1 && appeared == 0 && first == "" {
		if s := changes[0].String(); utf8.RuneCountInString(s) <= longestSubject {
			return s
		}
	}
	var parts []string
	if first != "" {
		parts = append(parts, plain(first))
	}
	if appeared > 0 {
		parts = append(parts, fmt.Sprintf("isolate %s", Count(appeared, "namespace")))
	}
	if unisolated > 0 {
		parts = append(parts, fmt.Sprintf("release %s", Count(unisolated, "namespace")))
	}
	for _, v := range []string{"open", "close", "change"} {
		n := 0
		for _, c := range changes {
			if c.verb == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", v, Count(n, "connection")))
		}
	}
	switch out := strings.Join(parts, ", "); {
	case out != "":
		return withTeams(out, changes)
	case len(d.Notes) > 0:
		return "update what is said about flows; nothing opens or closes"
	case more:
		return "retire or release namespaces; nothing opens or closes"
	}
	return "regenerate the overlays; nothing opens or closes"
}

// withTeams names the teams that changes are about, where there is room.
func withTeams(subject string, changes []*mergedChange) string {
	var teams []string
	for _, c := range changes {
		if c.team != "" {
			teams = append(teams, plain(c.team))
		}
	}
	slices.Sort(teams)
	with := subject + " of " + strings.Join(slices.Compact(teams), ", ")
	if len(teams) == 0 || utf8.RuneCountInString(with) > longestSubject {
		return subject
	}
	return with
}
