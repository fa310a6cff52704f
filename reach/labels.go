package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// absent is the value of a label that an object does not carry. No label can
// have it.
const absent = "\x00"

// values is a set of values of one label: those of the list, or all but those.
type values struct {
	except bool
	list   []string // sorted, each once
}

func (v values) has(s string) bool {
	_, listed := slices.BinarySearch(v.list, s)
	return listed != v.except
}

func (v values) empty() bool { return !v.except && len(v.list) == 0 }

// not gives every other value.
func (v values) not() values { return values{!v.except, v.list} }

// and gives the values of both.
func (v values) and(w values) values {
	switch {
	case v.except && w.except:
		all := slices.Concat(v.list, w.list)
		slices.Sort(all)
		return values{true, slices.Compact(all)}
	case v.except:
		return w.and(v)
	}
	var out []string
	for _, s := range v.list {
		if w.has(s) {
			out = append(out, s)
		}
	}
	return values{false, out}
}

// contains reports whether every value of w is one of v.
func (v values) contains(w values) bool {
	switch {
	case !w.except:
		return all(w.list, v.has)
	case !v.except:
		return false
	}
	return all(v.list, func(s string) bool { return !w.has(s) })
}

// disjoint reports whether no value is in both.
func (v values) disjoint(w values) bool {
	if v.except || !w.except && len(w.list) < len(v.list) {
		v, w = w, v
	}
	return !v.except && all(v.list, func(s string) bool { return !w.has(s) })
}

func all(list []string, is func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !is(s) })
}

// A requirement says which values a label may have.
type requirement struct {
	key    string
	values values
}

// A region is a set of objects by their labels: those that meet every
// requirement. Its keys are sorted and each is there once; no requirement is
// empty, and none is met by everything. The region without requirements holds every object.
type region []requirement

// and gives the objects of both; it reports false if there can be none.
func (r region) and(s region) (region, bool) {
	if len(r) == 0 {
		return s, true
	}
	if len(s) == 0 {
		return r, true
	}
	if r.apart(s) {
		return nil, false
	}
	out := make(region, 0, len(r)+len(s))
	for len(r) > 0 && len(s) > 0 {
		switch c := cmp.Compare(r[0].key, s[0].key); {
		case c < 0:
			out, r = append(out, r[0]), r[1:]
		case c > 0:
			out, s = append(out, s[0]), s[1:]
		default:
			out = append(out, requirement{r[0].key, r[0].values.and(s[0].values)})
			r, s = r[1:], s[1:]
		}
	}
	return append(append(out, r...), s...), true
}

// apart reports whether there can be no object of both. It is asked first,
// because of most pairs there can be none, and it takes no memory.
func (r region) apart(s region) bool {
	for len(r) > 0 && len(s) > 0 {
		switch c := cmp.Compare(r[0].key, s[0].key); {
		case c < 0:
			r = r[1:]
		case c > 0:
			s = s[1:]
		case r[0].values.disjoint(s[0].values):
			return true
		default:
			r, s = r[1:], s[1:]
		}
	}
	return false
}

// andEach gives the objects of r and of each of the regions, which have one
// requirement; it reports false if there can be none. Many that leave out values
// of one label are put together first.
func (r region) andEach(single []region) (region, bool) {
	but := map[string][]string{}
	ok := true
	for _, s := range single {
		if s[0].values.except {
			but[s[0].key] = append(but[s[0].key], s[0].values.list...)
		} else if r, ok = r.and(s); !ok {
			return nil, false
		}
	}
	var joined region
	for key, list := range but {
		slices.Sort(list)
		joined = append(joined, requirement{key, values{true, slices.Compact(list)}})
	}
	slices.SortFunc(joined, func(a, b requirement) int { return cmp.Compare(a.key, b.key) })
	return r.and(joined)
}

// beyond gives what r asks for of objects that are in s already; it reports
// false if none of them is in r.
func (r region) beyond(s region) (region, bool) {
	left, whole := region(nil), true
	for i, q := range r {
		known := s.find(q.key)
		if known != nil && known.values.disjoint(q.values) {
			return nil, false
		}
		implied := known != nil && q.values.contains(known.values)
		if implied && whole {
			left, whole = append(left, r[:i]...), false
		} else if !implied && !whole {
			left = append(left, q)
		}
	}
	if whole {
		return r, true
	}
	return left, true
}

// find gives what a region asks for of a label, or nil.
func (r region) find(key string) *requirement {
	i, ok := slices.BinarySearchFunc(r, key, func(q requirement, key string) int { return cmp.Compare(q.key, key) })
	if !ok {
		return nil
	}
	return &r[i]
}

// has reports whether an object is in the region; label gives the value of a
// label, or absent.
func (r region) has(label func(key string) string) bool {
	for _, q := range r {
		if !q.values.has(label(q.key)) {
			return false
		}
	}
	return true
}

// key tells regions apart.
func (r region) key() string {
	var b strings.Builder
	for _, q := range r {
		fmt.Fprintf(&b, "%q %v %q;", q.key, q.values.except, q.values.list)
	}
	return b.String()
}

// selected gives the objects that a selector matches; each key is written
// behind the prefix. A nil selector is its caller's to handle. The rules are
// those of the API (k8s.io/apimachinery, LabelSelector): NotIn and DoesNotExist
// match objects without the label as well.
func selected(s *metav1.LabelSelector, prefix string) (region, error) {
	out, ok := region{}, true
	add := func(key string, v values) {
		if ok {
			out, ok = out.and(region{{prefix + key, v}})
		}
	}
	for key, value := range s.MatchLabels {
		if err := noLabel(key, value); err != nil {
			return nil, err
		}
		add(key, values{false, []string{value}})
	}
	for _, e := range s.MatchExpressions {
		list := slices.Compact(slices.Sorted(slices.Values(e.Values)))
		if err := noLabel(e.Key, list...); err != nil {
			return nil, err
		}
		switch e.Operator {
		case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
			if len(list) == 0 {
				return nil, fmt.Errorf("operator %s of label %q has no values", e.Operator, e.Key)
			}
			add(e.Key, values{e.Operator == metav1.LabelSelectorOpNotIn, list})
		case metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist:
			if len(list) > 0 {
				return nil, fmt.Errorf("operator %s of label %q has values", e.Operator, e.Key)
			}
			add(e.Key, values{e.Operator == metav1.LabelSelectorOpExists, []string{absent}})
		default:
			return nil, fmt.Errorf("label %q has the unknown operator %q", e.Key, e.Operator)
		}
	}
	if !ok {
		return nothing, nil
	}
	return out, nil
}

// noLabel says why a key or one of the values is none that an object could have:
// a server refuses such a selector, and with it its policy.
func noLabel(key string, values ...string) error {
	if why := validation.IsQualifiedName(key); len(why) > 0 {
		return fmt.Errorf("%q is no key of a label: %s", key, why[0])
	}
	for _, v := range values {
		if why := validation.IsValidLabelValue(v); len(why) > 0 {
			return fmt.Errorf("%q is no value of a label: %s", v, why[0])
		}
	}
	return nil
}

// nothing is the region of a selector that contradicts itself. It breaks the
// rule that no requirement is empty, and is only ever asked for by isNothing.
var nothing = region{{"", values{}}}

func (r region) isNothing() bool { return len(r) == 1 && r[0].values.empty() }
