package proof

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Standings says which namespaces are closed, and which are kept open.
type Standings struct {
	Namespaces []Standing `json:"namespaces"`
	Progress   []Progress `json:"progress"`
}

// Standing is where a namespace is whose policies Hedgerow writes.
type Standing struct {
	Cluster     string     `json:"cluster"`
	Environment string     `json:"environment,omitempty"` // of a team's namespace
	Name        string     `json:"name"`                  // in the tenancy's terms
	Namespace   string     `json:"namespace"`
	Team        string     `json:"team,omitempty"`
	Owners      []string   `json:"owners,omitempty"`
	State       State      `json:"state"`
	Rollout     *RolloutOf `json:"rollout,omitempty"`
}

// State is what holds in a namespace.
type State string

// The states.
const (
	Enforced State = "enforced" // what nothing declares is closed
	Open     State = "open"     // by a roll-out
	Retired  State = "retired"  // everything is closed
)

// RolloutOf is what keeps a namespace open.
type RolloutOf struct {
	Until  string        `json:"until"`
	Due    generator.Due `json:"due,omitempty"`
	Reason string        `json:"reason"`
	At     string        `json:"at"`
	// Suspended are the never guards that forbid what is open from or to the
	// namespace as long as the roll-out is.
	Suspended []string `json:"suspended,omitempty"`
}

// Progress is how many namespaces of an environment, of the platform, of a team
// or, with none of these set, of all are enforced. Those that are retired do not
// count.
type Progress struct {
	Environment string `json:"environment,omitempty"`
	Shared      bool   `json:"shared,omitempty"`
	Team        string `json:"team,omitempty"`
	Namespaces  int    `json:"namespaces"`
	Enforced    int    `json:"enforced"`
}

// Standings gives every namespace whose policies Hedgerow writes, with what
// became of the guards, sorted by cluster and name, with retired ones last; of one
// environment and one team only, unless these are "". It is an error if the
// tenancy does not declare them.
func (p *Proof) Standings(verdict Verdict, environment, team string) (*Standings, error) {
	if err := p.known(environment, team); err != nil {
		return nil, err
	}
	suspended, err := p.suspended(verdict.Suspended)
	if err != nil {
		return nil, err
	}
	out := &Standings{Namespaces: []Standing{}}
	for _, o := range p.x.Overlays() {
		s := p.standing(o)
		if (environment != "" && s.Environment != environment) || (team != "" && s.Team != team) {
			continue
		}
		if s.Rollout != nil {
			s.Rollout.Suspended = suspended[location{o.Cluster, o.Namespace}]
		}
		out.Namespaces = append(out.Namespaces, s)
	}
	slices.SortStableFunc(out.Namespaces, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Name, b.Name))
	})
	out.Progress = progress(out.Namespaces)
	return out, nil
}

// rank puts the namespaces of teams before shared ones, and those before what is
// retired.
func (s *Standing) rank() int {
	switch {
	case s.State == Retired:
		return 2
	case s.Environment == "":
		return 1
	}
	return 0
}

func (p *Proof) standing(o *generator.Overlay) Standing {
	place := p.Clusters[o.Cluster].Places[o.Namespace]
	s := Standing{Cluster: o.Cluster, Environment: o.Environment, Name: o.Place(), Namespace: o.Namespace,
		Team: place.Team, Owners: place.Owners, State: Enforced}
	switch r := o.Rollout; {
	case o.Kind == generator.Retired:
		s.State = Retired
	case r != nil:
		s.State = Open
		s.Rollout = &RolloutOf{Until: r.Cause.Until.Text, Due: r.Due, Reason: r.Cause.Reason, At: r.Cause.Pos.String()}
	}
	return s
}

// A location is a namespace in Kubernetes.
type location struct{ cluster, namespace string }

// suspended gives which of some suspended guards each namespace that is kept open
// suspends. Such a guard will hold when every roll-out is over, so that whatever
// breaks it has an end in a namespace that is kept open; where both ends are, the
// end of either roll-out closes it.
func (p *Proof) suspended(guards []string) (map[location][]string, error) {
	out := map[location][]string{}
	for _, name := range guards {
		j := p.judgement(p.t.Guards[name])
		for _, c := range tenancy.Sorted(p.Clusters) {
			forbidden := j.forbidden(c)
			for _, kept := range c.Open {
				touched := c.touching(forbidden, func(namespace string, _ Place) bool { return namespace == kept })
				if at := (location{c.Name, kept}); len(c.Graph.List(touched)) > 0 {
					out[at] = append(out[at], name)
				}
			}
		}
		if j.err != nil {
			return nil, fmt.Errorf("guard %q: %w", name, j.err)
		}
	}
	return out, nil
}

// progress counts namespaces: of each environment, of the platform, of each
// team, and of all.
func progress(namespaces []Standing) []Progress {
	counts := map[Progress]*Progress{}
	count := func(of Progress, state State) {
		if counts[of] == nil {
			counts[of] = &Progress{Environment: of.Environment, Shared: of.Shared, Team: of.Team}
		}
		if counts[of].Namespaces++; state == Enforced {
			counts[of].Enforced++
		}
	}
	for _, s := range namespaces {
		if s.State == Retired {
			continue
		}
		count(Progress{Environment: s.Environment, Shared: s.Environment == ""}, s.State)
		if s.Team != "" {
			count(Progress{Team: s.Team}, s.State)
		}
		count(Progress{}, s.State)
	}
	out := []Progress{}
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Progress) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Environment+a.Team, b.Environment+b.Team))
	})
	return out
}

func (p *Progress) rank() int {
	switch {
	case p.Environment != "":
		return 0
	case p.Shared:
		return 1
	case p.Team != "":
		return 2
	}
	return 3
}
