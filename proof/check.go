package proof

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// shown is how many differences of one kind are listed for a cluster.
const shown = 50

// defect says what to do about a difference, which no tenancy can cause.
const defect = "this is a defect of Hedgerow, not of the tenancy: please report it"

// differences compares what is built with what is declared, both ways.
func (p *Proof) differences(l *diag.List, c *Cluster) {
	p.extra(l, c, slices.Concat(c.declared, c.among(c.others())))
	closed(l, c)
}

// rollouts sees to it that namespaces that are kept open are open, and that
// nothing else is: towards each other and towards what Hedgerow does not manage
// they are as if nothing isolated them. What is open besides is declared.
func (p *Proof) rollouts(l *diag.List, c *Cluster) {
	if len(c.Open) == 0 {
		return
	}
	free := c.among(c.Graph.Elsewhere(slices.DeleteFunc(slices.Clone(c.Managed), func(n string) bool { return slices.Contains(c.Open, n) })))
	p.extra(l, c, slices.Concat(c.declared, free))
	for i, e := range c.Graph.List(c.Graph.Lacks(free)) {
		if i == shown {
			return
		}
		l.Error(diag.DeclaredClosed, token.Position{}, defect, "cluster %q: a roll-out keeps %s open, and it is not", c.Name, c.words(&e))
	}
}

// extra reports what is open and not declared.
func (p *Proof) extra(l *diag.List, c *Cluster, declared []reach.Edge) {
	extra := c.Graph.List(reach.Subtract(c.Graph.Open(), declared))
	for i, e := range extra {
		if i == shown {
			l.Error(diag.OpenUndeclared, token.Position{}, defect, "cluster %q: and %d more connections are open that nothing declares", c.Name, len(extra)-shown)
			return
		}
		l.Error(diag.OpenUndeclared, p.position(c, e.Rules), defect, "cluster %q: %s is open, which nothing declares; %s",
			c.Name, c.words(&e), c.because(e.Rules))
	}
}

// closed reports what is declared and not open.
func closed(l *diag.List, c *Cluster) {
	listed := 0
	for i := range c.declared {
		for _, e := range c.Graph.List(c.Graph.Lacks(c.declared[i : i+1])) {
			if listed++; listed > shown {
				l.Error(diag.DeclaredClosed, token.Position{}, defect, "cluster %q: more connections are declared and not open", c.Name)
				return
			}
			what, pos := "the baseline ("+c.causes[i].Layer+")", token.Position{}
			if f := c.causes[i].Flow; f != nil {
				what, pos = fmt.Sprintf("flow %q", f.Name), f.Pos
			}
			l.Error(diag.DeclaredClosed, pos, defect, "cluster %q: %s declares %s, and it is not open: %s", c.Name, what, c.words(&e),
				c.missing(c.causes[i], &c.declared[i], &e))
		}
	}
}

// missing names the policies that should allow a declared connection and do not.
func (c *Cluster) missing(cause *generator.Connection, edge *reach.Edge, e *reach.Connection) string {
	egress, ingress := c.Graph.Halves([]reach.Edge{*edge})
	var out []string
	if len(c.Graph.List(reach.Subtract([]reach.Edge{*edge}, egress))) > 0 {
		out = append(out, c.expected(cause, generator.Egress, e.From)...)
	}
	if len(c.Graph.List(reach.Subtract([]reach.Edge{*edge}, ingress))) > 0 {
		out = append(out, c.expected(cause, generator.Ingress, e.To)...)
	}
	if len(out) == 0 {
		return "another policy isolates its ends"
	}
	return "it should be allowed by " + strings.Join(out, " and ")
}

// expected gives the policies of a cause in the namespace of an end.
func (c *Cluster) expected(cause *generator.Connection, d generator.Direction, e reach.End) (out []string) {
	if cause.Flow == nil {
		return []string{e.Namespace + "/" + cause.Layer}
	}
	for key, p := range c.policies {
		if key.namespace == e.Namespace && p.Cause != nil && p.Cause.Flow == cause.Flow && slices.Contains(p.Isolates, d) {
			out = append(out, key.namespace+"/"+key.name)
		}
	}
	slices.Sort(out)
	return out
}

// others are the pods whose policies Hedgerow does not write.
func (c *Cluster) others() reach.Group { return c.Graph.Elsewhere(c.Managed) }

// among is all that pods may have to do with each other and with addresses.
func (c *Cluster) among(pods reach.Group) []reach.Edge {
	outside := c.Graph.EveryAddress()
	return []reach.Edge{
		{From: pods, To: pods, Ports: reach.AllPorts},
		{From: pods, To: outside, Ports: reach.AllPorts},
		{From: outside, To: pods, Ports: reach.AllPorts},
	}
}

// position gives where the first flow among the rules is declared.
func (p *Proof) position(c *Cluster, rules []reach.Rule) token.Position {
	for _, f := range c.Flows(rules) {
		return f.Pos
	}
	return token.Position{}
}

// Flows gives the flows that policies are there for, sorted.
func (c *Cluster) Flows(rules []reach.Rule) []*tenancy.Flow {
	byName := map[string]*tenancy.Flow{}
	for _, r := range rules {
		p := c.policies[policyKey{r.Policy.Namespace, r.Policy.Name}]
		if p != nil && p.Cause != nil {
			byName[p.Cause.Flow.Name] = p.Cause.Flow
		}
	}
	var out []*tenancy.Flow
	for _, f := range tenancy.Sorted(byName) {
		out = append(out, f)
	}
	return out
}

// because names the policies behind a connection.
func (c *Cluster) because(rules []reach.Rule) string {
	if len(rules) == 0 {
		return "no policy isolates its ends"
	}
	var names []string
	for _, r := range rules {
		name := reach.PolicyName(r.Policy)
		if p := c.policies[policyKey{r.Policy.Namespace, r.Policy.Name}]; p != nil && p.Cause != nil {
			name += fmt.Sprintf(" of flow %q", p.Cause.Flow.Name)
		}
		names = append(names, name)
	}
	return "allowed by " + strings.Join(slices.Compact(names), " and ")
}

// words writes a connection in the tenancy's terms.
func (c *Cluster) words(e *reach.Connection) string {
	return fmt.Sprintf("%s → %s on %s", c.End(e.From), c.End(e.To), e.Ports)
}

// End writes one end of a connection in the tenancy's terms.
func (c *Cluster) End(e reach.End) string {
	if place, ok := c.Places[e.Namespace]; ok {
		e.Namespace = place.String()
	}
	return e.String()
}
