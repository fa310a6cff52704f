package schema

import (
	"fmt"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
)

// translate words CUE's errors about the user's value: one diagnostic for each
// path, at the user's positions only, and none where the decoder spoke already.
func (f *folder) translate(err error, user cue.Value, decoded []problem) []diag.Diagnostic {
	var out []diag.Diagnostic
	told := map[string]bool{} // what a pattern says of many fields, it says at one place
	groups := groupByPath(err)
	for _, g := range groups {
		if covered(g.path, decoded) || explained(g, groups) {
			continue
		}
		d := f.word(g, user)
		key := d.Pos.String() + strings.TrimPrefix(d.Fact, d.Path)
		if !told[key] || !d.Pos.IsValid() {
			out = append(out, d)
		}
		told[key] = true
	}
	return out
}

// explained reports whether an error is about something further down: it is the
// cause, and what CUE says above it follows.
func explained(g *errorGroup, groups []*errorGroup) bool {
	return slices.ContainsFunc(groups, func(h *errorGroup) bool {
		n := len(g.path)
		return len(h.path) > n && slices.Equal(h.path[:n], g.path)
	})
}

// An errorGroup is all that CUE says about one path.
type errorGroup struct {
	path      []string
	messages  []string
	own       []token.Pos // where CUE says that the errors are
	positions []token.Pos // the same, with what takes part
}

var reDisjunction = regexp.MustCompile(`^\d+ errors in empty disjunction`)

func groupByPath(err error) []*errorGroup {
	var groups []*errorGroup
	byPath := map[string]*errorGroup{}
	for _, e := range errors.Errors(err) {
		path := userPath(e.Path())
		key := strings.Join(path, "\x00")
		g := byPath[key]
		if g == nil {
			g = &errorGroup{path: path}
			byPath[key] = g
			groups = append(groups, g)
		}
		format, args := e.Msg()
		if cause := errors.Unwrap(e); cause != nil && strings.HasPrefix(format, "error in call to") {
			format, args = "%s: %v", []any{fmt.Sprintf(format, args...), cause}
		}
		if m := oneLine(fmt.Sprintf(format, args...)); !reDisjunction.MatchString(m) {
			g.messages = append(g.messages, m)
		}
		g.own = append(g.own, e.Position())
		g.positions = append(g.positions, e.Position())
		g.positions = append(g.positions, e.InputPositions()...)
	}
	return groups
}

// userPath takes the schema's own definition from the front of a path, and the
// quotes from its elements.
func userPath(path []string) []string {
	if len(path) > 0 && path[0] == "#Tenancy" {
		path = path[1:]
	}
	out := make([]string, len(path))
	for i, p := range path {
		if sels := cue.ParsePath(p).Selectors(); len(sels) == 1 && sels[0].IsString() {
			p = sels[0].Unquoted()
		}
		out[i] = p
	}
	return out
}

// covered reports whether the decoder found something at the path, above it or
// below it.
func covered(path []string, decoded []problem) bool {
	return slices.ContainsFunc(decoded, func(p problem) bool {
		n := min(len(p.path), len(path))
		return !p.silent && n > 0 && slices.Equal(p.path[:n], path[:n])
	})
}

func (f *folder) word(g *errorGroup, user cue.Value) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.Evaluation, Path: formatPath(g.path)}
	d.Fact = "CUE cannot evaluate this"
	if len(g.messages) > 0 {
		d.Code, d.Fact, d.Fix = reword(g.messages[0])
	}
	if d.Code == diag.Conflict && slices.ContainsFunc(g.positions, f.isReady) {
		d.Fix = "leave it out, or write all of it yourself: what is ready-made there says otherwise"
	}
	if d.Path != "" {
		d.Fact = d.Path + ": " + d.Fact
	}
	positions := f.userPositions(g.positions)
	if len(positions) == 0 {
		positions = []gotoken.Position{f.nearestPosition(g.path, user)}
	}
	d.Pos = positions[0]
	if own := f.userPositions(g.own); len(own) > 0 && d.Code != diag.Conflict {
		d.Pos = own[0]
	}
	for _, p := range positions {
		if p.Filename != d.Pos.Filename || p.Line != d.Pos.Line {
			d.Related = append(d.Related, diag.Related{Pos: p, Note: "this place takes part"})
		}
	}
	return d
}

// isReady reports whether a position is in something ready-made.
func (f *folder) isReady(p token.Pos) bool {
	return p.Filename() == filepath.Join(f.schemaDir, readyFileName)
}

// userPositions gives the positions in the tenancy's module, sorted.
func (f *folder) userPositions(ps []token.Pos) []gotoken.Position {
	var out []gotoken.Position
	for _, p := range ps {
		if q := f.position(p); q.IsValid() && !strings.Contains(q.Filename, "cue.mod/") {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, comparePos)
	return slices.CompactFunc(out, func(a, b gotoken.Position) bool {
		return a.Filename == b.Filename && a.Line == b.Line
	})
}

// nearestPosition finds the deepest value on the path that has a position.
func (f *folder) nearestPosition(path []string, user cue.Value) gotoken.Position {
	for n := len(path); n > 0; n-- {
		if q := f.position(lookup(user, path[:n]).Pos()); q.IsValid() {
			return q
		}
	}
	return gotoken.Position{}
}

// loadErrors words the errors of loading the package: imports, tags, module.
func (f *folder) loadErrors(err error) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, e := range errors.Errors(err) {
		d := diag.Diagnostic{Code: diag.Evaluation, Pos: f.position(e.Position()), Fact: f.tidy(e.Error())}
		switch {
		case strings.Contains(d.Fact, "import cycle"):
			d.Code, d.Fix = diag.BadImport, "let one of the packages do without the other"
		case reNoTag.MatchString(d.Fact):
			name := reNoTag.FindStringSubmatch(d.Fact)[1]
			d.Code, d.Fact, d.Fix = diag.BadTag, fmt.Sprintf("no file of the tenancy names %q in an @tag", name), nearest.Hint(name, "tags", f.tags())
		case strings.Contains(d.Fact, "injection tag"):
			d.Code, d.Fix = diag.BadTag, "give with -t a value of the type that the @tag asks for"
		case strings.Contains(d.Fact, "import") || strings.Contains(d.Fact, "package"):
			d.Code, d.Fix = diag.BadImport, "import CUE's own packages, the schema, or a package of this module; nothing is fetched"
		case strings.Contains(d.Fact, "module"):
			d.Code = diag.BadModule
		}
		out = append(out, d)
	}
	return out
}

var (
	reNoTag = regexp.MustCompile(`^no tag for "(.*)"`)
	// What CUE puts before the cause of a failed import: the same words for each
	// package on the way, and the position that is shown already.
	reImportChain = regexp.MustCompile(`^(import failed: |\S+[.]cue:\d+:\d+: )+`)
)

// tidy takes this machine's paths and line breaks out of an error of CUE's.
func (f *folder) tidy(s string) string {
	s = strings.ReplaceAll(s, f.dir+"/", "")
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, f.dir, ".")), " ")
	return shorten(reImportChain.ReplaceAllString(s, ""), maxLine)
}
