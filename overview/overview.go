// Package overview writes all that a tenancy declares, and all that is open by
// what was built from it, for whoever must judge it without reading YAML: as a
// page that needs nothing else, as Markdown, as JSON, and as the register of the
// flows. It decides nothing: what it is given, it writes in the order in which it
// is given.
package overview

// Overview is what is declared and what is open on one day.
//
// Names of namespaces are those that people use and that "hedgerow explain"
// takes: environment/namespace, or shared/name. Where a name stands on several
// clusters, " on " and the cluster follow, so that it is unique. Positions are
// file:line:column in the tenancy.
type Overview struct {
	Version      string        `json:"version"` // of Hedgerow
	AsOf         string        `json:"asOf"`    // the day on which expiry is judged, as 2006-01-02
	Clusters     []Cluster     `json:"clusters"`
	Environments []Environment `json:"environments"`
	Teams        []Team        `json:"teams"`
	Namespaces   []Namespace   `json:"namespaces"`
	Flows        []Flow        `json:"flows"`
	Connections  []Connection  `json:"connections"`
	Guards       []Guard       `json:"guards"`
	Silenced     []Silence     `json:"silenced"`
	// Change is what opens and closes since another state; nil if none was compared.
	Change *Change `json:"change,omitempty"`
	// Reservations say what is less than it seems to be, a sentence each.
	Reservations []string `json:"reservations"`
}

// Cluster is a cluster, with what its tenancy says it is.
type Cluster struct {
	Name string `json:"name"`
	CNI  string `json:"cni"`
	// Acknowledged is why its plugin was accepted although it lacks something.
	Acknowledged string `json:"acknowledged,omitempty"`
	Policies     int    `json:"policies"` // that were built
	At           string `json:"at"`
}

// Environment is one stage of the namespaces.
type Environment struct {
	Name    string `json:"name"`
	Cluster string `json:"cluster"`
	Class   string `json:"class,omitempty"`
	At      string `json:"at"`
}

// Team is who owns namespaces.
type Team struct {
	Name   string   `json:"name"`
	Owners []string `json:"owners,omitempty"`
	Files  []string `json:"files,omitempty"` // patterns of the files that are theirs
	At     string   `json:"at"`
}

// The states of namespaces.
const (
	Enforced  = "enforced"  // what nothing declares is closed
	Open      = "open"      // by a roll-out
	Retired   = "retired"   // everything is closed
	Unmanaged = "unmanaged" // no policy of Hedgerow's rules it
)

// Namespace is a namespace on a cluster.
type Namespace struct {
	Name        string      `json:"name"`
	Kubernetes  string      `json:"kubernetes"` // what the cluster calls it
	Cluster     string      `json:"cluster"`
	Environment string      `json:"environment,omitempty"` // of a team's
	Team        string      `json:"team,omitempty"`
	Owners      []string    `json:"owners,omitempty"`
	State       string      `json:"state"`
	Reason      string      `json:"reason,omitempty"` // of the state, but for Enforced
	Until       string      `json:"until,omitempty"`  // the last day of a roll-out
	Exemptions  []Exemption `json:"exemptions,omitempty"`
	Workloads   []Workload  `json:"workloads,omitempty"`
	HostNetwork bool        `json:"hostNetwork,omitempty"` // its pods have the addresses of their nodes
	At          string      `json:"at,omitempty"`          // "" where no tenancy declares it
}

// Exemption is a layer of the baseline that a namespace does without.
type Exemption struct {
	Layer  string `json:"layer"`
	Reason string `json:"reason"`
	At     string `json:"at"`
}

// Workload is a set of pods of a namespace.
type Workload struct {
	Name  string   `json:"name"`
	Pods  string   `json:"pods"` // the labels that they carry, as key=value, with commas
	Ports []string `json:"ports,omitempty"`
	At    string   `json:"at"`
}

// Flow is a declared flow: an entry of the register.
type Flow struct {
	Name         string   `json:"name"`
	From         string   `json:"from"`
	To           string   `json:"to"`
	Ports        string   `json:"ports"`
	Environments []string `json:"environments,omitempty"` // in which it is open
	Reason       string   `json:"reason"`
	Owners       []string `json:"owners,omitempty"` // of its two ends
	Ticket       string   `json:"ticket,omitempty"`
	Expires      string   `json:"expires,omitempty"` // its last day
	Expired      bool     `json:"expired,omitempty"`
	Expiring     bool     `json:"expiring,omitempty"` // within 30 days
	At           string   `json:"at"`
}

// Connection is what is open from one end to another, on what was built.
type Connection struct {
	Cluster  string   `json:"cluster"`
	From     End      `json:"from"`
	To       End      `json:"to"`
	Ports    string   `json:"ports"`
	Flows    []string `json:"flows,omitempty"`    // that open it; none of the baseline
	Policies []string `json:"policies,omitempty"` // that allow it, as namespace/name in Kubernetes
}

// End is an end of a connection.
type End struct {
	// Group is the namespace's name or, of what is in no namespace of the tenancy,
	// what people call it: an external, a range of addresses, undeclared namespaces.
	Group string `json:"group"`
	Label string `json:"label"` // the whole end, as people read it: the group with its workload
}

// Guard is a rule on what must never, or always, be open.
type Guard struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // never or always
	Reason  string `json:"reason"`
	Verdict string `json:"verdict"`
	At      string `json:"at"`
}

// The verdicts on guards.
const (
	Held      = "held"
	Broken    = "broken"
	Suspended = "suspended" // by a roll-out
	Apart     = "apart"     // held, because its ends are on different clusters
)

// Silence is a lint that the tenancy silences where it would speak.
type Silence struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Change is what differs from another state.
type Change struct {
	Since    string       `json:"since"` // the state, as it was named
	Opened   []Connection `json:"opened"`
	Closed   []Connection `json:"closed"`
	Appeared []string     `json:"appeared"` // namespaces
	Vanished []string     `json:"vanished"`
	Notes    []string     `json:"notes"` // what changed besides
}
