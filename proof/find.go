package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

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
	whole     bool                    // every pod of the namespace is meant
	peer      string                  // it in a flow, as CUE; "" if a flow cannot name it
	external  *tenancy.External
}

// Find gives the ends that a text names, on each cluster: as
// environment/namespace/workload, shared/name/workload, external/name, nodes,
// apiServer, an address or a range of them, a namespace in Kubernetes, with or
// without workload, or undeclared/namespace. Without a workload it is the whole
// namespace. A text that can be read in several ways gives an end for each. The
// error says what is not known, and what is nearest.
func (p *Proof) Find(text string) ([]End, error) {
	if prefix, ok := ParseAddresses(text); ok {
		return p.addresses(calledAddress(prefix), []netip.Prefix{prefix}, nil)
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
	return nil, fmt.Errorf("%s is not known (a namespace that the tenancy does not declare is undeclared/NAME); %s", quote(text), nearest.Hint(shorten(text), "ends", p.endNames()))
}

// longestQuote is how much of what somebody wrote an error repeats.
const longestQuote = 80

func shorten(text string) string {
	if len(text) <= longestQuote {
		return text
	}
	return text[:longestQuote] + "…"
}

// quote repeats what somebody wrote so that it can steer no terminal.
func quote(text string) string { return strconv.Quote(strings.ToValidUTF8(shorten(text), "")) }

// ParseAddresses reads an address or a range of addresses. IPv4 written as IPv6
// is IPv4: that is what goes over the wire.
func ParseAddresses(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if mapped := netip.IPv6Unspecified().BitLen() - netip.IPv4Unspecified().BitLen(); p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked(), err == nil
}

// calledAddress gives what addresses are called, whatever was written.
func calledAddress(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
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

// facts gives addresses that clusters say; none for a cluster that does not.
func (p *Proof) facts(name, peer string, fact func(*tenancy.Cluster) []tenancy.Word) (out []End, err error) {
	known := false
	for _, c := range tenancy.Sorted(p.Clusters) {
		blocks := prefixes(fact(c.facts))
		known = known || len(blocks) > 0
		group, err := reach.Addresses(blocks, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, End{Cluster: c, Name: name, Group: group, peer: peer})
	}
	if !known {
		return nil, fmt.Errorf("no cluster says what the addresses of %q are", name)
	}
	return out, nil
}

func (p *Proof) findExternal(name string) ([]End, error) {
	ext := p.t.Externals[name]
	if ext == nil {
		return nil, fmt.Errorf("external %s is not declared; %s", quote(name), nearest.Hint(shorten(name), "externals", tenancy.Keys(p.t.Externals)))
	}
	out, err := p.addresses("external/"+name, prefixes(ext.CIDRs), prefixes(ext.Except))
	for i := range out {
		out[i].peer, out[i].Ports, out[i].external = fmt.Sprintf("external: %q", name), ext.Ports, ext
	}
	return out, err
}

// undeclared gives a namespace on each cluster on which the tenancy does not
// declare it.
func (p *Proof) undeclared(name string) (out []End, err error) {
	if len(validation.IsDNS1123Label(name)) > 0 {
		return nil, fmt.Errorf("undeclared/NAME takes the name of a namespace, and %s is none", quote(name))
	}
	for _, c := range tenancy.Sorted(p.Clusters) {
		if _, known := c.Places[name]; !known {
			out = append(out, c.stranger(name, "undeclared/"+name))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("namespace %q is declared", name)
	}
	return out, nil
}

// stranger gives a namespace that the tenancy does not declare.
func (c *Cluster) stranger(namespace, name string) End {
	group, err := c.Graph.Pods([]string{namespace}, nil)
	if err != nil { // nothing names it
		group = c.Graph.Elsewhere(c.Graph.Namespaces())
	}
	return End{Cluster: c, Name: name, Namespace: namespace, Group: group, whole: true}
}

// findNamespace gives the namespaces that a text names with their places or with
// Kubernetes' names. Those may look like an environment, so that one reading
// that leads nowhere is no mistake while another leads somewhere.
func (p *Proof) findNamespace(text string) (out []End, err error) {
	for _, c := range tenancy.Sorted(p.Clusters) {
		ends, wrong := c.read(text)
		if err == nil {
			err = wrong
		}
		if _, declared := c.Places[text]; !declared && slices.Contains(c.Graph.Namespaces(), text) {
			ends = append(ends, c.stranger(text, text))
		}
		out = append(out, ends...)
	}
	if len(out) > 0 {
		err = nil
	}
	return out, err
}

// read gives every reading of a text on a cluster, or why there is none.
func (c *Cluster) read(text string) (out []End, wrong error) {
	for name, place := range tenancy.Sorted(c.Places) {
		for _, called := range []string{place.String(), name} {
			workload, ok := strings.CutPrefix(text+"/", called+"/")
			if !ok {
				continue
			}
			end, err := c.end(name, place, strings.TrimSuffix(workload, "/"))
			switch {
			case err == nil:
				out = append(out, end)
			case called == place.String() || wrong == nil && !c.isHead(called):
				wrong = err
			}
		}
	}
	return out, wrong
}

// isHead reports whether places begin with a name.
func (c *Cluster) isHead(name string) bool {
	for _, place := range c.Places {
		if strings.HasPrefix(place.String(), name+"/") {
			return true
		}
	}
	return false
}

func (c *Cluster) end(namespace string, place Place, workload string) (End, error) {
	e := End{Cluster: c, Name: place.String(), Namespace: namespace, Place: place, whole: workload == ""}
	var labels tenancy.Labels
	if workload != "" {
		w := place.workloads[workload]
		if w == nil {
			return e, fmt.Errorf("%s has no workload %s; %s", place, quote(workload), nearest.Hint(shorten(workload), "workloads", tenancy.Keys(place.workloads)))
		}
		labels, e.Ports, e.Name = w.Pods, w.Ports, e.Name+"/"+workload
	}
	e.peer = place.peer(workload)
	var err error
	if place.hostNetwork { // no selector matches such pods: they are their nodes
		e.Group, err = reach.Addresses(prefixes(c.facts.Nodes), nil)
	} else {
		e.Group, err = c.Graph.Pods([]string{namespace}, labels)
	}
	return e, err
}

// peer gives a place, or a workload there, as a flow names it.
func (p Place) peer(workload string) string {
	var out string
	switch {
	case p.Retired:
		return ""
	case p.Shared != "":
		out = fmt.Sprintf("shared: %q", p.Shared)
	default:
		out = fmt.Sprintf("namespace: %q", p.Namespace)
	}
	if workload != "" {
		out += fmt.Sprintf(", workload: %q", workload)
	}
	return out
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
