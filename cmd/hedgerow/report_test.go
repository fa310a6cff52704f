package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/overview"
)

// TestReportOfTenancies holds what a report shows of each tenancy of the
// repository against what other commands say: every namespace has one name, every
// position is where the tenancy writes the thing, and what is open is what reach
// lists.
func TestReportOfTenancies(t *testing.T) {
	dirs, err := tenancies.Folders(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Setenv("HEDGEROW_AS_OF", testDay)
			since := filepath.Join("..", "..", "testdata", "tenancies", "smallest")
			if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
				since = dir // whose configuration is not for another
			}
			var doc any
			ask(t, &doc, "-C", dir, "report", "--format", "json", "--since", since)
			if err := schema.Validate(doc); err != nil {
				t.Error(err)
			}
			var o overview.Overview
			ask(t, &o, "-C", dir, "report", "--format", "json")
			var reached struct{ Connections []json.RawMessage }
			ask(t, &reached, "-C", dir, "reach", "--as", "json")
			if len(o.Connections) != len(reached.Connections) {
				t.Errorf("the report has %d connections, and reach %d", len(o.Connections), len(reached.Connections))
			}
			judgeOverview(t, &o)
		})
	}
}

// ask runs a command and reads its JSON.
func ask(t *testing.T, into any, args ...string) {
	t.Helper()
	got := runIn(args)
	if got.exit != "0" {
		t.Fatalf("%q: %s", args, got)
	}
	if err := json.Unmarshal([]byte(got.stdout), into); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
}

func judgeOverview(t *testing.T, o *overview.Overview) {
	names := map[string]bool{}
	for _, n := range o.Namespaces {
		if names[n.Name] {
			t.Errorf("two namespaces are called %s", n.Name)
		}
		names[n.Name] = true
		writtenAt(t, n.At, "")
		for _, e := range n.Exemptions {
			writtenAt(t, e.At, "")
		}
	}
	flows := map[string]bool{}
	for _, f := range o.Flows {
		flows[f.Name] = true
		writtenAt(t, f.At, f.Name)
		if f.From == "" || f.To == "" || f.Ports == "" && !f.Expired {
			t.Errorf("flow %s has an end or ports that are not said: %+v", f.Name, f)
		}
	}
	for _, c := range o.Connections {
		if c.From.Group == "" || c.To.Group == "" || c.Ports == "" || !strings.HasPrefix(c.From.Label, c.From.Group) || !strings.HasPrefix(c.To.Label, c.To.Group) {
			t.Errorf("a connection cannot be placed: %+v", c)
		}
		for _, f := range c.Flows {
			if !flows[f] {
				t.Errorf("%+v is of no flow of the register", c)
			}
		}
	}
}

// writtenAt holds a position against the file: it is inside of it, and a flow's
// stands at its name, unless a field of the tenancy's makes the name.
func writtenAt(t *testing.T, at, name string) {
	t.Helper()
	parts := strings.Split(at, ":")
	if len(parts) != 3 {
		t.Errorf("%q is no position", at)
		return
	}
	data, err := os.ReadFile(parts[0])
	if err != nil {
		t.Error(err)
		return
	}
	line, _ := strconv.Atoi(parts[1])
	column, _ := strconv.Atoi(parts[2])
	lines := strings.Split(string(data), "\n")
	if line < 1 || line > len(lines) || column < 1 || column > len(lines[line-1]) {
		t.Errorf("%s is outside of the file", at)
		return
	}
	if rest := lines[line-1][column-1:]; strings.Contains(string(data), name+`": {`) && !strings.HasPrefix(strings.TrimPrefix(rest, `"`), name) {
		t.Errorf("flow %s is not at %s, where it says %s", name, at, rest)
	}
}
