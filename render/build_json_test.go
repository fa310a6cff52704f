package render

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/provider"
)

// TestAsJSON holds what is read from kustomize's resources against what kustomize
// itself writes of them, on values that YAML is known to read in its own way.
func TestAsJSON(t *testing.T) {
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
	values := []string{
		`"123"`, `123`, `'1e3'`, `1e3`, `"true"`, `yes`, `"no"`, `on`, `null`, `~`, `""`, `0x1f`, `0o17`, `017`, `9007199254740993`, `-0`, `1.50`,
		`2026-11-21`, `"2026-11-21"`, `12:30:00`, `"a\u2028b"`, `"é\t\n"`, `'#no'`, `"- x"`, `[a, 1, {b: "2"}]`, `{}`, `[]`, `.inf`, `!!str 5`, `|-
    two
    lines`, `&x [1]`,
	}
	for _, value := range values {
		text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: \"1\"\ndata:\n  value: " + value + "\n"
		rs, err := factory.SliceFromBytes([]byte(text))
		if err != nil {
			t.Fatal(value, err)
		}
		got, gotErr := asJSON(rs[0])
		want, wantErr := rs[0].MarshalJSON()
		if string(got) != strings.TrimSpace(string(want)) || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%s: %s (%v), and kustomize writes %s (%v)", value, got, gotErr, want, wantErr)
		}
	}
}
