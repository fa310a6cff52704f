package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Protocol is a transport protocol that NetworkPolicy knows.
type Protocol int

// The protocols.
const (
	TCP Protocol = iota
	UDP
	SCTP
	protocols = 3
)

var protocolNames = [protocols]string{"TCP", "UDP", "SCTP"}

// String gives the protocol's name in Kubernetes.
func (p Protocol) String() string { return protocolNames[p] }

// ParseProtocol reads a protocol's name as Kubernetes writes it.
func ParseProtocol(s string) (Protocol, bool) {
	i := slices.Index(protocolNames[:], s)
	return Protocol(i), i >= 0
}

// The numbers of ports.
const (
	firstPort = 1
	lastPort  = 65535
)

// Range is the ports from First to Last of a protocol, both included.
type Range struct {
	Protocol    Protocol
	First, Last int
}

// String gives "8080/TCP" or "30000-30100/UDP".
func (r Range) String() string {
	if r.First == firstPort && r.Last == lastPort {
		return "all " + r.Protocol.String()
	}
	if r.First != r.Last {
		return fmt.Sprintf("%d-%d/%s", r.First, r.Last, r.Protocol)
	}
	return fmt.Sprintf("%d/%s", r.First, r.Protocol)
}

// Ports is a set of ports: ranges sorted by protocol and number, of which no two
// touch. The zero value is empty.
type Ports []Range

// AllPorts is every port of every protocol.
var AllPorts = Ports{{TCP, firstPort, lastPort}, {UDP, firstPort, lastPort}, {SCTP, firstPort, lastPort}}

// NewPorts gives the set of all ports in the ranges.
func NewPorts(ranges ...Range) Ports {
	ranges = slices.DeleteFunc(slices.Clone(ranges), func(r Range) bool { return r.Last < r.First })
	slices.SortFunc(ranges, func(a, b Range) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last))
	})
	var out Ports
	for _, r := range ranges {
		if n := len(out); n > 0 && out[n-1].Protocol == r.Protocol && r.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, r.Last)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// Empty reports whether there is no port in the set.
func (p Ports) Empty() bool { return len(p) == 0 }

// All reports whether the set is AllPorts.
func (p Ports) All() bool { return slices.Equal(p, AllPorts) }

// Has reports whether a port is in the set.
func (p Ports) Has(protocol Protocol, number int) bool {
	return slices.ContainsFunc(p, func(r Range) bool {
		return r.Protocol == protocol && r.First <= number && number <= r.Last
	})
}

// Or gives the ports of either.
func (p Ports) Or(q Ports) Ports {
	if len(p) == 0 {
		return q
	}
	if len(q) == 0 {
		return p
	}
	return NewPorts(slices.Concat(p, q)...)
}

// And gives the ports of both.
func (p Ports) And(q Ports) Ports {
	if p.All() {
		return q
	}
	if q.All() {
		return p
	}
	var out Ports
	for _, r := range p {
		for _, s := range q {
			if r.Protocol == s.Protocol && r.First <= s.Last && s.First <= r.Last {
				out = append(out, Range{r.Protocol, max(r.First, s.First), min(r.Last, s.Last)})
			}
		}
	}
	return out
}

// Minus gives the ports of p that are not in q.
func (p Ports) Minus(q Ports) Ports {
	out := p
	for _, s := range q {
		var left Ports
		for _, r := range out {
			if r.Protocol != s.Protocol || r.Last < s.First || s.Last < r.First {
				left = append(left, r)
				continue
			}
			if r.First < s.First {
				left = append(left, Range{r.Protocol, r.First, s.First - 1})
			}
			if s.Last < r.Last {
				left = append(left, Range{r.Protocol, s.Last + 1, r.Last})
			}
		}
		out = left
	}
	return out
}

// String gives the ranges, or "all ports".
func (p Ports) String() string {
	if p.All() {
		return "all ports"
	}
	var out []string
	for _, r := range p {
		out = append(out, r.String())
	}
	return strings.Join(out, ", ")
}
