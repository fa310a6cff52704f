package cni_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/cni"
)

// TestIn says what is known of versions.
func TestIn(t *testing.T) {
	recent := cni.Answer{Yes: true, Since: "1.16", Source: "s"}
	old := cni.Answer{Yes: true, Since: "3.19", Everywhere: true, Source: "s"}
	for _, c := range []struct {
		name       string
		a          cni.Answer
		version    string
		yes, known bool
	}{
		{"nothing is known", cni.Answer{Yes: true}, "1.0", false, false},
		{"never", cni.Answer{Source: "s"}, "", false, true},
		{"always", cni.Answer{Yes: true, Source: "s"}, "", true, true},
		{"with an option", cni.Answer{Yes: true, Option: "o", Source: "s"}, "9.0", false, false},
		{"of a version that is unknown", recent, "", false, false},
		{"before", recent, "1.15.19", false, true},
		{"since", recent, "1.16", true, true},
		{"after, as images have it", recent, "v1.18.2-gke.9", true, true},
		{"before, as images have it", recent, "v1.15.10-gke.9", false, true},
		{"tenth is after ninth", cni.Answer{Yes: true, Since: "1.9", Source: "s"}, "1.10.1", true, true},
		{"of three numbers", cni.Answer{Yes: true, Since: "1.4.16", Source: "s"}, "v1.4.10", false, true},
		{"of two of three", cni.Answer{Yes: true, Since: "1.4.16", Source: "s"}, "1.4", true, true},
		{"all that are maintained", old, "", true, true},
		{"one that is not", old, "3.18", false, true},
	} {
		if yes, known := c.a.In(c.version); yes != c.yes || known != c.known {
			t.Errorf("%s: %t, and known is %t", c.name, yes, known)
		}
	}
}

// TestTable sees to it that every answer has a source, and generates the page.
func TestTable(t *testing.T) {
	plugins := cni.Plugins()
	if !slices.IsSortedFunc(plugins, func(a, b cni.Plugin) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the table is not sorted")
	}
	var b bytes.Buffer
	b.WriteString("# What network plugins make of policies\n\nThe API of NetworkPolicy leaves much to the plugin, and nothing in a cluster tells what is enforced. " +
		"Hedgerow decides by\nthis table; where it has no answer, nobody here found one.\n")
	for _, p := range plugins {
		fmt.Fprintf(&b, "\n## %s\n\nIts version: `%s`.\n\n| | | source |\n|---|---|---|\n", p.Name, p.Command)
		for _, row := range []struct {
			what string
			a    cni.Answer
		}{
			{"policies are enforced", p.Enforces}, {"ranges of ports", p.Ranges}, {"names of ports (Hedgerow writes numbers)", p.Names},
			{"SCTP", p.SCTP}, {"an `ipBlock` means pods as well", p.BlockOnPods}, {"an `ipBlock` means nodes as well", p.BlockOnNodes},
			{"an `ipBlock` means the API server as well", p.BlockOnAPIServer}, {"an exception closes only its own block", p.OwnExceptions},
			{"judged after Services are translated", p.AfterServices},
		} {
			if row.a.Source == "" {
				if row.a != (cni.Answer{}) {
					t.Errorf("%s, %s: %+v has no source", p.Name, row.what, row.a)
				}
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", row.what, words(row.a), row.a.Source)
		}
		if p.MostPorts > 0 {
			fmt.Fprintf(&b, "| most ports to one peer | %d | %s |\n", p.MostPorts, p.MostPortsSource)
		}
	}
	const file = "../docs/cni.md"
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is not what the table says (%v); run make golden", file, err)
	}
}

func words(a cni.Answer) string {
	out := "no"
	if a.Yes {
		out = "yes"
	}
	for _, part := range []struct{ before, text string }{{" from ", a.Since}, {" with ", a.Option}, {": ", a.Note}} {
		if part.text != "" {
			out += part.before + part.text
		}
	}
	return out
}
