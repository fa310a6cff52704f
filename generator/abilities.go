package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// firstRanges is the first version of Kubernetes that takes ranges of ports by
// default (KEP-2079); older ones drop the end of it.
const firstRanges = "1.22"

// able reports what the network plugin of a cluster would not do with the ports
// of a flow, once for each.
func (x *expander) able(f *tenancy.Flow, k *tenancy.Cluster, ports []tenancy.Port) {
	plugin := cni.Of(k.CNI.Text)
	for _, p := range ports {
		if p.End > p.Number && cni.Before(k.Kubernetes.Text, firstRanges) {
			x.Error(diag.CNILacks, f.Pos, "list the ports one by one", "flow %q opens %s, and Kubernetes %s, as on cluster %q, opens only the first port of a range",
				f.Name, p, k.Kubernetes.Text, k.Name)
		} else if p.End > p.Number {
			x.needs(f, k, p, plugin.Ranges, "opens only the first port of a range", "list the ports one by one")
		}
		if p.Protocol == tenancy.SCTP {
			x.needs(f, k, p, plugin.SCTP, "does not know SCTP", "use a plugin that does, or another protocol")
		}
	}
}

// needs reports a flow that needs of a plugin what it does not do, or may not
// do: an unknown version is an error, for less would be open than is declared.
func (x *expander) needs(f *tenancy.Flow, k *tenancy.Cluster, p tenancy.Port, a cni.Answer, instead, fix string) {
	key := fmt.Sprintf("%s %s %s", f.Name, k.Name, p)
	yes, known := a.In(k.CNIVersion.Text)
	if yes || x.said[key] {
		return
	}
	x.said[key] = true
	pos, plugin := f.Ports.Pos, cni.Of(k.CNI.Text)
	if !pos.IsValid() {
		pos = f.Pos
	}
	switch {
	case a.Option != "":
		x.Lint(diag.CNILacks, "flows."+f.Name, pos, "switch it on, and silence this", "flow %q opens %s, which %s, as on cluster %q, does only with %s",
			f.Name, p, plugin.Name, k.Name, a.Option)
	case a.Source == "":
		x.Lint(diag.CNILacks, "flows."+f.Name, pos, "see to it that it does, and silence this", "flow %q opens %s, and nothing is known of %s, as on cluster %q, in that",
			f.Name, p, plugin.Name, k.Name)
	case k.Partial && !known:
		// its version may be there, and was spoken of
	case known:
		x.Error(diag.CNILacks, pos, fix, "flow %q opens %s, and %s, as on cluster %q, %s", f.Name, p, strings.TrimSpace(plugin.Name+" "+k.CNIVersion.Text), k.Name, instead)
	default:
		x.Error(diag.ClusterFact, pos, fmt.Sprintf("add cniVersion: \"…\" to the cluster, as \"%s\" shows it", plugin.Command),
			"flow %q opens %s, and %s %s before version %s, which cluster %q may have", f.Name, p, plugin.Name, instead, a.Since, k.Name)
	}
}

// meshed gives the ports of a flow between pods as the cluster's mesh has them:
// with its own, on which it carries those of TCP.
func meshed(k *tenancy.Cluster, ports []tenancy.Port, from, to []Peer) []tenancy.Port {
	mesh, ok := k.MeshPort()
	if !ok || !arePods(from) || !arePods(to) {
		return ports
	}
	for _, p := range ports {
		if p.Covers(mesh) {
			return ports
		}
	}
	if !slices.ContainsFunc(ports, func(p tenancy.Port) bool { return p.Protocol == tenancy.TCP }) {
		return ports
	}
	out := append(slices.Clone(ports), mesh)
	slices.SortFunc(out, tenancy.Port.Compare)
	return out
}

func arePods(peers []Peer) bool {
	return !slices.ContainsFunc(peers, func(p Peer) bool { return p.Namespaces == nil })
}
