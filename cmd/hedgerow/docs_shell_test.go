package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The programs of the documents' commands that nobody can run here: they only
// note that they were called. The others are what a pipeline takes.
var (
	noted = []string{"argocd", "aws", "az", "docker", "flux", "gcloud", "git", "go", "hedgerow", "helm", "kubectl", "make", "oc", "shasum", "sudo", "tar"}
	found = []string{"cat", "grep", "id", "mkdir", "paste", "sed", "sort"}
)

// note writes the words of a call on a line, with tabs between them.
const note = `#!/bin/sh
{ printf '%s' "${0##*/}"; for word; do printf '\t%s' "$word"; done; echo; } >>"$NOTES"
`

// shell vets commands that take a cluster: a shell runs them, in a copy of the
// document's folder, where every program of noted only notes its words, and no
// other one is found. Then hedgerow must take the flags, make must have the
// target, and what kubectl applies must be there.
func (d *document) shell(script string) {
	dir, bin := d.t.TempDir(), d.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(d.dir)); err != nil {
		d.t.Fatal(err)
	}
	for _, name := range noted {
		writeFiles(d.t, bin, map[string]string{name: note})
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, name := range found {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(bin, name))
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	notes := filepath.Join(d.t.TempDir(), "notes")
	cmd := exec.Command("/bin/sh", "-e")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, []string{"PATH=" + bin, "HOME=" + dir, "NOTES=" + notes}, strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Errorf("%v: %s\n%s", err, out, script)
		return
	}
	calls, err := os.ReadFile(notes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(calls)) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if problem := misuse(d.t, dir, words[0], words[1:]); problem != "" {
			d.t.Errorf("%q: %s", strings.Join(words, " "), problem)
		}
	}
}

// misuse says what is wrong with a call, or nothing.
func misuse(t *testing.T, dir, program string, args []string) string {
	switch program {
	case "hedgerow":
		return misusedHedgerow(args)
	case "make":
		for _, target := range args {
			if !strings.Contains(target, "=") && !slices.Contains(makeTargets(t), target) {
				return "the Makefile has no such target"
			}
		}
	case "kubectl":
		for i, arg := range args[:max(0, len(args)-1)] {
			if file := args[i+1]; (arg == "-f" || arg == "-k") && file != "-" {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					return "nothing made " + file
				}
			}
		}
	}
	return ""
}

// misusedHedgerow says what the command line would refuse.
func misusedHedgerow(args []string) string {
	if _, err := parsed(args); err != nil {
		return err.Error()
	}
	return ""
}

// makeTargets lists the targets of the Makefile that people call.
func makeTargets(t *testing.T) (targets []string) {
	data, err := os.ReadFile(root + "Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\.PHONY: (\S+)$`).FindAllStringSubmatch(string(data), -1) {
		targets = append(targets, m[1])
	}
	if len(targets) < 10 {
		t.Fatal("the Makefile has only", targets)
	}
	return targets
}

// TestShellVets: what a document must not show is found.
func TestShellVets(t *testing.T) {
	for _, test := range []struct{ program, args, problem string }{
		{"hedgerow", "audit --context prod-eu --cluster prod", ""},
		{"hedgerow", "audit --kontext prod-eu", "unknown flag: --kontext"},
		{"hedgerow", "audits", `unknown command "audits"; did you mean "audit"?`},
		{"hedgerow", "vet here", `vet takes no arguments, and "here" is one`},
		{"make", "golden FUZZTIME=1s", ""},
		{"make", "gold", "the Makefile has no such target"},
		{"kubectl", "apply -f -", ""},
		{"kubectl", "apply -k overlays", "nothing made overlays"},
	} {
		if got := misuse(t, t.TempDir(), test.program, strings.Fields(test.args)); got != test.problem {
			t.Errorf("%s %s: %q, not %q", test.program, test.args, got, test.problem)
		}
	}
}
