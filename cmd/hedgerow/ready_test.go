package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/schema"
)

// readyMade is the tenancy that uses all that is ready-made.
const readyMade = exampleTenancies + "/ready-made"

var (
	reReady   = regexp.MustCompile(`(?m)^(#[A-Z][A-Za-z0-9]*): `)
	reFlowKey = regexp.MustCompile(`(?m)^\t"([a-z-]+)": +schema[.]#`)
)

// TestReadyMade holds what each ready-made definition opens: all of them are used
// in one tenancy, and everything that is open there is known.
func TestReadyMade(t *testing.T) {
	uses, page := read(t, readyMade+"/tenants.cue"), read(t, "../../docs/flows.md")
	definitions := reReady.FindAllStringSubmatch(schema.Ready, -1)
	for _, m := range definitions {
		used := regexp.MustCompile(`schema[.]` + m[1] + `\b`)
		if !used.MatchString(uses) {
			t.Errorf("%s/tenants.cue does not use %s", readyMade, m[1])
		}
		if !used.MatchString(page) {
			t.Errorf("docs/flows.md does not show %s", m[1])
		}
	}
	if len(definitions) < 25 {
		t.Errorf("only %d definitions were found", len(definitions))
	}

	const golden = readyMade + "/reach.txt"
	got := runTenancy(t, "reach", "-C", readyMade)
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, golden); got != want {
		t.Errorf("reach lists\n%s\nwant, from %s (\"make golden\" rewrites it):\n%s", got, golden, want)
	}
	_, flows, _ := strings.Cut(uses, "\nflows: {")
	for _, m := range reFlowKey.FindAllStringSubmatch(flows, -1) {
		if !strings.Contains(got, " "+m[1]+"\n") {
			t.Errorf("flow %q opens nothing", m[1])
		}
	}
}

func read(t *testing.T, file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
