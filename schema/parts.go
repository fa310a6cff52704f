package schema

import (
	"cmp"
	"fmt"
	gotoken "go/token"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A part is the package evaluated without the files of others.
type part struct {
	team    string // "" for the platform files alone
	files   []string
	tenancy *tenancy.Tenancy
	value   cue.Value
	err     errors.Error
}

// A breach is something that files of others change.
type breach struct {
	part *part
	path []string
	what string // "flow \"x\"", "team \"payments\""
	only bool   // it exists only because of the others' files
	err  errors.Error
}

// checkParts evaluates the package for each of the teams, "" being the platform,
// and reports what differs from the whole.
func (o *ownership) checkParts(teams []string) {
	found := make([][]breach, len(teams))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				err := attempt(func() error { found[i] = o.checkPart(teams[i]); return nil })
				if err != nil {
					found[i] = []breach{{part: &part{team: teams[i]}, err: errors.Promote(err, "")}}
				}
			}
		})
	}
	for i := range teams {
		next <- i
	}
	close(next)
	wg.Wait()
	told := map[gotoken.Position]bool{} // what the platform's files lack, every team's part lacks
	for _, breaches := range found {
		for _, b := range breaches {
			d := o.describe(b)
			if b.err == nil || !told[d.Pos] {
				o.diags = append(o.diags, d)
			}
			told[d.Pos] = told[d.Pos] || b.err != nil
		}
	}
}

func (o *ownership) checkPart(team string) []breach {
	p := &part{team: team}
	for _, file := range o.f.names() {
		if o.platform[file] || team != "" && slices.Contains(o.owners[file], team) {
			p.files = append(p.files, file)
		}
	}
	if len(p.files) == len(o.f.files) {
		return nil // nothing is left out
	}
	if p.value, _, p.err = o.f.evaluate(cuecontext.New(), o.m, p.files, o.tags, parseAgain); p.err == nil {
		p.err = onlyFatal(p.value)
	}
	if p.err != nil {
		return []breach{{part: p, err: p.err}}
	}
	d := &decoder{shown: o.f.position}
	if team == "" {
		p.tenancy = d.tenancy(p.value)
		return o.platformBreaches(p)
	}
	p.tenancy = d.teamPart(p.value, team)
	return o.teamBreaches(p)
}

// onlyFatal gives the error that leaves a package without any value, such as a
// reference to what another file declares.
func onlyFatal(v cue.Value) errors.Error {
	if _, err := v.Fields(); err != nil {
		return errors.Promote(v.Err(), "")
	}
	return nil
}

// teamBreaches compares what belongs to a team: its entry, and every flow that
// is judged for it.
func (o *ownership) teamBreaches(p *part) (out []breach) {
	c := &comparison{part: p}
	compare(c, "teams", "team", only(o.full.Teams, p.team), only(p.tenancy.Teams, p.team))
	compare(c, "flows", "flow", o.flows[p.team], o.judged(p.tenancy.Flows)[p.team])
	return c.breaches
}

// platformBreaches compares everything that is nobody else's.
func (o *ownership) platformBreaches(p *part) []breach {
	c := &comparison{part: p}
	compare(c, "clusters", "cluster", o.full.Clusters, p.tenancy.Clusters)
	compare(c, "environments", "environment", o.full.Environments, p.tenancy.Environments)
	compare(c, "shared", "shared namespace", o.full.Shared, p.tenancy.Shared)
	compare(c, "externals", "external", o.full.Externals, p.tenancy.Externals)
	compare(c, "guards", "guard", o.full.Guards, p.tenancy.Guards)
	compare(c, "lints", "lint", o.full.Lints, p.tenancy.Lints)
	for _, cluster := range keysOfBoth(o.full.Retired, p.tenancy.Retired) {
		compare(c, "retired\x00"+cluster, "retired namespace", o.full.Retired[cluster], p.tenancy.Retired[cluster])
	}
	compare(c, "flows", "flow", o.flows[""], o.judged(p.tenancy.Flows)[""])
	compareValue(c, "delivery", o.full.Delivery, p.tenancy.Delivery, "delivery")
	for name, team := range tenancy.Sorted(o.full.Teams) {
		mine := p.tenancy.Teams[name]
		if mine == nil {
			mine = &tenancy.Team{}
		}
		c.field(team.Files, mine.Files, "teams", name, "files")
		for ns, n := range tenancy.Sorted(team.Namespaces) {
			m := mine.Namespaces[ns]
			if m == nil {
				m = &tenancy.Namespace{}
			}
			c.field(n.Names, m.Names, "teams", name, "namespaces", ns, "names")
			c.field(n.Baseline, m.Baseline, "teams", name, "namespaces", ns, "baseline")
			c.field(n.Rollout, m.Rollout, "teams", name, "namespaces", ns, "rollout")
		}
	}
	return c.breaches
}

// A comparison holds the whole against a part.
type comparison struct {
	part     *part
	breaches []breach
}

// only gives the map's entry of one key, as a map.
func only[T any](m map[string]*T, key string) map[string]*T {
	if v := m[key]; v != nil {
		return map[string]*T{key: v}
	}
	return nil
}

// compare holds the entries of a section against each other.
func compare[T any](c *comparison, section, what string, whole, partial map[string]*T) {
	for _, key := range keysOfBoth(whole, partial) {
		path := append(strings.Split(section, "\x00"), key)
		compareValue(c, fmt.Sprintf("%s %q", what, key), whole[key], partial[key], path...)
	}
}

// compareValue holds one declared thing, nil if it is not there, against what
// the part has.
func compareValue[T any](c *comparison, what string, whole, partial *T, path ...string) {
	switch {
	case whole == nil && partial == nil:
	case partial == nil:
		c.breaches = append(c.breaches, breach{part: c.part, path: path, what: what, only: true})
	case whole == nil || !sameButPositions(whole, partial) || !c.part.complete(path):
		c.breaches = append(c.breaches, breach{part: c.part, path: path, what: what})
	}
}

func (c *comparison) field(whole, partial any, path ...string) {
	if !sameButPositions(whole, partial) {
		c.breaches = append(c.breaches, breach{part: c.part, path: path, what: formatPath(path)})
	}
}

// complete reports whether the value at the path is whole without the files of
// others: nothing in it waits for a value or contradicts itself.
func (p *part) complete(path []string) bool {
	return lookup(p.value, path).Validate(cue.Concrete(true)) == nil
}

func keysOfBoth[V any](a, b map[string]V) []string {
	keys := append(tenancy.Keys(a), tenancy.Keys(b)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// judged sorts flows by the teams for which they must be the same: those they
// lead to; where they lead to no team, those they come from; where neither end
// is a team's, "" for the platform.
func (o *ownership) judged(flows map[string]*tenancy.Flow) map[string]map[string]*tenancy.Flow {
	out := map[string]map[string]*tenancy.Flow{}
	for name, f := range flows {
		teams := o.teamsOf(&f.To)
		if len(teams) == 0 {
			teams = o.teamsOf(&f.From)
		}
		if len(teams) == 0 {
			teams = []string{""}
		}
		for _, team := range teams {
			if out[team] == nil {
				out[team] = map[string]*tenancy.Flow{}
			}
			out[team][name] = f
		}
	}
	return out
}

// teamsOf names the teams whose namespaces a peer can hold. A group counts all
// that it could hold: a tag or the flow's environments may narrow it.
func (o *ownership) teamsOf(p *tenancy.Peer) (teams []string) {
	switch {
	case p.Namespace.Set():
		return o.teamsOfNamespace[p.Namespace.Text]
	case p.Team.Set():
		if o.full.Teams[p.Team.Text] != nil {
			return []string{p.Team.Text}
		}
	case p.AnyNamespace || p.Environment.Set():
		for name, team := range o.full.Teams {
			for _, n := range team.Namespaces {
				if p.AnyNamespace || n.In(p.Environment.Text) {
					teams = append(teams, name)
					break
				}
			}
		}
	}
	return teams
}

// describe words a breach, at the first place in a file of others that takes
// part in the value.
func (o *ownership) describe(b breach) diag.Diagnostic {
	owner, where := "the platform team", "a platform file"
	if team := b.part.team; team != "" {
		owner = fmt.Sprintf("team %q", team)
		if t := o.full.Teams[team]; t != nil && len(t.Files) > 0 {
			where = fmt.Sprintf("a file of team %q or a platform file", team)
		}
	}
	d := diag.Diagnostic{Code: diag.Interference, Path: formatPath(b.path), Fix: "write it in " + where}
	if b.err != nil {
		d.Pos = o.f.position(b.err.Position())
		d.Fact = fmt.Sprintf("the files of %s need files of others: %s", owner, o.f.tidy(b.err.Error()))
		d.Fix = "declare what they refer to in " + where
		return d
	}
	places := o.contributors(b.path)
	foreign := slices.IndexFunc(places, func(p gotoken.Position) bool {
		return !slices.Contains(b.part.files, filepath.Base(p.Filename))
	})
	how := "files of others change it"
	switch {
	case foreign < 0:
		how = "files of others change what it refers to"
		d.Fix = "let it refer only to what stands in " + where
	case b.only:
		how = "it stands in files of others"
	}
	d.Fact = fmt.Sprintf("%s is for %s to declare, and %s", b.what, owner, how)
	if b.what == owner {
		d.Fact = fmt.Sprintf("%s declares itself, and %s", owner, how)
	}
	if len(places) == 0 {
		return d
	}
	d.Pos = places[max(foreign, 0)]
	for _, p := range places {
		if p != d.Pos {
			d.Related = append(d.Related, diag.Related{Pos: p, Note: "this file takes part in it"})
		}
	}
	return d
}

// contributors gives one place for each file that takes part in the value.
// What a reference or a condition reads does not show here.
func (o *ownership) contributors(path []string) []gotoken.Position {
	first := map[string]gotoken.Position{}
	visitConjuncts(lookup(o.user, path), func(pos token.Pos) {
		p := o.f.position(pos)
		if q, ok := first[p.Filename]; p.IsValid() && (!ok || comparePos(p, q) < 0) {
			first[p.Filename] = p
		}
	})
	var out []gotoken.Position
	for _, p := range tenancy.Sorted(first) {
		out = append(out, p)
	}
	return out
}

func visitConjuncts(v cue.Value, f func(token.Pos)) {
	args := []cue.Value{v}
	if op, operands := v.Expr(); op == cue.AndOp {
		args = operands
	}
	for _, a := range args {
		if s := a.Source(); s != nil {
			f(s.Pos())
		}
	}
	if it, err := v.Fields(cue.All()); err == nil && v.IncompleteKind() == cue.StructKind {
		for it.Next() {
			visitConjuncts(it.Value(), f)
		}
	} else if it, err := v.List(); err == nil {
		for it.Next() {
			visitConjuncts(it.Value(), f)
		}
	}
}

func comparePos(a, b gotoken.Position) int {
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func unquote(s string) string {
	if t, err := literal.Unquote(s); err == nil {
		return t
	}
	return s
}
