// Package engine is what the judge and the engines that it asks have in common:
// a question on one line of JSON, an answer on another. Each engine is a program
// of its own, because what one needs of Kubernetes the next cannot be linked
// with. It needs nothing but the standard library.
package engine

import (
	"encoding/json"
	"net/netip"
)

// World is a cluster as an engine gets to see it.
type World struct {
	Namespaces map[string]map[string]string // the labels of each
	Policies   []json.RawMessage            // NetworkPolicies as an API server stores them
	Ends       []End
}

// End is one end of a connection: a pod or, without a namespace, an address.
type End struct {
	Namespace string            `json:",omitempty"`
	Labels    map[string]string `json:",omitempty"`
	Ports     []Port            `json:",omitempty"`
	Addresses []netip.Addr      // at least one
}

// IsPod reports whether the end is a pod.
func (e *End) IsPod() bool { return e.Namespace != "" }

// Port is a port of a container that has a name.
type Port struct {
	Name     string
	Protocol string
	Number   int
}

// Packet wants to open a connection between two ends, which it gives by their
// places in the world.
type Packet struct {
	From, To int
	Protocol string
	Port     int
}

// Question asks for the verdicts on packets, in the world of the last question
// if it brings none.
type Question struct {
	World   *World `json:",omitempty"`
	Packets []Packet
}

// Answer holds a letter for each packet, or why there are none.
type Answer struct {
	Verdicts string
	Error    string `json:",omitempty"`
}

// The letters.
const (
	Open   = '+'
	Closed = '-'
)
