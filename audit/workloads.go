package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// workloads finds declared workloads without pods, pods of managed namespaces
// that are of no declared workload, and pods that no policy rules.
func (a *auditor) workloads() {
	if !a.knowsWorkloads() {
		a.Notes = append(a.Notes, "the manifests show no pods: whether the labels of workloads match any is not judged")
		return
	}
	found := a.foundByNamespace()
	for namespace, place := range tenancy.Sorted(a.Built.Places) {
		if !a.there(namespace) || place.Retired {
			continue
		}
		declared := a.declared(place)
		for _, w := range tenancy.Sorted(declared) {
			a.unmatched(namespace, w, found[namespace])
		}
		if a.managed[namespace] {
			a.undeclared(namespace, declared, makers(found[namespace]))
			a.onHosts(namespace, makers(found[namespace]))
		}
	}
}

func (a *auditor) foundByNamespace() map[string][]*reach.Workload {
	out := map[string][]*reach.Workload{}
	for _, w := range a.Found.Workloads {
		out[w.Namespace] = append(out[w.Namespace], w)
	}
	return out
}

// running gives the declared workloads with the names that their pods give to
// ports, beside those that are declared: who writes a policy that calls a port by
// its name may well say in the pod which port that is.
func (a *auditor) running() (out []*reach.Workload) {
	found := a.foundByNamespace()
	for _, w := range a.Built.Objects.Workloads {
		with := *w
		with.Ports = slices.Clone(w.Ports)
		for _, f := range found[w.Namespace] {
			if carries(f.Labels, w.Labels) {
				with.Ports = append(with.Ports, f.Ports...)
			}
		}
		slices.SortFunc(with.Ports, func(a, b reach.NamedPort) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Number, b.Number))
		})
		with.Ports = slices.Compact(with.Ports)
		out = append(out, &with)
	}
	return out
}

// declared gives the workloads that the tenancy declares at a place.
func (a *auditor) declared(place proof.Place) map[string]*tenancy.Workload {
	if place.Shared != "" {
		return a.Tenancy.Shared[place.Shared].Workloads
	}
	return a.Tenancy.Teams[place.Team].Namespaces[place.Namespace].Workloads
}

// unmatched finds a workload whose labels no pod has.
func (a *auditor) unmatched(namespace string, w *tenancy.Workload, found []*reach.Workload) {
	if slices.ContainsFunc(found, func(f *reach.Workload) bool { return carries(f.Labels, w.Pods) }) {
		return
	}
	f := a.finding(diag.Warning, diag.WorkloadUnmatched, namespace, "", w.Name)
	f.Pos = w.Pos
	a.say(&f, "the labels of workload %s match no pod: no flow of its opens anything", w.Name)
	f.Fix = "deploy it, or declare the labels that its pods carry"
	if seen := valuesOf(found, w.Pods); len(seen) > 0 {
		f.Fix += "; there are pods with " + some(seen)
	}
	a.add(f)
}

// carries reports whether all the labels are among those of pods.
func carries(pods, labels map[string]string) bool {
	for key, value := range labels {
		if got, ok := pods[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// valuesOf gives the labels that pods carry under the keys of some.
func valuesOf(found []*reach.Workload, labels tenancy.Labels) []string {
	seen := map[string]bool{}
	for _, w := range found {
		for key := range labels {
			if value, ok := w.Labels[key]; ok {
				seen[key+"="+value] = true
			}
		}
	}
	return tenancy.Keys(seen)
}

// undeclared finds pods that policies rule and that are of none of the declared
// workloads. Where none is declared, the namespace means all of its pods.
func (a *auditor) undeclared(namespace string, declared map[string]*tenancy.Workload, found []*reach.Workload) {
	if len(declared) == 0 {
		return
	}
	var names []string
	for _, w := range found {
		if !w.HostNetwork && !slices.ContainsFunc(values(declared), func(d *tenancy.Workload) bool { return carries(w.Labels, d.Pods) }) {
			names = append(names, called(w))
		}
	}
	if len(names) == 0 {
		return
	}
	f := a.finding(diag.Warning, diag.PodUndeclared, namespace, "", "")
	a.say(&f, "pods of no declared workload: %s; they have the baseline, and what is open to whole namespaces", some(names))
	f.Fix = "declare a workload that they carry the labels of"
	a.add(f)
}

// onHosts finds pods that have the addresses of their nodes.
func (a *auditor) onHosts(namespace string, found []*reach.Workload) {
	if place := a.Built.Places[namespace]; place.Shared != "" && a.Tenancy.Shared[place.Shared].HostNetwork {
		return // the tenancy says so
	}
	var names []string
	for _, w := range found {
		if w.HostNetwork {
			names = append(names, called(w))
		}
	}
	if len(names) == 0 {
		return
	}
	f := a.finding(diag.Warning, diag.PodHostNetwork, namespace, "", "")
	a.say(&f, "pods on the network of their nodes: %s; no policy rules them", some(names))
	f.Fix = "take hostNetwork from them, or forbid it: " + isolation(namespace)
	a.add(f)
}

func called(w *reach.Workload) string { return fmt.Sprintf("%s %s", w.Kind, w.Name) }

// makers gives what stands for pods: those that a template makes, which carry its
// labels and more, are left out for it.
func makers(found []*reach.Workload) (out []*reach.Workload) {
	for _, w := range found {
		if !slices.ContainsFunc(found, func(t *reach.Workload) bool { return made(t, w) }) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b *reach.Workload) int { return cmp.Compare(called(a), called(b)) })
	return slices.CompactFunc(out, func(a, b *reach.Workload) bool { return called(a) == called(b) })
}

// made reports whether pods could be what a template makes, or a Job that of a
// CronJob.
func made(t, w *reach.Workload) bool {
	makes := w.Kind == "Pod" && t.Kind != "Pod" || w.Kind == "Job" && t.Kind == "CronJob"
	return makes && len(t.Labels) > 0 && carries(w.Labels, t.Labels) && t.HostNetwork == w.HostNetwork
}
