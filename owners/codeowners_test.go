package owners

import "testing"

// TestPatterns holds how each host reads a pattern against what its documentation
// says of it.
func TestPatterns(t *testing.T) {
	const github, gitlab, both, nobody = "GitHub", "GitLab", "both", "nobody"
	for _, tt := range []struct{ pattern, file, matches string }{
		{"*", "a", both},
		{"*", "x/y/a", both},
		{"*.cue", "x/a.cue", both},
		{"/*.cue", "a.cue", both},
		{"/*.cue", "x/a.cue", nobody},
		{"/net/", "net/a", both},
		{"/net/", "net/x/a", both},
		{"/net/", "net", nobody},
		{"/net/", "x/net/a", nobody},
		{"net/", "x/net/y/a", both},
		{"/net", "net/a", github}, // a folder's name is all that is in it
		{"/net", "net", both},
		{"net/*", "net/a", both},
		{"net/*", "net/x/a", nobody},
		{"net/a.cue", "x/net/a.cue", gitlab}, // GitHub: a slash within roots it
		{"/net/**", "net/x/a", github},
		{"/net/**/a", "net/a", both},
		{"/net/**/a", "net/x/y/a", both},
		{"**/a", "a", both},
		{"/", "a", gitlab},
		{"**", "x/a", both},
		{`/a\ b/`, "a b/c", both},
		{"/a?.cue", "ab.cue", both},
		{"/a?.cue", "a/.cue", nobody},
		{"/[ab].cue", "a.cue", both}, // GitHub does not know it: the rule says so
		{"/[!b].cue", "a.cue", both},
		{"/[!b].cue", "b.cue", nobody},
		{"/[z-a].cue", "b.cue", nobody},
		{"/[].cue", "[].cue", both},
		{"/é.cue", "é.cue", both},
		{"/A.cue", "a.cue", nobody},
		{"/a.cue", "aXcue", nobody},
	} {
		got := nobody
		switch onGitHub, onGitLab := compile(tt.pattern, GitHub).MatchString(tt.file), compile(tt.pattern, GitLab).MatchString(tt.file); {
		case onGitHub && onGitLab:
			got = both
		case onGitHub:
			got = github
		case onGitLab:
			got = gitlab
		}
		if got != tt.matches {
			t.Errorf("%q matches %q for %s, want %s", tt.pattern, tt.file, got, tt.matches)
		}
	}
}

// FuzzParse reads anything, and asks about any file.
func FuzzParse(f *testing.F) {
	f.Add("/net/ @a # b\n[S][2] @b\n!x\n^[T]\n/[a-\\]b\\ c** @@maintainer\n\\", "net/a.cue")
	f.Add("/\n//\n**\n[\n[]\n[!]\n\\# @x\n\xff @y", "a")
	f.Fuzz(func(t *testing.T, text, file string) {
		for _, h := range []Host{GitHub, GitLab} {
			for _, v := range judge(parse([]byte(text), h), file) {
				if v.line < 1 {
					t.Errorf("%s: a verdict without a line: %v", h, v)
				}
			}
		}
	})
}
