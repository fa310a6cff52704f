package generator

import (
	"maps"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// allowAll gives the policy that keeps a namespace open.
func allowAll() *Policy {
	everybody := []Rule{{}}
	return &Policy{Name: AllowAll, Isolates: []Direction{Ingress, Egress}, Ingress: everybody, Egress: everybody}
}

// rollout gives what keeps a namespace of the owners open.
func (x *expander) rollout(cause *tenancy.Rollout, owners []string) *Rollout {
	return &Rollout{Policy: allowAll(), Cause: cause, Due: x.opts.due(cause.Until.Text), Owners: owners}
}

// due says how near a last day is. One that could not be read, which is said, is
// not near.
func (o *Options) due(day string) Due {
	switch {
	case day == "":
		return DueLater
	case day < o.Today:
		return Overdue
	case day <= o.Soon:
		return DueSoon
	}
	return DueLater
}

// rollouts speaks of those that should be over, or soon should.
func (x *expander) rollouts() {
	open := map[*tenancy.Rollout][]string{}
	for _, o := range x.out.Overlays() {
		if o.Rollout != nil {
			open[o.Rollout.Cause] = append(open[o.Rollout.Cause], o.Place())
		}
	}
	for r := range open {
		open[r] = slices.Compact(open[r]) // a shared namespace is on several clusters
	}
	causes := slices.SortedFunc(maps.Keys(open), func(a, b *tenancy.Rollout) int { return compareStrings(open[a][0], open[b][0]) })
	for _, r := range causes {
		what, day := strings.Join(open[r], ", "), r.Until.Text
		switch x.opts.due(day) {
		case Overdue:
			var overdue diag.List
			overdue.Error(diag.RolloutOverdue, r.Until.Pos, "remove the roll-out, which closes what no flow opens; or give it a later day",
				"the roll-out should have ended on %s, and keeps %s open", day, what)
			x.out.Overdue = append(x.out.Overdue, overdue...)
		case DueSoon:
			x.Warn(diag.RolloutSoon, r.Until.Pos, "remove the roll-out by then, or give it a later day", "the roll-out that keeps %s open ends on %s", what, day)
		}
	}
}
