package audit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// alterations says in which fields a policy is not as it was built. Labels and
// annotations that others add, as Argo CD and Flux do, are no alteration.
func alterations(p *pair) (out []string) {
	compareFields("spec", spec(p.built), spec(p.found), &out)
	compareMeta(&p.built.ObjectMeta, &p.found.ObjectMeta, &out)
	return out
}

// compareMeta says which labels and annotations are gone or others.
func compareMeta(built, found *metav1.ObjectMeta, out *[]string) {
	for _, m := range []struct {
		field        string
		built, found map[string]string
	}{{"metadata.labels", built.Labels, found.Labels}, {"metadata.annotations", built.Annotations, found.Annotations}} {
		for key, want := range tenancy.Sorted(m.built) {
			if got, ok := m.found[key]; !ok {
				*out = append(*out, fmt.Sprintf("%s[%s] is gone", m.field, key))
			} else if got != want {
				*out = append(*out, fmt.Sprintf("%s[%s] is %q, not %q", m.field, key, got, want))
			}
		}
	}
}

// spec gives what a policy says as JSON has it, with the defaults that the API
// server fills in: manifests may leave them out.
func spec(p *networkingv1.NetworkPolicy) any {
	s := p.Spec.DeepCopy()
	if len(s.PolicyTypes) == 0 {
		s.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(s.Egress) > 0 {
			s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	slices.Sort(s.PolicyTypes)
	for i := range s.Ingress {
		defaultProtocols(s.Ingress[i].Ports)
	}
	for i := range s.Egress {
		defaultProtocols(s.Egress[i].Ports)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err.Error() // of these types none cannot be written
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		return err.Error()
	}
	return out
}

func defaultProtocols(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			ports[i].Protocol = new(corev1.ProtocolTCP)
		}
	}
}

// compareFields says, of two values of JSON, which fields differ: the innermost
// ones, or a whole value that one of them does not have.
func compareFields(at string, built, found any, out *[]string) {
	switch b := built.(type) {
	case map[string]any:
		if f, ok := found.(map[string]any); ok {
			compareObjects(at, b, f, out)
			return
		}
	case []any:
		if f, ok := found.([]any); ok {
			compareLists(at, b, f, out)
			return
		}
	}
	switch is, was := short(found), short(built); {
	case reflect.DeepEqual(built, found):
	case is == tooLong && was == tooLong:
		*out = append(*out, at+" is "+tooLong)
	default:
		*out = append(*out, fmt.Sprintf("%s is %s, not %s", at, is, was))
	}
}

func compareObjects(at string, built, found map[string]any, out *[]string) {
	all := map[string]bool{}
	for _, m := range []map[string]any{built, found} {
		for key := range m {
			all[key] = true
		}
	}
	for key := range tenancy.Sorted(all) {
		b, was := built[key]
		f, is := found[key]
		switch name := at + "." + key; {
		case !is:
			*out = append(*out, name+" is gone")
		case !was:
			*out = append(*out, fmt.Sprintf("%s is new, and is %s", name, short(f)))
		default:
			compareFields(name, b, f, out)
		}
	}
}

func compareLists(at string, built, found []any, out *[]string) {
	if allStrings(built) && allStrings(found) {
		compareSets(at, built, found, out)
		return
	}
	for i := range max(len(built), len(found)) {
		switch name := fmt.Sprintf("%s[%d]", at, i); {
		case i >= len(found):
			*out = append(*out, name+" is gone")
		case i >= len(built):
			*out = append(*out, fmt.Sprintf("%s is new, and is %s", name, short(found[i])))
		default:
			compareFields(name, built[i], found[i], out)
		}
	}
}

// allStrings reports whether a list is of strings alone: in none of those that
// policies have does the order matter.
func allStrings(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

func compareSets(at string, built, found []any, out *[]string) {
	wanted, there := map[any]bool{}, map[any]bool{}
	for _, b := range built {
		wanted[b] = true
	}
	for _, f := range found {
		there[f] = true
	}
	for _, b := range built {
		if !there[b] {
			*out = append(*out, fmt.Sprintf("%s lacks %s", at, short(b)))
		}
	}
	for _, f := range found {
		if !wanted[f] {
			*out = append(*out, fmt.Sprintf("%s has %s as well", at, short(f)))
		}
	}
}

// longest is how long a value may be to be shown, and tooLong what stands for one
// that is longer.
const (
	longest = 60
	tooLong = "something else"
)

// short gives a value as JSON, if it is short.
func short(v any) string {
	data, err := json.Marshal(v)
	if err != nil || len(data) > longest {
		return tooLong
	}
	return string(data)
}
