// Package census finds out which namespaces a cluster has, what runs in them and
// on which ports, and writes it as a first tenancy: one that vets, whatever the
// objects are called. What cannot be written is left out, and said.
package census

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A Census is what was found.
type Census struct {
	Namespaces []*Namespace // sorted by name
	Policies   int          // that are there, of every kind that may decide
	Everywhere int          // those of them that are of no namespace
	Left       []Left       // what was left out or changed, in the order of Reasons
}

// A Namespace is one that is there.
type Namespace struct {
	Name string
	Team string // "" if it is the platform's
	// Isolated says that policies of others rule it. A roll-out would open what
	// those close, and without one Hedgerow's would close what those leave open.
	Isolated  bool
	Workloads []*Workload
}

// A Workload is a set of pods.
type Workload struct {
	Name     string
	Labels   map[string]string
	Ports    []Port
	Overlaps bool // its pods may be another workload's as well
}

// A Port is one of a workload.
type Port struct {
	Name     string
	Number   int
	Protocol string // "TCP", "UDP" or "SCTP"
}

// Left is one thing that was left out of the tenancy, or stands in it otherwise
// than it is on the cluster.
type Left struct {
	Why  Reason
	What string // it may hold parts of objects, of any characters
}

// A Reason is why something was left out or changed.
type Reason string

// The reasons, as people read them.
const (
	BadNamespace Reason = "namespaces of a name that no cluster takes"
	Nothing      Reason = "namespaces of the platform in which nothing runs"
	NoLabel      Reason = "workloads whose pods carry no label that lasts, so that no flow could name them"
	OnHost       Reason = "workloads on the network of their nodes, which no policy selects"
	BadLabel     Reason = "labels that a tenancy does not take, so that the workload is wider than its selector"
	BadPort      Reason = "ports that no container can have"
	Joined       Reason = "workloads with the labels of another, joined with it"
	Renamed      Reason = "workloads and teams under another name, for a tenancy takes small letters, digits and \"-\""
	Isolated     Reason = "namespaces that policies of others rule, for which none are written yet: a roll-out would open what those close"
	Overlapping  Reason = "workloads that may share pods with another (overlaps: true), for their labels do not tell them apart"
)

// Reasons are all reasons, in the order in which they are spoken of.
var Reasons = []Reason{BadNamespace, Nothing, NoLabel, OnHost, BadLabel, BadPort, Joined, Renamed, Isolated, Overlapping}

// Unassigned is the team of the namespaces that do not say whose they are.
const Unassigned = "unassigned"

// Take finds what is there. A namespace is of the team that its label teamLabel
// names; without a label, or if teamLabel is "", nobody has said whose it is.
func Take(o *Objects, teamLabel string) *Census {
	t := &taker{Census: Census{Everywhere: o.policies[""]}, policies: o.policies}
	for _, n := range o.policies {
		t.Policies += n
	}
	byNamespace := map[string][]*maker{}
	teams := map[string]string{}
	for _, m := range o.makers {
		byNamespace[m.namespace] = append(byNamespace[m.namespace], m)
	}
	for _, n := range o.namespaces {
		if value := n.Labels[teamLabel]; teamLabel != "" && value != "" && teams[n.Name] == "" {
			teams[n.Name] = value
		}
		byNamespace[n.Name] = append(byNamespace[n.Name], nil...) // it is there, though nothing runs in it
	}
	for name, makers := range tenancy.Sorted(byNamespace) {
		t.namespace(name, teams[name], makers)
	}
	slices.SortStableFunc(t.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(slices.Index(Reasons, a.Why), slices.Index(Reasons, b.Why)), cmp.Compare(a.What, b.What))
	})
	return &t.Census
}

// A taker takes a census.
type taker struct {
	Census
	policies map[string]int
}

func (t *taker) leave(why Reason, format string, args ...any) {
	t.Left = append(t.Left, Left{why, fmt.Sprintf(format, args...)})
}

func (t *taker) namespace(name, owner string, makers []*maker) {
	if len(validation.IsDNS1123Label(name)) > 0 {
		t.leave(BadNamespace, "%s", name)
		return
	}
	if Platform(name) {
		if len(makers) == 0 {
			t.leave(Nothing, "%s", name)
			return
		}
		t.Namespaces = append(t.Namespaces, &Namespace{Name: name, Workloads: t.workloads(makers)})
		return
	}
	team := Unassigned
	if owner != "" {
		if team = nameOf(owner, "team"); team != owner {
			t.leave(Renamed, "team %s as %s", owner, team)
		}
	}
	n := &Namespace{Name: name, Team: team, Isolated: t.policies[name] > 0, Workloads: t.workloads(makers)}
	if n.Isolated {
		t.leave(Isolated, "%s", name)
	}
	t.Namespaces = append(t.Namespaces, n)
}

// platform are namespaces of controllers that many clusters have, beside those
// that end in -system.
var platform = []string{
	"cert-manager", "external-dns", "external-secrets", "gatekeeper", "ingress-nginx", "kyverno", "linkerd", "linkerd-viz",
	"local-path-storage", "monitoring", "rook-ceph", "tigera-operator", "traefik", "velero",
}

// Platform reports whether a namespace is taken for the platform's: Kubernetes'
// own, those of the controllers that sync policies, a distribution's, and those
// that go by the name of a controller that many clusters have.
func Platform(name string) bool {
	return (&tenancy.Tenancy{}).Reserved(name) || strings.HasSuffix(name, "-system") || strings.HasPrefix(name, "openshift-") ||
		name == "openshift" || slices.Contains(platform, name)
}

// nameOf gives a name as a tenancy takes it: of small letters, digits and "-", at
// most 63; another one if nothing is left of it.
func nameOf(s, another string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, s)
	name = strings.Trim(name, "-")
	if name = strings.TrimRight(name[:min(len(name), 63)], "-"); name == "" {
		return another
	}
	return name
}

// unique gives the first of name, name-2, name-3… that is not taken, within a
// length, and takes it.
func unique(taken map[string]bool, name string, longest int) string {
	out := name
	for i := 2; taken[out]; i++ {
		end := fmt.Sprint("-", i)
		out = strings.TrimRight(name[:min(len(name), longest-len(end))], "-") + end
	}
	taken[out] = true
	return out
}
