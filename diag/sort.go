package diag

import (
	"cmp"
	"go/token"
	"slices"
)

// Sort returns ds by file, line, column, severity, code and fact, those without
// a position last, each of them once. It leaves ds as it is. Diagnostics that
// differ only in what no format shows, the offset of a position, count as equal.
func Sort(ds []Diagnostic) []Diagnostic {
	sorted := slices.Clone(ds)
	slices.SortStableFunc(sorted, Compare)
	return slices.CompactFunc(sorted, func(a, b Diagnostic) bool { return Compare(a, b) == 0 })
}

// Compare orders diagnostics as Sort does. It goes on past the fact to every other field, so that the order never
// depends on the order in which the checks ran.
func Compare(a, b Diagnostic) int {
	return cmp.Or(
		comparePos(a.Pos, b.Pos),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Fact, b.Fact),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Fix, b.Fix),
		slices.CompareFunc(a.Related, b.Related, compareRelated),
	)
}

func compareRelated(a, b Related) int {
	return cmp.Or(comparePos(a.Pos, b.Pos), cmp.Compare(a.Note, b.Note))
}

// comparePos puts a position without a file after all others.
func comparePos(a, b token.Position) int {
	if (a.Filename == "") != (b.Filename == "") {
		return -cmp.Compare(a.Filename, b.Filename)
	}
	return cmp.Or(
		cmp.Compare(a.Filename, b.Filename),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
	)
}
