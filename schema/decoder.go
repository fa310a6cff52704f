package schema

import (
	"fmt"
	gotoken "go/token"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A decoder reads the value that the user wrote, never one unified with the
// schema, so that each position is the user's. It accepts what schema.cue
// accepts and words every refusal. It says nothing about values that CUE itself
// could not evaluate: CUE's errors speak of those.
type decoder struct {
	shown    func(token.Pos) gotoken.Position
	path     []string
	above    gotoken.Position // of the value around the one that is read, where the user wrote something
	problems []problem
}

// A problem is a diagnostic with the path of the value that it is about.
type problem struct {
	path   []string
	silent bool // there is no diagnostic: CUE's errors speak of the value
	diag.Diagnostic
}

// broken marks a value that CUE could not evaluate, so that what holds it counts
// as partial.
func (d *decoder) broken() {
	d.problems = append(d.problems, problem{path: slices.Clone(d.path), silent: true})
}

func (d *decoder) report(code diag.Code, pos gotoken.Position, fix, format string, args ...any) {
	path, fact := slices.Clone(d.path), fmt.Sprintf(format, args...)
	if len(path) > 0 {
		fact = formatPath(path) + ": " + fact
	}
	d.problems = append(d.problems, problem{path: path, Diagnostic: diag.Diagnostic{
		Code: code, Pos: pos, Path: formatPath(path), Fact: fact, Fix: fix,
	}})
}

func formatPath(path []string) string { return cuePath(path).String() }

func cuePath(path []string) cue.Path {
	var sels []cue.Selector
	for i, p := range path {
		switch n, err := strconv.Atoi(p); {
		case err == nil && inList(path[:i]):
			sels = append(sels, cue.Index(n))
		case i == 0 && strings.HasPrefix(p, "#") && ast.IsValidIdent(p):
			sels = append(sels, cue.Def(p))
		case i == 0 && strings.HasPrefix(p, "_") && ast.IsValidIdent(p):
			sels = append(sels, cue.Hid(p, "_"))
		default:
			sels = append(sels, cue.Str(p))
		}
	}
	return cue.MakePath(sels...)
}

// inList reports whether what stands below the path are elements of a list: a
// path of CUE's does not say.
func inList(path []string) bool {
	lists := []string{"cidrs", "clusters", "environments", "files", "fqdn", "ipFamilies", "owners", "packages"}
	switch n := len(path); {
	case n < 2:
		return false
	case path[n-1] == "ports":
		return path[0] == "flows" || path[0] == "guards"
	case path[n-1] == "except":
		return path[0] == "externals"
	default:
		return slices.Contains(lists, path[n-1])
	}
}

func lookup(v cue.Value, path []string) cue.Value { return v.LookupPath(cuePath(path)) }

// node gives the position of v and whether problems were found in it since the
// decoder had found n.
func (d *decoder) node(v cue.Value, n int) tenancy.Node {
	return tenancy.Node{Pos: d.written(v), Partial: len(d.problems) > n}
}

// fields are the handlers of a struct's fields by name.
type fields map[string]func(cue.Value)

// object reads a struct with known fields and gives its node.
func (d *decoder) object(v cue.Value, what string, fs fields, required ...string) tenancy.Node {
	n := len(d.problems)
	var seen []string
	ok := d.each(v, what, func(key string, v cue.Value) {
		if handle := fs[key]; handle != nil {
			seen = append(seen, key)
			handle(v)
			return
		}
		names := tenancy.Keys(fs)
		seen = append(seen, nearest.Name(key, names)) // not missing as well, but misspelt
		d.report(diag.UnknownField, d.written(v), nearest.Hint(key, "its fields", names), "%s has no field %q", what, key)
	})
	for _, r := range required {
		if ok && !slices.Contains(seen, r) {
			d.missing(v, what, r)
		}
	}
	return d.node(v, n)
}

// missing reports a required field. The problem's path is the field's own: there
// CUE misses it too.
func (d *decoder) missing(v cue.Value, what, field string) {
	d.report(diag.MissingField, d.written(v), "add "+or(fieldExamples[field], field+": …"), "%s needs %q", what, field)
	last := &d.problems[len(d.problems)-1]
	last.path = append(last.path, field)
}

// entries reads a struct whose keys are names.
func (d *decoder) entries(v cue.Value, what string, key shape, f func(key string, v cue.Value)) {
	d.each(v, what, func(k string, v cue.Value) {
		if !key.accepts(k) {
			d.report(key.code, d.written(v), shapeHint(k, key), "%q among %s is not %s", short(k), what, key.wants)
		}
		f(k, v)
	})
}

// each calls f for every regular field of a struct, and reports whether v is
// one.
func (d *decoder) each(v cue.Value, what string, f func(key string, v cue.Value)) bool {
	v, _ = v.Default()
	switch kind := v.IncompleteKind(); {
	case kind == cue.StructKind, kind == cue.BottomKind:
	case kind&cue.StructKind != 0 && len(d.path) == 0:
		return true // a package that embeds the schema and declares nothing
	case kind&cue.StructKind != 0:
		d.noValue(v, what)
		return false
	default:
		d.wrongType(v, what, cue.StructKind)
		return false
	}
	it, err := v.Fields()
	if err != nil {
		d.broken()
		return false
	}
	none := true
	for it.Next() {
		none = false
		key := it.Selector().Unquoted()
		d.enter(key, it.Value(), func(v cue.Value) { f(key, v) })
	}
	if v.Err() != nil && none {
		d.broken()
	}
	return v.Err() == nil
}

// enter reads a value one step down the path.
func (d *decoder) enter(step string, v cue.Value, f func(cue.Value)) {
	above := d.above
	d.path, d.above = append(d.path, step), d.written(v)
	f(v)
	d.path, d.above = d.path[:len(d.path)-1], above
}

// list reads a list that is not empty.
func (d *decoder) list(v cue.Value, what string, f func(cue.Value)) {
	v, _ = v.Default()
	switch kind := v.IncompleteKind(); {
	case kind == cue.ListKind:
	case kind == cue.BottomKind:
		d.broken()
		return
	case kind&cue.ListKind != 0:
		d.noValue(v, what)
		return
	default:
		d.wrongType(v, what, cue.ListKind)
		return
	}
	it, err := v.List()
	if err != nil {
		d.broken()
		return
	}
	i := 0
	for ; it.Next(); i++ {
		d.enter(fmt.Sprint(i), it.Value(), f)
	}
	if i == 0 {
		d.report(diag.EmptyList, d.written(v), "leave it out, or list something", "%s is an empty list", what)
	}
}

func (d *decoder) wrongType(v cue.Value, what string, want cue.Kind) {
	d.report(diag.WrongType, d.valuePos(v), d.typeHint(v, what, want), "%s must be %s, not %s", what, kindName(want), kindName(v.IncompleteKind()))
}

func (d *decoder) noValue(v cue.Value, what string) {
	fact := what + " has no value"
	if v.IncompleteKind() != cue.TopKind {
		fact += ", only " + oneLine(fmt.Sprint(v))
	}
	d.report(diag.NoValue, d.valuePos(v), "write a value, or check what it refers to", "%s", fact)
}

// scalar reports whether v is a value of the kind, and complains if not.
func (d *decoder) scalar(v cue.Value, what string, kind cue.Kind) bool {
	got := v.IncompleteKind()
	switch {
	case got == cue.BottomKind:
		d.broken()
		return false
	case got != kind && v.IsConcrete():
		d.wrongType(v, what, kind)
		return false
	case !v.IsConcrete():
		d.noValue(v, what)
		return false
	}
	return true
}

// word reads a string of a shape. One of another shape is reported and counts
// as not written, so that nobody looks for what it names.
func (d *decoder) word(v cue.Value, what string, s shape) tenancy.Word {
	v, _ = v.Default()
	if !d.scalar(v, what, cue.StringKind) {
		return tenancy.Word{}
	}
	text, err := v.String()
	if err != nil {
		return tenancy.Word{}
	}
	if !s.accepts(text) {
		d.report(s.code, d.valuePos(v), shapeHint(text, s), "%s %q is not %s", what, short(text), s.wants)
		return tenancy.Word{}
	}
	return tenancy.Word{Text: text, Pos: d.valuePos(v)}
}

func (d *decoder) words(v cue.Value, what string, s shape) (out []tenancy.Word) {
	d.list(v, what, func(v cue.Value) {
		if w := d.word(v, "an entry of "+what, s); w.Set() {
			out = append(out, w)
		}
	})
	return out
}

// oneOf reads one of the words that the schema lists.
func (d *decoder) oneOf(v cue.Value, what string, choices []string) tenancy.Word {
	v, _ = v.Default()
	if kind := v.IncompleteKind(); kind&(cue.StringKind|cue.BottomKind) == 0 && v.IsConcrete() {
		d.report(diag.WrongType, d.valuePos(v), nearest.Hint("", "its values", choices), "%s must be a string, not %s", what, kindName(kind))
		return tenancy.Word{}
	}
	if !d.scalar(v, what, cue.StringKind) {
		return tenancy.Word{}
	}
	text, _ := v.String()
	if !slices.Contains(choices, text) {
		d.report(diag.BadValue, d.valuePos(v), nearest.Hint(text, "its values", choices), "%s cannot be %q", what, short(text))
		return tenancy.Word{}
	}
	return tenancy.Word{Text: text, Pos: d.valuePos(v)}
}

func (d *decoder) boolean(v cue.Value, what string) bool {
	v, _ = v.Default()
	if !d.scalar(v, what, cue.BoolKind) {
		return false
	}
	b, _ := v.Bool()
	return b
}

// yes reads a field that can only be true.
func (d *decoder) yes(v cue.Value, what string) bool {
	n := len(d.problems)
	b := d.boolean(v, what)
	if !b && len(d.problems) == n && v.Err() == nil {
		d.report(diag.BadValue, d.valuePos(v), "leave the field out instead", "%s can only be true", what)
	}
	return b
}

// valuePos is where the value of a field starts; for anything but a single
// written value it is where v is written.
func (d *decoder) valuePos(v cue.Value) gotoken.Position {
	if f, ok := v.Source().(*ast.Field); ok && f.Value != nil {
		if p := d.shown(f.Value.Pos()); p.IsValid() {
			return p
		}
	}
	return d.written(v)
}

// written is where the user wrote v: where CUE says that it is, or one of the
// values that are unified to it. What comes from the schema's package, such as a
// field of something ready-made, is where the value around it is.
func (d *decoder) written(v cue.Value) gotoken.Position {
	if p := d.shown(v.Pos()); p.IsValid() {
		return p
	}
	if op, operands := v.Expr(); op == cue.AndOp {
		for _, o := range operands {
			if p := d.shown(o.Pos()); p.IsValid() {
				return p
			}
		}
	}
	return d.above
}

// short keeps a message readable when a value is not.
func short(s string) string { return shorten(s, 80) }

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "…"
	}
	return s
}

func oneLine(s string) string { return short(strings.Join(strings.Fields(s), " ")) }
