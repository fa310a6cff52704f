package schema

import (
	"math/rand/v2"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"k8s.io/apimachinery/pkg/util/validation"
)

// shapes are all shapes of strings, with the fragments that their random
// strings are put together from.
var shapes = map[*shape][]string{
	&nameShape:        {"a", "z9", "-", ".", "A", "", strings.Repeat("x", 31), " ", "é"},
	&affixShape:       {"a", "-", "9", "A", "", strings.Repeat("x", 31), "_"},
	&lineShape:        {"a reason", " ", "\n", "\t", "${", "$", "{", "ü", "\u202e", "\u00a0", "\x1b", "\u200b", strings.Repeat("y", 99), "😀"},
	&filePatternShape: {"a", "*", "?", "/", "[", ".cue", "", strings.Repeat("p", 99)},
	&cidrShape:        {"10.0.0.0", "/", "8", "::1", "fd00", ".", "g", "128", "1000"},
	&ipShape:          {"10.0.0.0", "::1", ".", ":", "g", strings.Repeat("1", 22)},
	&dateShape:        {"2027", "-", "02", "2027-02-28", "2028-02-29", "2027-02-29", "28", "29", "30", "1", "T", "2028", " "},
	&portNameShape:    {"http", "8", "-", "A", "", "metrics", "_"},
	&portSpecShape:    {"53", "/", "UDP", "TCP", "SCTP", "-", "65535", "65536", "0", "99", "udp", " "},
	&labelKeyShape:    {"app", "/", ".", "-", "_", "A", "k8s.io", strings.Repeat("l", 62), strings.Repeat("d.", 99), ""},
	&labelValueShape:  {"web", ".", "-", "_", "A", " ", "/", strings.Repeat("v", 62), ""},
	&intervalShape:    {"10m", "1h", "30s", "0", "9", "h", "m", "s", "00001", "-", "ms", ""},
	&repositoryShape:  {"https://git", "ssh://git@example.com", "/acme", ":22", ":", "@", "{{", "http://a", "/", "..", "*", strings.Repeat("r", 99)},
	&branchShape:      {"main", "release", "/", ".", "-", "_", ".lock", "1.2", "{{", "@{", " ", "~", strings.Repeat("b", 99)},
	&folderShape:      {"overlays", ".", "/", "..", "-", "_", "a", "{{", " ", "*", strings.Repeat("f", 99)},
	&serverShape:      {"https://10.0.0.1", "https://kubernetes.default", ".svc", ":6443", ":0", "/k8s", "[::1]", "{{", "http://a", "*", "@", strings.Repeat("s", 99)},
	&destinationShape: {"prod", "in-cluster", "arn:aws:eks", ":", "/", "@", ".", "*", "!", "{{", " ", strings.Repeat("d", 99)},
}

func encode(text string) cue.Value { return cuecontext.New().Encode(text) }

func definition(t testing.TB) func(name string) cue.Value {
	v := cuecontext.New().CompileString(Source)
	if v.Err() != nil {
		t.Fatal(v.Err())
	}
	return func(name string) cue.Value {
		def := v.LookupPath(cue.ParsePath(name))
		if !def.Exists() {
			t.Fatalf("the schema has no %s", name)
		}
		return def
	}
}

// TestShapesAreTheSchemas holds each shape against its definition on random
// strings, half of them near to right ones.
func TestShapesAreTheSchemas(t *testing.T) {
	def := definition(t)
	rng := rand.New(rand.NewPCG(5, 6))
	for s, fragments := range shapes {
		want, accepted := def(s.definition), 0
		for range 3000 {
			text := randomString(rng, fragments)
			inCUE := want.Unify(encode(text)).Validate(cue.Concrete(true)) == nil
			if got := s.accepts(text); got != inCUE {
				t.Errorf("%s: %q: the schema says %v, the decoder %v", s.definition, text, inCUE, got)
			} else if got {
				accepted++
			}
		}
		if accepted == 0 {
			t.Errorf("%s: not one of the random strings is right", s.definition)
		}
	}
}

func randomString(rng *rand.Rand, fragments []string) string {
	var b strings.Builder
	for range 1 + rng.IntN(5) {
		b.WriteString(fragments[rng.IntN(len(fragments))])
	}
	return b.String()
}

// TestNothingOfTemplates sees to it that what stands in a template of Argo CD
// can be no template, and what stands in a project no pattern.
func TestNothingOfTemplates(t *testing.T) {
	right := map[*shape]string{
		&repositoryShape: "https://git.example.com/acme/policies.git", &branchShape: "main", &folderShape: "overlays",
		&serverShape: "https://172.20.0.2:6443", &destinationShape: "prod", &nameShape: "argocd", &intervalShape: "10m",
	}
	for s, text := range right {
		if !s.accepts(text) {
			t.Errorf("%s refuses %q", s.definition, text)
		}
		for _, bad := range []string{"{{", "{", "}", "${", "*", "?", "[", "!", "\\", "'", `"`, "\n", ";", ",", " "} {
			for _, damaged := range []string{bad + text, text + bad, text[:3] + bad + text[3:]} {
				if s.accepts(damaged) {
					t.Errorf("%s accepts %q", s.definition, damaged)
				}
			}
		}
	}
}

// TestLabelsAreKubernetes holds labels and names against Kubernetes' own rules.
func TestLabelsAreKubernetes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		shape *shape
		rule  func(string) []string
	}{
		{&labelKeyShape, validation.IsQualifiedName},
		{&labelValueShape, validation.IsValidLabelValue},
		{&nameShape, validation.IsDNS1123Label},
		{&portNameShape, validation.IsValidPortName},
	} {
		for range 3000 {
			text := randomString(rng, shapes[c.shape])
			if wrong := c.rule(text); c.shape.accepts(text) && len(wrong) > 0 {
				t.Errorf("%s accepts %q, and Kubernetes says %v", c.shape.definition, text, wrong)
			} else if !c.shape.accepts(text) && len(wrong) == 0 && len(text) < 64 {
				t.Errorf("%s refuses %q, and Kubernetes does not", c.shape.definition, text)
			}
		}
	}
}

// TestListsOfWords holds the words that the decoder knows against the schema's.
func TestListsOfWords(t *testing.T) {
	def := definition(t)
	for name, words := range map[string][]string{"#CNI": cnis, "#PodSecurity": podSecurityLevels} {
		_, branches := def(name).Expr()
		if len(branches) != len(words) {
			t.Errorf("%s has %d words, the decoder %d", name, len(branches), len(words))
		}
		for _, w := range words {
			if def(name).Unify(encode(w)).Validate() != nil {
				t.Errorf("%s has no %q", name, w)
			}
		}
	}
}
