// Package facts says what a cluster is, in the terms of a tenancy: the facts on
// which policies depend, each with the object that it was found in, or why it is
// not known and which command shows it. Nothing is guessed.
package facts

import (
	"net/netip"

	"github.com/hedgerow-dev/hedgerow/cni"
)

// Facts are what a tenancy may say of a cluster.
type Facts struct {
	CNI        Fact[string]
	Enforces   Fact[string] // the option by which the plugin enforces policies
	CNIVersion Fact[string]
	Kubernetes Fact[string]
	Families   Fact[[]string]
	DNS        Fact[DNS]
	APIServer  Fact[APIServer]
	Webhooks   Fact[Callers]
	Pods       Fact[[]netip.Prefix]
	Services   Fact[[]netip.Prefix]
	Nodes      Fact[[]netip.Prefix]
	Mesh       Fact[string]

	// NotEnforcing says which plugin is there and told to ignore policies, or "".
	NotEnforcing string

	kubelets bool // the version of Kubernetes is that of the nodes' kubelets
}

// State says how much of a fact is known.
type State int

// The states of a fact.
const (
	Unknown State = iota
	None          // the cluster has no such thing
	Known
)

// Fact is one fact.
type Fact[T any] struct {
	State State
	Value T
	From  string // where it was found
	Note  string // what else to know of it, or ""
	Why   string // why it is unknown, and the command that shows it
}

// DNS is where the pods of a cluster resolve names.
type DNS struct {
	Provider             string
	NodeLocal, ClusterIP netip.Addr // of NodeLocal DNSCache; not valid without one
	LeftOut              bool       // there is one, whose addresses are no use or not known
	Unaddressed          string     // its DaemonSet, if they are not known
}

// APIServer is where the API server listens.
type APIServer struct {
	Addresses []netip.Addr // sorted
	Port      int
}

// Callers are the pods through which the API server calls webhooks.
type Callers struct {
	Namespace, Label, Value string
}

func known[T any](value T, from string) Fact[T] {
	return Fact[T]{State: Known, Value: value, From: from}
}

func unknown[T any](why string) Fact[T] { return Fact[T]{Why: why} }

// Missing is a fact that is not known.
type Missing struct {
	Field string // as in the tenancy
	Why   string
}

// Find finds the facts in the objects of a cluster.
func Find(o *Objects) *Facts {
	f := &Facts{}
	f.CNI, f.CNIVersion = o.cni()
	f.Enforces = Fact[string]{State: None}
	if found := enforcing(o.agents()); len(found) > 0 {
		switch option := cni.Of(f.CNI.Value).Enforces.Option; {
		case found[0].off:
			f.NotEnforcing = found[0].object
		case option != "":
			f.Enforces = known(option, "what "+found[0].object+" is told")
		}
	}
	f.Kubernetes, f.kubelets = o.kubernetes()
	f.DNS = o.dns(f.CNI.Value, f.CNIVersion.Value)
	f.APIServer = o.apiServer()
	f.Webhooks = o.webhooks()
	f.Pods = o.podRanges(f.CNI.Value)
	f.Services = o.serviceRanges()
	f.Nodes = o.nodeRanges()
	f.Families = o.families(f.Pods, f.Services)
	f.Mesh = o.mesh()
	return f
}

// Missing gives the facts that are not known, in the order of the schema.
func (f *Facts) Missing() (out []Missing) {
	for _, field := range []struct {
		name  string
		state State
		why   string
	}{
		{"cni", f.CNI.State, f.CNI.Why},
		{"cniVersion", f.CNIVersion.State, f.CNIVersion.Why},
		{"kubernetes", f.Kubernetes.State, f.Kubernetes.Why},
		{"ipFamilies", f.Families.State, f.Families.Why},
		{"dns", f.DNS.State, f.DNS.Why},
		{"apiServer", f.APIServer.State, f.APIServer.Why},
		{"webhooks", f.Webhooks.State, f.Webhooks.Why},
		{"pods", f.Pods.State, f.Pods.Why},
		{"services", f.Services.State, f.Services.Why},
		{"nodes", f.Nodes.State, f.Nodes.Why},
		{"mesh", f.Mesh.State, f.Mesh.Why},
	} {
		if field.state == Unknown {
			out = append(out, Missing{field.name, field.why})
		}
		if field.name == "dns" && f.DNS.Value.LeftOut {
			out = append(out, Missing{"dns.nodeLocal", f.DNS.Note})
		}
	}
	return out
}
