package audit

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// The policy of a roll-out opens all that somebody else's could: what those open
// shows only without it, on both sides.

// comparisons are those of what is built with what is found, each made when it is
// first asked for.
type comparisons struct {
	*auditor
	found      []*networkingv1.NetworkPolicy
	is, willBe *reach.Comparison
}

// now compares what is there.
func (c *comparisons) now() (_ *reach.Comparison, err error) {
	if c.is == nil {
		c.is, err = c.compare(c.Built.Objects.Policies, c.found)
	}
	return c.is, err
}

// after compares what will be there when every roll-out is over.
func (c *comparisons) after() (_ *reach.Comparison, err error) {
	if c.willBe == nil {
		c.willBe, err = c.compare(c.closed(c.Built.Objects.Policies), c.closed(c.found))
	}
	return c.willBe, err
}

// closed leaves out what keeps namespaces open.
func (a *auditor) closed(policies []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
	return slices.DeleteFunc(slices.Clone(policies), func(p *networkingv1.NetworkPolicy) bool {
		return p.Name == generator.AllowAll && slices.Contains(a.Built.Open, namespaceOf(p.Namespace))
	})
}
