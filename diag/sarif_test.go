package diag_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// sarif is the part of SARIF 2.1.0 that Hedgerow writes, as a consumer reads it.
type sarif struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, SemanticVersion, InformationURI string
				Rules                                 []rule
			}
		}
		ColumnKind string
		Results    []result
	}
}

type rule struct {
	ID               string
	ShortDescription struct{ Text string }
}

type result struct {
	RuleID              string
	RuleIndex           *int
	Level               string
	Message             struct{ Text string }
	Locations           []location
	RelatedLocations    []json.RawMessage
	PartialFingerprints map[string]string
}

type location struct {
	PhysicalLocation *struct {
		ArtifactLocation struct{ URI string }
		Region           *struct{ StartLine, StartColumn *int }
	}
	LogicalLocations []struct{ FullyQualifiedName string }
	Message          *struct{ Text *string }
}

// checkSARIF checks what the schema of SARIF 2.1.0 asks of the properties that
// are there, and what the text of the standard asks beyond that.
func checkSARIF(t testing.TB, s string) sarif {
	t.Helper()
	var log sarif
	strict(t, []byte(s), &log)
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %q with %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	driver := run.Tool.Driver
	if driver.Name != "hedgerow" || driver.InformationURI != "https://github.com/hedgerow-dev/hedgerow" {
		t.Errorf("driver is %+v", driver)
	}
	if run.ColumnKind != "unicodeCodePoints" || run.Results == nil || driver.Rules == nil {
		t.Errorf("columnKind %q, results %v, rules %v", run.ColumnKind, run.Results, driver.Rules)
	}
	checkRules(t, driver.Rules, run.Results)
	for _, r := range run.Results {
		checkResult(t, r)
	}
	return log
}

func strict(t testing.TB, data []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
}

// checkRules checks that the rules are sorted, unique and used, and that each
// result points to its own.
func checkRules(t testing.TB, rules []rule, results []result) {
	t.Helper()
	used := make([]bool, len(rules))
	for _, r := range results {
		switch {
		case r.RuleIndex == nil:
			if r.RuleID != "" {
				t.Errorf("rule %q has no index", r.RuleID)
			}
		case *r.RuleIndex < 0 || *r.RuleIndex >= len(rules) || rules[*r.RuleIndex].ID != r.RuleID:
			t.Errorf("rule %q has index %d", r.RuleID, *r.RuleIndex)
		default:
			used[*r.RuleIndex] = true
		}
	}
	for i, r := range rules {
		if !used[i] || r.ID == "" || r.ShortDescription.Text == "" || i > 0 && rules[i-1].ID >= r.ID {
			t.Errorf("rule %d is %+v, used: %t", i, r, used[i])
		}
	}
}

func checkResult(t testing.TB, r result) {
	t.Helper()
	if r.Level != "error" && r.Level != "warning" {
		t.Errorf("level is %q", r.Level)
	}
	if len(r.PartialFingerprints) != 1 {
		t.Errorf("fingerprints are %v", r.PartialFingerprints)
	}
	if len(r.Locations) > 1 {
		t.Errorf("%d locations", len(r.Locations))
	}
	for _, l := range r.Locations {
		if l.PhysicalLocation == nil {
			t.Error("location is not physical")
		}
		checkLocation(t, l)
	}
	var seen []string
	for _, raw := range r.RelatedLocations {
		var l location
		strict(t, raw, &l)
		checkLocation(t, l)
		if l.Message == nil || l.Message.Text == nil || slices.Contains(seen, string(raw)) {
			t.Errorf("related location has no message or is there twice: %s", raw)
		}
		seen = append(seen, string(raw))
	}
}

func checkLocation(t testing.TB, l location) {
	t.Helper()
	p := l.PhysicalLocation
	if p == nil {
		return
	}
	if u, err := url.Parse(p.ArtifactLocation.URI); err != nil || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
		t.Errorf("uri %q is not a path: %v", p.ArtifactLocation.URI, err)
	}
	if r := p.Region; r != nil {
		if r.StartLine == nil || *r.StartLine < 1 || r.StartColumn != nil && *r.StartColumn < 1 {
			t.Errorf("region is %+v", r)
		}
	}
}

func TestSARIF(t *testing.T) {
	log := checkSARIF(t, write(t, diag.SARIF, examples, diag.Options{}))
	if got := len(log.Runs[0].Results); got != len(examples) {
		t.Errorf("%d results of %d diagnostics", got, len(examples))
	}
	for i, r := range log.Runs[0].Results {
		if known := examples[i].Pos.Filename != ""; known != (len(r.Locations) == 1) {
			t.Errorf("%v has %d locations", examples[i], len(r.Locations))
		}
	}
}

func TestSARIFRuleHasSummary(t *testing.T) {
	ds := []diag.Diagnostic{{Code: diag.UnknownNamespace}, {Code: "x-made-up"}}
	rules := checkSARIF(t, write(t, diag.SARIF, ds, diag.Options{})).Runs[0].Tool.Driver.Rules
	for i, want := range []string{diag.UnknownNamespace.Summary(), "x-made-up"} {
		if got := rules[i].ShortDescription.Text; got != want || got == "" {
			t.Errorf("rule %s: got %q, want %q", rules[i].ID, got, want)
		}
	}
}

func TestSARIFVersion(t *testing.T) {
	for version, want := range map[string]string{
		"":                   "",
		"(devel)":            "",
		"1.2":                "",
		"v1.02.3":            "",
		"1.2.3\n":            "",
		"1.2.3":              "1.2.3",
		"v1.2.3":             "1.2.3",
		"v1.2.3-rc.1+dirty":  "1.2.3-rc.1+dirty",
		"v0.0.0-4-gabcdef01": "0.0.0-4-gabcdef01",
	} {
		log := checkSARIF(t, write(t, diag.SARIF, nil, diag.Options{Version: version}))
		if got := log.Runs[0].Tool.Driver.SemanticVersion; got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestSARIFColumn(t *testing.T) {
	for _, tt := range []struct {
		source string
		column int
		want   int // 0 if there is none
	}{
		{"支払: 1", 0, 0},
		{"支払: 1", 1, 1},
		{"支払: 1", 7, 3},
		{"支払: 1", 5, 2},
		{"支払: 1", 99, 6},
		{"\ufeffab", 5, 2},
		{"\xff\xffab", 3, 3},
		{"😀a", 5, 2},
	} {
		ds := []diag.Diagnostic{{Pos: pos("t.cue", 1, tt.column)}}
		o := diag.Options{Source: func(string) []byte { return []byte(tt.source) }}
		log := checkSARIF(t, write(t, diag.SARIF, ds, o))
		got := 0
		if c := log.Runs[0].Results[0].Locations[0].PhysicalLocation.Region.StartColumn; c != nil {
			got = *c
		}
		if got != tt.want {
			t.Errorf("byte column %d of %q: got %d, want %d", tt.column, tt.source, got, tt.want)
		}
	}
}

func TestSARIFURI(t *testing.T) {
	for file, want := range map[string]string{
		"a/b.cue":    "a/b.cue",
		"a b#?%.cue": "a%20b%23%3F%25.cue",
		"a:b.cue":    "./a:b.cue",
		"zoë\xff":    "zo%C3%AB%FF",
		"<stdin>":    "%3Cstdin%3E",
		"//host/x":   "/host/x",
	} {
		log := checkSARIF(t, write(t, diag.SARIF, []diag.Diagnostic{{Pos: pos(file, 0, 0)}}, diag.Options{}))
		p := log.Runs[0].Results[0].Locations[0].PhysicalLocation
		if got := p.ArtifactLocation.URI; got != want || p.Region != nil {
			t.Errorf("%q: got %q, want %q; region %v", file, got, want, p.Region)
		}
	}
}

func TestSARIFMessage(t *testing.T) {
	for _, tt := range []struct{ fact, fix, want string }{
		{"it is so", "", "it is so"},
		{"it is so", "change it", "it is so. change it."},
		{"it is so.", "did you mean that?", "it is so. did you mean that?"},
	} {
		ds := []diag.Diagnostic{{Fact: tt.fact, Fix: tt.fix}}
		log := checkSARIF(t, write(t, diag.SARIF, ds, diag.Options{}))
		if got := log.Runs[0].Results[0].Message.Text; got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestSARIFFingerprint: a problem stays the same one while lines and words of
// advice move, and only then.
func TestSARIFFingerprint(t *testing.T) {
	print := func(d diag.Diagnostic) string {
		log := checkSARIF(t, write(t, diag.SARIF, []diag.Diagnostic{d}, diag.Options{}))
		return log.Runs[0].Results[0].PartialFingerprints["codePathFact/v1"]
	}
	d := diag.Diagnostic{Code: "c", Path: "p", Fact: "f", Pos: pos("a.cue", 1, 1)}
	base := print(d)
	moved := d
	moved.Pos, moved.Fix, moved.Severity = pos("b.cue", 2, 2), "x", diag.Warning
	if got := print(moved); got != base || len(got) != 64 {
		t.Errorf("moved: got %q, want %q", got, base)
	}
	for _, other := range []diag.Diagnostic{
		{Code: "d", Path: "p", Fact: "f"},
		{Code: "c", Path: "q", Fact: "f"},
		{Code: "c", Path: "p", Fact: "g"},
		{Code: "cp", Fact: "f"},
	} {
		if print(other) == base {
			t.Errorf("%v has the fingerprint of %v", other, d)
		}
	}
}
