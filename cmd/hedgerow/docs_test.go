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

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A block of a document, by its info string:
//
//	cue file=NAME     is written to NAME; so is yaml, and sh, which is vetted as well
//	console           holds commands after "$ ", each with all that it prints
//	sh                holds commands that take a cluster, and are vetted: see shell
//	text              holds no commands
//
// "go run ./cmd/hedgerow" runs in a copy of the repository: of its tenancy, and of
// what clusters are like.
var reBlock = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// TestDocuments executes or vets every block of the documents, each document in
// an empty folder of its own, and compares what they show.
func TestDocuments(t *testing.T) {
	bin := filepath.Dir(buildBinary(t))
	for _, file := range documentsOf(t) {
		switch file {
		case failuresPage: // TestFailures runs each of its rows in a folder of its own
			continue
		case commandsPage: // TestExamples judges the examples, some of which are for other shells
			continue
		}
		t.Run(filepath.ToSlash(strings.TrimPrefix(file, root)), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := &document{t: t, dir: t.TempDir(), bin: bin}
			got := reBlock.ReplaceAllStringFunc(string(source), d.block)
			if d.unjudged {
				t.Error("no command judges the last block of CUE")
			}
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

// root is the root of the repository.
const root = "../../"

// documentsOf gives every page of the repository.
func documentsOf(t *testing.T) (documents []string) {
	for _, pattern := range []string{"*.md", "conformance/*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(root + pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		documents = append(documents, found...)
	}
	return documents
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
	unjudged bool // CUE was written, and no command has looked at it
}

// block executes one block and gives it as it should be.
func (d *document) block(source string) string {
	parts := reBlock.FindStringSubmatch(source)
	info, body := parts[1], parts[2]
	kind, arg, _ := strings.Cut(info, " ")
	switch name, isFile := strings.CutPrefix(arg, "file="); {
	case kind == "console" && arg == "":
		body = d.console(body)
		d.unjudged = d.unjudged && !strings.Contains(body, "hedgerow ")
	case kind == "sh" && arg == "":
		d.shell(body)
	case kind == "text" && arg == "":
		if strings.HasPrefix(body, "$ ") || strings.Contains(body, "\n$ ") {
			d.t.Errorf("a block of text has commands:\n%s", body)
		}
	case isFile && kind == "sh":
		d.shell(body)
		writeFiles(d.t, d.dir, map[string]string{name: body})
	case isFile && (kind == "cue" || kind == "yaml"):
		for _, doc := range strings.Split(body, "\n---\n") {
			if err := yaml.Unmarshal([]byte(doc), new(any)); kind == "yaml" && err != nil {
				d.t.Errorf("%s: %v", name, err)
			}
		}
		d.unjudged = d.unjudged || kind == "cue"
		writeFiles(d.t, d.dir, map[string]string{name: body})
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
		cmd.Env = append(append(os.Environ(), gitEnv...), "HEDGEROW_AS_OF="+testDay, "PATH="+strings.Join([]string{d.bin, os.Getenv("PATH"), tools(d.t)}, string(os.PathListSeparator)))
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
	schema, err := filepath.Glob(root + "schema/*.cue")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, path := range append(schema, root+".hedgerow.yaml", root+"tenants.cue", root+"cue.mod/module.cue") {
		name, data := strings.TrimPrefix(path, root), []byte(nil)
		data, err = os.ReadFile(path)
		if err != nil {
			d.t.Fatal(err)
		}
		writeFiles(d.t, dir, map[string]string{name: string(data)})
	}
	for _, folder := range []string{"overlays", "facts/testdata"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(root+folder)); err != nil {
			d.t.Fatal(err)
		}
	}
	return dir
}

// TestCodesDocument generates the page of the codes.
func TestCodesDocument(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# The codes of diagnostics\n\nEach diagnostic carries a code, which never changes its meaning.\n\n| code | what it means |\n|---|---|\n")
	for code, summary := range tenancy.Sorted(diag.Codes()) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", code, summary)
	}
	checkGenerated(t, root+"docs/codes.md", b.Bytes())
}

// checkGenerated holds a generated file against what the code says.
func checkGenerated(t *testing.T, file string, want []byte) {
	t.Helper()
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code says (%v); run make golden", file, err)
	}
}
