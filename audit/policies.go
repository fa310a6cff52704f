package audit

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

const policyKind = "NetworkPolicy"

// A pair is a policy as it is built and as it is found; nil if it is not.
type pair struct{ built, found *networkingv1.NetworkPolicy }

func (p *pair) name() string {
	if p.built != nil {
		return p.built.Name
	}
	return p.found.Name
}

// policies finds the policies of managed namespaces that are not as they are
// built.
func (a *auditor) policies() error {
	byNamespace, ruled, err := a.pairs()
	if err != nil {
		return err
	}
	c := &comparisons{auditor: a, found: ruled}
	for namespace, pairs := range tenancy.Sorted(byNamespace) {
		changed := slices.DeleteFunc(values(pairs), func(p *pair) bool { return p.built != nil && p.found != nil && len(alterations(p)) == 0 })
		if len(changed) == 0 || !a.there(namespace) {
			continue // what is not there is said once, of the namespace
		}
		if err := a.changed(c, namespace, changed); err != nil {
			return err
		}
	}
	return nil
}

// pairs gives the policies of managed namespaces, by namespace and name, and all
// of them that are found. It is an error that manifests hold two that differ
// under one name: nobody knows which of them the cluster has.
func (a *auditor) pairs() (out map[string]map[string]*pair, ruled []*networkingv1.NetworkPolicy, err error) {
	out = map[string]map[string]*pair{}
	at := func(namespace, name string) *pair {
		if out[namespace] == nil {
			out[namespace] = map[string]*pair{}
		}
		if out[namespace][name] == nil {
			out[namespace][name] = &pair{}
		}
		return out[namespace][name]
	}
	for _, p := range a.Built.Objects.Policies {
		at(p.Namespace, p.Name).built = p
	}
	var errs []error
	for _, p := range a.Found.Policies {
		namespace := namespaceOf(p.Namespace)
		if !a.managed[namespace] {
			a.unmanaged(p)
			continue
		}
		of := at(namespace, p.Name)
		switch {
		case of.found == nil:
			of.found = p
			a.hasPolicies[namespace] = true
			ruled = append(ruled, p)
		case !reflect.DeepEqual(spec(of.found), spec(p)):
			errs = append(errs, fmt.Errorf("NetworkPolicy %s is there twice, and differs", reach.PolicyName(p)))
		}
	}
	return out, ruled, errors.Join(errs...)
}

// values gives those of a map in the order of its keys.
func values[V any](m map[string]V) (out []V) {
	for _, v := range tenancy.Sorted(m) {
		out = append(out, v)
	}
	return out
}

// compare puts what is built beside what is found. Both are of the namespaces
// that are there and of the workloads that the tenancy declares, so that only
// policies differ; those of namespaces that Hedgerow does not manage count for
// neither.
func (a *auditor) compare(built, found []*networkingv1.NetworkPolicy) (*reach.Comparison, error) {
	workloads := a.running()
	state := func(policies []*networkingv1.NetworkPolicy) reach.State {
		return reach.State{Has: a.Built.Managed, Cluster: &reach.Cluster{
			Namespaces: a.Found.Namespaces, Workloads: workloads, Policies: policies,
		}}
	}
	return reach.Compare(state(built), state(found))
}

// changed adds the findings of a namespace, each with what it opens and closes.
func (a *auditor) changed(c *comparisons, namespace string, pairs []*pair) error {
	now, err := c.now()
	if err != nil {
		return err
	}
	opened, closed, err := now.By(namespace)
	if err != nil {
		return err
	}
	if len(pairs) > 1 && !a.hasPolicies[namespace] {
		f := a.finding(diag.Error, diag.PolicyMissing, namespace, policyKind, "")
		f.Opened, f.Closed = now.ListOpened(opened), now.ListClosed(closed)
		a.say(&f, "none of its %d policies is there", len(pairs))
		f.Fix = "let Argo CD or Flux sync its overlay: until then nothing isolates it"
		a.add(f)
		return nil
	}
	var after *reach.Comparison
	var kept []reach.Edge
	if slices.Contains(a.Built.Open, namespace) {
		if after, err = c.after(); err != nil {
			return err
		}
		if kept, _, err = after.By(namespace); err != nil {
			return err
		}
	}
	for _, p := range pairs {
		f := a.finding(diag.Error, "", namespace, policyKind, p.name())
		f.Opened = now.ListOpened(claimed(opened, func(e *reach.Edge) bool { return p.opens(now, e, namespace) }))
		f.Closed = now.ListClosed(claimed(closed, p.closes))
		if after != nil {
			f.KeptOpen = after.ListOpened(claimed(kept, func(e *reach.Edge) bool { return p.opens(after, e, namespace) }))
		}
		a.describe(&f, p)
		a.add(f)
	}
	return nil
}

func claimed(all []reach.Edge, by func(*reach.Edge) bool) (out []reach.Edge) {
	for i := range all {
		if by(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// opens reports whether a policy is what opens an edge: by one of its rules or,
// if it is the deny that is not as it was, because nothing else isolates an end.
func (p *pair) opens(c *reach.Comparison, e *reach.Edge, namespace string) bool {
	return allows(p.found, e) || p.name() == generator.LayerDeny && c.Unisolated(e, namespace)
}

// closes reports whether a policy is what closes an edge: it is not there any
// more, or not as it was, and allowed it.
func (p *pair) closes(e *reach.Edge) bool { return allows(p.built, e) }

// allows reports whether one of the policy's rules is among those that open an
// edge.
func allows(p *networkingv1.NetworkPolicy, e *reach.Edge) bool {
	is := func(r reach.Rule) bool { return r.Policy == p }
	return p != nil && (slices.ContainsFunc(e.Egress, is) || slices.ContainsFunc(e.Ingress, is))
}

// describe says what is the matter with a policy, by where it is found.
func (a *auditor) describe(f *Finding, p *pair) {
	remove := deletion(f.Namespace, f.Name)
	switch {
	case p.found == nil:
		f.Code = diag.PolicyMissing
		a.place(f, p.built)
		a.say(f, "policy %s is not there", f.Name)
		f.Fix = "let Argo CD or Flux sync the overlay, and find out who may delete policies there"
	case p.built != nil:
		f.Code = diag.PolicyAltered
		a.place(f, p.built)
		fields := alterations(p)
		if !slices.ContainsFunc(fields, func(s string) bool { return strings.HasPrefix(s, "spec") }) {
			f.Severity = diag.Warning
		}
		a.say(f, "policy %s was altered: %s", f.Name, some(fields))
		f.Fix = replacement(a.Folder(f.Namespace, f.Name)) + ", and find out who may change policies there"
	case render.SaysOurs(p.found.Labels):
		f.Code = diag.PolicyStale
		f.lessIfHarmless()
		a.say(f, "policy %s is Hedgerow's by its label, and %s", f.Name, a.whyStale(p.found))
		f.Fix = "let Argo CD or Flux prune it, or " + remove
	default:
		f.Code = diag.PolicyForeign
		f.lessIfHarmless()
		a.say(f, "policy %s is not Hedgerow's", f.Name)
		f.Fix = "declare a flow for what of it is wanted, then " + remove
	}
}

// lessIfHarmless makes a warning of a finding that opens and closes nothing.
func (f *Finding) lessIfHarmless() {
	if len(f.Opened)+len(f.Closed) == 0 {
		f.Severity = diag.Warning
	}
}

// place points to the flow of a policy; one of the baseline stays with its
// namespace.
func (a *auditor) place(f *Finding, built *networkingv1.NetworkPolicy) {
	for _, flow := range a.Built.Flows([]reach.Rule{{Policy: built}}) {
		f.Pos = flow.Pos
	}
}

// whyStale says why a policy is no longer built.
func (a *auditor) whyStale(p *networkingv1.NetworkPolicy) string {
	name := render.NoteOf(p.Annotations).Flow
	flow := a.Tenancy.Flows[name]
	switch {
	case name == "":
		return "is not generated"
	case flow == nil:
		return fmt.Sprintf("there is no flow %q", name)
	}
	return fmt.Sprintf("flow %q does not generate it", name)
}

// unmanaged judges a policy of a namespace that Hedgerow does not manage: of its own
// there is at most the deny that it leaves behind.
func (a *auditor) unmanaged(p *networkingv1.NetworkPolicy) {
	namespace := namespaceOf(p.Namespace)
	switch {
	case !render.SaysOurs(p.Labels):
	case p.Name == generator.LayerDeny:
		a.left[namespace] = true
		a.Notes = append(a.Notes, fmt.Sprintf("namespace %q left the tenancy and keeps its deny; delete its policy %s to release it", namespace, p.Name))
	default:
		f := a.finding(diag.Warning, diag.PolicyStale, namespace, policyKind, p.Name)
		a.say(&f, "policy %s is Hedgerow's by its label, and the tenancy does not manage the namespace", p.Name)
		f.Fix = "let Argo CD or Flux prune it, or " + deletion(namespace, p.Name)
		a.add(f)
	}
}

// unjudged finds policies of other kinds that rule managed namespaces.
func (a *auditor) unjudged() {
	if !a.Whole && len(a.Found.Unjudged) == 0 {
		a.Notes = append(a.Notes, "the manifests show no policy of another kind, as Cilium's, Calico's, ClusterNetworkPolicy and a mesh's are: whether there is any is not judged")
	}
	for kind, names := range tenancy.Sorted(a.Found.Unjudged) {
		for _, n := range names {
			if n.Namespace != "" && !a.managed[n.Namespace] {
				continue
			}
			f := a.finding(diag.Warning, diag.PolicyUnjudged, n.Namespace, kind, n.Name)
			a.say(&f, "%s %s may open or close more, and only NetworkPolicy is judged", kind, n.Name)
			f.Fix = "see what it does to the namespaces of the tenancy"
			a.add(f)
		}
	}
}
