package diag

import "slices"

// Lints gives the codes of what is only worth a look, sorted. A tenancy can turn
// such a warning into an error, or silence it where it knows better.
func Lints() []Code { return slices.Sorted(slices.Values(lints)) }

// IsLint reports whether the code is one of Lints. What it reports as an error
// is none, whatever the tenancy says.
func (c Code) IsLint() bool { return slices.Contains(lints, c) }

var lints = []Code{
	AlreadyOpen, CNILacks, ClientAddress, DNSManaged, ManyPorts, MeshPorts, PlatformOpen, ServicePort, SharedBridge,
	UndeclaredPort, UnscrapedMetric, UnusedPattern,
}
