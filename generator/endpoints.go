package generator

import (
	"fmt"
	"maps"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// exists reports whether a peer is there at all in an environment.
func (x *expander) exists(p *tenancy.Peer, e *tenancy.Environment) bool {
	switch {
	case p.Shared.Set():
		return x.t.Shared[p.Shared.Text].On(e.Cluster.Text)
	case p.External.Set():
		envs := x.t.Externals[p.External.Text].Environments
		return len(envs) == 0 || tenancy.Contains(envs, e.Name)
	case p.Nodes || p.APIServer:
		return true
	}
	return len(x.members(p, e)) > 0
}

// members gives the team namespaces that a peer holds in an environment.
func (x *expander) members(p *tenancy.Peer, e *tenancy.Environment) (out []*tenancy.Namespace) {
	if p.Namespace.Set() {
		if n := x.namespaces[p.Namespace.Text]; n.In(e.Name) {
			return []*tenancy.Namespace{n}
		}
		return nil
	}
	for _, n := range x.sorted {
		if n.In(e.Name) && (!p.Team.Set() || n.Team == p.Team.Text) {
			out = append(out, n)
		}
	}
	return out
}

// sources gives the endpoints from which a peer opens connections: whole
// namespaces, unless it names workloads.
func (x *expander) sources(s side, e *tenancy.Environment) []endpoint {
	s.source = true
	return x.endpoints(s, e, s.Workload.Set() || s.Tag.Set())
}

// destinations gives the endpoints at which a peer accepts them: workloads,
// unless it says anyPod.
func (x *expander) destinations(s side, e *tenancy.Environment) []endpoint {
	return x.endpoints(s, e, !s.AnyPod)
}

func (x *expander) endpoints(s side, e *tenancy.Environment, byWorkload bool) (out []endpoint) {
	k := x.t.Clusters[e.Cluster.Text]
	if k == nil {
		return nil // reported by check
	}
	switch {
	case s.External.Set():
		ext := x.t.Externals[s.External.Text]
		return addresses(x.external(ext, k), ext.Ports)
	case s.Nodes:
		return addresses(x.nodes(s, k), nil)
	case s.APIServer && s.source:
		return addresses(x.callers(s, k), nil)
	case s.APIServer:
		return addresses(x.apiServer(s, k), nil)
	case s.Shared.Set():
		return x.sharedEndpoints(s, k, byWorkload)
	}
	for _, n := range x.members(s.Peer, e) {
		at := endpoint{
			overlay: x.overlays[overlayKey{Team, k.Name, e.Name, n.Name}],
			peer:    Peer{Namespaces: []string{n.KubernetesName(e)}},
		}
		out = append(out, split(s, at, n.Workloads, byWorkload)...)
	}
	return out
}

// split gives the endpoint as a whole, or one for each workload that the peer
// selects.
func split(s side, whole endpoint, ws map[string]*tenancy.Workload, byWorkload bool) (out []endpoint) {
	if !byWorkload {
		return []endpoint{whole}
	}
	for name, w := range tenancy.Sorted(ws) {
		if s.Workload.Set() && name != s.Workload.Text || s.Tag.Set() && !w.Tags[s.Tag.Text] {
			continue
		}
		e := whole
		e.workload, e.ports, e.partial, e.policy = name, w.Ports, w.Partial, w.ExternalTrafficPolicy
		e.peer.Pods = maps.Clone(w.Pods)
		out = append(out, e)
	}
	return out
}

func (x *expander) sharedEndpoints(s side, k *tenancy.Cluster, byWorkload bool) []endpoint {
	shared := x.t.Shared[s.Shared.Text]
	if !shared.HostNetwork {
		whole := endpoint{
			overlay: x.overlays[overlayKey{Shared, k.Name, "", shared.Name}],
			peer:    Peer{Namespaces: []string{shared.Namespace.Text}},
		}
		return split(s, whole, shared.Workloads, byWorkload)
	}
	// Pods on their node's network have the node's address, and no selector
	// matches them.
	var out []endpoint
	for _, e := range split(s, endpoint{}, shared.Workloads, byWorkload) {
		for _, p := range x.nodes(s, k) {
			at := e
			at.peer = p
			out = append(out, at)
		}
	}
	return out
}

func addresses(blocks []Peer, ports map[string]tenancy.Port) (out []endpoint) {
	for _, b := range blocks {
		out = append(out, endpoint{peer: b, ports: ports})
	}
	return out
}

// nodes gives the addresses of a cluster's nodes.
func (x *expander) nodes(s side, k *tenancy.Cluster) []Peer {
	switch {
	case !x.matches(s, k, cni.Of(k.CNI.Text).BlockOnNodes, "nodes"):
		return nil
	case len(k.Nodes) == 0:
		x.Error(diag.ClusterFact, s.Pos, "add nodes: cidrs: […] to the cluster, as \"kubectl get nodes -o wide\" shows them",
			"%s: the addresses of the nodes of cluster %q are unknown", s.what, k.Name)
		return nil
	}
	return blocks(k.Nodes)
}

// matches reports whether policies can name something of a cluster by its
// addresses. Where they cannot, that is an error.
func (x *expander) matches(s side, k *tenancy.Cluster, a cni.Answer, what string) bool {
	yes, known := a.In(k.CNIVersion.Text)
	if known && !yes {
		x.Error(diag.NotOnCilium, s.Pos, "leave it out until Cilium's own policies are rendered", "%s: on %s, as on cluster %q, no NetworkPolicy matches %s",
			s.what, k.CNI.Text, k.Name, what)
	}
	return yes || !known
}

// callers gives where the calls of the API server to webhooks come from.
func (x *expander) callers(s side, k *tenancy.Cluster) []Peer {
	cidrs, pods := k.Callers()
	plugin := cni.Of(k.CNI.Text)
	switch {
	case pods != nil:
		return []Peer{{Namespaces: []string{pods.Namespace.Text}, Pods: pods.Pods}}
	case k.Webhooks == nil && plugin.Callers != "":
		x.Error(diag.ClusterFact, s.Pos, fmt.Sprintf("add webhooks: {namespace: \"kube-system\", pods: %q: \"konnectivity-agent\"} to the cluster, "+
			"if \"kubectl -n kube-system get pods -l %s=konnectivity-agent\" shows some; else webhooks: cidrs: […]", plugin.Callers, plugin.Callers),
			"%s: on %s, as on cluster %q, the API server usually calls through pods, which are unknown", s.what, plugin.Name, k.Name)
		return nil
	case len(cidrs) == 0:
		x.unknownAPIServer(s, k)
		return nil
	case !x.matches(s, k, cni.Of(k.CNI.Text).BlockOnAPIServer, "the API server"):
		return nil
	}
	return blocks(cidrs)
}

func (x *expander) unknownAPIServer(s side, k *tenancy.Cluster) {
	x.Error(diag.ClusterFact, s.Pos, "add apiServer: {cidrs: […], port: …} to the cluster, as \"kubectl get endpointslices -n default\" shows them",
		"%s: the addresses of the API server of cluster %q are unknown", s.what, k.Name)
}

func (x *expander) apiServer(s side, k *tenancy.Cluster) []Peer {
	switch {
	case !x.matches(s, k, cni.Of(k.CNI.Text).BlockOnAPIServer, "the API server"):
		return nil
	case k.APIServer == nil:
		x.unknownAPIServer(s, k)
		return nil
	}
	return blocks(k.APIServer.CIDRs)
}
