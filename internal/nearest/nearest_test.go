package nearest

import "testing"

func TestName(t *testing.T) {
	fields := []string{"pods", "ports", "tags", "overlaps", "crossEnvironment", "namespace", "environments"}
	for word, want := range map[string]string{
		"prots": "ports", "port": "ports", "Ports": "ports", "tag": "tags", "crosEnvironment": "crossEnvironment", "namespcae": "namespace",
		"environment": "environments", "x": "", "zzzzzz": "", "": "",
	} {
		if got := Name(word, fields); got != want {
			t.Errorf("Name(%q) = %q, not %q", word, got, want)
		}
	}
}

func TestHint(t *testing.T) {
	for _, c := range []struct {
		word       string
		candidates []string
		want       string
	}{
		{"fronted", []string{"orders", "frontend"}, `did you mean "frontend"?`},
		{"billing", []string{"orders", "frontend"}, "namespaces are: frontend, orders"},
		{"billing", nil, "no namespaces are declared"},
	} {
		if got := Hint(c.word, "namespaces", c.candidates); got != c.want {
			t.Errorf("Hint(%q) = %q, not %q", c.word, got, c.want)
		}
	}
}
