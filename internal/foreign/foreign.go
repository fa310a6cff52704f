// Package foreign makes up policies that nobody here wrote: all that the API
// allows, out of so few words that it often meets. It serves tests alone.
package foreign

import (
	"math/rand/v2"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// A Source is what chance decides by: it gives a number from 0 to n-1.
type Source func(n int) int

// Seeded gives the same numbers for the same seed.
func Seeded(seed uint64) Source { return rand.New(rand.NewPCG(seed, 0)).IntN }

// FromBytes decides by bytes, over and over, each time by their sum with one more
// number: few bytes make a whole cluster.
func FromBytes(data []byte) Source {
	at := 0
	return func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := int(data[at%len(data)]) + at/len(data)*37
		at++
		return b % n
	}
}

// OneIn reports true once in n times.
func (s Source) OneIn(n int) bool { return s(n) == n-1 }

// Pick gives one of a list.
func Pick[T any](s Source, from []T) T { return from[s(len(from))] }

// Some makes some things, or none.
func Some[T any](s Source, atMost int, make func() T) (out []T) {
	for range s(atMost + 1) {
		out = append(out, make())
	}
	return out
}

// Everything is chosen out of little, so that it often meets. Namespaces carry
// the same labels as pods, to see that none is taken for the other.
var (
	Keys      = []string{"app", "tier", "env"}
	Words     = []string{"a", "b", "c"}
	PortNames = []string{"http", "dns", "peer"}
	Numbers   = []int32{80, 53, 81, 1, 8080, 65535}
	Protocols = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

	// Namespaces of which no manifest shows anything are the last ones, but policies
	// ask for the first of those. The first ones have policies and workloads.
	Namespaces = []string{"default", "shop", "bank", "watch", "asked", "never", "never-too"}

	// Addresses are at the edges of the blocks that policies name, and beside them.
	Addresses = []string{
		"10.0.0.1", "10.0.0.9", "10.0.1.1", "10.77.0.1", "192.168.0.1", "8.8.8.8", "0.0.0.0", "255.255.255.255",
		"fd00::1", "fd00::1:1", "2001:db8::1", "::", "ffff::",
	}
	blocks = [][]string{ // each with what it can leave out
		{"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/30", "192.168.0.0/16", "0.0.0.0/1"},
		{"10.0.0.0/24", "10.0.0.8/29", "10.0.0.1/32"},
		{"10.0.0.1/32"},
		{"10.9.9.9/8", "10.77.1.1/16", "10.0.0.0/9"},
		{"::/0", "fd00::/8", "2001:db8::/32", "::/1"},
		{"fd00::/16", "fd00::/112"},
		{"192.168.0.0/16", "192.168.0.0/17", "192.168.128.0/17"},
	}
)

// Of the Namespaces, so many are shown by manifests, and asked for by policies.
const (
	ShownAtMost = 4
	askedAtMost = 5
)

// Place gives a namespace that manifests may show something of; "" is the
// default one.
func (s Source) Place() string {
	if s.OneIn(6) {
		return ""
	}
	return Pick(s, Namespaces[:3])
}

// Labels gives some labels, of pods or of namespaces.
func (s Source) Labels() map[string]string {
	out := map[string]string{}
	for _, k := range Keys {
		if s.OneIn(2) {
			out[k] = Pick(s, Words)
		}
	}
	return out
}

// Address gives one that policies may mean.
func (s Source) Address() netip.Addr { return netip.MustParseAddr(Pick(s, Addresses)) }
