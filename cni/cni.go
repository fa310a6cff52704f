// Package cni says what the network plugins of Kubernetes make of NetworkPolicy,
// each answer with its source. The API leaves much of it open, and nothing in a
// cluster tells what is enforced (KEP-2943 was withdrawn).
package cni

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Plugin is what one network plugin does. The zero value is one of which nothing
// is known.
type Plugin struct {
	Name string
	// Command shows, with kubectl, the image and so the version of the plugin.
	Command string
	// Options is a command that shows, with kubectl, whether the option is on
	// without which the plugin enforces nothing; empty where it needs none.
	Options string
	// Callers is the key of the label, with the value konnectivity-agent, of the
	// pods in kube-system through which an API server calls webhooks on the clouds
	// of this plugin; empty where it usually calls from its own addresses.
	Callers string
	// Enforces says whether policies do anything at all.
	Enforces Answer
	// Ranges says whether all of a range of ports (endPort) is open, not only its
	// first.
	Ranges Answer
	// Names says whether names of ports can be relied on. Hedgerow writes numbers.
	Names Answer
	// SCTP says whether the protocol is known.
	SCTP Answer
	// BlockOnPods says whether an ipBlock means the pods whose addresses it holds.
	BlockOnPods Answer
	// BlockOnNodes says the same of nodes, and so of pods on their network.
	BlockOnNodes Answer
	// BlockOnAPIServer says the same of the API server, where it is no other than
	// of nodes nothing is said.
	BlockOnAPIServer Answer
	// OwnExceptions says whether an exception of an ipBlock closes addresses to that
	// block alone, and not to the blocks of other rules.
	OwnExceptions Answer
	// AfterServices says whether policies see the address and port of the pod, and
	// not those of the Service that was asked.
	AfterServices Answer
	// MostPorts is how many pairs of port and protocol the policies of a namespace
	// may open to one peer; 0 is no limit that is known.
	MostPorts       int
	MostPortsSource string
}

// Answer says whether a plugin does something.
type Answer struct {
	// Yes is for all versions from Since on, and for all where that is empty.
	Yes   bool
	Since string // as "1.17" or "1.4.16"
	// Everywhere says that all versions that are still maintained are newer.
	Everywhere bool
	// Option is what has to be switched on for it.
	Option string
	Note   string // what it does instead, or when
	Source string
}

// In reports whether a version does it. Nothing is known without a source, nor
// where it depends on an option, or on a version that is unknown.
func (a Answer) In(version string) (yes, known bool) {
	switch {
	case a.Source == "" || a.Option != "":
		return false, false
	case !a.Yes || a.Since == "":
		return a.Yes, true
	case version == "":
		return a.Everywhere, a.Everywhere
	}
	return !Before(version, a.Since), true
}

// Before reports whether a version, written as "1.30" or "v1.30.2", is older than
// the first one of something: by as many numbers as both have, and not by what
// vendors put behind them. Of an unknown version nothing is said.
func Before(version, first string) bool {
	v, f := canonical(version), canonical(first)
	if strings.Count(version, ".") < 2 || strings.Count(first, ".") < 2 {
		v, f = semver.MajorMinor(v), semver.MajorMinor(f)
	}
	return v != "" && f != "" && semver.Compare(v, f) < 0
}

func canonical(version string) string {
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	return semver.Canonical("v" + number)
}

// Of gives the plugin of a name; nothing is known of one that is not in the
// table.
func Of(name string) Plugin {
	if i := slices.IndexFunc(table, func(p Plugin) bool { return p.Name == name }); i >= 0 {
		return table[i]
	}
	return Plugin{Name: name}
}

// MayIgnore reports whether the plugin may ignore policies: nothing is known of it,
// it does not enforce them, or only with an option.
func (p Plugin) MayIgnore() bool { return !p.Enforces.Yes || p.Enforces.Option != "" }

// Plugins gives all that something is known of, sorted by name.
func Plugins() []Plugin { return slices.Clone(table) }
