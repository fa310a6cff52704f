package cluster

import (
	"context"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// patience is how long Flux may take for anything.
const patience = 2 * time.Minute

// TestFlux has Flux sync a tenancy through all of its life, once where Hedgerow
// writes the Namespace objects, and once where they are there.
func TestFlux(t *testing.T) {
	t.Run("managed namespaces", func(t *testing.T) { testFlux(t, true) })
	t.Run("namespaces of others", func(t *testing.T) { testFlux(t, false) })
}

// A gitops is a cluster that Flux syncs with what is published.
type gitops struct {
	*testing.T
	*server
	team    *publisher
	events  *watcher
	flux    *controller
	managed bool

	want           map[string]*object // of the state that is published
	kustomizations []string           // that are there
	commit         string

	states, objectsSeen, eventsSeen int
	took                            []time.Duration
}

func testFlux(t *testing.T, managed bool) {
	g := &gitops{T: t, server: startServer(t), team: newPublisher(t), managed: managed}
	g.loadDefinitions(t)
	for _, ns := range append([]string{fluxNamespace}, live...) {
		g.ensure(ns)
	}
	g.events = startWatcher(t, g.server)
	startSourcer(t, g.server, g.team.bare, address)
	g.flux = startController(t, g.server)
	for i, s := range steps(managed, time.Now().UTC()) {
		g.step(s)
		if i == 0 {
			g.heals()
			g.lendsItsRights()
		}
	}
	slices.Sort(g.took)
	t.Logf("%d states with %d objects, and %d changes of policies; from commit to applied %.1f s to %.1f s, in the middle %.1f s",
		g.states, g.objectsSeen, g.eventsSeen, g.took[0].Seconds(), g.took[len(g.took)-1].Seconds(), g.took[len(g.took)/2].Seconds())
}

// step takes the tenancy to its next state, and sees to it that Flux takes the
// cluster there, by the changes that are needed and no others.
func (g *gitops) step(s step) {
	g.team.pass(s.days)
	g.team.change(s.files)
	g.team.merge(s.what)
	folder := g.team.generate()
	before := g.want
	g.want = g.after(before, folder)
	g.suspend(s.alone)
	lift := g.refuse(s.refused)
	var at time.Time
	g.commit, at = g.team.publish()
	if g.kustomizations == nil {
		g.bootstrap()
	}
	if !s.alone {
		g.kustomizations = g.kustomizationsOf(folder)
	}
	if s.refused != "" {
		g.staysOpen(s, before)
		lift()
		g.request(production)
	}
	g.awaitApplied(s.what)
	took := time.Since(at)
	happened := g.settled(s.what)
	g.Logf("%-70s %5.1f s, %d objects, %d changes", s.what, took.Seconds(), len(g.want), len(happened))
	g.compareEvents(s, mustHappen(before, g.want), happened)
	g.left(s)
	if g.Failed() {
		g.FailNow()
	}
	g.states++
	g.objectsSeen += len(g.want)
	g.eventsSeen += len(happened)
	if s.refused == "" {
		g.took = append(g.took, took)
	}
}

// compareEvents holds what happened to policies against what must, and looks at
// the order of roll-outs.
func (g *gitops) compareEvents(s step, must, happened []event) {
	if want, got := sorted(must), sorted(happened); !slices.Equal(want, got) {
		g.Errorf("%s: what must happen is\n%q\nand what happens is\n%q", s.what, want, got)
	}
	var begun, ended []string
	touched := map[string]bool{}
	for _, e := range happened {
		if e.name == rolloutPolicy && e.what == watch.Added {
			begun = append(begun, e.namespace)
			if touched[e.namespace] {
				g.Errorf("%s: %s comes after other changes of its namespace: %v", s.what, e, happened)
			}
		}
		if e.name == rolloutPolicy && e.what == watch.Deleted {
			ended = append(ended, e.namespace)
		} else if len(ended) > 0 {
			g.Errorf("%s: %s comes after the end of a roll-out: %v", s.what, e, happened)
		}
		touched[e.namespace] = true
	}
	if !sameNames(begun, s.begins) || !sameNames(ended, s.ends) {
		g.Errorf("%s: the roll-outs %q begin and %q end, not %q and %q", s.what, begun, ended, s.begins, s.ends)
	}
}

// rolloutPolicy is what keeps a namespace open.
const rolloutPolicy = "rollout-allow-all"

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// left sees to it that of some namespaces nothing but the deny is left.
func (g *gitops) left(s step) {
	for _, ns := range s.keeps {
		list, err := g.objects.Resource(policies).Namespace(ns).List(g.Context(), metav1.ListOptions{})
		if err != nil {
			g.Fatal(err)
		}
		if len(list.Items) != 1 || list.Items[0].GetName() != denyPolicy {
			g.Errorf("%s: %s has %v, and not its deny alone", s.what, ns, versionsOf(list.Items))
		}
	}
}

// heals sees to it that what somebody deletes or changes by hand is set right.
func (g *gitops) heals() {
	ctx := g.Context()
	where := g.objects.Resource(policies).Namespace("orders")
	deny, err := where.Get(ctx, denyPolicy, metav1.GetOptions{})
	if err != nil {
		g.Fatal(err)
	}
	if err := where.Delete(ctx, denyPolicy, metav1.DeleteOptions{}); err != nil {
		g.Fatal(err)
	}
	const changed = "allow-shop-orders-ingress-api"
	_, err = where.Patch(ctx, changed, mergePatch, []byte(`{"spec": {"podSelector": {"matchLabels": {"app": "nothing"}}}}`), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	if err != nil {
		g.Fatal(err)
	}
	start := time.Now()
	g.await("what was deleted and changed by hand is set right", func(ctx context.Context) string {
		now := g.now(ctx)
		if o := now[name(deny)]; o == nil || o.GetUID() == deny.GetUID() {
			return "the deny is not there again"
		}
		return g.differs(now)
	})
	healed := g.settled("healed")
	want := []event{{watch.Deleted, "orders", denyPolicy}, {watch.Added, "orders", denyPolicy}, {watch.Modified, "orders", changed}}
	if !slices.Equal(slices.Compact(sorted(healed)), sorted(want)) {
		g.Errorf("by hand and back: %v", healed)
	}
	g.Logf("%-70s %5.1f s", "a policy that was deleted by hand is there again after", time.Since(start).Seconds())
}
