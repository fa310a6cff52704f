package render

import (
	"encoding/json"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// same holds what marshal writes against what the library writes.
func same(t *testing.T, object any) {
	t.Helper()
	want, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := marshal(object); err != nil || string(got) != string(want) {
		t.Errorf("%v\n--- got\n%s--- want\n%s", err, got, want)
	}
}

// TestMarshal is about every kind of value, at every depth.
func TestMarshal(t *testing.T) {
	long := strings.Repeat("word ", 40) + "end"
	for _, s := range []string{
		"", "plain", "No", "y", "null", "~", "1", "0x1f", "1e3", "12:30:00", "2026-11-21", "10.0.0.0/8", "2001:db8::/32", "::/0", "a b", "a  b", " a", "a ",
		"a: b", "a #b", "#", "- a", "-a", "a-", "it's", `"q"`, "ä ö", "a\nb", "a\tb", "a\u2028b", long, long + ": x", strings.Repeat("x", 200), strings.Repeat("x", 90) + " y z",
		"(a), b/c_d", "[a]", "{a}", "*", "&a", "!a", "%a", "@acme/shop", "`a`", "a,b", ".inf", "<<", "=", "true story", "no way", "a -b", "a ", "\u0000", "é",
		"../../base/allow-dns", "../x_y", "../", "../..", ".../a", "../1", "../no", "../a b", "./a", "@", "@a", "@acme", "@acme/it's", "@acme/a b", "@no", "@1/a",
	} {
		same(t, map[string]any{"k": s})
		same(t, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"hedgerow.dev/reason": s, "b": s}}})
		same(t, map[string]any{"list": []any{s, map[string]any{"a": s, "b": []any{s}}, []any{s}}})
		same(t, map[string]any{s: 1, "z": 2})
	}
	for _, v := range []any{0, 1, -1, 80, 65535, 1.5, 1e21, true, nil, map[string]any{}, []any{}, []any{[]any{}, map[string]any{}}, json.Number("12345678901"), json.Number("-0")} {
		same(t, map[string]any{"k": v, "l": []any{v}, "m": map[string]any{"n": v}})
		same(t, v)
	}
	for _, keys := range []string{"a1 a2 a10", "k8s-app app", "A a B b", "a.b a/b a-b ab a", "n no x", "1 2 10", "x_y x-y xy"} {
		m := map[string]any{}
		for _, k := range strings.Fields(keys) {
			m[k] = "v"
		}
		same(t, map[string]any{"labels": m})
	}
}

// FuzzMarshal holds any JSON against the library.
func FuzzMarshal(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"v1","spec":{"ports":[{"port":80,"protocol":"TCP"}],"podSelector":{}},"x":["a b",null,true]}`))
	f.Add([]byte(`{"k":"word word word word word word word word word word word word word word word word word word word"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if json.Unmarshal(data, &v) != nil {
			return
		}
		if _, err := yaml.Marshal(v); err != nil {
			return
		}
		same(t, v)
	})
}
