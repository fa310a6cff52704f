package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// The failure catalogue: a folder for each way in which a roll-out of isolation
// failed somebody, and the page that is generated from them.
const (
	failuresDir  = "../../testdata/failures"
	failuresPage = "../../docs/failures.md"
	failureCount = 37
)

// failuresToCome are the rows that nothing shows yet, and what they wait for.
var failuresToCome = map[int]string{
	32: "with replay",
}

// A failureRow is one row of the catalogue.
type failureRow struct {
	number  int
	name    string // of its folder
	title   string
	text    string // why it broke and what Hedgerow does about it
	claims  claims
	inputs  map[string]string // by file name
	session string            // commands with all that they print
}

// TestFailures runs the session of every row in a folder of its own, and sees
// that what comes of it is what the row claims.
func TestFailures(t *testing.T) {
	bin := filepath.Dir(buildBinary(t))
	rows := readFailures(t)
	t.Run("rows", func(t *testing.T) {
		for _, f := range rows {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.run(t, bin)
			})
		}
	})
	if flagRun() {
		return // only some of them ran
	}
	t.Log(countFailures(t, rows))
	checkFailuresPage(t, rows)
}

// run compares the session with what happens now, and holds the claims of the
// row against it.
func (f *failureRow) run(t *testing.T, bin string) {
	d := &document{t: t, dir: t.TempDir(), bin: bin}
	writeFiles(t, d.dir, f.inputs)
	got := d.console(f.session)
	for _, problem := range f.claims.check(t, d.dir, got) {
		t.Error(problem)
	}
	switch {
	case got == f.session:
	case os.Getenv("HEDGEROW_UPDATE") != "":
		f.session = got
		if err := os.WriteFile(filepath.Join(failuresDir, f.name, "session.txt"), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the session has changed; HEDGEROW_UPDATE=1 rewrites it\n--- got\n%s--- want\n%s", got, f.session)
	}
}

// readFailures reads every folder of the catalogue, by number.
func readFailures(t *testing.T) (out []*failureRow) {
	folders, err := filepath.Glob(failuresDir + "/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		f, err := readFailure(t, folder)
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *failureRow) int { return a.number - b.number })
	return out
}

func readFailure(t *testing.T, folder string) (*failureRow, error) {
	f := &failureRow{name: filepath.Base(folder), inputs: map[string]string{}}
	number, _, _ := strings.Cut(f.name, "-")
	var err error
	if f.number, err = strconv.Atoi(number); err != nil {
		return nil, err
	}
	for name, data := range readFiles(t, folder) {
		switch name {
		case "row.md":
			err = f.readRow(string(data))
		case "session.txt":
			f.session = string(data)
		default:
			f.inputs[name] = string(data)
		}
	}
	if err == nil && (f.title == "" || f.session == "" || f.inputs["tenants.cue"] == "") {
		err = fmt.Errorf("it takes row.md, session.txt and tenants.cue")
	}
	return f, err
}

// readRow reads the claims between lines of "---", a title, and the text.
func (f *failureRow) readRow(source string) error {
	head, text, ok := strings.Cut(strings.TrimPrefix(source, "---\n"), "\n---\n# ")
	if !ok {
		return fmt.Errorf("row.md begins with its claims between lines of --- and has a title")
	}
	f.title, f.text, _ = strings.Cut(text, "\n")
	f.text = strings.TrimSpace(f.text)
	if strings.Count(f.text, "\n\n") != 1 || !strings.Contains(f.text, "](https://") {
		return fmt.Errorf("row.md says in one paragraph why, with a link to who tells, and in another what Hedgerow does")
	}
	return yaml.UnmarshalStrict([]byte(head), &f.claims)
}

// countFailures sees that every row is there once, or to come, and says so.
func countFailures(t *testing.T, rows []*failureRow) string {
	there := map[int]int{}
	for _, f := range rows {
		there[f.number]++
	}
	var missing []string
	for n := 1; n <= failureCount; n++ {
		what, toCome := failuresToCome[n]
		if there[n] == 0 {
			missing = append(missing, fmt.Sprintf("%d is to come, %s", n, what))
		}
		if count := there[n]; count > 1 || count == 0 && !toCome || count > 0 && toCome {
			t.Errorf("row %d is there %d times", n, count)
		}
		delete(there, n)
	}
	for n := range there {
		t.Errorf("there is a row %d", n)
	}
	return fmt.Sprintf("%d of %d: %s", failureCount-len(missing), failureCount, strings.Join(missing, "; "))
}

// checkFailuresPage generates the page of the catalogue.
func checkFailuresPage(t *testing.T, rows []*failureRow) {
	var b bytes.Buffer
	b.WriteString(`# How roll-outs of isolation fail, and what Hedgerow does about it

Each of these happened to somebody in production. Under each stands what it takes to make the mistake, or what people
write and the tenancy that cannot lead to it, and what Hedgerow says to it. This page is generated from
[testdata/failures](../testdata/failures), whose sessions run with every change. Where connections are listed, each was
also judged by itself, on the policies that people write and on those that Hedgerow writes.

`)
	b.WriteString("| # | what broke |\n|---|---|\n")
	for _, f := range rows {
		fmt.Fprintf(&b, "| %d | [%s](#%s) |\n", f.number, f.title, anchor(f))
	}
	for n, what := range tenancy.Sorted(failuresToCome) {
		fmt.Fprintf(&b, "\nRow %d of %d is to come, %s.\n", n, failureCount, what)
	}
	for _, f := range rows {
		f.write(&b)
	}
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(failuresPage, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(failuresPage); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is not what %s says (%v); run make golden", failuresPage, failuresDir, err)
	}
}

// write gives the part of the page that is about one row.
func (f *failureRow) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## %d. %s\n\n%s\n", f.number, f.title, f.text)
	for _, name := range f.files() {
		fmt.Fprintf(b, "\n`%s`:\n\n```%s\n%s```\n", name, languageOf(name, f.inputs[name]), f.inputs[name])
	}
	fmt.Fprintf(b, "\n```console\n%s```\n", f.session)
	f.claims.write(b)
}

// files gives the names of the inputs: what people write first, and the tenancy
// before other files of its folder.
func (f *failureRow) files() []string {
	rank := func(name string) int {
		switch {
		case strings.HasPrefix(name, "careless"):
			return 0
		case name == "tenants.cue":
			return 1
		}
		return 2
	}
	names := tenancy.Keys(f.inputs)
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// languageOf is for the colours. What a session moves into place later is no
// file of the tenancy yet, and so is not called .cue.
func languageOf(name, text string) string {
	if strings.HasPrefix(text, "package ") {
		return "cue"
	}
	return strings.TrimPrefix(path.Ext(name), ".")
}

// anchor is where GitHub puts the heading of a row.
func anchor(f *failureRow) string {
	heading := strings.ToLower(fmt.Sprintf("%d. %s", f.number, f.title))
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, heading)
}
