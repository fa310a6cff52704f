// Package gather takes together what an overview shows: what was loaded, built
// and proved becomes plain data, in the names that people use.
package gather

import (
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Input is a tenancy with all that became of it.
type Input struct {
	Version   string // of Hedgerow
	AsOf      string // the day on which expiry is judged, as 2006-01-02
	Soon      string // flows that expire up to this day expire soon
	Tenancy   *tenancy.Tenancy
	Expansion *generator.Expansion
	Proof     *proof.Proof
	Guards    proof.Verdict
	// Connections are all that is open.
	Connections []report.Connection
	Silenced    []overview.Silence
	// Strangers are namespaces on clusters that the tenancy does not know, by
	// cluster.
	Strangers    map[string][]string
	Reservations []string
	// Difference is what changed since another state, which Since names; nil if
	// none was compared.
	Since      string
	Difference *report.Difference
}

// Overview gathers what is to be shown of a tenancy that was built and proved.
func Overview(in Input) (*overview.Overview, error) {
	standings, err := in.Proof.Standings(in.Guards, "", "")
	if err != nil {
		return nil, err
	}
	g := newGatherer(in)
	o := &overview.Overview{
		Version: in.Version, AsOf: in.AsOf, Connections: []overview.Connection{},
		Silenced: append([]overview.Silence{}, in.Silenced...), Reservations: append([]string{}, in.Reservations...),
	}
	o.Clusters, o.Environments, o.Teams = g.clusters(), g.environments(), g.teams()
	o.Namespaces, o.Flows, o.Guards = g.namespaces(standings), g.register(), g.guards()
	for i := range in.Connections {
		o.Connections = append(o.Connections, g.connection(&in.Connections[i]))
	}
	if in.Difference != nil {
		o.Change = g.change(in.Since, in.Difference)
	}
	return o, nil
}

// A gatherer takes an overview together.
type gatherer struct {
	Input
	names map[location]string
	open  map[string]*opened
}

func newGatherer(in Input) *gatherer {
	return &gatherer{Input: in, names: names(in.Proof), open: openedBy(in.Expansion)}
}

var states = map[proof.State]string{proof.Enforced: overview.Enforced, proof.Open: overview.Open, proof.Retired: overview.Retired}

var verdicts = map[proof.GuardState]string{
	proof.GuardHeld: overview.Held, proof.GuardBroken: overview.Broken, proof.GuardSuspended: overview.Suspended, proof.GuardApart: overview.Apart,
}

// A location is a namespace as Kubernetes has it.
type location struct{ cluster, namespace string }

// names gives what people call each namespace that the tenancy declares.
func names(p *proof.Proof) map[location]string {
	out, clusters := map[location]string{}, map[string]int{}
	for _, c := range p.Clusters {
		for _, place := range c.Places {
			clusters[place.String()]++
		}
	}
	for _, c := range p.Clusters {
		for namespace, place := range c.Places {
			name := place.String()
			if clusters[name] > 1 {
				name += " on " + c.Name
			}
			out[location{c.Name, namespace}] = name
		}
	}
	return out
}

func (g *gatherer) clusters() []overview.Cluster {
	out := []overview.Cluster{}
	for name, k := range tenancy.Sorted(g.Tenancy.Clusters) {
		c := overview.Cluster{Name: name, CNI: k.CNI.Text, Acknowledged: k.CNIAcknowledged.Text, At: k.Pos.String()}
		if built := g.Proof.Clusters[name]; built != nil {
			c.Policies = len(built.Objects.Policies)
		}
		out = append(out, c)
	}
	return out
}

func (g *gatherer) environments() []overview.Environment {
	out := []overview.Environment{}
	for name, e := range tenancy.Sorted(g.Tenancy.Environments) {
		out = append(out, overview.Environment{Name: name, Cluster: e.Cluster.Text, Class: e.Class.Text, At: e.Pos.String()})
	}
	return out
}

func (g *gatherer) teams() []overview.Team {
	out := []overview.Team{}
	for name, t := range tenancy.Sorted(g.Tenancy.Teams) {
		out = append(out, overview.Team{Name: name, Owners: tenancy.Texts(t.Owners), Files: tenancy.Texts(t.Files), At: t.Pos.String()})
	}
	return out
}

// namespaces gives those whose policies Hedgerow writes, then those that are not
// ruled: of the platform, and strangers.
func (g *gatherer) namespaces(standings *proof.Standings) []overview.Namespace {
	out := []overview.Namespace{}
	exempt := map[location][]overview.Exemption{}
	for _, o := range g.Expansion.Overlays() {
		exempt[location{o.Cluster, o.Namespace}] = g.exemptions(o)
	}
	for _, s := range standings.Namespaces {
		at := location{s.Cluster, s.Namespace}
		n := overview.Namespace{Name: g.names[at], Kubernetes: s.Namespace, Cluster: s.Cluster, Environment: s.Environment, Team: s.Team,
			Owners: s.Owners, State: states[s.State], Exemptions: exempt[at]}
		if s.Rollout != nil {
			n.Reason, n.Until = s.Rollout.Reason, s.Rollout.Until
		}
		g.declared(&n, g.Proof.Clusters[s.Cluster].Places[s.Namespace])
		out = append(out, n)
	}
	for _, c := range tenancy.Sorted(g.Proof.Clusters) {
		for namespace, place := range tenancy.Sorted(c.Places) {
			if slices.Contains(c.Managed, namespace) {
				continue
			}
			n := overview.Namespace{Name: g.names[location{c.Name, namespace}], Kubernetes: namespace, Cluster: c.Name, State: overview.Unmanaged,
				Reason: "the tenancy names it as the platform's, and writes no policies for it"}
			g.declared(&n, place)
			out = append(out, n)
		}
	}
	for cluster, strangers := range tenancy.Sorted(g.Strangers) {
		for _, namespace := range strangers {
			out = append(out, overview.Namespace{Name: "undeclared/" + namespace + " on " + cluster, Kubernetes: namespace, Cluster: cluster, State: overview.Unmanaged,
				Reason: "it is on the cluster, and the tenancy does not know it"})
		}
	}
	return out
}

// declared adds what the tenancy says of a namespace.
func (g *gatherer) declared(n *overview.Namespace, place proof.Place) {
	var workloads map[string]*tenancy.Workload
	switch {
	case place.Retired:
		entry := g.Tenancy.Retired[n.Cluster][n.Kubernetes]
		n.Reason, n.At = entry.Reason, entry.Pos.String()
	case place.Shared != "":
		shared := g.Tenancy.Shared[place.Shared]
		n.At, n.HostNetwork, workloads = shared.Pos.String(), shared.HostNetwork, shared.Workloads
		if n.HostNetwork {
			n.Reason += "; its pods have the addresses of their nodes"
		}
	default:
		declared := g.Tenancy.Teams[place.Team].Namespaces[place.Namespace]
		n.At, workloads = declared.Pos.String(), declared.Workloads
	}
	for name, w := range tenancy.Sorted(workloads) {
		n.Workloads = append(n.Workloads, overview.Workload{Name: name, Pods: labels(w.Pods), Ports: ports(w.Ports), At: w.Pos.String()})
	}
}

func labels(l tenancy.Labels) string {
	var out []string
	for key, value := range tenancy.Sorted(l) {
		out = append(out, key+"="+value)
	}
	return strings.Join(out, ",")
}

func ports(named map[string]tenancy.Port) (out []string) {
	for name, p := range tenancy.Sorted(named) {
		out = append(out, name+" "+p.String())
	}
	return out
}

// exemptions gives the layers that an overlay does without.
func (g *gatherer) exemptions(o *generator.Overlay) (out []overview.Exemption) {
	place := g.Proof.Clusters[o.Cluster].Places[o.Namespace]
	var baseline tenancy.Baseline
	switch {
	case place.Shared != "":
		baseline = g.Tenancy.Shared[place.Shared].Baseline
	case !place.Retired:
		baseline = g.Tenancy.Teams[place.Team].Namespaces[place.Namespace].Baseline
	}
	at := map[string]*tenancy.Exemption{generator.LayerDNS: baseline.DNS, generator.LayerSameNamespace: baseline.IntraNamespace}
	for _, e := range o.Exemptions {
		out = append(out, overview.Exemption{Layer: e.Layer, Reason: e.Reason, At: at[e.Layer].Pos.String()})
	}
	return out
}

func (g *gatherer) guards() []overview.Guard {
	out := []overview.Guard{}
	for name, guard := range tenancy.Sorted(g.Tenancy.Guards) {
		kind := "never"
		if guard.Always != nil {
			kind = "always"
		}
		out = append(out, overview.Guard{Name: name, Kind: kind, Reason: guard.Reason, Verdict: verdicts[g.Guards.Of(name)], At: guard.Pos.String()})
	}
	return out
}
