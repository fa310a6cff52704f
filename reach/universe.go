package reach

import (
	"slices"

	"go4.org/netipx"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// namespaceName is the label that the API server keeps on every namespace
// (KEP-2161).
const namespaceName = "kubernetes.io/metadata.name"

// The keys of regions are those of pods' labels, and these. No label has a colon
// in its key.
const (
	namespaceKey = "namespace:" // before a label of the pod's namespace
	identityKey  = "pod:"       // which workload of the manifests it is; absent: none
)

// others is the number of every namespace that is not known.
const others = 0

// A universe is the namespaces that objects show or name, numbered from 1 in the
// order of their names.
type universe struct {
	names      []string
	labels     []map[string]string  // by number; nil: unknown but for the name
	workloads  [][]*Workload        // by number
	byLabel    map[labelled][]int32 // workloads, by their index
	identities [][]string           // of workloads, by number and sorted
	addressed  []*Workload          // those whose addresses are known
	mentioned  map[string]bool      // the keys of labels that selectors of pods ask for
	resolved   map[string][]Group   // the namespaces of a selector, by its key
	all        []int32
}

// newUniverse sorts the names; its maps are filled by the caller.
func newUniverse(names []string) *universe {
	slices.Sort(names)
	u := &universe{names: slices.Compact(names), mentioned: map[string]bool{}, resolved: map[string][]Group{}, byLabel: map[labelled][]int32{}}
	u.labels = make([]map[string]string, len(u.names)+1)
	u.workloads = make([][]*Workload, len(u.names)+1)
	u.identities = make([][]string, len(u.names)+1)
	for i := range len(u.names) + 1 {
		u.all = append(u.all, int32(i))
	}
	return u
}

// number gives the number of a namespace; one that is not known is among the
// others.
func (u *universe) number(name string) int32 {
	i, ok := slices.BinarySearch(u.names, name)
	if !ok {
		return others
	}
	return int32(i + 1)
}

// everything is every pod and every address.
func (u *universe) everything() []Group {
	return []Group{{namespaces: u.all}, {addresses: everyAddress}}
}

// selectedNamespaces gives the pods of the namespaces that a selector matches.
// Where the labels of a namespace are unknown, the region says which they must
// be.
func (u *universe) selectedNamespaces(s *metav1.LabelSelector) ([]Group, error) {
	want, err := selected(s, "")
	if err != nil || want.isNothing() {
		return nil, err
	}
	key := want.key()
	if groups, ok := u.resolved[key]; ok {
		return groups, nil
	}
	groups := u.resolve(want)
	u.resolved[key] = groups
	return groups, nil
}

func (u *universe) resolve(want region) (out []Group) {
	var sure, conditional []int32
	condition := region{}
	for _, q := range want {
		if q.key != namespaceName {
			condition = append(condition, requirement{namespaceKey + q.key, q.values})
		}
	}
	for _, n := range u.candidates(want) {
		switch {
		case !u.named(n, want):
		case u.labels[n] == nil && len(condition) > 0:
			conditional = append(conditional, n)
		case u.labels[n] == nil || want.has(lookUp(u.labels[n])):
			sure = append(sure, n)
		}
	}
	if len(sure) > 0 {
		out = append(out, Group{namespaces: sure})
	}
	if len(conditional) > 0 {
		out = append(out, Group{namespaces: conditional, pods: pods{in: condition}})
	}
	return out
}

// candidates gives the namespaces that a selector could match: most name theirs.
func (u *universe) candidates(want region) []int32 {
	for _, q := range want {
		if q.key != namespaceName || q.values.except {
			continue
		}
		var out []int32
		for _, name := range q.values.list {
			if n := u.number(name); n != others {
				out = append(out, n)
			}
		}
		return out
	}
	return u.all
}

// named reports whether a namespace meets what a selector asks of its name. The
// names of the others are none of those that anything asks for.
func (u *universe) named(n int32, want region) bool {
	for _, q := range want {
		if q.key != namespaceName {
			continue
		}
		if n == others {
			return q.values.except
		}
		return q.values.has(u.names[n-1])
	}
	return true
}

// lookUp gives the function that a region asks for a label.
func lookUp(labels map[string]string) func(string) string {
	return func(key string) string {
		if v, ok := labels[key]; ok {
			return v
		}
		return absent
	}
}

// real reports whether a group that is not empty as a set has an endpoint in it:
// a pod that no manifest shows, a workload with all its labels, or an address.
func (u *universe) real(g Group) bool {
	if g.IsAddresses() {
		return true
	}
	unseen := region{{identityKey, values{false, []string{absent}}}}
	if _, ok := g.pods.and(pods{in: unseen}); ok {
		return true
	}
	for _, n := range g.namespaces {
		if len(u.shown(n, g.pods)) > 0 {
			return true
		}
	}
	return false
}

// inBlock gives the pods whose addresses, known from the manifests, are in the
// set. Whether a block of addresses means pods as well is left to plugins by the
// API; an engine that judges must take it to.
func (u *universe) inBlock(set *netipx.IPSet) (out []Group) {
	for _, w := range u.addressed {
		if slices.ContainsFunc(w.Addresses, set.Contains) {
			out = append(out, Group{namespaces: []int32{u.number(namespaceOf(w.Namespace))}, pods: pods{in: u.exactly(w)}})
		}
	}
	return out
}
