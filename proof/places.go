package proof

import (
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Place is what the tenancy calls a namespace in Kubernetes.
type Place struct {
	Environment string // of a team's namespace
	Namespace   string // its logical name
	Shared      string // of a platform's namespace
	Team        string
	Owners      []string
	Retired     bool
	workloads   map[string]*tenancy.Workload
	hostNetwork bool
	managed     bool // Hedgerow writes its policies
}

// String gives the name that people use, and that explain takes.
func (p Place) String() string {
	if p.Shared != "" {
		return "shared/" + p.Shared
	}
	return p.Environment + "/" + p.Namespace
}

// places gives what the tenancy calls each namespace of a cluster.
func places(t *tenancy.Tenancy, k *generator.Cluster) map[string]Place {
	out := map[string]Place{}
	for _, e := range t.Environments {
		if e.Cluster.Text != k.Name {
			continue
		}
		for _, n := range t.Namespaces() {
			if n.In(e.Name) {
				out[n.KubernetesName(e)] = Place{Environment: e.Name, Namespace: n.Name, Team: n.Team, Owners: tenancy.Texts(t.Teams[n.Team].Owners), workloads: n.Workloads, managed: true}
			}
		}
	}
	for _, s := range t.Shared {
		if s.On(k.Name) {
			out[s.Namespace.Text] = Place{Shared: s.Name, workloads: s.Workloads, hostNetwork: s.HostNetwork, managed: s.Managed}
		}
	}
	for name := range t.Retired[k.Name] {
		out[name] = Place{Environment: "retired", Namespace: name, Retired: true, managed: true}
	}
	return out
}

// workloads gives what the tenancy says runs on the cluster.
func workloads(t *tenancy.Tenancy, c *Cluster) (out []*reach.Workload) {
	for namespace, place := range tenancy.Sorted(c.Places) {
		for name, w := range tenancy.Sorted(place.workloads) {
			at := &reach.Workload{Namespace: namespace, Kind: "Workload", Name: name, Labels: w.Pods, HostNetwork: place.hostNetwork}
			for port, p := range tenancy.Sorted(w.Ports) {
				at.Ports = append(at.Ports, reach.NamedPort{Name: port, Protocol: protocol(p.Protocol), Number: p.Number})
			}
			out = append(out, at)
		}
	}
	return out
}

func protocol(p tenancy.Protocol) reach.Protocol {
	out, _ := reach.ParseProtocol(string(p)) // the same names
	return out
}

func ports(ps []tenancy.Port) reach.Ports {
	var out []reach.Range
	for _, p := range ps {
		out = append(out, reach.Range{Protocol: protocol(p.Protocol), First: p.Number, Last: p.End})
	}
	return reach.NewPorts(out...)
}
