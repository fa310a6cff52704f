package overview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hedgerow-dev/hedgerow/report"
)

// WriteMarkdown writes the overview as Markdown: what needs attention, what
// changed, and the tables. The connections themselves are left to JSON and the
// page. Errors are those of w.
func WriteMarkdown(w io.Writer, o *Overview) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# Open flows as of %s\n\n%s\n", report.EscapeMarkdown(o.AsOf), report.EscapeMarkdown(summary(o)))
	eye := attention(o)
	fmt.Fprint(out, "\n## What needs your eye\n\n")
	for _, t := range eye {
		fmt.Fprintf(out, "- %s: %d\n", t.Title, len(t.Rows))
	}
	for _, t := range eye {
		if len(t.Rows) > 0 {
			t.markdown(out, "###")
		}
	}
	if o.Change != nil {
		fmt.Fprintf(out, "\n## Before and after\n\nSince %s.\n", report.EscapeMarkdown(o.Change.Since))
		for _, t := range changes(o) {
			t.markdown(out, "###")
		}
	}
	for _, t := range []table{register(o, ""), guards(o), clusters(o), namespaces(o), evidence()} {
		t.markdown(out, "##")
	}
	fmt.Fprintln(out)
	for _, c := range Caveats() {
		fmt.Fprintf(out, "- %s\n", report.EscapeMarkdown(c))
	}
	return out.Flush()
}

// markdown writes a table under a heading, or what an empty one says.
func (t *table) markdown(w io.Writer, level string) {
	if len(t.Rows) == 0 {
		if t.None != "" {
			fmt.Fprintf(w, "\n%s %s\n\n%s\n", level, t.Title, t.None)
		}
		return
	}
	fmt.Fprintf(w, "\n%s %s\n\n", level, t.Title)
	if t.Note != "" {
		fmt.Fprintf(w, "%s\n\n", t.Note)
	}
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(t.Head, " | "), strings.Repeat(" --- |", len(t.Head)))
	for _, r := range t.Rows {
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = report.EscapeMarkdown(c)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

// summary counts what there is: namespaces as the command line does.
func summary(o *Overview) string {
	expired, beside := len(expiredFlows(o).Rows), len(inState(o, Unmanaged))
	places := report.Count(len(o.Namespaces)-beside, "namespace")
	if beside > 0 {
		places += fmt.Sprintf(" and %d unmanaged", beside)
	}
	return fmt.Sprintf("%s on %s, with %s and %s; written by Hedgerow %s.", places, report.Count(len(o.Clusters), "cluster"),
		report.Count(len(o.Flows)-expired, "open flow"), report.Count(len(o.Guards), "guard"), o.Version)
}
