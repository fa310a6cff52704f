package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestEcho gives explain and reach what no end, port, environment or team is
// called, and looks that the answer is short and steers no terminal.
func TestEcho(t *testing.T) {
	(&mistake{args: []string{"version"}}).run(t, readBase(t)) // lays the files and changes the folder
	const end = "prod/payments/db"
	escape, long := "\x1b[31mred\a\u202e\xff", strings.Repeat("é", 50_000)
	for _, bad := range []string{escape, long, strings.Repeat("\n", 100_000)} {
		for _, args := range [][]string{
			{"explain", bad, end}, {"explain", end, bad}, {"explain", "prod/payments/" + bad, end}, {"explain", "external/" + bad, end},
			{"explain", "undeclared/" + bad, end}, {"explain", end, end, bad}, {"explain", end, end, "80/" + bad}, {"explain", "fe80::1%" + bad, end},
			{"reach", "--from", bad}, {"reach", "--to", "undeclared/" + bad}, {"reach", "--environment", bad}, {"reach", "--team", bad},
			{"rollout", "--environment", bad}, {"rollout", "--team", bad},
		} {
			got := runIn(args)
			all := got.stdout + got.stderr
			if len(all) > 2_000 || !utf8.ValidString(all) || strings.ContainsFunc(all, func(r rune) bool { return slices.Contains([]rune{0x1b, 0x07, 0x202e}, r) }) || strings.Contains(all, "\n\n\n") {
				t.Errorf("%.40q gives %d bytes: %.200q", args, len(all), all)
			}
			if got.exit != "2" && !strings.HasPrefix(args[1], "fe80") {
				t.Errorf("%.40q exits with %s", args, got.exit)
			}
		}
	}
}

// TestFlagsOfDiagnostics gives commands that only look the flags that say how
// diagnostics are written: they mean nothing there, and do no harm.
func TestFlagsOfDiagnostics(t *testing.T) {
	(&mistake{args: []string{"version"}}).run(t, readBase(t))
	for _, args := range [][]string{
		{"explain", "prod/checkout/api", "prod/payments/api", "https"}, {"reach"}, {"diff", ".", "."}, {"rollout"},
	} {
		plain := runIn(args)
		if plain.exit != "0" || plain.stdout == "" {
			t.Fatalf("%v: %s", args, plain)
		}
		for _, flag := range []string{"--quiet", "--format=json", "--format=sarif", "--format=github"} {
			if got := runIn(append([]string{args[0], flag}, args[1:]...)); got != plain {
				t.Errorf("%v %s: %s", args, flag, got)
			}
		}
	}
}
