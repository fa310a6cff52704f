package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// shown is how many connections of a finding are named, and other things of one
// kind; all connections are in its fields.
const shown = 5

// say words a finding: which namespace, what is so, and the first of what that
// opens, closes and keeps open; further ones are related to it.
func (a *auditor) say(f *Finding, format string, args ...any) {
	of := "the cluster"
	if f.Namespace != "" {
		of = a.called(f.Namespace)
	}
	f.Fact = fmt.Sprintf("%s: %s", of, fmt.Sprintf(format, args...))
	for _, c := range []struct {
		when, verb string
		all        []reach.Connection
	}{{"", "opens", f.Opened}, {"", "closes", f.Closed}, {"when the roll-out ends, ", "keeps open", f.KeptOpen}} {
		if len(c.all) == 0 {
			continue
		}
		all := slices.Clone(c.all)
		slices.SortStableFunc(all, func(a, b reach.Connection) int { return cmp.Compare(narrowness(&a), narrowness(&b)) })
		f.Fact += fmt.Sprintf("; %sthat %s %s", c.when, c.verb, a.words(&all[0]))
		if len(all) > 1 {
			f.Fact += fmt.Sprintf(", and %d more", len(all)-1)
		}
		for i := 1; i < len(all) && i < shown; i++ {
			f.Related = append(f.Related, diag.Related{Note: c.verb + " " + a.words(&all[i])})
		}
		if len(all) > shown {
			f.Related = append(f.Related, diag.Related{Note: fmt.Sprintf("%s %d more, which --as json lists", c.verb, len(all)-shown)})
		}
	}
}

// narrowness is least of what says most: what is open to everybody, on whichever
// side.
func narrowness(e *reach.Connection) int {
	switch {
	case e.From.AllNamespaces, e.To.AllNamespaces, e.From.OtherNamespaces, e.To.OtherNamespaces:
		return 0
	case e.From.CIDR.IsValid(), e.To.CIDR.IsValid():
		return 1
	}
	return 2
}

// words writes a connection in the tenancy's terms.
func (a *auditor) words(e *reach.Connection) string {
	ports := e.Ports.String()
	if len(e.ByName) > 0 {
		ports += " by the name " + strings.Join(e.ByName, " or ")
	}
	return fmt.Sprintf("%s → %s on %s", a.Built.End(e.From), a.Built.End(e.To), ports)
}

// some gives the first of many things.
func some(things []string) string {
	if len(things) <= shown+1 {
		return strings.Join(things, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(things[:shown], ", "), len(things)-shown)
}
