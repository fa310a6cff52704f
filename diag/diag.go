// Package diag holds what Hedgerow has to say about a tenancy as data, and
// draws it: as text for people, as JSON for scripts, as SARIF for code scanning
// and as annotations for GitHub Actions. It reads nothing and decides nothing.
package diag

import (
	"go/token"
	"slices"
)

// Severity says whether a diagnostic stops the run.
type Severity int

// The severities, worst first.
const (
	Error   Severity = iota // the tenancy or the output is wrong
	Warning                 // worth a look, stops nothing
)

// String returns the severity's name in every format, "error" or "warning". A
// value that is neither counts as an error.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one thing to say about one place.
type Diagnostic struct {
	Severity Severity
	Code     Code
	// Pos is where it is so. Filename is as to be shown, relative and
	// slash-separated; Column is 1-based in bytes, 0 if unknown; Line 0 is the
	// file as a whole. Without a Filename it is about the run as a whole.
	Pos token.Position
	// Path is the path in the tenancy, such as flows.checkout-pays.to.workload.
	Path string
	// Fact is one line, lower-case, on what is so.
	Fact string
	// Fix is one line on what to do next, or "".
	Fix string
	// Related are further places worth a look, in the order to show them.
	Related []Related
	// Silenced is why somebody has this lint say nothing here, or "". What is
	// silenced is neither an error nor a warning.
	Silenced string
}

// Related is a further place that a diagnostic points to, and why.
type Related struct {
	Pos  token.Position
	Note string
}

// HasErrors reports whether any of ds is an error.
func HasErrors(ds []Diagnostic) bool {
	errors, _ := Count(ds)
	return errors > 0
}

// Count returns how many of ds are errors and how many are warnings.
func Count(ds []Diagnostic) (errors, warnings int) {
	for _, d := range ds {
		switch {
		case d.Silenced != "":
		case d.Severity == Warning:
			warnings++
		default:
			errors++
		}
	}
	return errors, warnings
}

// spoken returns those of ds that are not silenced.
func spoken(ds []Diagnostic) []Diagnostic {
	return slices.DeleteFunc(slices.Clone(ds), func(d Diagnostic) bool { return d.Silenced != "" })
}
