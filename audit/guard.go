package audit

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// guard finds what of the cluster's admission guard is not there, or not as it is
// rendered. Who takes it away writes policies past the tenancy unseen by anybody
// but an audit.
func (a *auditor) guard() error {
	switch {
	case len(a.Guard) == 0:
		return nil
	case !a.Whole && len(a.Found.Admission) == 0:
		a.Notes = append(a.Notes, "the manifests show no ValidatingAdmissionPolicy: whether the admission guard is there is not judged")
		return nil
	}
	for _, built := range a.Guard {
		f := a.finding(diag.Error, diag.PolicyMissing, "", built.Kind, built.Name)
		f.Pos = a.Tenancy.Clusters[a.Built.Name].AdmissionGuard.Pos
		same := func(found reach.Admission) bool { return found.Kind == built.Kind && found.Name == built.Name }
		i := slices.IndexFunc(a.Found.Admission, same)
		if i < 0 {
			a.say(&f, "%s %s is not there: whoever may write policies goes round the tenancy", built.Kind, built.Name)
			f.Fix = application(a.Folder("", built.Name)) + ", and find out who may delete such policies"
			a.add(f)
			continue
		}
		fields, err := guardAlterations(built, a.Found.Admission[i])
		if err != nil {
			return err
		}
		if len(fields) == 0 {
			continue
		}
		f.Code = diag.PolicyAltered
		if !slices.ContainsFunc(fields, func(s string) bool { return strings.HasPrefix(s, "spec") }) {
			f.Severity = diag.Warning
		}
		a.say(&f, "%s %s was altered: %s", built.Kind, built.Name, some(fields))
		f.Fix = replacement(a.Folder("", built.Name)) + ", and find out who may change such policies"
		a.add(f)
	}
	return nil
}

// An admissionObject is what counts of a part of a guard.
type admissionObject struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     map[string]any    `json:"spec"`
}

// guardAlterations says in which fields a part of a guard is not as it is
// rendered. Fields that are not rendered count as well: by most of those that
// there are, something would pass.
func guardAlterations(built, found reach.Admission) (out []string, err error) {
	var b, f admissionObject
	for _, x := range []struct {
		from reach.Admission
		into *admissionObject
	}{{built, &b}, {found, &f}} {
		if err := reach.Decode(x.from.Object, x.into); err != nil {
			return nil, fmt.Errorf("%s %s: %w", x.from.Kind, x.from.Name, err)
		}
		x.into.fillDefaults(x.from.Kind)
	}
	compareFields("spec", b.Spec, f.Spec, &out)
	compareMeta(&b.Metadata, &f.Metadata, &out)
	return out, nil
}

// fillDefaults sets what the API server would (kubernetes v1.36.3,
// pkg/apis/admissionregistration/v1/defaults.go): manifests may leave it out.
func (o *admissionObject) fillDefaults(kind string) {
	field := "matchResources"
	if kind == "ValidatingAdmissionPolicy" {
		field = "matchConstraints"
		fillDefault(o.Spec, "failurePolicy", "Fail")
	}
	match, _ := o.Spec[field].(map[string]any)
	fillDefault(match, "matchPolicy", "Equivalent")
	fillDefault(match, "namespaceSelector", map[string]any{})
	fillDefault(match, "objectSelector", map[string]any{})
	rules, _ := match["resourceRules"].([]any)
	for _, r := range rules {
		rule, _ := r.(map[string]any)
		fillDefault(rule, "scope", "*")
	}
}

func fillDefault(of map[string]any, key string, value any) {
	if _, ok := of[key]; !ok && of != nil {
		of[key] = value
	}
}
