package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A block of a document that a test executes, by its info string:
//
//	cue file=NAME     is written to NAME (so is yaml)
//	console           holds commands after "$ ", each with all that it prints
//
// "go run ./cmd/hedgerow" runs in a copy of the repository's own tenancy.
var reBlock = regexp.MustCompile("(?ms)^```([^\n]+)\n(.*?)^```$")

// TestDocuments executes every block of the documents, each document in an empty
// folder of its own, and compares what they show.
func TestDocuments(t *testing.T) {
	documents := documentsOf(t)
	bin := filepath.Dir(buildBinary(t))
	for _, file := range append(documents, "../../README.md") {
		if file == failuresPage {
			continue // TestFailures runs each of its rows in a folder of its own
		}
		t.Run(filepath.ToSlash(strings.TrimPrefix(file, "../../")), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := &document{t: t, dir: t.TempDir(), bin: bin}
			got := reBlock.ReplaceAllStringFunc(string(source), d.block)
			if got == string(source) {
				return
			}
			if os.Getenv("HEDGEROW_UPDATE") == "" {
				t.Fatalf("the document does not show what happens; got\n%s", got)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// documentsOf gives the files of the documentation.
func documentsOf(t *testing.T) []string {
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(documents) < 4 {
		t.Fatal(err, documents)
	}
	lints, err := filepath.Glob("../../docs/lints/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(documents, lints...)
}

// TestLintPages sees to it that every lint has a page, on which it is shown, and
// then silenced; and that no page is about another.
func TestLintPages(t *testing.T) {
	for _, code := range diag.Lints() {
		page, err := os.ReadFile(filepath.Join("../../docs/lints", string(code)+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"# `" + string(code) + "`: ", "[" + string(code) + "]\n", "silenced: " + string(code) + " at ", "## Why\n", "## What to do\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("the page of %s has no %q", code, part)
			}
		}
	}
	pages, err := filepath.Glob("../../docs/lints/*.md")
	if err != nil || len(pages) != len(diag.Lints()) {
		t.Errorf("%d pages for %d lints, %v", len(pages), len(diag.Lints()), err)
	}
}

type document struct {
	t        *testing.T
	dir, bin string
}

// block executes one block and gives it as it should be.
func (d *document) block(source string) string {
	parts := reBlock.FindStringSubmatch(source)
	info, body := parts[1], parts[2]
	kind, arg, _ := strings.Cut(info, " ")
	switch {
	case kind == "console":
		body = d.console(body)
	case strings.HasPrefix(arg, "file="):
		writeFiles(d.t, d.dir, map[string]string{strings.TrimPrefix(arg, "file="): body})
	default:
		d.t.Fatalf("nobody executes a block of %q", info)
	}
	return "```" + info + "\n" + body + "```"
}

// console runs the commands of a block and gives it with what they print.
func (d *document) console(body string) string {
	var out strings.Builder
	for line := range strings.Lines(body) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		out.WriteString(line)
		dir := d.dir
		if own, ok := strings.CutPrefix(command, "go run ./cmd/"); ok {
			dir, command = d.repository(), own
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), gitEnv...), "HEDGEROW_AS_OF="+testDay, "PATH="+d.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		text, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState.ExitCode() != exitProblems {
			d.t.Errorf("%s: %v\n%s", command, err, text)
		}
		out.Write(text)
	}
	return out.String()
}

// gitEnv makes commits whose hashes are always the same.
var gitEnv = []string{
	"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
	"GIT_AUTHOR_NAME=You", "GIT_AUTHOR_EMAIL=you@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
	"GIT_COMMITTER_NAME=You", "GIT_COMMITTER_EMAIL=you@example.com", "GIT_COMMITTER_DATE=1700000000 +0000",
	"SOURCE_DATE_EPOCH=1700000000",
}

// repository copies the tenancy of this repository, as a clone has it.
func (d *document) repository() string {
	dir := d.t.TempDir()
	for _, name := range []string{".hedgerow.yaml", "tenants.cue", "cue.mod/module.cue", "schema/schema.cue", "schema/delivery.cue", "schema/ready.cue"} {
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			d.t.Fatal(err)
		}
		writeFiles(d.t, dir, map[string]string{name: string(data)})
	}
	if err := os.CopyFS(filepath.Join(dir, "overlays"), os.DirFS("../../overlays")); err != nil {
		d.t.Fatal(err)
	}
	return dir
}

// TestDocumentLinks follows every relative link of the documents.
func TestDocumentLinks(t *testing.T) {
	reLink := regexp.MustCompile(`\]\(([^)#]+)\)`)
	links := 0
	for _, file := range append(documentsOf(t), "../../README.md", "../../CONTRIBUTING.md") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reLink.FindAllStringSubmatch(string(source), -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil && !strings.Contains(m[1], "://") {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
	if links < 5 {
		t.Errorf("only %d links were found", links)
	}
}

// TestCodesDocument generates the page of the codes.
func TestCodesDocument(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# The codes of diagnostics\n\nEach diagnostic carries a code, which never changes its meaning.\n\n| code | what it means |\n|---|---|\n")
	for code, summary := range tenancy.Sorted(diag.Codes()) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", code, summary)
	}
	const file = "../../docs/codes.md"
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is not what the code says (%v); run make golden", file, err)
	}
}
