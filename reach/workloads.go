package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// labelled is a namespace and a label of workloads in it.
type labelled struct {
	namespace  int32
	key, value string
}

// manyWorkloads is how many of them a namespace has that are worth an index.
const manyWorkloads = 16

// indexWorkloads makes it quick to find, in namespaces of many workloads, those
// with a label.
func (u *universe) indexWorkloads() {
	for n, ws := range u.workloads {
		for i, w := range ws {
			u.identities[n] = append(u.identities[n], w.identity())
			if len(ws) < manyWorkloads {
				continue
			}
			for key, value := range w.Labels {
				at := labelled{int32(n), key, value}
				u.byLabel[at] = append(u.byLabel[at], int32(i))
			}
		}
		slices.Sort(u.identities[n])
		u.identities[n] = slices.Compact(u.identities[n])
	}
}

// shown gives the workloads of a namespace that are among the pods, if the
// namespace has fitting labels.
func (u *universe) shown(n int32, p pods) (out []*Workload) {
	for _, w := range u.labelledAs(n, p.in) {
		if p.couldHave(w) {
			out = append(out, w)
		}
	}
	return out
}

// labelledAs gives workloads of a namespace, all that are in the region among
// them: those with the label that the fewest have of what the region asks for.
func (u *universe) labelledAs(n int32, r region) []*Workload {
	all := u.workloads[n]
	if len(all) < manyWorkloads {
		return all
	}
	var least []int32
	found := false
	for _, q := range r {
		if q.values.except || q.values.has(absent) || !isOwnLabel(q.key) {
			continue
		}
		var with []int32
		for _, v := range q.values.list {
			with = append(with, u.byLabel[labelled{n, q.key, v}]...)
		}
		if !found || len(with) < len(least) {
			least, found = with, true
		}
	}
	if !found {
		return all
	}
	slices.Sort(least)
	var out []*Workload
	for _, i := range least {
		out = append(out, all[i])
	}
	return out
}

// isOwnLabel reports whether a key of regions is that of a pod's own label.
func isOwnLabel(key string) bool { return key != identityKey && !strings.HasPrefix(key, namespaceKey) }

// couldHave reports whether the workload is one of the pods, in a namespace of
// fitting labels.
func (p pods) couldHave(w *Workload) bool {
	ofNamespace, ok := w.leaves(p.in)
	if !ok {
		return false
	}
	left := pods{in: ofNamespace}
	for _, n := range p.not {
		if n, ok := w.leaves(n); ok {
			left.not = append(left.not, n)
		}
	}
	return !left.empty()
}

// leaves gives what a region asks for of the labels of the namespace if the
// workload has what it asks for of its own; it reports false if it has not.
func (w *Workload) leaves(r region) (ofNamespace region, ok bool) {
	for _, q := range r {
		switch {
		case q.key == identityKey:
			ok = q.values.has(w.identity())
		case isOwnLabel(q.key):
			ok = q.values.has(lookUp(w.Labels)(q.key))
		default:
			ofNamespace, ok = append(ofNamespace, q), true
		}
		if !ok {
			return nil, false
		}
	}
	return ofNamespace, true
}

// exactly gives the region of one workload of the manifests: what it has of all
// the labels that selectors ask for, and who it is.
func (u *universe) exactly(w *Workload) region {
	out := region{{identityKey, values{false, []string{w.identity()}}}}
	label := lookUp(w.Labels)
	for key := range u.mentioned {
		out = append(out, requirement{key, values{false, []string{label(key)}}})
	}
	slices.SortFunc(out, func(a, b requirement) int { return cmp.Compare(a.key, b.key) })
	return out
}

// unseenIn gives what identities the pods have that no manifest shows, in some
// namespaces.
func (u *universe) unseenIn(namespaces []int32) values {
	if len(namespaces) == 1 {
		return values{true, u.identities[namespaces[0]]}
	}
	var all []string
	for _, n := range namespaces {
		all = append(all, u.identities[n]...)
	}
	slices.Sort(all)
	return values{true, slices.Compact(all)}
}

func (w *Workload) identity() string { return fmt.Sprintf("%s/%s/%s", w.Namespace, w.Kind, w.Name) }
