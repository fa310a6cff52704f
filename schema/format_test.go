package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormat shows what is done to a file, and what is not done to one.
func TestFormat(t *testing.T) {
	for _, tt := range []struct{ name, before, want string }{
		{"already", "package tenancy\n\na: 1\n", "package tenancy\n\na: 1\n"},
		{"spaces", "package   tenancy\na:1   // why\nb :   {c:2,\n d: 3}", "package tenancy\n\na: 1 // why\nb: {c: 2\n\td: 3\n}\n"},
		{"comments", "// first\n\npackage p // here\n// a\na: [\n// in\n1, // one\n\n// end\n]\n// last\n", "// first\n\npackage p // here\n\n// a\na: [\n\t// in\n\t1, // one\n\n\t// end\n]\n// last\n"},
		{"carriage returns", "package p\r\na:1\r\n", "package p\n\na: 1\n"},
		{"lines in a string", "package p\na: {\n b: \"\"\"\n  x\n   y \\(c)\n    z\n  \"\"\"\n  c: 1}\n", "package p\n\na: {\n\tb: \"\"\"\n  x\n   y \\(c)\n    z\n  \"\"\"\n\tc: 1\n}\n"},
		{"nothing", "", ""},
		{"only comments", "//a\n", "//a\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, found := Format("x.cue", []byte(tt.before))
			if len(found) > 0 || string(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s\n%v", got, tt.want, found)
			}
		})
	}
}

// TestFormatRefuses: what cannot be read is said at its place.
func TestFormatRefuses(t *testing.T) {
	for _, tt := range []struct{ before, at, code string }{
		{"package p\na: {\n", "net/x.cue:2:6", "syntax"},
		{"a: \xff", "net/x.cue", "not-text"},
		{"a: \x00", "net/x.cue", "not-text"},
		{"a: " + strings.Repeat("[", 100_000), "net/x.cue", "too-deep"},
	} {
		got, found := Format("net/x.cue", []byte(tt.before))
		if got != nil || len(found) == 0 || found[0].Pos.String() != tt.at || string(found[0].Code) != tt.code {
			t.Errorf("%.20q: %.20q, %v; want %s at %s", tt.before, got, found, tt.code, tt.at)
		}
	}
}

// TestKeeps: what a formatter must not do is seen.
func TestKeeps(t *testing.T) {
	const before = "package p\n\n// why\na?: {b: 1 + 2, \"c d\": #X & \"x\\(1)y\"} // end\n"
	for _, change := range [][2]string{
		{"// why\n", ""}, {" // end", ""}, {"why", "how"}, {"1 + 2", "1 - 2"}, {"1 + 2", "12"}, {"a?", "a!"}, {"a?", "a"}, {"b:", "c:"},
		{"#X", "_X"}, {"x\\(", "z\\("}, {"b: 1", "b: {1}"}, {"package p", "package q"}, {"\"c d\"", "\"c  d\""},
	} {
		after := strings.Replace(before, change[0], change[1], 1)
		if keeps([]byte(before), []byte(before)) != nil || keeps([]byte(before), []byte(after)) == nil {
			t.Errorf("%q for %q is not seen", change[1], change[0])
		}
	}
}

// FuzzFormat formats anything: a second time changes nothing. Format itself sees
// to it that what is said stays the same.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"*.cue", "../tenants.cue", "../testdata/tenancies/*/*.cue", "../cmd/hedgerow/*.cue"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("a: [\n\t1, // x\n\t2\n]\nb: \"\"\"\n\tx\\(1)\n\t\"\"\"\n@if(a)\nlet x = 1\nfor k, v in x if k {(v): v}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once, found := Format("x.cue", data)
		if len(found) > 0 {
			return
		}
		twice, found := Format("x.cue", once)
		if len(found) > 0 || !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %q, and that %q, %v", data, once, twice, found)
		}
	})
}
