package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestRolloutSchema holds what rollout writes as JSON against its schema, which
// takes that and nothing that differs from it.
func TestRolloutSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "rollout.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	validate := func(doc string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	archive, err := txtar.ParseFile(filepath.Join("..", "..", "testdata", "script", "rollout_list.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	for _, f := range archive.Files {
		if !bytes.HasPrefix(f.Data, []byte("{")) {
			continue
		}
		docs = append(docs, string(f.Data))
		if err := validate(string(f.Data)); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	for _, damage := range [][2]string{
		{`"state": "open"`, `"state": "enforced"`}, {`"state": "enforced"`, `"state": "open"`}, {`"state": "retired"`, `"state": "gone"`},
		{`"due": "soon"`, `"due": "later"`}, {`"cluster": "main",`, ``}, {`"shared": true`, `"shared": true, "team": "sales"`},
		{`"namespaces": 3`, `"namespaces": 0`}, {`"until": "`, `"until": "on `}, {`"at": "tenants.cue:`, `"at": "`}, {`"progress"`, `"more"`},
	} {
		i := slices.IndexFunc(docs, func(doc string) bool { return strings.Contains(doc, damage[0]) })
		if i < 0 {
			t.Errorf("%s is never written", damage[0])
		} else if validate(strings.Replace(docs[i], damage[0], damage[1], 1)) == nil {
			t.Errorf("the schema takes %s for %s", damage[1], damage[0])
		}
	}
}
