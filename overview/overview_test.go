package overview_test

import (
	"bytes"
	"encoding/csv"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

type writer func(io.Writer, *overview.Overview) error

func written(t *testing.T, write writer, o *overview.Overview) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, write := range map[string]writer{
		"company.md": overview.WriteMarkdown, "company.json": overview.WriteJSON, "company.csv": overview.WriteCSV,
	} {
		got := written(t, write, sample.Company())
		if again := written(t, write, sample.Company()); again != got {
			t.Errorf("%s is not the same twice", name)
		}
		path := filepath.Join("testdata", name)
		if os.Getenv("HEDGEROW_UPDATE") != "" {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; HEDGEROW_UPDATE=1 rewrites it", name)
		}
	}
}

// Whatever people write, Markdown and spreadsheets take it for text.
func TestHostileTextsStayTexts(t *testing.T) {
	o := sample.Company()
	sample.Deface(o)
	markdown := written(t, overview.WriteMarkdown, o)
	for _, s := range []string{"<script", "<img", "\u202e", "a|b"} {
		if strings.Contains(markdown, s) {
			t.Errorf("Markdown contains %q", s)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(written(t, overview.WriteCSV, o))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(o.Flows)+1 {
		t.Errorf("%d rows for %d flows", len(rows), len(o.Flows))
	}
	for _, r := range rows {
		for _, cell := range r {
			if strings.HasPrefix(cell, "=") || strings.ContainsAny(cell, "\u202e\n") {
				t.Errorf("cell %q", cell)
			}
		}
	}
}

// Evidence is for somebody to judge, and stands nowhere without what it does not
// show.
func TestEvidence(t *testing.T) {
	for name, write := range map[string]writer{
		"page": overview.WriteHTML, "Markdown": overview.WriteMarkdown, "JSON": overview.WriteJSON,
	} {
		out := html.UnescapeString(strings.ReplaceAll(written(t, write, &overview.Overview{}), `\"`, `"`))
		if strings.Contains(strings.ToLower(out), "complian") {
			t.Errorf("the %s speaks of compliance", name)
		}
		for _, c := range overview.Caveats() {
			if !strings.Contains(out, c) {
				t.Errorf("the %s does not say: %s", name, c)
			}
		}
		for _, e := range overview.Controls() {
			for _, s := range []string{e.Framework, e.Control, e.Asks, e.Supports, e.NotShown} {
				if s == "" || !strings.Contains(out, s) {
					t.Errorf("the %s lacks %q of %s %s", name, s, e.Framework, e.Control)
				}
			}
		}
	}
}

// An overview without anything is written, too.
func TestEmpty(t *testing.T) {
	for _, write := range []writer{overview.WriteHTML, overview.WriteMarkdown, overview.WriteJSON, overview.WriteCSV} {
		if written(t, write, &overview.Overview{}) == "" {
			t.Error("nothing is written")
		}
	}
}

// A writer that takes no more is an error of each.
func TestErrorsOfTheWriter(t *testing.T) {
	for i, write := range []writer{overview.WriteHTML, overview.WriteMarkdown, overview.WriteJSON, overview.WriteCSV} {
		if err := write(full{}, sample.Company()); err != errFull {
			t.Errorf("writer %d: %v", i, err)
		}
	}
}

type full struct{}

var errFull = os.ErrClosed

func (full) Write([]byte) (int, error) { return 0, errFull }
