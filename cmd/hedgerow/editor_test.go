package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An editor speaks the Language Server Protocol with a real "cue lsp", in a folder
// that init has made.
type editor struct {
	t     *testing.T
	dir   string
	to    io.Writer
	from  chan message
	last  int
	diags map[string][]lspDiagnostic // by file, as they were last published
}

type message struct {
	ID     *int            `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

type lspDiagnostic struct {
	Range   struct{ Start lspPosition }
	Message string
}

type lspPosition struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// openFolder makes a tenancy and starts the server on its folder.
func openFolder(t *testing.T) *editor {
	e := &editor{t: t, dir: t.TempDir(), from: make(chan message, 100), diags: map[string][]lspDiagnostic{}}
	runTenancy(t, "init", "-C", e.dir)
	cmd := exec.Command(filepath.Join(tools(t), "cue"), "lsp")
	cmd.Dir = e.dir
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "CUE_CACHE_DIR="+home, "CUE_REGISTRY=none")
	to, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	e.to = to
	go e.receive(from)
	e.ask("initialize", map[string]any{
		"rootUri": "file://" + e.dir, "workspaceFolders": []any{map[string]any{"uri": "file://" + e.dir, "name": "tenancy"}},
		"capabilities": map[string]any{"workspace": map[string]any{"workspaceFolders": true, "configuration": true}},
	})
	e.send(message{Method: "initialized", Params: json.RawMessage(`{}`)})
	return e
}

// receive reads messages until the server ends.
func (e *editor) receive(r io.Reader) {
	defer close(e.from)
	in := textproto.NewReader(bufio.NewReader(r))
	for {
		head, err := in.ReadMIMEHeader()
		if err != nil {
			return
		}
		length, _ := strconv.Atoi(head.Get("Content-Length")) // 0 is no JSON
		body := make([]byte, length)
		var m message
		if _, err := io.ReadFull(in.R, body); err != nil || json.Unmarshal(body, &m) != nil {
			return
		}
		e.from <- m
	}
}

func (e *editor) send(m message) {
	e.t.Helper()
	data, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		message
	}{"2.0", m})
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(e.to, "Content-Length: %d\r\n\r\n%s", len(data), data); err != nil {
		e.t.Fatal(err)
	}
}

// until handles messages until one is what is waited for.
func (e *editor) until(what string, is func(message) bool) message {
	e.t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case <-timeout:
			e.t.Fatalf("%s: no answer", what)
		case m, ok := <-e.from:
			if !ok {
				e.t.Fatalf("%s: the server has ended", what)
			}
			switch {
			case m.Method == "textDocument/publishDiagnostics":
				var p struct {
					URI         string
					Diagnostics []lspDiagnostic
				}
				if err := json.Unmarshal(m.Params, &p); err != nil {
					e.t.Fatal(err)
				}
				e.diags[strings.TrimPrefix(p.URI, "file://"+e.dir+"/")] = p.Diagnostics
			case m.Method == "workspace/configuration":
				e.send(message{ID: m.ID, Result: json.RawMessage(`[{}]`)})
			case m.Method != "" && m.ID != nil:
				e.send(message{ID: m.ID, Result: json.RawMessage(`null`)})
			}
			if is(m) {
				return m
			}
		}
	}
}

func (e *editor) ask(method string, params any) json.RawMessage {
	e.t.Helper()
	data, err := json.Marshal(params)
	if err != nil {
		e.t.Fatal(err)
	}
	e.last++
	id := e.last
	e.send(message{ID: &id, Method: method, Params: data})
	m := e.until(method, func(m message) bool { return m.Method == "" && m.ID != nil && *m.ID == id })
	if m.Error != nil {
		e.t.Fatalf("%s: %s", method, m.Error)
	}
	return m.Result
}

// show has the editor show a text as a file of the tenancy's, and gives the place
// of the mark in it, which is taken out.
func (e *editor) show(file, text string) (uri string, at lspPosition) {
	e.t.Helper()
	before, after, marked := strings.Cut(text, "‸")
	at = lspPosition{strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n") - 1}
	if !marked {
		at = lspPosition{}
	}
	writeFiles(e.t, e.dir, map[string]string{file: before + after})
	uri = "file://" + e.dir + "/" + file
	params, err := json.Marshal(map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "cue", "version": 1, "text": before + after}})
	if err != nil {
		e.t.Fatal(err)
	}
	e.send(message{Method: "textDocument/didOpen", Params: params})
	return uri, at
}

// at asks about the mark in a file.
func (e *editor) at(method, file, text string) string {
	e.t.Helper()
	uri, at := e.show(file, text)
	return string(e.ask("textDocument/"+method, map[string]any{"textDocument": map[string]any{"uri": uri}, "position": at}))
}

// fields gives the fields that are proposed at the mark.
func (e *editor) fields(file, text string) (out []string) {
	e.t.Helper()
	var list struct {
		Items []struct {
			Label string
			Kind  int
		}
	}
	if answer := e.at("completion", file, text); json.Unmarshal([]byte(answer), &list) != nil {
		e.t.Fatal(answer)
	}
	const field = 5 // CompletionItemKind.Field
	for _, i := range list.Items {
		if i.Kind == field {
			out = append(out, i.Label)
		}
	}
	return out
}

const tenancyHead = "package tenancy\n\nimport \"github.com/hedgerow-dev/hedgerow/schema\"\n\nschema.#Tenancy\n\n"

// TestEditor holds what docs/editors.md says of "cue lsp": what it completes, says
// and leads to in the folder that init makes, and what it does not.
func TestEditor(t *testing.T) {
	t.Parallel()
	e := openFolder(t)

	if got := e.fields("top.cue", tenancyHead+"gu‸\n"); !slices.Contains(got, "guards") || !slices.Contains(got, "externals") {
		t.Errorf("at the top it proposes %q", got)
	}
	starts := strings.Replace(string(starter), "\treason:", "\tti‸\n\treason:", 1)
	if got := e.fields("half.cue", starts); !slices.Contains(got, "ticket") || !slices.Contains(got, "crossEnvironment") {
		t.Errorf("in a flow of the first tenancy it proposes %q", got)
	}
	const inWorkload = "teams: shop: namespaces: cart: schema.#Namespace & {\n\tworkloads: api: schema.#Workload & {\n\t\tpo‸\n\t}\n}\n"
	if got := e.fields("workload.cue", tenancyHead+inWorkload); !slices.Contains(got, "ports") || !slices.Contains(got, "pods") {
		t.Errorf("in a workload it proposes %q", got)
	}
	// The server does not follow patterns, by which the schema knows what stands under names.
	if got := e.fields("pattern.cue", tenancyHead+"flows: \"a-b\": {\n\tti‸\n}\n"); slices.Contains(got, "ticket") {
		t.Errorf("it proposes %q in a flow that does not say schema.#Flow: say so in docs/editors.md", got)
	}

	if got := e.at("hover", "hover.cue", tenancyHead+"flo‸ws: {}\n"); !strings.Contains(got, "What is open. Everything else is closed.") {
		t.Errorf("about flows it says %s", got)
	}
	if got := e.at("hover", "said.cue", tenancyHead+"flows: x: schema.#Flow & {\n\texp‸ires: \"2027-06-30\"\n}\n"); !strings.Contains(got, "The last day (UTC) on which it is open.") {
		t.Errorf("about expires it says %s", got)
	}
	if got := e.at("definition", "definition.cue", tenancyHead+"flows: x: schema.#Fl‸ow & {}\n"); !strings.Contains(got, "/cue.mod/pkg/github.com/hedgerow-dev/hedgerow/schema/") {
		t.Errorf("the definition of a flow is %s", got)
	}

	e.show("syntax.cue", tenancyHead+"flows: \"a-b\": {\n\tfrom: namespace:\n")
	e.until("diagnostics", func(message) bool { return len(e.diags["syntax.cue"]) > 0 })
	if d := e.diags["syntax.cue"]; !strings.Contains(d[0].Message, "expected operand") {
		t.Errorf("of what is no CUE it says %v", d)
	}
	// What the schema forbids it does not see: that takes vet.
	e.at("hover", "typo.cue", tenancyHead+"flows: \"a-b\": schema.#Flow & {\n\tres‸aon: \"x\"\n}\n")
	if d := e.diags["typo.cue"]; len(d) > 0 {
		t.Errorf("it says %v of what the schema forbids: say so in docs/editors.md", d)
	}
}

// TestEditorTask runs the task that init leaves for VS Code, and finds with its
// pattern what vet says.
func TestEditorTask(t *testing.T) {
	dir := t.TempDir()
	runTenancy(t, "init", "-C", dir)
	var tasks vsTasks
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, tasksFile))), &tasks); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"typo.cue": "package tenancy\n\nflows: \"frontend-orders\": {\n\ttikcet: \"X-1\"\n}\n"})
	task := tasks.Tasks[0]
	cmd := exec.Command(buildBinary(t), task.Args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("vet finds nothing: %s", out)
	}
	p := task.ProblemMatcher.Pattern
	found := regexp.MustCompile("(?m)"+p.Regexp).FindAllStringSubmatch(string(out), -1)
	if len(found) != 1 {
		t.Fatalf("the pattern finds %d problems in\n%s", len(found), out)
	}
	got := []string{found[0][p.File], found[0][p.Line], found[0][p.Column], found[0][p.Severity], found[0][p.Message]}
	want := []string{"typo.cue", "4", "2", "error", `flows."frontend-orders".tikcet: a flow has no field "tikcet" [unknown-field]`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
