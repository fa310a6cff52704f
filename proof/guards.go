package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Verdict is what became of the guards.
type Verdict struct {
	// Broken are the guards that do not hold on what is built.
	Broken []diag.Diagnostic
	// Dated are the always guards that held as long as flows had not expired. The
	// calendar broke them: they stop no writing, so that the closing is written.
	Dated []diag.Diagnostic
	// Apart are the names of those that hold only because their ends are on
	// different clusters.
	Apart []string
	// Suspended are the names of never guards that will hold when every roll-out
	// is over, and do not as long as a namespace is kept open.
	Suspended []string
	Held      int

	broken []string // names, with those that the calendar broke
}

// GuardState is what became of one guard.
type GuardState string

// The states of guards.
const (
	GuardHeld      GuardState = "held"
	GuardBroken    GuardState = "broken"
	GuardSuspended GuardState = "suspended" // by a roll-out
	GuardApart     GuardState = "apart"     // held, because its ends are on different clusters
)

// Of gives what became of a guard that was judged.
func (v *Verdict) Of(guard string) GuardState {
	switch {
	case slices.Contains(v.broken, guard):
		return GuardBroken
	case slices.Contains(v.Suspended, guard):
		return GuardSuspended
	case slices.Contains(v.Apart, guard):
		return GuardApart
	}
	return GuardHeld
}

// Guards judges every guard on what will be open when every roll-out is over: a
// flow that breaks one must not show only then.
func (p *Proof) Guards() (Verdict, error) {
	after := *p
	after.Clusters = map[string]*Cluster{}
	rollouts := false
	for name, c := range p.Clusters {
		after.Clusters[name] = c.after
		rollouts = rollouts || len(c.Open) > 0
	}
	v, err := after.judgeGuards()
	if err != nil || !rollouts {
		return v, err
	}
	now, err := p.judgeGuards()
	v.Suspended = without(now.broken, v.broken)
	v.Held -= len(v.Suspended)
	return v, err
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func (p *Proof) judgeGuards() (Verdict, error) {
	var v Verdict
	for _, g := range tenancy.Sorted(p.t.Guards) {
		j := p.judgement(g)
		if g.Never != nil {
			if j.never(); !j.met && len(j.List) == 0 {
				v.Apart = append(v.Apart, g.Name)
			}
		} else if g.Always != nil {
			j.always(func(c *Cluster, wanted []reach.Edge) []reach.Edge { return c.Graph.Lacks(wanted) })
		}
		switch {
		case j.err != nil:
			return v, fmt.Errorf("guard %q: %w", g.Name, j.err)
		case len(j.List) == 0:
			v.Held++
		case g.Always != nil && p.heldBefore(g):
			for _, d := range j.List {
				d.Code, d.Fix = diag.GuardExpired, "renew the flow that expired, or remove the guard"
				v.Dated = append(v.Dated, d)
			}
			v.broken = append(v.broken, g.Name)
		default:
			v.Broken = append(v.Broken, j.List...)
			v.broken = append(v.broken, g.Name)
		}
	}
	return v, nil
}

// A judgement is that of one guard.
type judgement struct {
	diag.List
	p     *Proof
	g     *tenancy.Guard
	named map[string]bool // the names of ports that a destination declares
	met   bool            // on some cluster both ends are there
	err   error
}

func (p *Proof) judgement(g *tenancy.Guard) *judgement {
	return &judgement{p: p, g: g, named: map[string]bool{}}
}

// edges gives what a rule of the guard matches on a cluster.
func (j *judgement) edges(c *Cluster, r *tenancy.GuardRule, pair environmentPair) []reach.Edge {
	s := selector{p: j.p, c: c, always: r == j.g.Always, named: j.named}
	out := s.edges(r, pair.from, pair.to)
	j.err, j.met = errors.Join(j.err, s.err), j.met || s.met
	for _, f := range s.unknown {
		j.Error(f.code, f.peer.Pos, f.fix, "guard %q: %s", j.g.Name, f.text)
	}
	return out
}

// excepted gives what the guard leaves alone. A fact that is unknown leaves
// nothing alone.
func (j *judgement) excepted(c *Cluster) (out []reach.Edge) {
	unsaid := j.p.judgement(j.g)
	for _, r := range tenancy.Sorted(j.g.Except) {
		out = append(out, unsaid.edges(c, r, environmentPair{})...)
	}
	j.err = errors.Join(j.err, unsaid.err)
	return out
}

// unnamed reports the ports of a rule that no destination declares.
func (j *judgement) unnamed(r *tenancy.GuardRule) {
	for _, p := range r.Ports.List {
		if p.Name != "" && !j.named[p.Name] && j.met {
			j.Error(diag.UnknownPort, p.Pos, "name a port that its destination declares, or a number", "guard %q: its destination declares no port %q", j.g.Name, p.Name)
		}
	}
}

// never reports every connection that the guard forbids.
func (j *judgement) never() {
	for _, c := range tenancy.Sorted(j.p.Clusters) {
		j.violations(c, c.Graph.List(j.forbidden(c)))
	}
	j.unnamed(j.g.Never)
}

// forbidden gives what is open on a cluster and the guard forbids.
func (j *judgement) forbidden(c *Cluster) []reach.Edge {
	matched := j.edges(c, j.g.Never, environmentPair{})
	return reach.Subtract(c.Graph.Opens(matched), j.excepted(c))
}

// forbids names the guards that forbid to open all of the edges on a cluster, and
// those that forbid some of it.
func (p *Proof) forbids(c *Cluster, edges []reach.Edge) (all, some []string, err error) {
	for _, g := range tenancy.Sorted(p.t.Guards) {
		if g.Never == nil {
			continue
		}
		j := p.judgement(g)
		left := reach.Subtract(edges, reach.Subtract(j.edges(c, g.Never, environmentPair{}), j.excepted(c)))
		err = errors.Join(err, j.err)
		switch {
		case len(c.Graph.List(left)) == 0:
			all = append(all, fmt.Sprintf("no flow may open it: guard %q at %s forbids that (%s)", g.Name, g.Pos, g.Reason))
		case len(c.Graph.List(reach.Subtract(edges, left))) > 0:
			some = append(some, fmt.Sprintf("guard %q at %s forbids some of what the flow would open (%s)", g.Name, g.Pos, g.Reason))
		}
	}
	return all, some, err
}

// violations reports forbidden connections, those with the same cause together.
func (j *judgement) violations(c *Cluster, found []reach.Connection) {
	byCause := map[string][]reach.Connection{}
	for _, e := range found {
		cause, _ := c.source(&e)
		for _, f := range c.Flows(e.Rules) {
			cause += " " + f.Name
		}
		byCause[cause] = append(byCause[cause], e)
	}
	reported := 0
	for _, es := range tenancy.Sorted(byCause) {
		if reported++; reported > shown {
			j.Error(diag.GuardBroken, j.g.Never.Pos, "remove or narrow the flows named above first", "guard %q forbids what %d more flows open on cluster %q (%s)",
				j.g.Name, len(byCause)-shown, c.Name, j.g.Reason)
			return
		}
		source, fix := c.source(&es[0])
		flows := c.Flows(es[0].Rules)
		if len(flows) > 0 {
			fix = "remove the flow, narrow it, or write an except for it"
		}
		j.Error(diag.GuardBroken, j.g.Never.Pos, fix, "guard %q forbids what is open on cluster %q: %s%s (%s)",
			j.g.Name, c.Name, c.first(es), source, j.g.Reason)
		for _, f := range flows {
			j.Relate(f.Pos, "flow %q opens it", f.Name)
		}
	}
}

// first writes the first of some connections, and how many more there are.
func (c *Cluster) first(es []reach.Connection) string {
	if len(es) == 1 {
		return c.words(&es[0])
	}
	return fmt.Sprintf("%s, and %d more like it", c.words(&es[0]), len(es)-1)
}

// source says what opens a connection that no flow does, and what to do.
func (c *Cluster) source(e *reach.Connection) (what, fix string) {
	if len(c.Flows(e.Rules)) > 0 {
		return "", ""
	}
	layers := map[string]bool{}
	for _, r := range e.Rules {
		if p := c.policies[policyKey{r.Policy.Namespace, r.Policy.Name}]; p != nil && p.Cause == nil {
			layers[p.Name] = true
		}
	}
	if len(layers) == 0 {
		return ", where Hedgerow writes no policies", "set managed: true on the namespace, or write an except for it"
	}
	return ", by the baseline's " + strings.Join(tenancy.Keys(layers), " and "), "write an except for it, or turn that layer off"
}

// always reports everything that the guard asks for and that is closed, as lacks
// gives it.
func (j *judgement) always(lacks func(*Cluster, []reach.Edge) []reach.Edge) {
	asks := false
	for _, pair := range j.p.environmentPairs(j.g) {
		if pair.apart() {
			asks = true
			j.Error(diag.GuardBroken, j.g.Always.Pos, "ask for it where both ends are on one cluster", "guard %q asks for a connection from cluster %q to cluster %q, which no policy can allow",
				j.g.Name, pair.from.Cluster.Text, pair.to.Cluster.Text)
			continue
		}
		c := j.p.Clusters[pair.to.Cluster.Text]
		if c == nil {
			continue
		}
		wanted := j.edges(c, j.g.Always, pair)
		asks = asks || len(wanted) > 0
		if closed := c.Graph.List(reach.Subtract(lacks(c, wanted), j.excepted(c))); len(closed) > 0 {
			j.Error(diag.GuardBroken, j.g.Always.Pos, "declare a flow for it, or write an except", "guard %q asks for what is closed on cluster %q: %s (%s)",
				j.g.Name, c.Name, c.first(closed), j.g.Reason)
		}
	}
	if j.unnamed(j.g.Always); !asks && len(j.List) == 0 {
		j.Error(diag.GuardSelectsNothing, j.g.Always.Pos, "name ends that exist in one environment, and ports that the destination declares",
			"guard %q asks for nothing: in no environment is there such a connection", j.g.Name)
	}
}

// heldBefore reports whether an always guard held as long as no flow had
// expired.
func (p *Proof) heldBefore(g *tenancy.Guard) bool {
	expired := p.expired()
	j := p.judgement(g)
	j.always(func(c *Cluster, wanted []reach.Edge) []reach.Edge {
		then := Cluster{Graph: c.Graph}
		j.err = errors.Join(j.err, then.declare(expired[c.Name]))
		return reach.Subtract(c.Graph.Lacks(wanted), then.declared)
	})
	return len(j.List) == 0 && j.err == nil
}

// expired gives what the flows that have expired declared, by cluster. A flow
// that nothing can be made of any more, since what it names is gone, kept no
// guard.
func (p *Proof) expired() map[string][]generator.Connection {
	out := map[string][]generator.Connection{}
	for _, f := range tenancy.Sorted(p.t.Flows) {
		if !f.Expires.Set() || f.Expires.Text > p.x.LastExpired {
			continue
		}
		alone := *p.t
		alone.Flows, alone.Guards = map[string]*tenancy.Flow{f.Name: f}, nil
		x, diags := generator.Expand(&alone, generator.Options{AsOf: firstDay, Today: firstDay, Soon: firstDay})
		if diag.HasErrors(diags) {
			continue
		}
		for _, k := range x.Clusters {
			for _, c := range k.Declared {
				if c.Flow != nil {
					out[k.Name] = append(out[k.Name], c)
				}
			}
		}
	}
	return out
}

// firstDay is a day on which nothing has expired.
const firstDay = "0001-01-01"

// An environmentPair is where an always guard asks for a connection. In one of
// two nils, a never guard looks everywhere.
type environmentPair struct{ from, to *tenancy.Environment }

func (p environmentPair) apart() bool { return p.from.Cluster.Text != p.to.Cluster.Text }

// environmentPairs gives every environment in which both ends of an always guard
// exist; where one end names an environment, the other takes the same. A guard
// that names two is for that pair alone.
func (p *Proof) environmentPairs(g *tenancy.Guard) (out []environmentPair) {
	a, b := named(g.Always.From), named(g.Always.To)
	for _, e := range tenancy.Sorted(p.t.Environments) {
		pair := environmentPair{e, e}
		if a != "" && b != "" {
			pair = environmentPair{p.t.Environments[a], p.t.Environments[b]}
		} else if name := a + b; name != "" && name != e.Name {
			continue
		}
		if !slices.Contains(out, pair) && p.exists(g.Always.From, pair.from) && p.exists(g.Always.To, pair.to) {
			out = append(out, pair)
		}
	}
	return out
}

// named gives the environment that a peer names, or "".
func named(peer *tenancy.Peer) string {
	if peer == nil {
		return ""
	}
	return peer.Environment.Text
}

// fits reports whether an environment is one of those that a peer does not leave
// out.
func fits(peer *tenancy.Peer, e *tenancy.Environment) bool {
	return (!peer.Environment.Set() || peer.Environment.Text == e.Name) && (!peer.Class.Set() || peer.Class.Text == e.Class.Text)
}

// exists reports whether a guard's peer is there in an environment.
func (p *Proof) exists(peer *tenancy.Peer, e *tenancy.Environment) bool {
	switch {
	case peer == nil, peer.Nodes, peer.APIServer:
		return true
	case peer.External.Set():
		envs := p.t.Externals[peer.External.Text].Environments
		return len(envs) == 0 || tenancy.Contains(envs, e.Name)
	case !fits(peer, e):
		return false
	case peer.Shared.Set():
		return p.t.Shared[peer.Shared.Text].On(e.Cluster.Text)
	}
	return len(p.members(peer, e)) > 0
}

// members gives the logical namespaces of a peer in an environment.
func (p *Proof) members(peer *tenancy.Peer, e *tenancy.Environment) (out []*tenancy.Namespace) {
	for _, n := range p.t.Namespaces() {
		if n.In(e.Name) && (!peer.Namespace.Set() || n.Name == peer.Namespace.Text) && (!peer.Team.Set() || n.Team == peer.Team.Text) {
			out = append(out, n)
		}
	}
	return out
}
