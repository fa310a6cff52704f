package audit

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

const namespaceKind = "Namespace"

// namespaces finds those that the tenancy does not know, and those that are not
// there.
func (a *auditor) namespaces() {
	if !a.knowsNamespaces() {
		a.Notes = append(a.Notes, "the manifests show no Namespace: which of them are there is not judged")
		return
	}
	for name := range tenancy.Sorted(a.exists) {
		if !a.known(name) {
			f := a.finding(diag.Warning, diag.NamespaceUndeclared, name, namespaceKind, name)
			f.Fact = fmt.Sprintf("namespace %s is not in the tenancy: Hedgerow isolates none of its pods", name)
			f.Fix = "declare it in a team, or in shared if it is the platform's"
			a.add(f)
		}
	}
	absent := 0
	for name, place := range tenancy.Sorted(a.Built.Places) {
		if a.exists[name] {
			continue
		}
		f := a.finding(diag.Error, diag.NamespaceAbsent, name, namespaceKind, name)
		f.Fact = fmt.Sprintf("%s is not there", a.called(name))
		f.Fix = creation(name) + ", or take it out of the tenancy: who makes one of this name gets what is open to it"
		switch {
		case place.Retired:
			f.Severity = diag.Warning
			f.Fix = "delete its entry in retired: there is nothing left to isolate"
		case place.Shared != "" && !a.managed[name]:
			f.Severity = diag.Warning
		}
		absent++
		a.add(f)
	}
	if absent > 1 && absent == len(a.Built.Places) {
		a.Notes = append(a.Notes, fmt.Sprintf("no namespace of the tenancy is there: is this cluster %q?", a.Built.Name))
	}
}

// known reports whether the tenancy knows a namespace, or Kubernetes and the
// controllers that sync policies need it. A deny that Hedgerow left behind is
// spoken of already.
func (a *auditor) known(name string) bool {
	_, declared := a.Built.Places[name]
	switch {
	case declared, a.left[name], name == a.Tenancy.Clusters[a.Built.Name].DNS.PodNamespace():
		return true
	case name == corev1.NamespaceDefault: // it cannot be deleted, but should be empty
		return !slices.ContainsFunc(a.Found.Workloads, func(w *reach.Workload) bool { return w.Namespace == name })
	}
	return a.Tenancy.Reserved(name)
}
