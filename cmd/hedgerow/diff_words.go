package main

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
)

// words gives what changed on a cluster in the tenancy's terms: in those of the
// new one, or else of the old one.
type words struct {
	cluster  string
	old, now *state
	owners   map[string][]string // that the old policies name, by namespace in Kubernetes
}

// ownersOf gives the owners that the policies of namespaces name: an output
// folder knows no more of its teams.
func ownersOf(policies []*networkingv1.NetworkPolicy) map[string][]string {
	out := map[string][]string{}
	for _, p := range policies {
		if n := render.NoteOf(p.Annotations); len(n.Owners) > 0 {
			out[p.Namespace] = n.Owners
		}
	}
	return out
}

// end gives one end. Where a place has another name in Kubernetes than it had,
// both ends would read the same without that name.
func (w *words) end(e reach.End) report.End {
	for _, s := range []*state{w.now, w.old} {
		places := s.places[w.cluster]
		place, known := places[e.Namespace]
		if !known {
			continue
		}
		out := endInWords(places, e)
		if w.moved(place.String(), e.Namespace) {
			out = out.WithNamespace()
		}
		return out
	}
	return report.NewEnd(e, "", "", w.owners[e.Namespace])
}

// moved reports whether a place is another namespace in Kubernetes in one of the
// states.
func (w *words) moved(place, namespace string) bool {
	for _, s := range []*state{w.now, w.old} {
		for name, at := range s.places[w.cluster] {
			if at.String() == place && name != namespace {
				return true
			}
		}
	}
	return false
}

func (w *words) namespaces(names []string) (out []string) {
	for _, n := range names {
		out = append(out, w.end(reach.End{Namespace: n}).String())
	}
	return out
}

func (w *words) difference(found *reach.Difference) report.ClusterDifference {
	d := report.ClusterDifference{Cluster: w.cluster, Opened: []report.Connection{}, Closed: []report.Connection{}, Changed: []report.Change{}}
	for i := range found.Opened {
		d.Opened = append(d.Opened, w.noted(&found.Opened[i]))
	}
	for i := range found.Closed {
		d.Closed = append(d.Closed, w.noted(&found.Closed[i]))
	}
	for i := range found.Changed {
		before, after := w.noted(&found.Changed[i].Before), w.noted(&found.Changed[i].After)
		flows := slices.Sorted(slices.Values(slices.Concat(before.Flows, after.Flows)))
		d.Changed = append(d.Changed, report.Change{From: after.From, To: after.To, Opened: after.Ports, Closed: before.Ports, Flows: slices.Compact(flows)})
	}
	d.Appeared = w.namespaces(found.Appeared)
	return d
}

// noted gives a connection with the flows that its policies say they are there
// for.
func (w *words) noted(c *reach.Connection) report.Connection {
	r := connection(c, w.end)
	for _, rule := range c.Rules {
		if n := render.NoteOf(rule.Policy.Annotations); n.Flow != "" {
			r.Flows = append(r.Flows, n.Flow)
		}
	}
	slices.Sort(r.Flows)
	r.Flows = slices.Compact(r.Flows)
	return r
}
