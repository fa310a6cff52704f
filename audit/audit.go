// Package audit holds a cluster, as it is, against what a tenancy says of it: it
// finds the policies, namespaces and pods that went round the file, and what they
// open and close.
package audit

import (
	"fmt"
	"go/token"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Input is a cluster beside what the tenancy says of it.
type Input struct {
	Tenancy *tenancy.Tenancy
	Built   *proof.Cluster    // what the tenancy builds for it
	Guard   []reach.Admission // the parts of the admission guard that it asks for
	Found   *reach.Objects    // what is there
	// Folder gives where the kustomization stands that holds a policy or, without a
	// namespace, a part of the guard.
	Folder func(namespace, name string) string
	// Whole says that Found is all that is there. Of manifests it is not: where they
	// show no namespace, or no pods, nothing is said of those.
	Whole bool
}

// Finding is one thing that is not as the tenancy says.
type Finding struct {
	diag.Diagnostic
	Namespace string // its name in Kubernetes; "" of the whole cluster
	Kind      string // of the object, as in NetworkPolicy; "" of several
	Name      string // of the object
	// Opened and Closed are what it opens beyond the declared, and what of the
	// declared it closes.
	Opened, Closed []reach.Connection
	// KeptOpen is what it will open when the roll-out that keeps its namespace open
	// is over: until then that opens the same.
	KeptOpen []reach.Connection
}

// Result is all that an audit finds.
type Result struct {
	Findings []Finding
	// Notes are about what looks wrong and is not.
	Notes []string
	// Policies and Namespaces count those that the tenancy declares.
	Policies, Namespaces int
}

// Diagnostics gives the findings as diagnostics.
func (r *Result) Diagnostics() (out []diag.Diagnostic) {
	for i := range r.Findings {
		out = append(out, r.Findings[i].Diagnostic)
	}
	return out
}

// Check gives everything in which the cluster is not as the tenancy says, sorted.
// The error is about policies that cannot be
// read, or that are there twice.
func Check(in Input) (*Result, error) {
	a := &auditor{Input: in, exists: setOf(in.Found.Shows()), managed: setOf(in.Built.Managed), left: map[string]bool{}, hasPolicies: map[string]bool{}}
	a.Policies, a.Namespaces = len(in.Built.Objects.Policies), len(in.Built.Managed)
	if err := a.policies(); err != nil {
		return nil, err
	}
	a.unjudged()
	if err := a.guard(); err != nil {
		return nil, err
	}
	a.namespaces()
	a.workloads()
	slices.SortStableFunc(a.Findings, func(a, b Finding) int { return diag.Compare(a.Diagnostic, b.Diagnostic) })
	return &a.Result, nil
}

// An auditor holds the state of one audit.
type auditor struct {
	Input
	Result
	exists      map[string]bool // the namespaces that are there
	managed     map[string]bool // those whose policies Hedgerow writes
	left        map[string]bool // those that it does not manage, and that have its deny
	hasPolicies map[string]bool // managed ones in which there is any
}

func setOf(names []string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// knowsNamespaces reports whether it is known which namespaces there are.
func (a *auditor) knowsNamespaces() bool { return a.Whole || len(a.Found.Namespaces) > 0 }

// knowsWorkloads reports whether it is known which pods there are.
func (a *auditor) knowsWorkloads() bool { return a.Whole || len(a.Found.Workloads) > 0 }

// there reports whether a namespace is there, as far as is known.
func (a *auditor) there(namespace string) bool { return !a.knowsNamespaces() || a.exists[namespace] }

// add adds a finding.
func (a *auditor) add(f Finding) { a.Findings = append(a.Findings, f) }

// finding starts a finding about an object of a namespace.
func (a *auditor) finding(severity diag.Severity, code diag.Code, namespace, kind, name string) Finding {
	return Finding{
		Diagnostic: diag.Diagnostic{Severity: severity, Code: code, Pos: a.position(namespace)},
		Namespace:  namespace, Kind: kind, Name: name,
	}
}

// position gives where a namespace is declared.
func (a *auditor) position(namespace string) token.Position {
	place, ok := a.Built.Places[namespace]
	switch {
	case !ok:
		return token.Position{}
	case place.Retired:
		return a.Tenancy.Retired[a.Built.Name][namespace].Pos
	case place.Shared != "":
		return a.Tenancy.Shared[place.Shared].Pos
	}
	return a.Tenancy.Teams[place.Team].Namespaces[place.Namespace].Pos
}

// called gives what people call a namespace: with its name in Kubernetes, where
// that is another.
func (a *auditor) called(namespace string) string {
	place, ok := a.Built.Places[namespace]
	if !ok {
		return "namespace " + namespace
	}
	return fmt.Sprintf("%s (namespace %s)", place, namespace)
}

// namespaceOf gives an object's namespace.
func namespaceOf(name string) string {
	if name == "" {
		return corev1.NamespaceDefault
	}
	return name
}
