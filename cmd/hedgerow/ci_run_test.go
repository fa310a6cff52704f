package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// What the stories are about: a flow that expires, one more, and one that
// nobody can mean.
const (
	ciExpiry = "2026-11-25"
	ciNight  = "2026-11-26"

	ciExpiring = `package tenancy

flows: "orders-frontend": {
	from: {namespace: "orders", workload: "api"}
	to: {namespace: "frontend", workload: "web"}
	ports: ["http"]
	reason: "until the shop asks for it itself"
	expires: "2026-11-25"
}
`
	ciMistake = `package tenancy

flows: "orders-shop": {
	from: namespace: "orders"
	to: namespace: "frontned"
	reason: "a slip of the pen"
}
`
)

// inWorlds tells a story on each CI, with the tenancy at the root and in a
// folder with an odd name.
func inWorlds(t *testing.T, names []string, story func(t *testing.T, w *ciWorld)) {
	if testing.Short() {
		t.Skip("it runs many commands")
	}
	binary := buildBinary(t)
	for _, ci := range []string{ciGitHub, ciGitLab} {
		for _, dir := range []string{".", "o'networks/a tenancy"} {
			t.Run(fmt.Sprintf("%s/%s", ci, strings.ReplaceAll(dir, "/", "_")), func(t *testing.T) {
				t.Parallel()
				story(t, newCIWorld(t, ci, dir, binary, names...))
			})
		}
	}
}

// expect holds what came of an event against what should.
func (w *ciWorld) expect(e event, job string, code int, says ...string) *outcome {
	w.t.Helper()
	o := w.run(e)
	if got := strings.Join(o.jobs, " "); got != job || o.code != code {
		w.t.Fatalf("%+v: want job %q, code %d; got %v", e, job, code, o)
	}
	for _, s := range says {
		if !strings.Contains(o.out, s) {
			w.t.Errorf("%+v: want %q; got %v", e, s, o)
		}
	}
	return o
}

// in gives the path of a file of the tenancy's folder.
func (w *ciWorld) in(file string) string { return path.Join(w.dir, file) }

// refuse makes a repository refuse every push, or accept it again.
func (w *ciWorld) refuse(repo string, yes bool) {
	hook := filepath.Join(w.repos, repo, "hooks", "pre-receive")
	if !yes {
		if err := os.Remove(hook); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\necho the branch is protected\nexit 1\n"), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// From the first pull request to a night on which a flow is closed.
func TestCIPublishes(t *testing.T) {
	inWorlds(t, []string{"tenancy.git"}, func(t *testing.T, w *ciWorld) {
		w.git(w.work, "checkout", "-qb", "first")
		w.hedgerow("init", "--ci", w.ci)
		w.commit("first", nil)
		if o := w.expect(event{kind: "pull", branch: "first"}, "vet", 0, "the tenancy is right"); !strings.Contains(o.diff, "the first tenancy") {
			t.Errorf("the reviewer is shown %q", o.diff)
		}
		w.merge("first")
		w.expect(event{kind: "push", noAuth: true}, "publish", exitFailure)
		w.expect(event{kind: "push"}, "publish", 0, "published ", "main of origin")

		w.propose("wrong", map[string]string{w.in("wrong.cue"): ciMistake})
		if w.ci == ciGitHub {
			w.expect(event{kind: "pull", branch: "wrong"}, "vet", exitProblems, "::error file="+w.in("wrong.cue")+",line=5,col=17")
		} else {
			o := w.expect(event{kind: "pull", branch: "wrong"}, "vet", exitProblems, w.in("wrong.cue")+":5:17: error: ")
			if report, err := os.ReadFile(filepath.Join(o.dir, "hedgerow-codequality.json")); err != nil || !strings.Contains(string(report), `"check_name": "unknown-namespace"`) || !strings.Contains(string(report), `"path": "`+w.in("wrong.cue")) {
				t.Errorf("%v\n%s", err, report)
			}
		}

		w.propose("right", map[string]string{w.in("more.cue"): ciExpiring})
		if o := w.expect(event{kind: "pull", branch: "right"}, "vet", 0); !strings.Contains(o.diff, "orders-frontend") {
			t.Errorf("the reviewer is shown %q", o.diff)
		}
		w.merge("right")
		w.expect(event{kind: "push"}, "publish", 0, "published ")
		flow := w.in("overlays/main/prod/orders/allow-orders-frontend-egress-api.yaml")
		if !strings.Contains(w.shows("tenancy.git", ""), "allow-orders-frontend-egress-api.yaml") {
			t.Errorf("%s is not published", flow)
		}

		// What was published starts nothing, and publishing it again would do nothing.
		w.expect(event{kind: "push"}, "", 0)
		w.expect(event{kind: "schedule"}, "publish", 0, "nothing to publish")
		w.expect(event{kind: "schedule", day: ciExpiry}, "publish", 0, "nothing to publish")

		w.refuse("tenancy.git", true)
		if o := w.run(event{kind: "schedule", day: ciNight}); o.code == 0 {
			t.Errorf("nobody hears that nothing was closed: %v", o)
		}
		w.refuse("tenancy.git", false)
		w.expect(event{kind: "schedule", day: ciNight}, "publish", 0, "published ")
		if strings.Contains(w.shows("tenancy.git", ""), "orders-frontend") {
			t.Error("what has expired is still open")
		}
		w.expect(event{kind: "schedule", day: ciNight}, "publish", 0, "nothing to publish")
	})
}

// The overlays stand in a repository of their own.
func TestCIPublishesElsewhere(t *testing.T) {
	inWorlds(t, []string{"tenancy.git", "policies.git"}, func(t *testing.T, w *ciWorld) {
		policies := w.server + "/policies.git"
		w.hedgerow("init", "--ci", w.ci, "--repo", policies, "--branch", "main", "--path", "net")
		w.commit("first", map[string]string{w.in("more.cue"): ciExpiring})
		w.expect(event{kind: "push", noAuth: true}, "publish", exitFailure)
		w.expect(event{kind: "push"}, "publish", 0, "published ", "of "+policies)
		if !strings.Contains(w.shows("policies.git", ""), "net/main/prod/orders/allow-orders-frontend-egress-api.yaml") || strings.Contains(w.shows("tenancy.git", ""), "overlays") {
			t.Error("the overlays are somewhere else")
		}
		w.expect(event{kind: "schedule"}, "publish", 0, "nothing to publish")
		w.refuse("policies.git", true)
		if o := w.run(event{kind: "schedule", day: ciNight}); o.code == 0 {
			t.Errorf("nobody hears that nothing was closed: %v", o)
		}
		w.refuse("policies.git", false)
		w.expect(event{kind: "schedule", day: ciNight}, "publish", 0, "published ")
		if strings.Contains(w.shows("policies.git", ""), "orders-frontend") {
			t.Error("what has expired is still open")
		}
	})
}

// In mode inline nothing is published, and a night on which something has
// expired fails until somebody has merged its end.
func TestCIInline(t *testing.T) {
	inWorlds(t, []string{"tenancy.git"}, func(t *testing.T, w *ciWorld) {
		writeFiles(t, w.work, map[string]string{w.in(".hedgerow.yaml"): "mode: inline\n"})
		w.hedgerow("init", "--ci", w.ci)
		w.hedgerow("generate")
		w.commit("first", nil)
		w.expect(event{kind: "push"}, "check", 0, "overlays is what the tenancy says")

		w.propose("forgotten", map[string]string{w.in("more.cue"): ciExpiring})
		w.expect(event{kind: "pull", branch: "forgotten"}, "vet", exitProblems)
		w.hedgerow("generate")
		w.commit("generate", nil)
		if o := w.expect(event{kind: "pull", branch: "forgotten"}, "vet", 0); !strings.Contains(o.diff, "orders-frontend") {
			t.Errorf("the reviewer is shown %q", o.diff)
		}
		w.merge("forgotten")
		w.expect(event{kind: "push", day: ciNight}, "check", 0)
		w.expect(event{kind: "schedule", day: ciExpiry}, "check", 0)
		w.expect(event{kind: "schedule", day: ciNight}, "check", exitProblems, "flows have expired and are still open", "closed: orders-frontend in dev, prod")

		w.git(w.work, "checkout", "-qB", "main", "origin/main")
		w.hedgerow("generate", "--as-of", ciNight)
		w.commit("close", nil)
		w.expect(event{kind: "schedule", day: ciNight}, "check", 0)
	})
}
