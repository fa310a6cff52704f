package diag

import (
	"fmt"
	"go/token"
)

// List collects diagnostics.
type List []Diagnostic

// Error adds an error with its fix, which may be empty, and the fact.
func (l *List) Error(code Code, pos token.Position, fix, format string, args ...any) {
	*l = append(*l, Diagnostic{Code: code, Pos: pos, Fact: fmt.Sprintf(format, args...), Fix: fix})
}

// Warn adds a warning.
func (l *List) Warn(code Code, pos token.Position, fix, format string, args ...any) {
	l.Error(code, pos, fix, format, args...)
	(*l)[len(*l)-1].Severity = Warning
}

// Lint adds a warning that a tenancy can turn into an error, or silence, by the
// path of what it is about.
func (l *List) Lint(code Code, path string, pos token.Position, fix, format string, args ...any) {
	l.Warn(code, pos, fix, format, args...)
	(*l)[len(*l)-1].Path = path
}

// Relate adds a further place to the diagnostic added last.
func (l *List) Relate(pos token.Position, format string, args ...any) {
	d := &(*l)[len(*l)-1]
	d.Related = append(d.Related, Related{Pos: pos, Note: fmt.Sprintf(format, args...)})
}
