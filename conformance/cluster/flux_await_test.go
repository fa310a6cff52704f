package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var syncs = schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}

const mergePatch = types.MergePatchType

// parent is the Kustomization that Flux is bootstrapped with: it applies the
// objects that Hedgerow renders for Flux.
const parent = "platform"

// bootstrapped is what somebody applies once.
const bootstrapped = `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: platform, namespace: flux-system}
spec: {interval: 10m, url: %q, ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: platform, namespace: flux-system}
spec: {interval: 10m, path: ./overlays/delivery/flux/main, prune: true, sourceRef: {kind: GitRepository, name: platform}}
`

func (g *gitops) bootstrap() {
	for _, text := range strings.Split(fmt.Sprintf(bootstrapped, address), "---\n") {
		o, err := objectOf([]byte(text))
		if err != nil {
			g.Fatal(err)
		}
		if err := g.create(g.Context(), o); err != nil {
			g.Fatal(err)
		}
	}
}

// patchSync changes a Kustomization.
func (g *gitops) patchSync(name, patch string) {
	if _, err := g.objects.Resource(syncs).Namespace(fluxNamespace).Patch(g.Context(), name, mergePatch, []byte(patch), metav1.PatchOptions{}); err != nil {
		g.Fatal(err)
	}
}

// suspend stops the parent, or lets it go on.
func (g *gitops) suspend(yes bool) {
	if g.kustomizations != nil {
		g.patchSync(parent, fmt.Sprintf(`{"spec": {"suspend": %t}}`, yes))
	}
}

// request has Flux look at a Kustomization now, as "flux reconcile" does.
func (g *gitops) request(name string) {
	g.patchSync(name, fmt.Sprintf(`{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": %q}}}`, time.Now().Format(time.RFC3339Nano)))
}

// await waits until nothing is said to be missing.
func (g *gitops) await(what string, missing func(context.Context) string) {
	g.Helper()
	ctx, stop := context.WithTimeout(g.Context(), patience)
	defer stop()
	for {
		m := missing(ctx)
		if m == "" {
			return
		}
		select {
		case <-ctx.Done():
			g.Fatalf("%s: %s", what, m)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// awaitApplied waits until Flux says that everything that it syncs is as the
// commit has it.
func (g *gitops) awaitApplied(what string) {
	g.await(what, func(ctx context.Context) string {
		list, err := g.objects.Resource(syncs).Namespace(fluxNamespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		var names []string
		for i := range list.Items {
			o := &list.Items[i]
			names = append(names, o.GetName())
			if why := g.notApplied(o); why != "" {
				return why
			}
		}
		if !sameNames(names, append([]string{parent}, g.kustomizations...)) {
			return fmt.Sprintf("Flux syncs %q, not %q", names, g.kustomizations)
		}
		return ""
	})
}

// notApplied says why a Kustomization is not at the commit, or "".
func (g *gitops) notApplied(o *object) string {
	if suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend"); suspended {
		return ""
	}
	observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	applied, _, _ := unstructured.NestedString(o.Object, "status", "lastAppliedRevision")
	ready, message := readiness(o)
	if observed == o.GetGeneration() && applied == revisionOf("main", g.commit) && ready == "True" {
		return ""
	}
	return fmt.Sprintf("%s has applied %q, generation %d of %d, and is ready: %s, %s", o.GetName(), applied, observed, o.GetGeneration(), ready, message)
}

// readiness gives the condition Ready and its message.
func readiness(o *object) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	i := slices.IndexFunc(conditions, func(c any) bool { return c.(map[string]any)["type"] == "Ready" })
	if i < 0 {
		return "", ""
	}
	c := conditions[i].(map[string]any)
	return fmt.Sprint(c["status"]), fmt.Sprint(c["message"])
}

// settled compares all that the server keeps with what it must, and gives what
// happened to policies since it last did.
func (g *gitops) settled(what string) (happened []event) {
	g.Helper()
	g.await(what, func(ctx context.Context) string {
		list, err := g.objects.Resource(policies).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		events, ok, err := g.events.saw(list.Items)
		if err != nil || !ok {
			return fmt.Sprintf("what happened does not explain what is there: %v", err)
		}
		happened = events
		return ""
	})
	compare(g.T, values(g.want), g.now(g.Context()))
	return happened
}
