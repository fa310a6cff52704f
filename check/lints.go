package check

import (
	"regexp"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Lints gives the diagnostics as the tenancy wants its lints: some are errors,
// and some are silenced. It adds what is wrong with that itself: lints that there
// are not, and silences that nothing needs.
func Lints(t *tenancy.Tenancy, ds []diag.Diagnostic) []diag.Diagnostic {
	used := map[*tenancy.Lint]map[string]bool{}
	out := make([]diag.Diagnostic, 0, len(ds))
	for _, d := range ds {
		l := t.Lints[string(d.Code)]
		if l != nil && d.Severity == diag.Warning && d.Code.IsLint() {
			if path, ok := silences(l, d.Path); ok {
				d.Silenced = l.Silenced[path].Reason
				if used[l] == nil {
					used[l] = map[string]bool{}
				}
				used[l][path] = true
			}
			d.Severity = severity(l)
		}
		out = append(out, d)
	}
	whole := !t.Partial && !diag.HasErrors(ds) // else what is silenced may not have been looked for
	return append(out, odd(t, func(l *tenancy.Lint, path string) bool { return used[l][path] || !whole })...)
}

func severity(l *tenancy.Lint) diag.Severity {
	if l.Severity.Text == diag.Error.String() {
		return diag.Error
	}
	return diag.Warning
}

// silences gives the longest path by which a lint is silent on something.
func silences(l *tenancy.Lint, on string) (longest string, ok bool) {
	for path := range tenancy.Sorted(l.Silenced) {
		if covers(path, on) && len(path) >= len(longest) {
			longest, ok = path, true
		}
	}
	return longest, ok
}

// covers reports whether something lies at a path or below it. Plain names may
// stand in quotes, as CUE writes some; those of free text always do.
func covers(path, on string) bool {
	path, on = quotedName.ReplaceAllString(path, "$1"), quotedName.ReplaceAllString(on, "$1")
	return on == path || strings.HasPrefix(on, path+".")
}

var quotedName = regexp.MustCompile(`"([A-Za-z0-9_-]+)"`)

// odd gives what is wrong with what the tenancy says of its lints.
func odd(t *tenancy.Tenancy, used func(*tenancy.Lint, string) bool) []diag.Diagnostic {
	var out diag.List
	var names []string
	for _, code := range diag.Lints() {
		names = append(names, string(code))
	}
	for name, l := range tenancy.Sorted(t.Lints) {
		if !diag.Code(name).IsLint() {
			out.Error(diag.UnknownLint, l.Pos, nearest.Hint(name, "the lints", names), "there is no lint %q", name)
			continue
		}
		for path, s := range tenancy.Sorted(l.Silenced) {
			if !used(l, path) {
				out.Warn(diag.UnusedSilence, s.Pos, "remove it, or check its spelling", "lint %q says nothing about %s, and need not be silenced", name, path)
			}
		}
	}
	return out
}
