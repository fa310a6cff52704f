package diag_test

import (
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

func TestCaret(t *testing.T) {
	long := strings.Repeat("ab", 500)
	for _, tt := range []struct {
		name, source string
		line, column int
		want         []string // the excerpt, nil if there is none
	}{
		{"first", "abc", 1, 1, []string{"  1 | abc", "    | ^"}},
		{"tabs", "\ta\tb", 1, 4, []string{"  1 | \ta\tb", "    | \t \t^"}},
		{"on a tab", "\t\tb", 1, 2, []string{"  1 | \t\tb", "    | \t^"}},
		{"two bytes", "zoë: 1", 1, 5, []string{"  1 | zoë: 1", "    |    ^"}},
		{"inside a character", "zoë: 1", 1, 4, []string{"  1 | zoë: 1", "    |   ^"}},
		{"two cells", "支払: 1", 1, 7, []string{"  1 | 支払: 1", "    |     ^"}},
		{"combining mark", "e\u0301: 1", 1, 4, []string{"  1 | e\u0301: 1", "    |  ^"}},
		{"escape", "a\x1b[1mb", 1, 3, []string{`  1 | a\x1b[1mb`, "    |      ^"}},
		{"bidi", "a\u202eb\u2066", 1, 5, []string{`  1 | a\u202eb\u2066`, "    |        ^"}},
		{"not UTF-8", "a\xc3\xffb", 1, 4, []string{`  1 | a\xc3\xffb`, "    |          ^"}},
		{"control code of two bytes", "\u009b1m", 1, 3, []string{`  1 | \u009b1m`, "    |       ^"}},
		{"carriage return", "a\rb\r\nc", 1, 3, []string{`  1 | a\rb`, "    |    ^"}},
		{"end of line", "abc\n", 1, 4, []string{"  1 | abc", "    |    ^"}},
		{"beyond the line", "abc\n", 1, 400, []string{"  1 | abc", "    |    ^"}},
		{"end of file", "abc\n", 2, 1, []string{"  2 |", "    | ^"}},
		{"empty file", "", 1, 1, []string{"  1 |", "    | ^"}},
		{"byte order mark", "\ufeffabc", 1, 5, []string{"  1 | abc", "    |  ^"}},
		{"on the byte order mark", "\ufeffabc", 1, 1, []string{"  1 | abc", "    | ^"}},
		{"byte order mark, no column", "\ufeffabc", 1, 0, []string{"  1 | abc"}},
		{"wide number", strings.Repeat("\n", 99) + "abc", 100, 2, []string{"  100 | abc", "      |  ^"}},
		{"no column", "abc", 1, 0, []string{"  1 | abc"}},
		{"no line", "abc", 0, 0, nil},
		{"negative", "abc", -1, -1, nil},
		{"beyond the file", "abc\n", 3, 1, nil},
		{"200 runes", long[:200], 1, 200, []string{"  1 | " + long[:200], "    | " + strings.Repeat(" ", 199) + "^"}},
		{"long, start", long, 1, 1, []string{"  1 | " + long[:100] + "…", "    | ^"}},
		{"long, middle", long, 1, 501, []string{"  1 | …" + long[400:600] + "…", "    | " + strings.Repeat(" ", 101) + "^"}},
		{"long, end", long, 1, 1001, []string{"  1 | …" + long[900:], "    | " + strings.Repeat(" ", 101) + "^"}},
		{"long, no column", long, 1, 0, []string{"  1 | " + long[:100] + "…"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ds := []diag.Diagnostic{{Pos: pos("t.cue", tt.line, tt.column), Fact: "so"}}
			o := diag.Options{Source: func(string) []byte { return []byte(tt.source) }}
			_, got, _ := strings.Cut(write(t, diag.Text, ds, o), "\n")
			if want := strings.Join(append(tt.want, ""), "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestTextWithoutSource(t *testing.T) {
	ds := []diag.Diagnostic{{Pos: pos("t.cue", 1, 2), Fact: "so", Code: "c"}}
	var b strings.Builder
	if err := diag.Write(&b, diag.Text, ds, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "t.cue:1:2: error: so [c]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
