package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// An End is what somebody calls one end of a connection, found on a cluster.
type End struct {
	Cluster *Cluster
	Name    string // in the tenancy's terms
	Group   reach.Group
	// Namespace is its name in Kubernetes; "" for addresses.
	Namespace string
	Place     Place                   // of a declared namespace
	Ports     map[string]tenancy.Port // that it declares
	peer      string                  // it in a flow, as CUE; "" if a flow cannot name it
	external  *tenancy.External
}

// Find gives the ends that a text names, at most one for each cluster: as
// environment/namespace/workload, shared/name/workload, external/name, nodes,
// apiServer, an address or a range of them, a namespace in Kubernetes, with or
// without workload, or undeclared/namespace. Without a workload it is the whole
// namespace. The error says what is not known, and what is nearest.
func (p *Proof) Find(text string) ([]End, error) {
	if prefix, ok := ParseAddresses(text); ok {
		return p.addresses(text, []netip.Prefix{prefix}, nil)
	}
	head, rest, _ := strings.Cut(text, "/")
	switch {
	case text == "nodes":
		return p.facts(text, "nodes: true", func(k *tenancy.Cluster) []tenancy.Word { return k.Nodes })
	case text == "apiServer":
		return p.facts(text, "apiServer: true", func(k *tenancy.Cluster) []tenancy.Word {
			if k.APIServer == nil {
				return nil
			}
			return k.APIServer.CIDRs
		})
	case head == "external" && rest != "":
		return p.findExternal(rest)
	case head == "undeclared" && rest != "":
		return p.undeclared(rest)
	}
	if out, err := p.findNamespace(text); out != nil || err != nil {
		return out, err
	}
	if p.t.Externals[text] != nil {
		return p.findExternal(text)
	}
	return nil, fmt.Errorf("%q is not known (a namespace that the tenancy does not declare is undeclared/NAME); %s", text, nearest.Hint(text, "ends", p.endNames()))
}

// ParseAddresses reads an address or a range of addresses.
func ParseAddresses(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil
}

func (p *Proof) addresses(name string, blocks, except []netip.Prefix) (out []End, err error) {
	group, err := reach.Addresses(blocks, except)
	if err != nil {
		return nil, err
	}
	for _, c := range tenancy.Sorted(p.Clusters) {
		out = append(out, End{Cluster: c, Name: name, Group: group})
	}
	return out, nil
}

func (p *Proof) facts(name, peer string, fact func(*tenancy.Cluster) []tenancy.Word) (out []End, err error) {
	for _, c := range tenancy.Sorted(p.Clusters) {
		blocks := prefixes(fact(c.facts))
		if len(blocks) == 0 {
			continue
		}
		group, err := reach.Addresses(blocks, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, End{Cluster: c, Name: name, Group: group, peer: peer})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no cluster says what the addresses of %q are", name)
	}
	return out, nil
}

func (p *Proof) findExternal(name string) ([]End, error) {
	ext := p.t.Externals[name]
	if ext == nil {
		return nil, fmt.Errorf("external %q is not declared; %s", name, nearest.Hint(name, "externals", tenancy.Keys(p.t.Externals)))
	}
	out, err := p.addresses("external/"+name, prefixes(ext.CIDRs), prefixes(ext.Except))
	for i := range out {
		out[i].peer, out[i].Ports, out[i].external = fmt.Sprintf("external: %q", name), ext.Ports, ext
	}
	return out, err
}

// undeclared gives a namespace that the tenancy does not know, on each cluster.
func (p *Proof) undeclared(name string) (out []End, err error) {
	for _, c := range tenancy.Sorted(p.Clusters) {
		if _, known := c.Places[name]; known {
			return nil, fmt.Errorf("namespace %q is declared", name)
		}
		group, err := c.Graph.Pods([]string{name}, nil)
		if err != nil { // nothing names it
			group = c.Graph.Elsewhere(c.Graph.Namespaces())
		}
		out = append(out, End{Cluster: c, Name: "undeclared/" + name, Namespace: name, Group: group})
	}
	return out, nil
}

// findNamespace gives the namespaces that a text names with their places, with
// Kubernetes' names, or with their logical ones where that is clear.
func (p *Proof) findNamespace(text string) (out []End, err error) {
	for _, c := range tenancy.Sorted(p.Clusters) {
		for name, place := range tenancy.Sorted(c.Places) {
			for _, called := range []string{place.String(), name} {
				workload, ok := strings.CutPrefix(text+"/", called+"/")
				if !ok {
					continue
				}
				end, err := c.end(name, place, strings.TrimSuffix(workload, "/"))
				if err != nil {
					return nil, err
				}
				out = append(out, end)
				break
			}
		}
	}
	return out, nil
}

func (c *Cluster) end(namespace string, place Place, workload string) (End, error) {
	e := End{Cluster: c, Name: place.String(), Namespace: namespace, Place: place}
	var labels tenancy.Labels
	if workload != "" {
		w := place.workloads[workload]
		if w == nil {
			return e, fmt.Errorf("%s has no workload %q; %s", place, workload, nearest.Hint(workload, "workloads", tenancy.Keys(place.workloads)))
		}
		labels, e.Ports, e.Name = w.Pods, w.Ports, e.Name+"/"+workload
	}
	switch {
	case place.Retired:
	case place.Shared != "":
		e.peer = fmt.Sprintf("shared: %q", place.Shared)
	default:
		e.peer = fmt.Sprintf("namespace: %q", place.Namespace)
	}
	if e.peer != "" && workload != "" {
		e.peer += fmt.Sprintf(", workload: %q", workload)
	}
	var err error
	if place.hostNetwork { // no selector matches such pods: they are their nodes
		e.Group, err = reach.Addresses(prefixes(c.facts.Nodes), nil)
	} else {
		e.Group, err = c.Graph.Pods([]string{namespace}, labels)
	}
	return e, err
}

// endNames gives what ends can be called.
func (p *Proof) endNames() (out []string) {
	for _, c := range p.Clusters {
		for name, place := range c.Places {
			out = append(out, place.String(), name)
			for w := range place.workloads {
				out = append(out, place.String()+"/"+w)
			}
		}
	}
	for name := range p.t.Externals {
		out = append(out, "external/"+name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
