package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/report"
)

// hostile are names that try to be more than names in one of the formats.
var hostile = []string{
	"a | b", "`code`", "</details><script>x</script>", `"] --> x["`, "a\n| b | c |\n", "a\r\nb", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1",
	"@everybody", "#1", "![i](https://example.com)", "https://example.com", "www.example.com", "a&amp;b", "*b* _i_ ~s~", "$x$", `\`, `"; x -> y; "`,
	"%%{init: {\"securityLevel\": \"loose\"}}%%", "\x1b[31mred", "a\u202eb", "a\u2028b", "a\u200bb", "\x00", "<!-- x", "-->", "\xff",
}

func pods(namespace, workload, labels string) report.End {
	return report.NewEnd(reach.End{Namespace: namespace, Workload: workload, Pods: labels}, "", "team "+namespace, []string{namespace})
}

func connectionOf(name string) report.Connection {
	return report.Connection{
		Cluster: name, From: pods(name, name, ""), To: pods("shop", "", name),
		Ports: report.Ports{Ports: reach.NewPorts(reach.Range{Protocol: reach.TCP, First: 80, Last: 80}), ByName: []string{name}}, Flows: []string{name}, Policies: []string{name},
	}
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func as(t *testing.T, f report.Format, cs ...report.Connection) string {
	return written(t, func(b *bytes.Buffer) error { return report.Write(b, f, cs) })
}

// Whatever the names are, each line is one of those that plain names have, and
// no sign stands there that steers.
func TestHostileNames(t *testing.T) {
	for _, f := range []report.Format{report.Text, report.CSV, report.Markdown, report.DOT, report.Mermaid} {
		plain := strings.Count(as(t, f, connectionOf("plain")), "\n")
		for _, name := range hostile {
			out := as(t, f, connectionOf(name))
			if strings.Count(out, "\n") != plain {
				t.Errorf("%s: %q gives other lines:\n%s", f, name, out)
			}
			checkPrintable(t, string(f), name, out)
		}
	}
}

func checkPrintable(t *testing.T, format, name, out string) {
	t.Helper()
	for _, r := range out {
		if !unicode.IsPrint(r) && r != '\n' && (r != '\t' || format != string(report.DOT)) {
			t.Errorf("%s: %q gives %q", format, name, r)
		}
	}
	if !utf8.ValidString(out) {
		t.Errorf("%s: %q gives no UTF-8", format, name)
	}
}

func TestHostileCSV(t *testing.T) {
	for _, name := range hostile {
		for _, out := range []string{
			as(t, report.CSV, connectionOf(name)),
			written(t, func(b *bytes.Buffer) error {
				return report.WriteMatrix(b, report.CSV, []report.Connection{connectionOf(name)})
			}),
		} {
			rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range slices.Concat(rows...) {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%q is a formula", cell)
				}
			}
		}
	}
}

// entity is how Markdown is written as text.
var entity = regexp.MustCompile(`&(amp|lt|gt|#[0-9]+);`)

func TestHostileMarkdown(t *testing.T) {
	for _, name := range hostile {
		c := connectionOf(name)
		d := &report.Difference{
			Clusters: []report.ClusterDifference{{Cluster: name, Opened: []report.Connection{c}, Closed: []report.Connection{c}, Appeared: []string{name}, Vanished: []string{name}}},
			Notes:    []report.NoteChange{{Flow: name, Field: "reason", Before: name, After: "b"}},
		}
		table, diff := as(t, report.Markdown, c), written(t, func(b *bytes.Buffer) error { return report.WriteDiff(b, report.Markdown, d) })
		for _, l := range strings.Split(strings.TrimSpace(table), "\n") {
			if strings.Count(l, "|") != 6 {
				t.Errorf("%q gives the row %s", name, l)
			}
		}
		checkPrintable(t, "markdown", name, diff)
		text := strings.ReplaceAll(entity.ReplaceAllString(table+diff, ""), "**", "")
		text = strings.TrimPrefix(strings.ReplaceAll(text, "###", ""), "#")
		if i := strings.IndexAny(text, "<>*_`[]@#\\~!$&"); i >= 0 || strings.Contains(text, "://") || strings.Contains(text, "www.") {
			t.Errorf("%q is left in:\n%s", name, text)
		}
	}
}

// Every line of the graphs is of one of the forms that Hedgerow writes.
func TestHostileGraphs(t *testing.T) {
	forms := map[report.Format]*regexp.Regexp{
		report.Mermaid: regexp.MustCompile(`^(flowchart LR|  end|  subgraph c\d+ \["[^"%<>` + "`" + `]*"\]|  n\d+\["[^"%<>` + "`" + `]*"\]|  n\d+ -->\|"[^"%<>` + "`" + `]*"\| n\d+)$`),
		report.DOT:     regexp.MustCompile(`^(digraph reach \{|\t?\}|\trankdir=LR|\tnode \[shape=box\]|\tsubgraph cluster_\d+ \{|\t\tlabel="([^"\\]|\\.)*"|\t\tn\d+ \[label="([^"\\]|\\.)*"\]|\tn\d+ -> n\d+ \[label="([^"\\]|\\.)*"\])$`),
	}
	for f, form := range forms {
		for _, name := range hostile {
			for _, l := range strings.Split(strings.TrimSpace(as(t, f, connectionOf(name))), "\n") {
				if !form.MatchString(l) {
					t.Errorf("%s: %q gives the line %s", f, name, l)
				}
			}
		}
	}
}

var more = regexp.MustCompile(`\n…and (\d+) more, which do not fit here`)

// shown counts the changes that a comment shows, checks that its sections are
// well formed, and gives what it says that it leaves out.
func shown(t *testing.T, out string) (rows, left int) {
	t.Helper()
	open := 0
	for _, l := range strings.Split(out, "\n") {
		switch {
		case strings.HasPrefix(l, "<details><summary>") && strings.HasSuffix(l, "</summary>"):
			open++
		case l == "</details>":
			open--
		case strings.HasPrefix(l, "- "), strings.HasPrefix(l, "| ") && !strings.HasPrefix(l, "| |") && !strings.HasPrefix(l, "| ---"):
			rows++
		}
		if open < 0 || open > 1 {
			t.Fatalf("%d sections are open at %q", open, l)
		}
	}
	if open != 0 {
		t.Error("a section is not closed")
	}
	if m := more.FindStringSubmatch(out); m != nil {
		var err error
		if left, err = strconv.Atoi(m[1]); err != nil {
			t.Error(err)
		}
	}
	return rows, left
}

// A comment stays within what GitHub takes, and counts exactly what it leaves
// out, however many and long the changes are.
func TestCommentsAreLimited(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		d, total := randomDifference(r)
		out := written(t, func(b *bytes.Buffer) error { return report.WriteDiff(b, report.Markdown, d) })
		if n := utf8.RuneCountInString(out); n > 60_000 {
			t.Errorf("seed %d: %d characters", seed, n)
		}
		if rows, left := shown(t, out); rows+left != total {
			t.Errorf("seed %d: %d are shown and %d left out of %d", seed, rows, left, total)
		}
	}
}

func randomDifference(r *rand.Rand) (d *report.Difference, total int) {
	d = &report.Difference{}
	size := 1 << r.IntN(12)
	name := func() string { return strings.Repeat(hostile[r.IntN(len(hostile))], 1+r.IntN(1<<r.IntN(8))) }
	for range 1 + r.IntN(3) {
		k := report.ClusterDifference{Cluster: fmt.Sprint("c", r.IntN(9))}
		for range r.IntN(size) {
			c := report.Connection{From: pods(name(), "", ""), To: report.NewEnd(reach.End{Namespace: name()}, "", fmt.Sprint("t", r.IntN(5)), nil), Ports: report.Ports{Ports: reach.AllPorts}}
			switch r.IntN(3) {
			case 0:
				k.Opened = append(k.Opened, c)
			case 1:
				k.Closed = append(k.Closed, c)
			default:
				k.Changed = append(k.Changed, report.Change{From: c.From, To: c.To})
			}
		}
		for range r.IntN(4) {
			k.Appeared, k.Vanished = append(k.Appeared, name()), append(k.Vanished, name())
		}
		total += len(k.Opened) + len(k.Closed) + len(k.Changed) + len(k.Appeared) + len(k.Vanished)
		d.Clusters = append(d.Clusters, k)
	}
	for range r.IntN(size) / 4 {
		d.Notes = append(d.Notes, report.NoteChange{Flow: name(), Field: "reason", Before: name(), After: name()})
	}
	return d, total + len(d.Notes)
}

func TestUnknownFormats(t *testing.T) {
	var b bytes.Buffer
	if report.Write(&b, "x", nil) == nil || report.WriteDiff(&b, "x", &report.Difference{}) == nil || report.WriteMatrix(&b, report.DOT, []report.Connection{{}}) == nil {
		t.Error("an unknown format is written")
	}
}
