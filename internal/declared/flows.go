package declared

import "github.com/hedgerow-dev/hedgerow/tenancy"

// A lead is a flow from the source of a connection, and the environment to which
// it leads.
type lead struct {
	flow        *tenancy.Flow
	destination *tenancy.Environment
}

// leads gives those of the day.
func (q question) leads() (out []lead) {
	for _, f := range q.t.Flows {
		// The day itself is the last one on which it is open.
		if f.Expires.Set() && f.Expires.Text < q.asOf {
			continue
		}
		for _, source := range q.t.Environments {
			for _, destination := range q.t.Environments {
				if q.meets(f, source, destination) && q.sends(f.From, source) {
					out = append(out, lead{f, destination})
				}
			}
		}
	}
	return out
}

// opensBy reports whether a lead opens the connection.
func (q question) opensBy(l lead) bool { return q.takes(l.flow, l.destination) }

// meets reports whether a flow leads from one environment to another: to the
// same, unless it consents to two and each end names its own.
func (q question) meets(f *tenancy.Flow, source, destination *tenancy.Environment) bool {
	from, to := f.From.Environment, f.To.Environment
	if source != destination && !(f.CrossEnvironment && from.Set() && to.Set()) {
		return false
	}
	return (!from.Set() || from.Text == source.Name) && (!to.Set() || to.Text == destination.Name) &&
		listed(f.Environments, source.Name) && listed(f.Environments, destination.Name) &&
		source.Cluster.Text == q.Cluster && destination.Cluster.Text == q.Cluster
}

// sends reports whether a peer is the source of the connection.
func (q question) sends(p tenancy.Peer, env *tenancy.Environment) bool {
	switch {
	case p.External.Set():
		return q.external(p, env, q.From)
	case p.Nodes:
		return q.From.within(q.t.Clusters[q.Cluster].Nodes)
	case p.APIServer && q.t.Clusters[q.Cluster].Webhooks != nil:
		w := q.t.Clusters[q.Cluster].Webhooks
		return q.From.within(w.CIDRs) || q.From.Namespace == w.Namespace.Text && q.From.carries(w.Pods)
	case p.APIServer:
		api := q.t.Clusters[q.Cluster].APIServer
		return api != nil && q.From.within(api.CIDRs)
	case p.Shared.Set():
		s := q.t.Shared[p.Shared.Text]
		if !q.stands(s) {
			return false
		}
		if s.HostNetwork {
			return q.From.within(q.t.Clusters[q.Cluster].Nodes)
		}
		return q.From.Namespace == s.Namespace.Text && q.sentBy(p, s.Workloads)
	}
	n := q.inGroup(p, env, q.From)
	return n != nil && q.sentBy(p, n.Workloads)
}

// sentBy reports whether the source is a pod that the peer means among those of
// a namespace: every pod, if it names no workloads.
func (q question) sentBy(p tenancy.Peer, workloads map[string]*tenancy.Workload) bool {
	if !p.Workload.Set() && !p.Tag.Set() {
		return true
	}
	for name, w := range workloads {
		if means(p, name, w) && q.From.carries(w.Pods) {
			return true
		}
	}
	return false
}

// inGroup gives the team namespace of an end, if the peer means it.
func (q question) inGroup(p tenancy.Peer, env *tenancy.Environment, e End) *tenancy.Namespace {
	if e.Namespace == "" {
		return nil
	}
	for _, team := range q.t.Teams {
		for _, n := range team.Namespaces {
			var meant bool
			switch {
			case p.Namespace.Set():
				meant = p.Namespace.Text == n.Name
			case p.Team.Set():
				meant = p.Team.Text == team.Name
			default: // an environment alone, or any namespace
				meant = p.AnyNamespace || p.Environment.Set()
			}
			if meant && q.is(e, n, env) {
				return n
			}
		}
	}
	return nil
}

// means reports whether a peer means a workload of its namespaces.
func means(p tenancy.Peer, name string, w *tenancy.Workload) bool {
	return (!p.Workload.Set() || p.Workload.Text == name) && (!p.Tag.Set() || w.Tags[p.Tag.Text])
}

// takes reports whether the destination of a flow is the connection's, and the
// port one that the flow opens there.
func (q question) takes(f *tenancy.Flow, env *tenancy.Environment) bool {
	p, cluster := f.To, q.t.Clusters[q.Cluster]
	switch {
	case p.External.Set():
		return q.external(p, env, q.To) && q.opens(f.Ports, q.t.Externals[p.External.Text].Ports, true)
	case p.Nodes:
		return q.To.within(cluster.Nodes) && q.opens(f.Ports, nil, true)
	case p.APIServer && cluster.APIServer == nil:
		return false
	case p.APIServer:
		own := map[string]tenancy.Port{"": {Number: cluster.APIServer.Port, End: cluster.APIServer.Port, Protocol: tenancy.TCP}}
		return q.To.within(cluster.APIServer.CIDRs) && q.opens(f.Ports, own, true)
	case p.Shared.Set():
		s := q.t.Shared[p.Shared.Text]
		switch {
		case !q.stands(s):
			return false
		case s.HostNetwork:
			return q.To.within(cluster.Nodes) && q.taken(f, s.Workloads, func(*tenancy.Workload) bool { return true })
		}
		return q.To.Namespace == s.Namespace.Text && q.taken(f, s.Workloads, q.belongs)
	}
	n := q.inGroup(p, env, q.To)
	return n != nil && q.taken(f, n.Workloads, q.belongs)
}

// belongs reports whether the destination is a pod of a workload.
func (q question) belongs(w *tenancy.Workload) bool { return q.To.carries(w.Pods) }

// taken reports whether one of a namespace's workloads that the flow means, and
// to which the destination belongs, has the port; any pod will do if the flow
// says so.
func (q question) taken(f *tenancy.Flow, workloads map[string]*tenancy.Workload, belongs func(*tenancy.Workload) bool) bool {
	if f.To.AnyPod {
		return q.opens(f.Ports, nil, true)
	}
	for name, w := range workloads {
		if means(f.To, name, w) && belongs(w) && q.opens(f.Ports, w.Ports, f.To.Workload.Set()) {
			return true
		}
	}
	return false
}

// opens reports whether the connection's port is among those that a flow names,
// where some are declared. A number counts for whoever is named explicitly, and
// through a group for those that declare it.
func (q question) opens(named tenancy.FlowPorts, declared map[string]tenancy.Port, explicit bool) bool {
	if !named.Given() && len(declared) != 1 {
		return false // nothing settles which
	}
	if !named.Given() || named.All {
		for _, p := range declared {
			if q.on(p) {
				return true
			}
		}
		return false
	}
	for _, l := range named.List {
		if p, ok := declared[l.Name]; l.Name != "" && ok && q.on(p) {
			return true
		}
		if l.Name == "" && q.on(l.Port) && (explicit || declares(declared, l.Port)) {
			return true
		}
	}
	return false
}

// on reports whether the connection is on one of the ports, or, between pods, on
// that over which a mesh carries TCP.
func (q question) on(p tenancy.Port) bool {
	meshPorts := map[string]int{"istio-ambient": 15008, "linkerd": 4143}
	carried := q.From.Namespace != "" && q.To.Namespace != "" && p.Protocol == tenancy.TCP &&
		q.Port == meshPorts[q.t.Clusters[q.Cluster].Mesh.Text]
	return q.Protocol == p.Protocol && (carried || p.Number <= q.Port && q.Port <= p.End)
}

func declares(declared map[string]tenancy.Port, p tenancy.Port) bool {
	for _, d := range declared {
		if d.Protocol == p.Protocol && d.Number <= p.Number && p.End <= d.End {
			return true
		}
	}
	return false
}
