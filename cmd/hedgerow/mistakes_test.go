package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// mistakesDir holds an archive for each mistake that somebody can make, with all
// that Hedgerow says about it.
const mistakesDir = "../../testdata/mistakes"

// today is the day on which the mistakes are made.
var today = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// A mistake is an archive: a sentence, the arguments, the files of a tenancy and
// what the program answers.
type mistake struct {
	name    string
	archive *txtar.Archive
	args    []string
	input   []txtar.File
	want    answer
}

// An answer is all that the program gives back.
type answer struct{ stdout, stderr, exit string }

func TestMistakes(t *testing.T) {
	base := readBase(t)
	mistakes := readMistakes(t)
	checkDistinct(t, mistakes)
	covered := map[diag.Code]bool{}
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			got := m.run(t, base)
			checkDecent(t, got)
			for _, c := range codesIn(got.stdout + got.stderr) {
				covered[c] = true
			}
			switch {
			case got == m.want:
			case os.Getenv("HEDGEROW_UPDATE") != "":
				m.update(t, got)
			default:
				t.Errorf("the answer has changed; HEDGEROW_UPDATE=1 rewrites it\n--- got\n%s--- want\n%s", got, m.want)
			}
		})
	}
	if flagRun() {
		return // only some of them ran
	}
	t.Logf("%d mistakes, %d codes", len(mistakes), len(covered))
	if len(mistakes) < 90 {
		t.Errorf("there are only %d mistakes", len(mistakes))
	}
	checkCovered(t, covered)
}

// TestMistakesBase holds the tenancy under the mistakes to be right: else they
// would not stand alone.
func TestMistakesBase(t *testing.T) {
	m := &mistake{args: []string{"vet"}}
	if got := m.run(t, readBase(t)); got.stderr != "" || got.exit != "0" {
		t.Errorf("the base is not clean:\n%s", got)
	}
}

// flagRun reports whether -run selects among the mistakes.
func flagRun() bool {
	return slices.ContainsFunc(os.Args, func(a string) bool {
		return strings.HasPrefix(a, "-test.run=") && strings.Contains(a, "/")
	})
}

func readMistakes(t *testing.T) (out []*mistake) {
	files, err := filepath.Glob(filepath.Join(mistakesDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := &mistake{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), archive: a, args: []string{"vet"}}
		if said := strings.TrimSpace(string(a.Comment)); said == "" || strings.HasPrefix(said, "args:") {
			t.Errorf("%s does not say what the mistake is", file)
		}
		for line := range strings.Lines(string(a.Comment)) {
			if args, ok := strings.CutPrefix(line, "args: "); ok {
				m.args = strings.Fields(args)
			}
		}
		for _, f := range a.Files {
			switch f.Name {
			case "stdout":
				m.want.stdout = string(f.Data)
			case "stderr":
				m.want.stderr = string(f.Data)
			case "exit":
				m.want.exit = strings.TrimSpace(string(f.Data))
			default:
				m.input = append(m.input, f)
			}
		}
		out = append(out, m)
	}
	return out
}

// readBase reads the correct tenancy that most mistakes are added to.
func readBase(t *testing.T) (out []txtar.File) {
	files, err := filepath.Glob(filepath.Join(mistakesDir, "base", "*.cue"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no base: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, txtar.File{Name: filepath.Base(file), Data: data})
	}
	return out
}

// run makes the mistake in a folder of its own. An archive with a tenants.cue of
// its own stands alone; a file of the archive replaces one of the base.
func (m *mistake) run(t *testing.T, base []txtar.File) answer {
	dir := t.TempDir()
	files := m.input
	if !slices.ContainsFunc(files, func(f txtar.File) bool {
		return f.Name == schema.TenancyFile || strings.HasSuffix(f.Name, "/"+schema.TenancyFile)
	}) {
		files = slices.Concat(base, files)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return runIn(m.args)
}

// runIn runs the program in the folder in which the process is.
func runIn(args []string) answer {
	var out, err bytes.Buffer
	code := run(args, world{out: &out, err: &err, now: func() time.Time { return today }, env: os.Getenv})
	return answer{out.String(), err.String(), strconv.Itoa(code)}
}

func (a answer) String() string {
	return fmt.Sprintf("exit %s\nstdout:\n%s\nstderr:\n%s\n", a.exit, a.stdout, a.stderr)
}

// update writes the answer at the end of the archive. Two sections are always
// there, so that a reader sees that nothing was said.
func (m *mistake) update(t *testing.T, got answer) {
	t.Chdir(packageDir)
	a := *m.archive
	a.Files = slices.Clone(m.input)
	if got.stdout != "" {
		a.Files = append(a.Files, txtar.File{Name: "stdout", Data: []byte(got.stdout)})
	}
	a.Files = append(a.Files, txtar.File{Name: "stderr", Data: []byte(got.stderr)}, txtar.File{Name: "exit", Data: []byte(got.exit + "\n")})
	if err := os.WriteFile(filepath.Join(mistakesDir, m.name+".txtar"), txtar.Format(&a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// packageDir is where the tests start: they change the folder.
var packageDir = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

// checkDistinct sees to it that no mistake is there twice.
func checkDistinct(t *testing.T, mistakes []*mistake) {
	first := map[string]string{}
	for _, m := range mistakes {
		key := strings.Join(m.args, " ") + "\n" + string(txtar.Format(&txtar.Archive{Files: m.input}))
		if other, ok := first[key]; ok {
			t.Errorf("%s and %s are the same mistake", other, m.name)
		}
		first[key] = m.name
	}
}

// indecent are words of CUE's insides and of this machine, and of a crash.
var indecent = []string{"goroutine ", "panic", " schema.cue:", "\nschema.cue:", "empty disjunction", "/tmp", "#Tenancy", "hedgerow.invalid"}

func checkDecent(t *testing.T, got answer) {
	for _, word := range indecent {
		if strings.Contains("\n"+got.stderr, word) {
			t.Errorf("the answer holds %q:\n%s", word, got)
		}
	}
}

var reCode = regexp.MustCompile(`(?m)\b(?:error|warning): .* \[([a-z-]+)\]$`)

func codesIn(s string) (out []diag.Code) {
	for _, m := range reCode.FindAllStringSubmatch(s, -1) {
		out = append(out, diag.Code(m[1]))
	}
	return out
}

// elsewhere are the codes that no archive can bring about, and why.
var elsewhere = map[diag.Code]string{
	diag.FileTooLarge:     "the file would be too large to store: TestMistakeHugeFile makes it",
	diag.TooDeep:          "it is too large to store: TestMistakeTooDeep makes it",
	diag.NamespaceDropped: "it needs a written output folder",
	diag.TooManyRemoved:   "it needs a written output folder",
	diag.IntentStands:     "it needs an interrupted run",
	diag.HandEdited:       "it needs a written output folder",
	diag.ForeignFile:      "it needs a written output folder",
	diag.OutputDiffers:    "it needs a written output folder",
	diag.OpenUndeclared:   "no tenancy brings it about: the tests of the proof damage what was built",
	diag.NotCommitted:     "it needs a Git repository: publish.txtar",
	diag.PublishUnmerged:  "it needs a Git repository: publish.txtar",
	diag.PublishOlder:     "it needs a Git repository: publish.txtar",
	diag.PublishOlderDay:  "it needs a Git repository: publish.txtar",
	diag.PublishUnknown:   "it needs a Git repository: publish_unknown.txtar",
	diag.MovesInFlux:      "it needs a written output folder: rollout_flux.txtar",
	diag.OutputElsewhere:  "it needs a Git repository: output_moved.txtar",
	diag.RolloutFlip:      "it needs a written output folder: rollout.txtar",
	diag.OutputInChange:   "it needs a Git repository: pull_request.txtar",
	diag.BranchStands:     "it needs a Git repository: publish.txtar",
	diag.ReadElsewhere:    "it needs a Git repository: publish_delivery.txtar",
	diag.ClusterDiffers:   "it needs a cluster: facts.txtar",
	diag.OwnersPattern:    "it needs a Git repository: owners.txtar",
	diag.OwnersDiffer:     "it needs a Git repository: owners.txtar",
	diag.DeclaredClosed:   "no tenancy brings it about: the tests of the proof damage what was built",

	diag.PolicyForeign:       "it needs a cluster: audit.txtar",
	diag.PolicyAltered:       "it needs a cluster: audit.txtar",
	diag.PolicyMissing:       "it needs a cluster: audit.txtar",
	diag.PolicyStale:         "it needs a cluster: audit.txtar",
	diag.PolicyUnjudged:      "it needs a cluster: audit.txtar",
	diag.NamespaceUndeclared: "it needs a cluster: audit.txtar",
	diag.NamespaceAbsent:     "it needs a cluster: audit.txtar",
	diag.WorkloadUnmatched:   "it needs a cluster: audit.txtar",
	diag.PodUndeclared:       "it needs a cluster: audit.txtar",
	diag.PodHostNetwork:      "it needs a cluster: audit.txtar",
}

func checkCovered(t *testing.T, covered map[diag.Code]bool) {
	for code := range tenancy.Sorted(diag.Codes()) {
		switch why, excused := elsewhere[code]; {
		case !covered[code] && !excused:
			t.Errorf("no mistake shows the code %s", code)
		case covered[code] && excused:
			t.Errorf("a mistake shows the code %s, so it need not be excused: %s", code, why)
		}
	}
	for code := range covered {
		if code.Summary() == "" {
			t.Errorf("the code %s has no summary", code)
		}
	}
}

// TestMistakeHugeFile gives a file that is no tenancy's: it must not even be read.
func TestMistakeHugeFile(t *testing.T) {
	m := &mistake{args: []string{"vet"}, input: []txtar.File{{Name: "huge.cue", Data: []byte("package tenancy\n")}}}
	m.run(t, readBase(t)) // lays the files and changes the folder
	if err := os.Truncate("huge.cue", 100<<20); err != nil {
		t.Fatal(err)
	}
	want := answer{"", "huge.cue: error: the file has 104857600 bytes; a file of a tenancy has at most 16777216 [file-too-large]\n" +
		"  fix: split it by team\n\n1 error, 0 warnings\n", "1"}
	if got := runIn(m.args); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestMistakeRunaway gives programs that never end, or take all memory: a line
// and exit code 3, soon. The program runs as a process of its own: evaluation
// cannot be interrupted.
func TestMistakeRunaway(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hedgerow")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, tt := range []struct {
		name, program, want string
		args                []string
	}{
		{"time", runawayTime, "hedgerow: the tenancy takes more than 2s to evaluate; nothing was written. Raise --timeout if it is right\n",
			[]string{"vet", "--timeout", "2s"}},
		{"memory", runawayMemory, "hedgerow: the tenancy takes more than 300 MiB to evaluate; nothing was written. Raise --memory-limit if it is right\n",
			[]string{"vet", "--memory-limit", "300"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &mistake{args: []string{"version"}, input: []txtar.File{{Name: "mistake.cue", Data: []byte(tt.program)}}}
			m.run(t, readBase(t))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out, err bytes.Buffer
			cmd := exec.CommandContext(ctx, binary, tt.args...)
			cmd.Stdout, cmd.Stderr = &out, &err
			_ = cmd.Run() // the exit code is compared below
			if got := (answer{out.String(), err.String(), strconv.Itoa(cmd.ProcessState.ExitCode())}); got != (answer{"", tt.want, "3"}) {
				t.Errorf("got %s", got)
			}
			if _, err := os.Stat("overlays"); !os.IsNotExist(err) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

const runawayTime = `package tenancy

import "list"

_l: list.Range(0, 2000, 1)
_n: len([for a in _l for b in _l for c in _l if a+b+c < 0 {1}])
flows: x: ports: [_n]
`

const runawayMemory = `package tenancy

import "list"

_l: list.Range(0, 3000, 1)
flows: {for a in _l for b in _l {"f\(a)-\(b)": {from: a, to: b}}}
`

// TestMistakeTooDeep gives expressions that would overflow the stack of CUE's
// parser, compiler or evaluator.
func TestMistakeTooDeep(t *testing.T) {
	binary := buildBinary(t)
	for name, expression := range map[string]string{
		"operators": "1" + strings.Repeat("+1", 1_000_000),
		"brackets":  strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000),
		"braces":    strings.Repeat("{a:", 1_000_000) + "1" + strings.Repeat("}", 1_000_000),
		"prefixes":  strings.Repeat("!", 1_000_000) + "true",
		"selectors": "a" + strings.Repeat(".a", 1_000_000),
		"labels":    strings.Repeat("a: ", 1_000_000) + "1",
		"calls":     strings.Repeat("len(", 1_000_000) + "1" + strings.Repeat(")", 1_000_000),
		"strings":   strings.Repeat(`"\(`, 1_000_000) + "1" + strings.Repeat(`)"`, 1_000_000),
		"lines":     strings.Repeat("a: // a\n", 1_000_000) + "1",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"tenants.cue": "package tenancy\n\n_x: " + expression + "\n"})
			cmd := exec.Command(binary, "vet", "-C", dir)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != exitProblems || !strings.Contains(string(out), string(diag.TooDeep)) {
				t.Errorf("%v\n%.300s", err, out)
			}
		})
	}
}
