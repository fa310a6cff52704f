package tenancy

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Protocol is a transport protocol as NetworkPolicy names it.
type Protocol string

// The protocols that NetworkPolicy knows.
const (
	TCP  Protocol = "TCP"
	UDP  Protocol = "UDP"
	SCTP Protocol = "SCTP"
)

// Port is a port of a protocol, or the range from Number to End.
type Port struct {
	Number   int
	End      int // equal to Number for a single port
	Protocol Protocol
}

// String gives "8080/TCP" or "30000-30100/UDP".
func (p Port) String() string {
	if p.End != p.Number {
		return fmt.Sprintf("%d-%d/%s", p.Number, p.End, p.Protocol)
	}
	return fmt.Sprintf("%d/%s", p.Number, p.Protocol)
}

// Covers reports whether every port of q is one of p.
func (p Port) Covers(q Port) bool {
	return p.Protocol == q.Protocol && p.Number <= q.Number && q.End <= p.End
}

// Compare orders ports by number, then by end and protocol.
func (p Port) Compare(q Port) int {
	return cmp.Or(cmp.Compare(p.Number, q.Number), cmp.Compare(p.End, q.End), cmp.Compare(p.Protocol, q.Protocol))
}

// ParsePort reads "53/UDP" or "30000-30100/TCP". It accepts what the schema's
// #PortSpec accepts; that the range does not run backwards is for its caller to
// judge.
func ParsePort(s string) (Port, bool) {
	numbers, protocol, ok := strings.Cut(s, "/")
	if !ok {
		return Port{}, false
	}
	switch Protocol(protocol) {
	case TCP, UDP, SCTP:
	default:
		return Port{}, false
	}
	from, to, isRange := strings.Cut(numbers, "-")
	if !isRange {
		to = from
	}
	lo, ok1 := portNumber(from)
	hi, ok2 := portNumber(to)
	return Port{Number: lo, End: hi, Protocol: Protocol(protocol)}, ok1 && ok2
}

func portNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 65535 && strconv.Itoa(n) == s
}
