package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	actionFile    = repository + "/action.yml"
	componentFile = repository + "/templates/hedgerow.yml"
)

// A workflow that uses the action is one that actionlint takes, by what the
// action says of itself; and each of these it would not.
func TestAction(t *testing.T) {
	action := read(t, actionFile)
	const workflow = `name: check
on: pull_request
permissions:
  contents: read
jobs:
  hedgerow:
    runs-on: ubuntu-latest
    steps:
      - uses: ./
        with:
          working-directory: tenancy
          args: --mode inline
`
	for _, c := range []struct{ in, old, new string }{
		{}, {"workflow", "args:", "arguments:"}, {"action", "using: composite", "using: composit"}, {"action", "\nruns:", "\nrun:"},
		{"action", "description: folder", "descriptoin: folder"}, {"action", "icon: shield", "icon: hedge"},
	} {
		files := map[string]string{"action": action, "workflow": workflow}
		files[c.in] = strings.Replace(files[c.in], c.old, c.new, 1)
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{
			"action.yml": files["action"], ".github/workflows/check.yml": files["workflow"], ".git/HEAD": "ref: refs/heads/main\n",
		})
		cmd := exec.Command(filepath.Join(tools(t), "actionlint"), "-no-color", "-shellcheck=", "-pyflakes=")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); (err == nil) != (c.in == "") {
			t.Errorf("with %q for %q: %v\n%s", c.new, c.old, err, out)
		}
	}
}

// An action, as far as it is run here.
type action struct {
	Runs struct {
		Steps []struct {
			Uses, Run, Shell string
			Env              map[string]string
			With             map[string]any
		}
	}
}

// What the action runs, run as GitHub would: it builds the commit that it is
// pinned by, and the report is the job's summary.
func TestActionRuns(t *testing.T) {
	var a action
	if err := yaml.Unmarshal([]byte(read(t, actionFile)), &a); err != nil {
		t.Fatal(err)
	}
	work, temp := t.TempDir(), t.TempDir()
	writeFiles(t, work, map[string]string{"net works/tenants.cue": small})
	summary, paths := filepath.Join(temp, "summary"), filepath.Join(temp, "paths")
	source, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("${{ inputs.version }}", "", "${{ github.action_path }}", source, "${{ runner.temp }}", temp,
		"${{ inputs.working-directory }}", "net works", "${{ inputs.args }}", "--mode\n  inline --quiet\n")
	ran := 0
	for _, s := range a.Runs.Steps {
		if s.Run == "" {
			continue
		}
		ran++
		if strings.Contains(s.Run, "${{") || s.Shell != "bash" {
			t.Errorf("the shell is given what others wrote, as code:\n%s", s.Run)
		}
		added, _ := os.ReadFile(paths) // there is none before the first step
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GITHUB_PATH="+paths, "GITHUB_STEP_SUMMARY="+summary, "HEDGEROW_AS_OF="+testDay, "GOFLAGS=-buildvcs=false",
			"PATH="+strings.TrimSpace(string(added))+string(os.PathListSeparator)+os.Getenv("PATH"))
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+values.Replace(value))
		}
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitClean && ran == 1 || code != exitProblems && ran == 2 {
			t.Fatalf("%s: %v\n%s", s.Run, err, out)
		}
		if ran == 2 && !strings.Contains(string(out), "::error ") {
			t.Errorf("no annotation says that the overlays are missing:\n%s", out)
		}
	}
	if report := read(t, summary); ran != 2 || !strings.HasPrefix(report, "## Hedgerow: ") {
		t.Errorf("after %d steps the summary is %s", ran, report)
	}
}

// The action and the component install what the templates of init do.
func TestComponentsArePinned(t *testing.T) {
	f := ciPlaces["own"]
	hub, err := f.text(ciGitHub)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range regexp.MustCompile(`uses: actions/setup-go.*|go-version: .*|cache: .*`).FindAllString(string(hub), -1) {
		if !strings.Contains(read(t, actionFile), part) {
			t.Errorf("the action lacks %q", part)
		}
	}
}

// The component is what init writes for a tenancy of its own repository, with
// inputs in the place of what init knows, and a publishing that can be left out.
func TestGitLabComponent(t *testing.T) {
	header, jobs, ok := strings.Cut(read(t, componentFile), "\n---\n")
	var spec struct {
		Spec struct {
			Inputs map[string]struct{ Default any }
		}
	}
	if err := yaml.Unmarshal([]byte(header), &spec); err != nil || !ok {
		t.Fatal(err, ok)
	}
	inputs := map[string]string{"version": "v1.2.3"}
	for name, in := range spec.Spec.Inputs {
		if text, ok := in.Default.(string); ok {
			inputs[name] = text
		}
	}
	inputs["publish"] = "true"
	for name, value := range inputs {
		with := strings.ReplaceAll(jobs, "$[[ inputs."+name+" ]]", value)
		if with == jobs {
			t.Errorf("nothing asks for the input %s", name)
		}
		jobs = with
	}
	f := ciFacts{Version: "v1.2.3", Branch: "main", Dir: ".", Module: ".", Own: true, Overlays: "overlays", CI: gitLabFile}
	written, err := f.text(ciGitLab)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]map[string]any
	if err := yaml.UnmarshalStrict([]byte(jobs), &got); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(written, &want); err != nil {
		t.Fatal(err)
	}
	rules, _ := got["hedgerow publish"]["rules"].([]any)
	off := map[string]any{"if": `"true" == "false"`, "when": "never"}
	if len(rules) == 0 || !reflect.DeepEqual(rules[0], any(off)) {
		t.Fatalf("publishing cannot be left out: %v", rules)
	}
	got["hedgerow publish"] = maps.Clone(got["hedgerow publish"])
	got["hedgerow publish"]["rules"] = rules[1:]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the component is\n%v\nand init writes\n%v", got, want)
	}
}

// GitLab's own schema takes the component; and each of these it would not.
func TestGitLabSchema(t *testing.T) {
	tool := filepath.Join(tools(t), "gitlab-ci-local")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("there was no npm to fetch gitlab-ci-local with")
	}
	component := read(t, componentFile)
	const entry = "include:\n  - local: templates/hedgerow.yml\n    inputs:\n      version: v1.2.3\n"
	for _, c := range []struct{ file, old, new, lists string }{
		{lists: `"hedgerow publish"`},
		{"entry", "version: v1.2.3", "publish: true", ""},
		{"entry", "v1.2.3", "v1.2.3\n      publish: perhaps", ""},
		{"component", "resource_group", "resource_grp", ""},
		{"component", "when: always", "when: ever", ""},
	} {
		files := map[string]string{"component": component, "entry": entry}
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"templates/hedgerow.yml": files["component"], ".gitlab-ci.yml": files["entry"]})
		for _, args := range [][]string{
			{"init", "-q", "-b", "main"}, {"remote", "add", "origin", "https://gitlab.example.com/acme/net.git"}, {"add", "-A"}, {"commit", "-q", "-m", "x"},
		} {
			git := exec.Command("git", args...)
			git.Dir, git.Env = dir, append(os.Environ(), gitEnv...)
			if out, err := git.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		cmd := exec.Command(tool, "--list-json")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if (err == nil) != (c.file == "") || !strings.Contains(string(out), c.lists) {
			t.Errorf("with %q for %q: %v\n%s", c.new, c.old, err, out)
		}
	}
}
