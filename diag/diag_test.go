package diag_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

func TestSeverity(t *testing.T) {
	var zero diag.Severity
	if zero != diag.Error || zero.String() != "error" || diag.Warning.String() != "warning" {
		t.Errorf("got %v, %v", zero, diag.Warning)
	}
}

func TestCount(t *testing.T) {
	warning := diag.Diagnostic{Severity: diag.Warning}
	for _, tt := range []struct {
		ds               []diag.Diagnostic
		errors, warnings int
	}{
		{nil, 0, 0},
		{[]diag.Diagnostic{warning}, 0, 1},
		{[]diag.Diagnostic{warning, {}, warning, {Severity: 7}}, 2, 2},
	} {
		errors, warnings := diag.Count(tt.ds)
		if errors != tt.errors || warnings != tt.warnings {
			t.Errorf("%v: got %d errors and %d warnings", tt.ds, errors, warnings)
		}
		if got := diag.HasErrors(tt.ds); got != (tt.errors > 0) {
			t.Errorf("%v: HasErrors is %t", tt.ds, got)
		}
	}
}

func TestSort(t *testing.T) {
	related := func(note string) []diag.Related { return []diag.Related{{Note: note}} }
	want := []diag.Diagnostic{
		{Pos: pos("a.cue", 0, 0), Fact: "z"},
		{Pos: pos("a.cue", 2, 9), Fact: "y"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Error, Code: "b"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "a", Fact: "x"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "a"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "b"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "b", Path: "p"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "b", Path: "p", Fix: "f"},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "b", Path: "p", Fix: "f", Related: related("1")},
		{Pos: pos("a.cue", 10, 1), Severity: diag.Warning, Code: "b", Fact: "b", Path: "p", Fix: "f", Related: related("2")},
		{Pos: pos("a.cue", 10, 2)},
		{Pos: pos("b.cue", 1, 1)},
		{Fact: "about the run"},
		{Severity: diag.Warning, Fact: "about the run"},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		mixed := slices.Concat(want, want)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		before := slices.Clone(mixed)
		if got := diag.Sort(mixed); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
		if !reflect.DeepEqual(mixed, before) {
			t.Fatal("Sort changed its argument")
		}
	}
}
