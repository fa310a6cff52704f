package report_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/report"
)

func reachSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "reach.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, doc []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

// Every form of an end and of ports, as Write writes it.
func everyForm() (out []report.Connection) {
	prefix := netip.MustParsePrefix
	ends := []report.End{
		report.NewEnd(reach.End{Namespace: "a"}, "", "", nil),
		report.NewEnd(reach.End{Namespace: "a", Workload: "b"}, "prod/a", "team", []string{"@owner"}),
		report.NewEnd(reach.End{Namespace: "a", Pods: "b=c"}, "", "", nil),
		report.NewEnd(reach.End{Namespace: "a", Pods: "b=c", Unshown: true}, "", "", nil),
		report.NewEnd(reach.End{Namespace: "a", Unshown: true}, "", "", nil),
		report.NewEnd(reach.End{Namespaces: []string{"a", "b"}, Pods: "b"}, "", "", nil),
		report.NewEnd(reach.End{OtherNamespaces: true, Unshown: true}, "", "", nil),
		report.NewEnd(reach.End{Namespaces: []string{"a"}, OtherNamespaces: true}, "", "", nil),
		report.NewEnd(reach.End{OtherNamespaces: true}, "", "", nil),
		report.NewEnd(reach.End{AllNamespaces: true}, "", "", nil),
		report.NewEnd(reach.End{AllNamespaces: true, ExceptNamespaces: []string{"a"}, Pods: "b"}, "", "", nil),
		report.NewEnd(reach.End{CIDR: prefix("10.0.0.0/8"), Except: []netip.Prefix{prefix("10.1.0.0/16")}}, "", "", nil),
		report.NewEnd(reach.End{CIDR: prefix("::ffff:10.0.0.0/104")}, "", "", nil),
	}
	ports := []report.Ports{
		{Ports: reach.AllPorts},
		{Ports: reach.NewPorts(reach.Range{Protocol: reach.TCP, First: 1, Last: 65535}, reach.Range{Protocol: reach.SCTP, First: 5, Last: 5})},
		{Ports: reach.NewPorts(reach.Range{Protocol: reach.UDP, First: 53, Last: 53}), ByName: []string{"dns"}},
	}
	for _, from := range ends {
		for _, to := range ends {
			for _, p := range ports {
				out = append(out, report.Connection{From: from, To: to, Ports: p}, report.Connection{Cluster: "c", From: from, To: to, Ports: p, Flows: []string{"f"}, Policies: []string{"a/b"}})
			}
		}
	}
	return out
}

func TestJSONIsOfTheSchema(t *testing.T) {
	schema := reachSchema(t)
	for _, cs := range [][]report.Connection{nil, everyForm()} {
		if err := validate(t, schema, []byte(as(t, report.JSON, cs...))); err != nil {
			t.Error(err)
		}
	}
	for _, script := range []string{"reach_manifests", "reach_overlays"} {
		archive, err := txtar.ParseFile(filepath.Join("..", "testdata", "script", script+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for _, f := range archive.Files {
			if strings.HasPrefix(f.Name, "want/") && bytes.HasPrefix(f.Data, []byte("{")) {
				seen = true
				if err := validate(t, schema, f.Data); err != nil {
					t.Errorf("%s of %s: %v", f.Name, script, err)
				}
			}
		}
		if !seen {
			t.Errorf("%s has no JSON", script)
		}
	}
}

// What Write does not write is not of the schema.
func TestSchemaRefuses(t *testing.T) {
	schema := reachSchema(t)
	connection := func(s string) string { return `{"connections": [` + s + `]}` }
	from := func(s string) string {
		return connection(`{"from": ` + s + `, "to": {"namespace": "a"}, "ports": "all"}`)
	}
	ports := func(s string) string {
		return connection(`{"from": {"namespace": "a"}, "to": {"namespace": "a"}, "ports": ` + s + `}`)
	}
	for _, doc := range []string{
		`[]`, `{}`, `{"connections": null}`, `{"connections": [], "more": 1}`, connection(`{}`), connection(`{"from": {"namespace": "a"}, "to": {"namespace": "b"}}`),
		from(`{}`), from(`"a"`), from(`{"namespace": ""}`), from(`{"namespace": "a", "cidr": "10.0.0.0/8"}`), from(`{"namespace": "a", "namespaces": ["b"]}`),
		from(`{"namespace": "a", "workload": "b", "pods": "c"}`), from(`{"workload": "b"}`), from(`{"namespaces": []}`), from(`{"otherNamespaces": false}`),
		from(`{"cidr": "10.0.0.0"}`), from(`{"except": ["10.0.0.0/8"]}`), from(`{"cidr": "10.0.0.0/8", "except": []}`), from(`{"namespace": "a", "label": "b"}`),
		ports(`"none"`), ports(`[]`), ports(`{}`), ports(`[{"port": 80}]`), ports(`[{"protocol": "TCP"}]`), ports(`[{"protocol": "ICMP", "port": 80}]`),
		ports(`[{"protocol": "TCP", "port": 0}]`), ports(`[{"protocol": "TCP", "port": 65536}]`), ports(`[{"protocol": "TCP", "port": "http"}]`),
		ports(`[{"protocol": "TCP", "port": 80, "endPort": 0}]`), ports(`[{"protocol": "TCP", "port": 80, "byName": "http"}]`),
	} {
		if validate(t, schema, []byte(doc)) == nil {
			t.Errorf("the schema takes %s", doc)
		}
	}
	if err := validate(t, schema, []byte(ports(`[{"protocol": "TCP", "port": 80, "endPort": 81, "byName": ["http"]}]`))); err != nil {
		t.Error(err)
	}
}

// Every property of the schema is one that Write writes: none is left over.
func TestSchemaIsNoWider(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "reach.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	out := as(t, report.JSON, everyForm()...)
	for name, def := range schema.Defs {
		for property := range def.Properties {
			if !strings.Contains(out, `"`+property+`":`) {
				t.Errorf("%s of %s is never written", property, name)
			}
		}
	}
}
