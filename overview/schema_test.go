package overview_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

var schemaFile = filepath.Join("..", "docs", "report.schema.json")

func validate(t *testing.T, doc string) error {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

func TestJSONIsOfTheSchema(t *testing.T) {
	hostile := sample.Company()
	sample.Deface(hostile)
	nothing := &overview.Overview{AsOf: "2026-11-21", Change: &overview.Change{Since: "yesterday"}}
	for _, o := range []*overview.Overview{sample.Company(), sample.Large(200), hostile, nothing} {
		if err := validate(t, written(t, overview.WriteJSON, o)); err != nil {
			t.Error(err)
		}
	}
}

// What WriteJSON does not write is not of the schema.
func TestSchemaRefuses(t *testing.T) {
	right := written(t, overview.WriteJSON, sample.Company())
	for _, c := range [][2]string{
		{`"asOf": "2026-11-21"`, `"asOf": "today"`}, {`"state": "open"`, `"state": "ajar"`},
		{`"verdict": "held"`, `"verdict": "perhaps"`},
		{`"kind": "never"`, `"kind": "sometimes"`}, {`"expiring": true`, `"expiring": false`},
		{`"policies": 61`, `"policies": -1`},
		{`"group": "banks"`, `"groups": "banks"`}, {`"since": `, `"since": "", "before": `}, {`"notShown": `, `"shown": `},
		{`"layer": "allow-same-namespace"`, `"layer": ""`}, {`"reservations": [`, `"reservations": [""],"more": [`},
	} {
		wrong := strings.Replace(right, c[0], c[1], 1)
		if wrong == right {
			t.Errorf("the sample has no %s", c[0])
		}
		if validate(t, wrong) == nil {
			t.Errorf("the schema takes %s", c[1])
		}
	}
}

// Every property of the schema is one that WriteJSON writes: none is left over.
func TestSchemaIsNoWider(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any `json:"properties"`
		Defs       map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&schema); err != nil {
		t.Fatal(err)
	}
	out := written(t, overview.WriteJSON, sample.Company())
	of := map[string]map[string]any{"the overview": schema.Properties}
	for name, def := range schema.Defs {
		of[name] = def.Properties
	}
	for name, properties := range of {
		for property := range properties {
			if !strings.Contains(out, `"`+property+`":`) {
				t.Errorf("%s of %s is never written", property, name)
			}
		}
	}
}
