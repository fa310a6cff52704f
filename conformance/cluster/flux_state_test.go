package cluster

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// denyPolicy is what stays in a namespace that leaves.
const denyPolicy = "default-deny"

// after gives what the server must keep once it is synced with a folder: what
// kustomize makes of that, and what never goes, the deny and Namespace objects.
func (g *gitops) after(before map[string]*object, folder string) map[string]*object {
	out := map[string]*object{}
	for n, o := range before {
		if o.GetName() == denyPolicy || o.GetKind() == "Namespace" {
			out[n] = o
		}
	}
	rendered := map[string]bool{}
	for _, dir := range g.groupsOf(folder) {
		for _, o := range g.kustomize(dir) {
			if rendered[name(o)] && g.handedOver(o, dir, out[name(o)]) {
				continue
			}
			if rendered[name(o)] {
				g.Fatalf("%s is rendered twice", name(o))
			}
			rendered[name(o)] = true
			g.own(o, dir)
			out[name(o)] = o
			if o.GetNamespace() != "" && !g.managed {
				g.ensure(o.GetNamespace())
			}
		}
	}
	return out
}

// handedOver reports whether an object of a folder is the policy of a roll-out
// that an environment has as well, by which it is kept: the one is only made where
// it is missing, and differs in nothing else.
func (g *gitops) handedOver(o *object, dir string, kept *object) bool {
	notes := o.GetAnnotations()
	if o.GetName() != rolloutPolicy || filepath.Base(filepath.Dir(dir)) != "rollout" || notes[fluxSSA] != "IfNotPresent" {
		return false
	}
	delete(notes, fluxSSA)
	o.SetAnnotations(notes)
	o.SetLabels(kept.GetLabels()) // Flux has labelled it
	return difference(o, kept) == ""
}

// fluxSSA says how Flux applies an object.
const fluxSSA = "kustomize.toolkit.fluxcd.io/ssa"

// groupsOf gives the folders that are synced: all but the baseline, and those
// of roll-outs by environment.
func (g *gitops) groupsOf(folder string) (out []string) {
	for _, pattern := range []string{"main/*", "main/rollout/*"} {
		dirs, err := filepath.Glob(filepath.Join(folder, pattern, "kustomization.yaml"))
		if err != nil {
			g.Fatal(err)
		}
		for _, file := range dirs {
			out = append(out, filepath.Dir(file))
		}
	}
	return out
}

// kustomize has kubectl build a folder.
func (g *gitops) kustomize(dir string) (out []*object) {
	text, err := g.output(g.Context(), "kustomize", dir)
	if err != nil {
		g.Fatal(err)
	}
	for doc := range strings.SplitSeq(string(text), "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		o, err := objectOf([]byte(doc))
		if err != nil {
			g.Fatalf("%s: %v", dir, err)
		}
		out = append(out, o)
	}
	return out
}

// own labels an object as Flux labels what the Kustomization of a folder has.
func (g *gitops) own(o *object, dir string) {
	owner := "hedgerow-" + filepath.Base(dir)
	if filepath.Base(filepath.Dir(dir)) == "rollout" {
		owner += ".rollout"
	}
	labels := maps.Clone(o.GetLabels())
	if labels == nil {
		labels = map[string]string{}
	}
	labels["kustomize.toolkit.fluxcd.io/name"], labels["kustomize.toolkit.fluxcd.io/namespace"] = owner, fluxNamespace
	o.SetLabels(labels)
}

// kustomizationsOf gives the names of those that a folder has for Flux.
func (g *gitops) kustomizationsOf(folder string) (out []string) {
	for _, o := range g.kustomize(filepath.Join(folder, flux("main"))) {
		if o.GetKind() == "Kustomization" {
			out = append(out, o.GetName())
		}
	}
	return out
}

// now gives every policy that the server keeps, and those Namespace objects that
// were rendered.
func (g *gitops) now(ctx context.Context) map[string]*object {
	a := applied{server: g.server, T: g.T, overlays: []overlay{{objects: values(g.want)}}}
	return a.live()
}

// differs says what is otherwise than it must be, or "".
func (g *gitops) differs(now map[string]*object) string {
	for n, o := range g.want {
		if now[n] == nil {
			return n + " is not there"
		}
		if d := difference(o, now[n]); d != "" {
			return n + ": " + d
		}
	}
	return ""
}

// ensure makes a namespace that is not there yet.
func (g *gitops) ensure(ns string) {
	if err := g.ensureNamespace(g.Context(), ns); err != nil {
		g.Fatal(err)
	}
}

func values(m map[string]*object) []*object { return slices.Collect(maps.Values(m)) }
