package main

import (
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/types"
	"github.com/sirupsen/logrus"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

// pod is one that has policies: what Cilium calls an endpoint.
type pod struct {
	world  *world
	ports  types.NamedPortMap
	policy *policy.EndpointPolicy // nil until somebody asks
}

// newPod gives an endpoint, or nil for an address.
func newPod(w *world, e *engine.End) *pod {
	if !e.IsPod() {
		return nil
	}
	p := &pod{world: w, ports: types.NamedPortMap{}}
	for _, port := range e.Ports {
		_ = p.ports.AddPort(port.Name, port.Number, port.Protocol) // the agent logs an error, and goes on
	}
	return p
}

// state gives the map of the pod, made when it is first asked for.
func (p *pod) state(id *identity.Identity) (policy.MapState, error) {
	if p.policy == nil {
		r := p.world.repository
		r.Mutex.RLock()
		defer r.Mutex.RUnlock()
		resolved := r.GetPolicyCache()
		resolved.LocalEndpointIdentityAdded(id)
		if err := resolved.UpdatePolicy(id); err != nil {
			return nil, err
		}
		p.policy = resolved.Lookup(id).Consume(p)
	}
	return p.policy.GetPolicyMap(), nil
}

// GetID is asked for by what Cilium logs.
func (p *pod) GetID() uint64 { return 0 }

// LookupRedirectPortBuildLocked gives no port: nothing is redirected to a proxy.
func (p *pod) LookupRedirectPortBuildLocked(bool, string, uint16) uint16 { return 0 }

// HasBPFPolicyMap is true of all but the ingress proxy.
func (p *pod) HasBPFPolicyMap() bool { return true }

// GetNamedPort gives the number of a name as the agent does: on the way in that
// of the pod itself, on the way out the one that all pods of the cluster agree
// on.
func (p *pod) GetNamedPort(ingress bool, name string, protocol uint8) uint16 {
	get := p.world.named.GetNamedPort
	if ingress {
		get = p.ports.GetNamedPort
	}
	number, err := get(name, protocol)
	if err != nil {
		return 0 // the agent skips the port
	}
	return number
}

// PolicyDebug says nothing.
func (p *pod) PolicyDebug(logrus.Fields, string) {}
