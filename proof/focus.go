package proof

import (
	"fmt"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Focus gives a function that picks what is open on a cluster: from an end and
// to one, named as for Find, and with an end in an environment and of a team.
// What is "" narrows nothing.
func (p *Proof) Focus(from, to, environment, team string) (func(*Cluster) []reach.Edge, error) {
	froms, err := p.groups(from)
	if err != nil {
		return nil, err
	}
	tos, err := p.groups(to)
	if err != nil {
		return nil, err
	}
	if err := p.known(environment, team); err != nil {
		return nil, err
	}
	return func(c *Cluster) []reach.Edge {
		open := c.Graph.Open()
		if from != "" || to != "" {
			open = c.Graph.Opens(reach.Between(froms(c), tos(c), reach.AllPorts))
		}
		if environment != "" {
			open = c.touching(open, func(_ string, at Place) bool { return at.Environment == environment })
		}
		if team != "" {
			open = c.touching(open, func(_ string, at Place) bool { return at.Team == team })
		}
		return open
	}, nil
}

// known says whether the tenancy declares an environment and a team, of which
// each may be "".
func (p *Proof) known(environment, team string) error {
	if environment != "" && p.t.Environments[environment] == nil {
		return fmt.Errorf("environment %s is not declared; %s", quote(environment), nearest.Hint(shorten(environment), "environments", tenancy.Keys(p.t.Environments)))
	}
	if team != "" && p.t.Teams[team] == nil {
		return fmt.Errorf("team %s is not declared; %s", quote(team), nearest.Hint(shorten(team), "teams", tenancy.Keys(p.t.Teams)))
	}
	return nil
}

// groups gives what an end means on each cluster; "" is everything.
func (p *Proof) groups(text string) (func(*Cluster) []reach.Group, error) {
	if text == "" {
		return func(c *Cluster) []reach.Group { return c.Graph.Everything() }, nil
	}
	ends, err := p.Find(text)
	return func(c *Cluster) (out []reach.Group) {
		for _, e := range ends {
			if e.Cluster == c {
				out = append(out, e.Group)
			}
		}
		return out
	}, err
}

// touching gives what of the edges has an end in one of the places, which have
// names in Kubernetes.
func (c *Cluster) touching(edges []reach.Edge, wanted func(string, Place) bool) []reach.Edge {
	var names []string
	for name, place := range tenancy.Sorted(c.Places) {
		if wanted(name, place) {
			names = append(names, name)
		}
	}
	inside, err := c.Graph.Pods(names, nil)
	if err != nil || len(names) == 0 {
		return nil // the graph knows every place
	}
	elsewhere := []reach.Group{c.Graph.Elsewhere(names), c.Graph.EveryAddress()}
	return reach.Intersect(append(
		reach.Between([]reach.Group{inside}, c.Graph.Everything(), reach.AllPorts),
		reach.Between(elsewhere, []reach.Group{inside}, reach.AllPorts)...), edges)
}
