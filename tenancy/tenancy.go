// Package tenancy holds what a company declares about the isolation of its
// namespaces, as plain data: each thing with the position at which it was
// written. It depends on nothing.
package tenancy

import "go/token"

// Tenancy is everything that one tenancy declares, keyed as in its files.
type Tenancy struct {
	Node
	Platform     Platform
	Clusters     map[string]*Cluster
	Environments map[string]*Environment
	Shared       map[string]*Shared
	Teams        map[string]*Team
	Externals    map[string]*External
	Flows        map[string]*Flow
	Guards       map[string]*Guard
	Retired      map[string]map[string]*Retired // cluster, then Kubernetes namespace
	Delivery     *Delivery                      // nil: nothing is rendered for Argo CD or Flux
	Lints        map[string]*Lint               // by their codes
}

// Node is what every declared thing has.
type Node struct {
	// Pos is where it was written, with the file name as it is shown to people.
	Pos token.Position
	// Partial says that the decoder could not read all of it: what seems to be
	// missing may be there under a misspelt name.
	Partial bool
}

// Word is a string that somebody wrote, with its position.
type Word struct {
	Text string
	Pos  token.Position
}

// Set reports whether the word was written at all.
func (w Word) Set() bool { return w.Text != "" }

// Platform says which files and packages the platform team owns, and who
// approves what stands in them.
type Platform struct {
	Files    []Word // patterns of file names
	Packages []Word // patterns of import paths
	Owners   []Word // in the words of the code host
}

// Cluster holds the facts of one cluster.
type Cluster struct {
	Node
	Name             string
	CNI              Word
	CNIAcknowledged  Word
	CNIVersion       Word // as "1.15.19" or "v3.29"; empty: unknown, as for the next two
	Kubernetes       Word
	IPFamilies       []Word // FamilyIPv4, FamilyIPv6
	DNS              DNS
	APIServer        *APIServer // nil: unknown
	Webhooks         *Webhooks  // nil: from where the API server listens
	Pods             []Word     // CIDRs; empty: unknown, as for the next two
	Services         []Word
	Nodes            []Word
	ManageNamespaces bool
	AdmissionGuard   *AdmissionGuard // nil: none
	Mesh             Word            // MeshIstioAmbient, MeshLinkerd, or empty
}

// The families of addresses.
const (
	FamilyIPv4 = "IPv4"
	FamilyIPv6 = "IPv6"
)

// The meshes that carry connections between pods on a port of their own.
const (
	MeshIstioAmbient = "istio-ambient"
	MeshLinkerd      = "linkerd"
)

// DNS says where the pods of a cluster resolve names.
type DNS struct {
	Node
	Provider  Word // never empty: the decoder sets ProviderCoreDNS
	NodeLocal Word // an address
	ClusterIP Word // an address
	Namespace Word // custom: the namespace of the DNS pods
	Pods      Labels
	CIDRs     []Word // custom: resolvers that are no pods
	Port      int    // custom; 0: not written
}

// The providers of DNS that Hedgerow knows.
const (
	ProviderCoreDNS   = "coredns"
	ProviderOpenShift = "openshift"
	ProviderCloudDNS  = "cloud-dns"
	ProviderCustom    = "custom"
)

// APIServer says where the API server of a cluster listens.
type APIServer struct {
	Node
	CIDRs []Word
	Port  int
}

// Webhooks says where the calls of the API server to webhooks come from: from
// addresses, or from pods.
type Webhooks struct {
	Node
	CIDRs     []Word
	Namespace Word
	Pods      Labels
}

// Labels are the labels by which pods are selected.
type Labels map[string]string

// Environment is one stage of the namespaces that list it.
type Environment struct {
	Node
	Name    string
	Cluster Word
	Prefix  string
	Suffix  string
	Class   Word
	Rollout *Rollout // of every namespace in it; nil: none
}

// Shared is a namespace of the platform, one for each of its clusters.
type Shared struct {
	Node
	Name        string
	Namespace   Word   // its Kubernetes name; the decoder sets it to the key where it was left out
	Clusters    []Word // empty: all
	Workloads   map[string]*Workload
	HostNetwork bool
	Managed     bool
	Baseline    Baseline
	PodSecurity string
	Rollout     *Rollout // of one that is managed; nil: none
}

// Team owns namespaces and files.
type Team struct {
	Node
	Name       string
	Owners     []Word // who approves, in the words of the code host
	Files      []Word // patterns of file names
	Namespaces map[string]*Namespace
}

// Namespace is a logical namespace.
type Namespace struct {
	Node
	Name         string
	Team         string
	Environments []Word // empty: all
	Names        map[string]Word
	Workloads    map[string]*Workload
	Baseline     Baseline
	PodSecurity  string
	Rollout      *Rollout // nil: none
}

// Rollout keeps a live namespace open while its policies arrive.
type Rollout struct {
	Node
	Reason       string
	Until        Word   // the last day on which it may, as 2006-01-02
	Environments []Word // of a namespace; empty: all of its
}

// Baseline holds the layers that a namespace does without; nil is not exempt.
type Baseline struct {
	IntraNamespace *Exemption
	DNS            *Exemption
}

// Exemption turns a layer of the baseline off.
type Exemption struct {
	Node
	Reason string
}

// Workload is a set of pods and the ports on which they listen.
type Workload struct {
	Node
	Name     string
	Pods     Labels
	Ports    map[string]Port
	PortsAt  map[string]token.Position
	Tags     map[string]bool
	Overlaps bool
	// ServicePorts are the ports of the Service by the names of those that they
	// lead to.
	ServicePorts map[string]ServicePort
	// ExternalTrafficPolicy is that of the Service: "Local" keeps the addresses of
	// clients, "Cluster" or nothing does not.
	ExternalTrafficPolicy string
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Pos    token.Position
	Number int
}

// External is a set of addresses outside the clusters.
type External struct {
	Node
	Name         string
	CIDRs        []Word
	Except       []Word
	Ports        map[string]Port
	PortsAt      map[string]token.Position
	Environments []Word // empty: flows name their own
}

// Flow opens ports from one peer to another.
type Flow struct {
	Node
	Name             string
	From, To         Peer
	Ports            FlowPorts
	Reason           string
	Ticket           string
	Expires          Word   // a day as 2006-01-02; empty: never
	Environments     []Word // empty: all in which both ends exist
	CrossEnvironment bool
}

// Peer is one end of a flow or of a guard's rule.
type Peer struct {
	Node
	Namespace    Word
	Team         Word
	Environment  Word
	Shared       Word
	External     Word
	Class        Word // guards only
	Workload     Word
	Tag          Word
	AnyNamespace bool
	Nodes        bool
	APIServer    bool
	AnyPod       bool
}

// FlowPorts are the ports that a flow names.
type FlowPorts struct {
	Node
	All  bool
	List []FlowPort // empty and not All: left out
}

// Given reports whether the flow names its ports.
func (p FlowPorts) Given() bool { return p.All || len(p.List) > 0 }

// FlowPort is a port by its name or by its number.
type FlowPort struct {
	Pos  token.Position
	Name string // empty: Port counts
	Port Port
}

// Guard says what must never, or always, be open.
type Guard struct {
	Node
	Name   string
	Never  *GuardRule
	Always *GuardRule
	Reason string
	Except map[string]*GuardRule
}

// GuardRule matches connections; a nil peer matches everything.
type GuardRule struct {
	Node
	From, To *Peer
	Ports    FlowPorts
}

// Lint says what a lint says.
type Lint struct {
	Node
	Severity Word // "error" or "warning"; empty: a warning
	Silenced map[string]Silence
}

// Silence has a lint say nothing about what lies at a path of the tenancy.
type Silence struct {
	Pos    token.Position
	Reason string
}

// Retired keeps the deny of a namespace that left the tenancy.
type Retired struct {
	Node
	Reason string
}
