package census

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A group is the pods that one thing makes.
type group struct {
	kind, namespace, name string // of what makes them
	hostNetwork           bool
	selector              map[string]string // by which it knows them, if by labels
	carried               tenancy.Labels    // what lasts of the labels that all of them carry
	labels                tenancy.Labels    // by which the tenancy knows them
	ports                 []corev1.ContainerPort
}

func (g *group) String() string { return fmt.Sprintf("%s %s/%s", g.kind, g.namespace, g.name) }

// workloads gives what runs in one namespace.
func (t *taker) workloads(makers []*maker) (out []*Workload) {
	groups := t.joined(t.selectable(groupsOf(makers)))
	tellApart(groups)
	taken := map[string]bool{}
	for i, g := range groups {
		name := nameOf(g.name, "workload")
		if taken[name] {
			name = nameOf(name+"-"+g.kind, "")
		}
		w := &Workload{Name: unique(taken, name, 63), Labels: g.labels, Ports: t.ports(g)}
		if w.Name != g.name {
			t.leave(Renamed, "%s as %s", g, w.Name)
		}
		w.Overlaps = slices.ContainsFunc(groups[:i], func(other *group) bool { return g.labels.Overlap(other.labels) })
		if w.Overlaps {
			t.leave(Overlapping, "%s", g)
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *Workload) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// groupsOf gives the pods by what makes them. What is made by something that was
// found as well counts with it; the pods of a controller that was not, as of
// somebody's own kind, are one group.
func groupsOf(makers []*maker) (out []*group) {
	found, made := map[[2]string]bool{}, map[[2]string]*group{}
	for _, m := range makers {
		found[[2]string{m.kind, m.name}] = true
	}
	for _, k := range kinds {
		before := out
		for _, m := range sorted(makers, k.kind) {
			if o := m.owner; o != nil && o.Kind != m.kind && found[[2]string{o.Kind, o.Name}] {
				continue
			}
			if m.owner != nil && slices.ContainsFunc(before, func(g *group) bool { return g.makes(m) }) {
				continue
			}
			by := m.by()
			g := made[by]
			if g == nil {
				g = &group{kind: by[0], namespace: m.namespace, name: by[1], hostNetwork: m.hostNetwork}
				g.selector, g.carried = m.selector, lasting(m.labels)
				made[by] = g
				out = append(out, g)
			}
			g.takeIn(m)
		}
	}
	return out
}

func sorted(makers []*maker, kind string) (out []*maker) {
	for _, m := range makers {
		if m.kind == kind {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *maker) int { return cmp.Compare(a.name, b.name) })
	return out
}

// by gives the kind and the name of what makes the pods: of what would make them
// again. The kubelet makes static pods, and says that their node does.
func (m *maker) by() [2]string {
	if m.owner == nil || m.owner.Kind == "Node" {
		return [2]string{m.kind, m.name}
	}
	name := m.owner.Name
	for _, key := range []string{"pod-template-hash", "rollouts-pod-template-hash"} {
		if hash := m.labels[key]; hash != "" {
			name = strings.TrimSuffix(name, "-"+hash)
		}
	}
	return [2]string{m.owner.Kind, name}
}

// makes reports whether what makes the pods of the group could have made those of
// m, too.
func (g *group) makes(m *maker) bool {
	labels := g.known()
	return len(labels) > 0 && labels.Select(m.labels) && g.hostNetwork == m.hostNetwork
}

func (g *group) takeIn(m *maker) {
	g.ports = append(g.ports, m.ports...)
	maps.DeleteFunc(g.carried, func(key, value string) bool { return m.labels[key] != value })
}

// known gives the labels by which the pods can be known: those of the selector,
// else those that say what they are, else all that last.
func (g *group) known() tenancy.Labels {
	if labels := lasting(g.selector); len(labels) > 0 {
		return labels
	}
	names := tenancy.Labels{}
	for _, key := range naming {
		if value, ok := g.carried[key]; ok {
			names[key] = value
		}
	}
	if len(names) > 0 {
		return names
	}
	return maps.Clone(g.carried)
}

// naming are the labels that say what a pod is, and stay when a new version of it
// comes (kubernetes.io, Recommended Labels).
var naming = []string{
	"app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/instance", "app", "k8s-app",
}

// passing are labels that controllers give to pods and that no pod keeps longer
// than it runs.
var passing = []string{
	"apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index",
	"batch.kubernetes.io/job-name", "controller-revision-hash", "controller-uid", "job-name", "pod-template-generation",
	"pod-template-hash", "rollouts-pod-template-hash", "statefulset.kubernetes.io/pod-name",
}

// lasting gives the labels that a tenancy can hold and that outlive a pod.
func lasting(labels map[string]string) tenancy.Labels {
	out := tenancy.Labels{}
	for key, value := range labels {
		if !slices.Contains(passing, key) && goodLabel(key, value) {
			out[key] = value
		}
	}
	return out
}

// selectable leaves out the pods that no policy of a tenancy could select.
func (t *taker) selectable(groups []*group) (out []*group) {
	for _, g := range groups {
		g.labels = g.known()
		switch {
		case g.hostNetwork:
			t.leave(OnHost, "%s", g)
			continue
		case len(g.labels) == 0:
			t.leave(NoLabel, "%s", g)
			continue
		}
		for key, value := range tenancy.Sorted(g.selector) {
			if !goodLabel(key, value) {
				t.leave(BadLabel, "%s: %s=%s", g, key, value)
			}
		}
		out = append(out, g)
	}
	return out
}

// joined makes one of those that have the same labels: to a policy they are the
// same pods.
func (t *taker) joined(groups []*group) (out []*group) {
	first := map[string]*group{}
	for _, g := range groups {
		key := fmt.Sprint(g.labels)
		other := first[key]
		if other == nil {
			first[key] = g
			out = append(out, g)
			continue
		}
		t.leave(Joined, "%s with %s", g, other)
		other.ports = append(other.ports, g.ports...)
		maps.DeleteFunc(other.carried, func(key, value string) bool { return g.carried[key] != value })
	}
	return out
}

// tellApart gives those that may share pods a label more, where one says what
// they are and differs.
func tellApart(groups []*group) {
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			if !a.labels.Overlap(b.labels) {
				continue
			}
			for _, key := range naming {
				of, other := a.carried[key], b.carried[key]
				if of != "" && other != "" && of != other {
					a.labels[key], b.labels[key] = of, other
					break
				}
			}
		}
	}
}
