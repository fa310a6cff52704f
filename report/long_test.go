package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/report"
)

// manyBut gives two connections from all namespaces but many, which differ only
// in the last of those.
func manyBut() (out []report.Connection) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("ns%02d", i))
	}
	for _, last := range []string{"last-a", "last-b"} {
		from := reach.End{AllNamespaces: true, ExceptNamespaces: append(names[:20:20], last)}
		out = append(out, report.Connection{From: report.NewEnd(from, "", "", nil), To: pods("shop", "", ""), Ports: report.Ports{Ports: reach.AllPorts}})
	}
	return out
}

// Long lists are cut short for people and never for programs, and what is cut
// short is not taken for the same.
func TestLongListsOfNamespaces(t *testing.T) {
	const short = "every namespace but ns00, ns01, ns02, ns03, ns04, 16 more"
	for f, want := range map[report.Format]int{
		report.Text: 2, report.Markdown: 2, report.DOT: 2, report.Mermaid: 2, report.CSV: 0, report.JSON: 0,
	} {
		out := as(t, f, manyBut()...)
		if got := strings.Count(out, short); got != want {
			t.Errorf("%s cuts %d lists short instead of %d:\n%s", f, got, want, out)
		}
		if full := strings.Count(out, "last-a"); (full > 0) != (want == 0) {
			t.Errorf("%s has the last name %d times:\n%s", f, full, out)
		}
	}
}

func TestMatrixOfLongLists(t *testing.T) {
	for f, want := range map[report.Format]int{report.Text: 0, report.Markdown: 0, report.CSV: 2} { // a row and a column
		out := written(t, func(b *bytes.Buffer) error { return report.WriteMatrix(b, f, manyBut()) })
		if got := strings.Count(out, "last-a"); got != want {
			t.Errorf("%s has the last name %d times instead of %d:\n%s", f, got, want, out)
		}
		if rows := strings.Count(strings.ReplaceAll(out, "| --- |", ""), "\nevery") + strings.Count(out, "\n| every") + strings.Count(out, "\n\"every"); rows != 2 {
			t.Errorf("%s has %d rows of many namespaces instead of 2:\n%s", f, rows, out)
		}
	}
}
