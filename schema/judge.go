package schema

import (
	"maps"

	"cuelang.org/go/cue"
)

// judge holds the value against the schema and gives CUE's errors.
//
// A large tenancy that is right is judged a piece at a time: CUE keeps what it
// evaluates at once in memory until it is done, 1.3 GiB of 10,000 namespaces.
// Only of the whole can it say what is wrong.
func judge(ctx *cue.Context, user cue.Value) error {
	schema := ctx.CompileString(Source, cue.Filename(sourceFileName))
	if newPieces(ctx, schema).accept(user) {
		return nil
	}
	return judgeWhole(schema, user)
}

func judgeWhole(schema, user cue.Value) error {
	return schema.LookupPath(cue.ParsePath("#Tenancy")).Unify(user).Validate(cue.Concrete(true))
}

// pieces judges a tenancy a piece at a time: some flows, some namespaces, and
// each of the other fields of the tenancy and of its teams. What it accepts, the
// schema accepts; of what it does not, it says nothing.
type pieces struct {
	ctx                                     *cue.Context
	tenancy, team, names, namespaces, flows cue.Value
}

func newPieces(ctx *cue.Context, schema cue.Value) *pieces {
	definition := func(name string) cue.Value { return schema.LookupPath(cue.ParsePath(name)) }
	list := func(of string) cue.Value { return ctx.CompileString("[..."+of+"]", cue.Scope(schema)) }
	return &pieces{ctx, definition("#Tenancy"), definition("#Team"), list("#Name"), list("#Namespace"), list("#Flow")}
}

func (p *pieces) accept(user cue.Value) bool {
	if user.Validate(cue.Concrete(true)) != nil {
		return false // it contradicts itself, in a field of the schema or outside of all
	}
	return fieldwise(p.tenancy, user, map[string]accepts{"flows": p.entries(p.flows), "teams": p.areTeams})
}

func (p *pieces) areTeams(v cue.Value) bool {
	team := map[string]accepts{"namespaces": p.entries(p.namespaces)}
	var names []cue.Value
	return each(v, func(name string, v cue.Value) bool {
		names = append(names, p.ctx.Encode(name))
		return fieldwise(p.team, v, team)
	}) && is(p.names)(p.ctx.NewList(names...))
}

// accepts judges a piece.
type accepts = func(cue.Value) bool

func is(definition cue.Value) accepts {
	return func(v cue.Value) bool { return definition.Unify(v).Validate(cue.Concrete(true)) == nil }
}

// atOnce is how many entries are judged at once. For each judgement CUE begins
// anew, which costs as much as an entry.
const atOnce = 64

// entries judges the keys of a struct, which are names, and its values, as lists.
func (p *pieces) entries(values cue.Value) accepts {
	return func(v cue.Value) bool {
		var names, some []cue.Value
		rest := func() bool {
			ok := is(p.names)(p.ctx.NewList(names...)) && is(values)(p.ctx.NewList(some...))
			names, some = nil, nil
			return ok
		}
		return each(v, func(name string, v cue.Value) bool {
			names, some = append(names, p.ctx.Encode(name)), append(some, v)
			return len(some) < atOnce || rest()
		}) && rest()
	}
}

// fieldwise holds each field of a struct against that of a definition, or against
// what further accepts of it.
func fieldwise(definition, v cue.Value, further map[string]accepts) bool {
	known, missing := map[string]accepts{}, map[string]bool{}
	it, err := definition.Fields(cue.Optional(true))
	if err != nil {
		return false
	}
	for it.Next() {
		name := it.Selector().Unquoted()
		known[name] = is(it.Value())
		if it.Selector().ConstraintType() == cue.RequiredConstraint {
			missing[name] = true
		}
	}
	maps.Copy(known, further)
	return each(v, func(name string, v cue.Value) bool {
		delete(missing, name)
		return known[name] != nil && known[name](v)
	}) && len(missing) == 0
}

func each(v cue.Value, f func(name string, v cue.Value) bool) bool {
	it, err := v.Fields()
	if err != nil {
		return false
	}
	for it.Next() {
		if !f(it.Selector().Unquoted(), it.Value()) {
			return false
		}
	}
	return true
}
