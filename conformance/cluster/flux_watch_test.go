package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// An event is what happened to a policy.
type event struct {
	what            watch.EventType
	namespace, name string
}

func (e event) String() string {
	return fmt.Sprintf("%s %s/%s", strings.ToLower(string(e.what)), e.namespace, e.name)
}

// A watcher keeps all that happens to policies, in the order in which it does.
type watcher struct {
	mu       sync.Mutex
	events   []event
	versions map[string]string // of the policies that are there now
	broken   error
}

// startWatcher watches from now on until the test ends.
func startWatcher(t *testing.T, s *server) *watcher {
	list, err := s.objects.Resource(policies).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{versions: versionsOf(list.Items)}
	stream, err := s.objects.Resource(policies).Watch(context.Background(), metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for e := range stream.ResultChan() {
			w.take(e)
		}
	})
	t.Cleanup(func() {
		stream.Stop()
		running.Wait()
	})
	return w
}

// take keeps an event.
func (w *watcher) take(e watch.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := e.Object.(*object)
	if !ok {
		w.broken = fmt.Errorf("the watch says %v", e)
		return
	}
	w.events = append(w.events, event{e.Type, o.GetNamespace(), o.GetName()})
	w.versions[name(o)] = o.GetResourceVersion()
	if e.Type == watch.Deleted {
		delete(w.versions, name(o))
	}
}

// saw gives what happened since the last call once that explains what is there
// now; until then it is not true.
func (w *watcher) saw(now []object) ([]event, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil || !maps.Equal(w.versions, versionsOf(now)) {
		return nil, false, w.broken
	}
	events := w.events
	w.events = nil
	return events, true, nil
}

func versionsOf(list []object) map[string]string {
	out := map[string]string{}
	for i := range list {
		out[name(&list[i])] = list[i].GetResourceVersion()
	}
	return out
}

// mustHappen gives what must happen to policies, each once, so that after is
// there where before was. What keeps a namespace open is made by one Kustomization
// and taken over by another.
func mustHappen(before, after map[string]*object) (out []event) {
	for n, o := range after {
		if o.GetKind() != "NetworkPolicy" {
			continue
		}
		switch was := before[n]; {
		case was == nil:
			out = append(out, event{watch.Added, o.GetNamespace(), o.GetName()})
			if o.GetName() == rolloutPolicy {
				out = append(out, event{watch.Modified, o.GetNamespace(), o.GetName()})
			}
		case difference(o, was) != "":
			out = append(out, event{watch.Modified, o.GetNamespace(), o.GetName()})
		}
	}
	for n, o := range before {
		if after[n] == nil {
			out = append(out, event{watch.Deleted, o.GetNamespace(), o.GetName()})
		}
	}
	return out
}

// sorted gives events without their order.
func sorted(events []event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.String())
	}
	slices.Sort(out)
	return out
}
