package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// End is one end of what is open, for people and programs: pods of one
// namespace, pods of many of which the same is true, or a range of addresses.
type End struct {
	Namespace string
	// Namespaces stand together where a line for each pair would be too many.
	Namespaces []string
	// OtherNamespaces says that every namespace that nothing names is meant as well.
	OtherNamespaces bool
	// AllNamespaces says that every namespace is meant, whether anything names it or
	// not, but for ExceptNamespaces.
	AllNamespaces    bool
	ExceptNamespaces []string
	// Workload is one that the manifests show, or "".
	Workload string
	// Pods is what the labels of the pods must be, or "": with no Workload either,
	// every pod of the namespace is meant that Unshown does not leave out.
	Pods string
	// Unshown says that only pods that no manifest shows are meant.
	Unshown bool
	CIDR    netip.Prefix
	Except  []netip.Prefix
}

// ends gives a group as ends, namespace by namespace and workload by workload.
func (u *universe) ends(g Group) (out []End) {
	if g.IsAddresses() {
		return addressEnds(g.addresses)
	}
	for _, n := range g.namespaces {
		out = append(out, u.podEnds(n, g.pods)...)
	}
	return out
}

// together gives a group as one end; addresses can be several.
func (u *universe) together(g Group) []End {
	if g.IsAddresses() {
		return addressEnds(g.addresses)
	}
	e := End{Pods: g.pods.String(), Unshown: g.pods.unshown()}
	holdsOthers := g.namespaces[0] == others
	switch known := len(g.namespaces) - 1; {
	case len(g.namespaces) == 1 && !holdsOthers:
		e.Namespace = u.names[g.namespaces[0]-1]
	case holdsOthers && known > 0 && 2*known >= len(u.names):
		e.AllNamespaces, e.ExceptNamespaces = true, u.namesOf(without(u.all, g.namespaces))
	default:
		e.OtherNamespaces, e.Namespaces = holdsOthers, u.namesOf(g.namespaces)
	}
	return []End{e}
}

// namesOf gives the names of namespaces that have any.
func (u *universe) namesOf(namespaces []int32) (out []string) {
	for _, n := range namespaces {
		if n != others {
			out = append(out, u.names[n-1])
		}
	}
	return out
}

// podEnds gives the pods of one namespace: the workloads among them and, if no
// workload is, or pods without any of the labels are as well, what their labels
// must be.
func (u *universe) podEnds(n int32, p pods) (out []End) {
	at := End{OtherNamespaces: n == others}
	if n != others {
		at.Namespace = u.names[n-1]
	}
	if p.isWhole() {
		return []End{at}
	}
	for _, w := range u.shown(n, p) {
		e := at
		e.Workload = w.Name
		out = append(out, e)
	}
	if plain := func(string) string { return absent }; len(out) == 0 || p.has(plain) {
		at.Pods, at.Unshown = p.String(), p.unshown()
		out = append(out, at)
	}
	return out
}

// addressEnds gives the ranges of a set: as they are, or as one range for each
// family with what is cut out of it, whichever is shorter.
func addressEnds(set *netipx.IPSet) (out []End) {
	for _, everything := range everyAddress.Prefixes() {
		var b netipx.IPSetBuilder
		b.AddPrefix(everything)
		b.Intersect(set)
		part, err := b.IPSet()
		if err != nil || len(part.Ranges()) == 0 {
			continue
		}
		plain, cover := part.Prefixes(), covering(part)
		var holes netipx.IPSetBuilder
		holes.AddPrefix(cover)
		holes.RemoveSet(part)
		if except, err := holes.IPSet(); err == nil && len(except.Prefixes())+1 < len(plain) {
			out = append(out, End{CIDR: cover, Except: except.Prefixes()})
			continue
		}
		for _, p := range plain {
			out = append(out, End{CIDR: p})
		}
	}
	return out
}

// covering gives the smallest range that holds a set of one family.
func covering(set *netipx.IPSet) netip.Prefix {
	ranges := set.Ranges()
	first, last := ranges[0].From(), ranges[len(ranges)-1].To()
	for bits := first.BitLen(); ; bits-- {
		if p, err := first.Prefix(bits); err == nil && p.Contains(last) {
			return p
		}
	}
}

// unshown reports whether the pods are none that the manifests show.
func (p pods) unshown() bool {
	return slices.ContainsFunc(p.in, func(q requirement) bool { return q.key == identityKey && q.values.except }) ||
		slices.ContainsFunc(p.not, region.isIdentity)
}

// isIdentity reports whether the region is about who the pods are alone.
func (r region) isIdentity() bool { return len(r) == 1 && r[0].key == identityKey }

// String says what labels the pods have, or "" where no label matters.
func (p pods) String() string {
	out := p.in.String()
	for _, n := range p.not {
		switch {
		case n.isIdentity():
		case len(n) == 1:
			out = join(out, region{{n[0].key, n[0].values.not()}}.String())
		default:
			out = join(out, "not ("+n.String()+")")
		}
	}
	return out
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// String writes the labels of the region as kubectl writes selectors.
func (r region) String() string {
	var out []string
	for _, q := range r {
		if q.key != identityKey {
			out = append(out, q.String())
		}
	}
	return strings.Join(out, ", ")
}

func (q requirement) String() string {
	key := q.key
	if name, ok := strings.CutPrefix(key, namespaceKey); ok {
		key = "namespace " + name
	}
	list := slices.DeleteFunc(slices.Clone(q.values.list), func(s string) bool { return s == absent })
	withAbsent := len(list) < len(q.values.list)
	switch {
	case q.values.except && len(list) == 0:
		return key
	case q.values.except && withAbsent:
		return fmt.Sprintf("%s, %s", key, expression(key, "!=", "notin", list))
	case q.values.except:
		return expression(key, "!=", "notin", list)
	case len(list) == 0:
		return "!" + key
	case withAbsent:
		return fmt.Sprintf("(!%s or %s)", key, expression(key, "=", "in", list))
	}
	return expression(key, "=", "in", list)
}

func expression(key, one, many string, list []string) string {
	if len(list) == 1 {
		return key + one + list[0]
	}
	return fmt.Sprintf("%s %s (%s)", key, many, strings.Join(list, ","))
}

// fewNamespaces are written in a text for people: the first ones of many.
const fewNamespaces = 5

// String gives an end in Kubernetes' terms, for people: of many namespaces, the
// first ones and how many more there are.
func (e End) String() string {
	return e.text(func(names []string) []string {
		if len(names) <= fewNamespaces+1 {
			return names
		}
		return append(slices.Clone(names[:fewNamespaces]), fmt.Sprintf("%d more", len(names)-fewNamespaces))
	})
}

// Full gives an end like String does, with the names of all namespaces. It tells
// ends apart.
func (e End) Full() string { return e.text(func(names []string) []string { return names }) }

// text gives an end with those of the names that are to be written.
func (e End) text(written func(names []string) []string) string {
	var out string
	switch {
	case e.CIDR.IsValid() && len(e.Except) > 0:
		return fmt.Sprintf("%s except %s", e.CIDR, strings.Join(texts(e.Except), ", "))
	case e.CIDR.IsValid():
		return e.CIDR.String()
	case e.Namespace != "":
		out = e.Namespace
	case e.AllNamespaces && len(e.ExceptNamespaces) > 0:
		out = "every namespace but " + strings.Join(written(e.ExceptNamespaces), ", ")
	case e.AllNamespaces:
		out = "every namespace"
	case len(e.Namespaces) == 0:
		out = "any other namespace"
	case e.OtherNamespaces:
		out = strings.Join(written(e.Namespaces), ", ") + " and any other namespace"
	default:
		out = strings.Join(written(e.Namespaces), ", ")
	}
	if e.Workload != "" {
		return out + "/" + e.Workload
	}
	switch {
	case e.Pods != "" && e.Unshown:
		return fmt.Sprintf("%s (pods with %s that no manifest shows)", out, e.Pods)
	case e.Pods != "":
		return fmt.Sprintf("%s (pods with %s)", out, e.Pods)
	case e.Unshown:
		return out + " (pods that no manifest shows)"
	}
	return out
}

func texts(ps []netip.Prefix) (out []string) {
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}
