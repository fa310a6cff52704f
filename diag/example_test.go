package diag_test

import (
	"go/token"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// sources are the files that the examples point into.
var sources = map[string]string{
	"tenants.cue": strings.Repeat("\n", 40) +
		"flows: {\n" +
		"\tto: {namespace: \"payment\", workload: \"api\"}\n" +
		"\tnote: \"支払い\", owner: \"zoë\", reason: 7\r\n" +
		"\tbad: \"\x1b[31m\u202e\xff\", x: 1\n" +
		strings.Repeat("a", 300) + "!" + strings.Repeat("b", 300) + "\n" +
		"last",
	"platform.cue":         "package platform\n\nnamespaces: payments: {}\n",
	"team a/#1:b,c=%.cue":  "\ufeffname: x\n",
	"evil\x1b[2J\n::x.cue": "ok\n",
}

func source(name string) []byte {
	if s, ok := sources[name]; ok {
		return []byte(s)
	}
	return nil
}

func pos(file string, line, column int) token.Position {
	return token.Position{Filename: file, Line: line, Column: column}
}

// examples are the diagnostics that the golden files draw. Their codes are made
// up, so that they have no summary.
var examples = []diag.Diagnostic{
	{
		Code: "x-unknown-namespace",
		Pos:  pos("tenants.cue", 42, 18),
		Path: "flows.checkout-pays.to.namespace",
		Fact: `namespace "payment" is not declared`,
		Fix:  `did you mean "payments"?`,
		Related: []diag.Related{
			{Pos: pos("platform.cue", 3, 1), Note: "first declared here"},
			{Pos: pos("platform.cue", 3, 1), Note: "first declared here"},
			{Pos: pos("elsewhere.cue", 7, 2), Note: "and used here"},
			{Note: "namespaces are listed in the guide"},
		},
	},
	{
		Severity: diag.Warning,
		Code:     "x-wide",
		Pos:      pos("tenants.cue", 43, 45),
		Path:     "flows.checkout-pays.reason",
		Fact:     "reason is a number, {0} and [this](https://example.org) are not",
		Fix:      "write a string",
	},
	{Code: "x-escape", Pos: pos("tenants.cue", 44, 19), Fact: "x is 1 after \x1b[31m, \u202e and \xff"},
	{Code: "x-long", Pos: pos("tenants.cue", 45, 301), Fact: "a mark stands in a long line"},
	{Code: "x-long", Pos: pos("tenants.cue", 45, 1), Fact: "a long line starts here"},
	{Code: "x-beyond", Pos: pos("tenants.cue", 46, 99), Fact: "the file ends early"},
	{Code: "x-no-column", Pos: pos("platform.cue", 3, 0), Fact: "the column is not known"},
	{Code: "x-no-line", Pos: pos("platform.cue", 0, 0), Fact: "the file is about nothing"},
	{Code: "x-no-such-line", Pos: pos("platform.cue", 30, 3), Fact: "the file has changed since"},
	{Code: "x-no-source", Pos: pos("gone.cue", 3, 4), Fact: "the source is not known"},
	{Code: "x-name", Pos: pos("team a/#1:b,c=%.cue", 1, 4), Fact: "100% of names, some: odd"},
	{
		Severity: diag.Warning,
		Code:     "x-evil\n::error::",
		Pos:      pos("evil\x1b[2J\n::x.cue", 1, 2),
		Fact:     "one\r\n::error::two%0A\x9b\u009b\u2028",
		Fix:      "\n::stop-commands::x",
		Related:  []diag.Related{{Pos: pos("\x1b", 1, 1), Note: "\x1b\n::debug::"}},
	},
	{Severity: diag.Warning, Fact: "the cluster is not reachable"},
}
