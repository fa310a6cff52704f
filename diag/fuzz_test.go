package diag_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hedgerow-dev/hedgerow/diag"
)

func FuzzWrite(f *testing.F) {
	for _, d := range examples {
		note := ""
		if len(d.Related) > 0 {
			note = d.Related[0].Note
		}
		f.Add(d.Severity == diag.Warning, string(d.Code), d.Pos.Filename, d.Pos.Line, d.Pos.Column,
			d.Path, d.Fact, d.Fix, note, source(d.Pos.Filename))
	}
	f.Fuzz(func(t *testing.T, warn bool, code, file string, line, column int, path, fact, fix, note string, src []byte) {
		d := diag.Diagnostic{
			Code: diag.Code(code), Pos: pos(file, line, column), Path: path, Fact: fact, Fix: fix,
			Related: []diag.Related{{Pos: pos(note, column, line), Note: fact}, {Note: note}, {Pos: pos(file, line, column+1), Note: note}},
		}
		if warn {
			d.Severity = diag.Warning
		}
		ds := []diag.Diagnostic{d, examples[0]}
		o := diag.Options{Source: func(string) []byte { return src }, Version: note}
		checkText(t, write(t, diag.Text, ds, o))
		checkJSON(t, write(t, diag.JSON, ds, o), d)
		checkSARIF(t, write(t, diag.SARIF, ds, o))
		checkGitHub(t, write(t, diag.GitHub, ds, o), len(ds))
		o.Color = true
		checkColor(t, write(t, diag.Text, ds, o), write(t, diag.Text, ds, diag.Options{Source: o.Source}))
	})
}

// checkText checks that nothing but printable characters, line ends and tabs
// reaches the terminal.
func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("text is not UTF-8: %q", s)
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
			t.Fatalf("text has %U: %q", r, s)
		}
	}
}

// checkColor checks that colours are all that colour adds.
func checkColor(t *testing.T, colored, plain string) {
	t.Helper()
	styles := regexp.MustCompile(`\x1b\[[0-9;]+m`)
	if got := styles.ReplaceAllString(colored, ""); got != plain {
		t.Errorf("without its colours %q is %q, want %q", colored, got, plain)
	}
}

// checkJSON checks that the first diagnostic comes back as it was, but for bytes
// that are not UTF-8, which JSON cannot hold.
func checkJSON(t *testing.T, s string, d diag.Diagnostic) {
	t.Helper()
	got := decode(t, s).Diagnostics[0]
	if got.Line != d.Pos.Line || got.Column != d.Pos.Column || len(got.Related) != len(d.Related) {
		t.Errorf("got %+v, want %+v", got, d)
	}
	last := d.Related[len(d.Related)-1]
	for _, pair := range [][2]string{
		{got.Severity, d.Severity.String()},
		{got.Code, string(d.Code)},
		{got.File, d.Pos.Filename},
		{got.Path, d.Path},
		{got.Fact, d.Fact},
		{got.Fix, d.Fix},
		{got.Related[len(d.Related)-1].Note, last.Note},
	} {
		if valid := string([]rune(pair[1])); pair[0] != valid {
			t.Errorf("got %q, want %q", pair[0], valid)
		}
	}
}

// checkGitHub checks that there are n commands, each of them one of ours.
func checkGitHub(t *testing.T, s string, n int) {
	t.Helper()
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) != n {
		t.Fatalf("%d lines for %d diagnostics: %q", len(lines), n, s)
	}
	for _, line := range lines {
		command, _, ended := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		name, _, _ := strings.Cut(command, " ")
		if !strings.HasPrefix(line, "::") || !ended || name != "error" && name != "warning" {
			t.Errorf("not a command of ours: %q", line)
		}
	}
}
