package generator

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// An openedPort is a port that some flow opens at a workload, or, where that is
// "", at every pod of its namespace.
type openedPort struct {
	overlay  *Overlay
	workload string
	port     tenancy.Port
}

// note keeps in mind what a flow opens, and who scrapes metrics with it.
func (x *expander) note(sources []endpoint, at endpoint, ports []tenancy.Port) {
	for _, p := range ports {
		x.opened[openedPort{at.overlay, at.workload, p}] = true
	}
	for name, p := range at.ports {
		if !isMetrics(name) || !slices.Contains(ports, p) {
			continue
		}
		for _, s := range sources {
			if x.scrapers[s.overlay] == nil {
				x.scrapers[s.overlay] = map[string]bool{}
			}
			x.scrapers[s.overlay][s.workload] = true
		}
	}
}

// scrapesItself reports whether what scrapes others reaches the workload without a
// flow: it is the same pods, or in a namespace whose inside is open.
func (x *expander) scrapesItself(o *Overlay, w *tenancy.Workload) bool {
	by := x.scrapers[o]
	return by[w.Name] || by[""] || len(by) > 0 && slices.Contains(o.Layers, LayerSameNamespace)
}

// lints speaks of what is right, and worth a look, once everything is expanded.
func (x *expander) lints() {
	partial := func(f *tenancy.Flow) bool { return f.Partial }
	if x.t.Partial || diag.HasErrors(x.List) || slices.ContainsFunc(slices.Collect(maps.Values(x.t.Flows)), partial) {
		return // what seems to be missing may be there
	}
	x.lintWorkloads()
	x.manyPorts()
	x.exceptions()
	x.meshesHidePorts()
	x.meshProbes()
	x.apiServerService()
}

// lintWorkloads speaks of the workloads of teams and of shared namespaces. Of a
// shared one that is not managed nothing closes the pods, but the egress to them
// is judged; and pods on their node's network are no pods to policies.
func (x *expander) lintWorkloads() {
	for _, n := range x.sorted {
		overlays := x.overlaysOf(n)
		for name, w := range tenancy.Sorted(n.Workloads) {
			path := strings.Join([]string{"teams", n.Team, "namespaces", n.Name, "workloads", name}, ".")
			x.unscraped(overlays, w, path, fmt.Sprintf("namespace %q", n.Name), "anyNamespace: true")
			x.servicePorts(func(tenancy.Port) []*tenancy.Cluster { return x.clustersOf(overlays) }, w, path)
		}
	}
	for _, s := range tenancy.Sorted(x.t.Shared) {
		if s.HostNetwork {
			continue
		}
		overlays := x.sharedOverlays(s)
		for name, w := range tenancy.Sorted(s.Workloads) {
			path := strings.Join([]string{"shared", s.Name, "workloads", name}, ".")
			if s.Managed {
				x.unscraped(overlays, w, path, fmt.Sprintf("shared namespace %q", s.Name), fmt.Sprintf("shared: %q", s.Name))
			}
			x.servicePorts(func(p tenancy.Port) []*tenancy.Cluster { return x.calling(s, w, p) }, w, path)
		}
	}
}

// unscraped speaks of a port for metrics that no flow opens anywhere: the first
// thing that stops when namespaces are isolated (nais/naiserator#147).
func (x *expander) unscraped(overlays []*Overlay, w *tenancy.Workload, path, where, to string) {
	for name, p := range tenancy.Sorted(w.Ports) {
		if !isMetrics(name) {
			continue
		}
		opened := func(o *Overlay) bool {
			return x.opened[openedPort{o, w.Name, p}] || x.opened[openedPort{o, "", p}] || x.scrapesItself(o, w)
		}
		if !slices.ContainsFunc(overlays, opened) {
			x.Lint(diag.UnscrapedMetric, path, w.PortsAt[name], fmt.Sprintf("add a flow from what scrapes it, such as {from: shared: \"monitoring\", to: %s, ports: [%q]}", to, name),
				"no flow opens port %q of workload %q of %s", name, w.Name, where)
		}
	}
}

func isMetrics(port string) bool { return port == "metrics" || strings.HasSuffix(port, "-metrics") }

// overlaysOf gives a namespace as it exists in each of its environments.
func (x *expander) overlaysOf(n *tenancy.Namespace) (out []*Overlay) {
	for name, e := range tenancy.Sorted(x.t.Environments) {
		if o := x.overlays[overlayKey{Team, e.Cluster.Text, name, n.Name}]; o != nil {
			out = append(out, o)
		}
	}
	return out
}

// sharedOverlays gives a shared namespace as it is managed on each of its
// clusters.
func (x *expander) sharedOverlays(s *tenancy.Shared) (out []*Overlay) {
	for k := range tenancy.Sorted(x.t.Clusters) {
		if o := x.overlays[overlayKey{Shared, k, "", s.Name}]; o != nil {
			out = append(out, o)
		}
	}
	return out
}

func (x *expander) clustersOf(overlays []*Overlay) (out []*tenancy.Cluster) {
	for _, o := range overlays {
		out = append(out, x.t.Clusters[o.Cluster])
	}
	return out
}

// calling gives the clusters on which flows lead to a port of a workload of a
// shared namespace.
func (x *expander) calling(s *tenancy.Shared, w *tenancy.Workload, at tenancy.Port) (out []*tenancy.Cluster) {
	leads := func(p Peer) bool { return slices.Contains(p.Namespaces, s.Namespace.Text) && p.Pods.Overlap(w.Pods) }
	for _, c := range x.out.Clusters {
		opens := func(p tenancy.Port) bool { return p.Covers(at) }
		calls := func(d Connection) bool {
			return d.Flow != nil && slices.ContainsFunc(d.To, leads) && slices.ContainsFunc(d.Ports, opens)
		}
		if s.On(c.Name) && slices.ContainsFunc(c.Declared, calls) {
			out = append(out, x.t.Clusters[c.Name])
		}
	}
	return out
}

// servicePorts speaks of a Service whose port is not the pods', where policies
// are judged before it is translated: clients ask for the one, and the other is
// open. Where it would matter is for the caller to say, by the pods' port.
func (x *expander) servicePorts(clusters func(tenancy.Port) []*tenancy.Cluster, w *tenancy.Workload, path string) {
	for name, s := range tenancy.Sorted(w.ServicePorts) {
		p, ok := w.Ports[name]
		if !ok || s.Number == 0 || p.Number == s.Number {
			continue // the same, or reported
		}
		for _, k := range clusters(p) {
			if after, known := cni.Of(k.CNI.Text).AfterServices.In(k.CNIVersion.Text); after || !known {
				continue
			}
			x.Lint(diag.ServicePort, path, s.Pos, fmt.Sprintf("let the Service have port %d, or the pods port %d", p.Number, s.Number),
				"the Service of workload %q has port %d where its pods have %s, and %s, as on cluster %q, judges before it is translated",
				w.Name, s.Number, p, k.CNI.Text, k.Name)
			break
		}
	}
}

// apiServerService speaks of flows to the API server where policies are judged
// before Services are translated: pods ask for the Service kubernetes, and for a
// peer that is addresses nothing adds the Service's own
// (aws/amazon-network-policy-controller-k8s pkg/resolvers/endpoints.go).
func (x *expander) apiServerService() {
	for _, c := range x.out.Clusters {
		k := x.t.Clusters[c.Name]
		after, known := cni.Of(k.CNI.Text).AfterServices.In(k.CNIVersion.Text)
		asks := slices.ContainsFunc(c.Declared, func(d Connection) bool { return d.Flow != nil && d.Flow.To.APIServer })
		if after || !known || !asks || meet(blocks(k.APIServer.CIDRs), blocks(k.Services)) {
			continue
		}
		const shows = `as "kubectl -n default get service kubernetes" shows it`
		fix := "add its address to apiServer: cidrs, " + shows + ", and services: cidrs to the cluster"
		if services := blocks(k.Services); len(services) > 0 {
			// It has the first address (Kubernetes, Virtual IPs and Service Proxies).
			first := services[0].Block.Addr().Next()
			fix = fmt.Sprintf("add %q to apiServer: cidrs, %s", netip.PrefixFrom(first, first.BitLen()), shows)
		}
		x.Lint(diag.CNILacks, "clusters."+k.Name+".apiServer", k.APIServer.Pos, fix,
			"%s, as on cluster %q, judges before Services are translated, and apiServer lacks the address of the Service kubernetes, at which pods ask", k.CNI.Text, k.Name)
	}
}

// meet reports whether some address is in both.
func meet(a, b []Peer) bool {
	return slices.ContainsFunc(a, func(p Peer) bool {
		return slices.ContainsFunc(b, func(q Peer) bool { return p.Block.Overlaps(q.Block) })
	})
}

// clients speaks of a flow from outside to a workload whose Service may put a
// node's address in the place of the client's (Kubernetes, Using Source IP).
func (x *expander) clients(f *tenancy.Flow, to side, pairs []pair) {
	if !f.From.External.Set() {
		return
	}
	for _, p := range pairs {
		for _, d := range x.endpoints(to, p.to, true) {
			if d.policy == "Local" || d.peer.Namespaces == nil {
				continue
			}
			x.Lint(diag.ClientAddress, "flows."+f.Name, f.From.Pos, "set externalTrafficPolicy: Local on the Service and \"Local\" on the workload, or let the nodes in",
				"flow %q is from external %q, and a Service in front of %s may show a node's address instead", f.Name, f.From.External.Text, d.name())
			return
		}
	}
}

// name gives what messages call an endpoint that is pods.
func (e endpoint) name() string {
	if e.workload == "" {
		return fmt.Sprintf("namespace %q", e.peer.Namespaces[0])
	}
	return fmt.Sprintf("workload %q", e.workload)
}

// meshesHidePorts speaks of guards about ports between pods of which a mesh, as
// soon as any is open, carries all on one: policies cannot tell them apart.
func (x *expander) meshesHidePorts() {
	for _, g := range tenancy.Sorted(x.t.Guards) {
		if g.Never == nil || len(g.Never.Ports.List) == 0 || isAddress(g.Never.From) || isAddress(g.Never.To) {
			continue
		}
		for _, k := range tenancy.Sorted(x.t.Clusters) {
			if mesh, ok := k.MeshPort(); ok && x.carries(k, mesh, g.Never) {
				x.Lint(diag.MeshPorts, "guards."+strconv.Quote(g.Name), g.Never.Ports.Pos, "guard the pair without ports, or have the mesh authorise them",
					"guard %q is about ports, and between pods of cluster %q, where any is open, %s carries all on %s", g.Name, k.Name, k.Mesh.Text, mesh)
				break
			}
		}
	}
}

// carries reports whether a flow opens the port of a cluster's mesh from pods to
// pods of which a guard speaks.
func (x *expander) carries(k *tenancy.Cluster, mesh tenancy.Port, r *tenancy.GuardRule) bool {
	from, to := x.guarded(r.From, k), x.guarded(r.To, k)
	isMesh := func(p tenancy.Port) bool { return p.Covers(mesh) }
	opens := func(c Connection) bool {
		return c.Flow != nil && slices.ContainsFunc(c.Ports, isMesh) && slices.ContainsFunc(c.From, from) && slices.ContainsFunc(c.To, to)
	}
	return slices.ContainsFunc(x.out.Clusters, func(c *Cluster) bool { return c.Name == k.Name && slices.ContainsFunc(c.Declared, opens) })
}

// guarded gives whether pods of a connection's end are among those that a peer of
// a guard selects on a cluster.
func (x *expander) guarded(p *tenancy.Peer, k *tenancy.Cluster) func(Peer) bool {
	if p == nil {
		return func(q Peer) bool { return q.Namespaces != nil }
	}
	selected := map[string][]tenancy.Labels{}
	for _, e := range tenancy.Sorted(x.t.Environments) {
		onNodes := p.Shared.Set() && x.t.Shared[p.Shared.Text].HostNetwork
		if e.Cluster.Text != k.Name || onNodes || !x.fits(p, e) {
			continue
		}
		for _, at := range x.endpoints(side{Peer: p}, e, p.Workload.Set() || p.Tag.Set()) {
			for _, n := range at.peer.Namespaces {
				selected[n] = append(selected[n], at.peer.Pods)
			}
		}
	}
	return func(q Peer) bool {
		among := func(pods tenancy.Labels) bool { return pods.Overlap(q.Pods) }
		return slices.ContainsFunc(q.Namespaces, func(n string) bool { return slices.ContainsFunc(selected[n], among) })
	}
}

func isAddress(p *tenancy.Peer) bool {
	return p != nil && (p.External.Set() || p.Nodes || p.APIServer)
}

// meshProbes speaks of probes that no NetworkPolicy can let in.
func (x *expander) meshProbes() {
	for _, k := range tenancy.Sorted(x.t.Clusters) {
		if yes, known := cni.Of(k.CNI.Text).BlockOnNodes.In(k.CNIVersion.Text); k.Mesh.Text == tenancy.MeshIstioAmbient && known && !yes {
			x.Lint(diag.CNILacks, "clusters."+k.Name, k.Mesh.Pos, "apply a CiliumClusterwideNetworkPolicy that lets in 169.254.7.127/32, and silence this",
				"%s, as on cluster %q, takes the probes of pods in Istio's ambient mode for traffic that is denied", k.CNI.Text, k.Name)
		}
	}
}
