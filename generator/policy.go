// Package generator expands a tenancy into the policies of every namespace, in
// domain terms: who may reach whom on which ports, and which flow is the cause.
// It knows no kind of policy object and touches nothing.
package generator

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Expansion is all that a tenancy generates.
type Expansion struct {
	Clusters []*Cluster // sorted by name; those that have overlays
	// LastExpired is the latest expiry of a flow that had passed, as 2006-01-02,
	// or "" if none had.
	LastExpired string
	// Delivery says how the overlays come into the clusters; nil if the tenancy
	// does not.
	Delivery *tenancy.Delivery
	// Overdue are the roll-outs that should be over. The calendar alone makes them
	// errors: they stop no writing, and what they keep open stays open.
	Overdue []diag.Diagnostic
}

// Overlays gives the overlays of all clusters.
func (x *Expansion) Overlays() (out []*Overlay) {
	for _, c := range x.Clusters {
		out = append(out, c.Overlays...)
	}
	return out
}

// Cluster is what is generated for one cluster.
type Cluster struct {
	Name       string
	Base       []*Policy // the layers of the baseline, by the names that overlays use
	Overlays   []*Overlay
	Declared   []Connection
	Namespaces []NamespaceObject       // sorted by name; empty unless the cluster manages them
	Guard      *tenancy.AdmissionGuard // nil: none
}

// Connection is what a flow or the baseline declares to be open: from each of
// From to each of To. All connections together are what must be open, whatever
// the policies say.
type Connection struct {
	Flow  *tenancy.Flow // nil for the baseline
	Layer string        // of the baseline
	// FromEnvironment and ToEnvironment differ only for a flow that crosses
	// environments; both are "" for the baseline.
	FromEnvironment, ToEnvironment string
	From, To                       []Peer         // always with Namespaces or a Block
	Ports                          []tenancy.Port // nil: every port
}

// The layers of the baseline.
const (
	LayerDeny          = "default-deny"
	LayerDNS           = "allow-dns"
	LayerSameNamespace = "allow-same-namespace"
	// LayerProbes is there where a mesh takes the place of the kubelet.
	LayerProbes = "allow-probes"
)

// AllowAll is the policy of a roll-out. No flow's has this name, which ends in
// a direction or a workload.
const AllowAll = "rollout-allow-all"

// Kind says what declares an overlay's namespace.
type Kind int

// The kinds of overlays.
const (
	Team Kind = iota
	Shared
	Retired
)

// Overlay is one Kubernetes namespace with its policies.
type Overlay struct {
	Kind        Kind
	Cluster     string
	Environment string // of a Team overlay
	Name        string // the logical name; of a Retired overlay the Kubernetes one
	Namespace   string // the name in Kubernetes
	Layers      []string
	Policies    []*Policy   // sorted by name
	Exemptions  []Exemption // the layers it does without
	Rollout     *Rollout    // nil: it is closed but for its policies
}

// Rollout keeps an overlay's namespace open: what its policies allow arrives
// first, and to take this away is what closes it.
type Rollout struct {
	Policy *Policy // allows everything
	Cause  *tenancy.Rollout
	Due    Due
	Owners []string // of the namespace
}

// Due says how near the last day of a roll-out is.
type Due string

// How near it can be.
const (
	DueLater Due = ""
	DueSoon  Due = "soon"
	Overdue  Due = "overdue"
)

// Place gives what people call the overlay's namespace, as in prod/orders.
func (o *Overlay) Place() string {
	switch o.Kind {
	case Shared:
		return "shared/" + o.Name
	case Retired:
		return "retired/" + o.Name
	}
	return o.Environment + "/" + o.Name
}

// Exemption is a layer of the baseline that a namespace does without.
type Exemption struct {
	Layer  string
	Reason string
}

// NamespaceObject is a Namespace that is rendered as well.
type NamespaceObject struct {
	Name        string
	Team        string
	Environment string
	Class       string
	PodSecurity string
}

// Policy allows connections to or from the pods that it selects, and isolates
// them in its directions.
type Policy struct {
	Name     string
	Subject  tenancy.Labels // nil: every pod of the namespace
	Isolates []Direction
	Ingress  []Rule
	Egress   []Rule
	Cause    *Cause // nil for the baseline
}

// Direction is the side of a connection that a policy rules.
type Direction string

// The directions.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Cause is why a flow's policy is there.
type Cause struct {
	Flow         *tenancy.Flow
	Cluster      string
	Environments []string // sorted
	Owners       []string // of the namespace that the policy stands in
}

// Rule allows its peers on its ports. Without ports it is a rule of the baseline
// and means every port; without peers it is that of a roll-out, and means
// everybody.
type Rule struct {
	Peers []Peer
	Ports []tenancy.Port
}

// Peer is pods of namespaces, or a block of addresses.
type Peer struct {
	// Namespaces are Kubernetes names, sorted; nil with no Block means the
	// policy's own namespace.
	Namespaces []string
	Pods       tenancy.Labels // nil: every pod
	Block      netip.Prefix
	Except     []netip.Prefix // strict parts of Block, sorted
}

func comparePrefix(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

func (p Peer) compare(q Peer) int {
	return cmp.Or(comparePrefix(p.Block, q.Block), slices.Compare(p.Namespaces, q.Namespaces), compareLabels(p.Pods, q.Pods),
		slices.CompareFunc(p.Except, q.Except, comparePrefix))
}

func compareLabels(a, b tenancy.Labels) int {
	if c := slices.Compare(tenancy.Keys(a), tenancy.Keys(b)); c != 0 {
		return c
	}
	for k, v := range tenancy.Sorted(a) {
		if c := cmp.Compare(v, b[k]); c != 0 {
			return c
		}
	}
	return 0
}
