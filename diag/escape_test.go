package diag_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// TestEscape has every kind of character that must not reach a reader as it is.
func TestEscape(t *testing.T) {
	for _, tt := range []struct{ in, text, github, sarif string }{
		{`plain "ünïcödé" 支払 \n`, `plain "ünïcödé" 支払 \n`, `plain "ünïcödé" 支払 \n`, `plain "ünïcödé" 支払 \n`},
		{"<a href='x'>&</a>", "<a href='x'>&</a>", "<a href='x'>&</a>", "<a href='x'>&</a>"},
		{"\x1b[31m", `\x1b[31m`, `\x1b[31m`, `\x1b[31m`},
		{"a\nb\rc", `a\nb\rc`, "a%0Ab%0Dc", `a\nb\rc`},
		{"a\tb\ac\x00\x7f", `a\tb\ac\x00\x7f`, `a\tb\ac\x00\x7f`, `a\tb\ac\x00\x7f`},
		{"\u0085\u009b31m", `\u0085\u009b31m`, `\u0085\u009b31m`, `\u0085\u009b31m`},
		{"\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`, `\u202a\u202b\u202c\u202d\u202e`, `\u202a\u202b\u202c\u202d\u202e`},
		{"\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`, `\u2066\u2067\u2068\u2069`, `\u2066\u2067\u2068\u2069`},
		{"\u200b\u200e\ufeff\u2028\u00a0", `\u200b\u200e\ufeff\u2028\u00a0`, `\u200b\u200e\ufeff\u2028\u00a0`, `\u200b\u200e\ufeff\u2028\u00a0`},
		{"\U000e0041", `\U000e0041`, `\U000e0041`, `\U000e0041`},
		{"\xff\xc3(", `\xff\xc3(`, `\xff\xc3(`, `\xff\xc3(`},
		{"\ufffd", "\ufffd", "\ufffd", "\ufffd"},
		{"100%0A::error::x", "100%0A::error::x", "100%250A::error::x", "100%0A::error::x"},
		{"{0} [x](1)", "{0} [x](1)", "{0} [x](1)", "{{0}} [x] (1)"},
	} {
		ds := []diag.Diagnostic{{Fact: tt.in}}
		if got, want := write(t, diag.Text, ds, diag.Options{}), "error: "+tt.text+"\n"; got != want {
			t.Errorf("text of %q: got %q, want %q", tt.in, got, want)
		}
		if got, want := write(t, diag.GitHub, ds, diag.Options{}), "::error::"+tt.github+"\n"; got != want {
			t.Errorf("github of %q: got %q, want %q", tt.in, got, want)
		}
		log := checkSARIF(t, write(t, diag.SARIF, ds, diag.Options{}))
		if got := log.Runs[0].Results[0].Message.Text; got != tt.sarif {
			t.Errorf("sarif of %q: got %q, want %q", tt.in, got, tt.sarif)
		}
	}
}

func TestGitHub(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    diag.Diagnostic
		want string
	}{
		{"all", diag.Diagnostic{Pos: pos("a.cue", 1, 2), Code: "c", Fact: "f", Fix: "x"}, "::error file=a.cue,line=1,col=2,title=c::f%0Ax"},
		{"warning", diag.Diagnostic{Severity: diag.Warning, Fact: "f"}, "::warning::f"},
		{"no column", diag.Diagnostic{Pos: pos("a.cue", 1, 0), Fact: "f"}, "::error file=a.cue,line=1::f"},
		{"no line", diag.Diagnostic{Pos: pos("a.cue", 0, 4), Fact: "f"}, "::error file=a.cue::f"},
		{"no file", diag.Diagnostic{Code: "c", Fact: "f"}, "::error title=c::f"},
		{"property", diag.Diagnostic{Pos: pos("a,b::c%\r\n.cue", 0, 0), Fact: "f"}, "::error file=a%2Cb%3A%3Ac%25%0D%0A.cue::f"},
		{"message", diag.Diagnostic{Fact: "a,b::c%\r\n::error::x"}, "::error::a,b::c%25%0D%0A::error::x"},
	} {
		if got := write(t, diag.GitHub, []diag.Diagnostic{tt.d}, diag.Options{}); got != tt.want+"\n" {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestJSONOnTerminal: what does not print is escaped, and means the same.
func TestJSONOnTerminal(t *testing.T) {
	const fact = "<&> ü \x7f \u009b \u202e \U000e0041"
	got := write(t, diag.JSON, []diag.Diagnostic{{Fact: fact}}, diag.Options{})
	const want = `"fact": "<&> ü \u007f \u009b \u202e \udb40\udc41"`
	if !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if report := decode(t, got); report.Diagnostics[0].Fact != fact {
		t.Errorf("got %q back", report.Diagnostics[0].Fact)
	}
}

// report is what a script reads from the JSON format.
type report struct {
	Diagnostics []struct {
		Severity, Code, File string
		Line, Column         int
		Path, Fact, Fix      string
		Related              []struct {
			File         string
			Line, Column int
			Note         string
		}
	}
}

func decode(t testing.TB, s string) report {
	t.Helper()
	var r report
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v in\n%s", err, s)
	}
	return r
}
