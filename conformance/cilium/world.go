package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"sync"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/cache"
	"github.com/cilium/cilium/pkg/k8s"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/trafficdirection"
	"github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

// world is what the agents of a cluster know together.
type world struct {
	repository *policy.Repository
	known      cache.IdentityCache
	identities []*identity.Identity // of the ends
	pods       []*pod               // of the ends; nil: an address
	named      types.NamedPortMultiMap
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) AddRule(api.Rule) {}
func (noMetrics) DelRule(api.Rule) {}

// noNames knows no addresses of DNS names, which NetworkPolicies cannot ask for.
type noNames struct{ sync.Mutex }

func (*noNames) RegisterForIPUpdatesLocked(api.FQDNSelector) []netip.Addr { return nil }
func (*noNames) UnregisterForIPUpdatesLocked(api.FQDNSelector)            {}

// An agent goes from world to world with one repository of policies, as one in a
// cluster does: Cilium never lets go of a repository.
type agent struct {
	repository *policy.Repository
	world      *world
}

func newAgent() *agent {
	a := &agent{policy.NewStoppedPolicyRepository(nil, nil, nil, nil, noMetrics{}), &world{}}
	a.repository.GetSelectorCache().SetLocalIdentityNotifier(&noNames{})
	return a
}

// build gives every end an identity and loads the policies.
func (a *agent) build(w *engine.World) (engine.Judge, error) {
	a.forget()
	named := types.NewNamedPortMultiMap()
	out := &world{repository: a.repository, named: named, known: cache.IdentityCache{}}
	byLabels := map[string]*identity.Identity{}
	for i := range w.Ends {
		e := &w.Ends[i]
		l, err := labelsOf(w, e)
		if err != nil {
			return nil, err
		}
		id := byLabels[l.String()]
		if id == nil {
			id = identity.NewIdentity(number(e, len(byLabels)), l)
			byLabels[l.String()], out.known[id.ID] = id, id.LabelArray
		}
		out.identities, out.pods = append(out.identities, id), append(out.pods, newPod(out, e))
		if p := out.pods[i]; p != nil {
			named.Update(nil, p.ports)
		}
	}
	a.world = out
	a.learn(out.known, nil)
	for _, raw := range w.Policies {
		if err := out.load(raw); err != nil {
			return nil, err
		}
	}
	return out.judge, nil
}

// forget leaves the world in which the agent was.
func (a *agent) forget() {
	for i, p := range a.world.pods {
		if p != nil && p.policy != nil {
			p.policy.Detach()
			a.repository.GetPolicyCache().LocalEndpointIdentityRemoved(a.world.identities[i])
		}
	}
	a.repository.DeleteByLabels(nil) // whatever labels they have
	a.learn(nil, a.world.known)
	a.world = &world{}
}

// learn tells the agent of identities that come and go.
func (a *agent) learn(added, deleted cache.IdentityCache) {
	var wg sync.WaitGroup
	a.repository.GetSelectorCache().UpdateIdentities(added, deleted, &wg)
	wg.Wait()
}

// number gives the next identity of an end: pods have those of the cluster, and
// addresses those of the node.
func number(e *engine.End, n int) identity.NumericIdentity {
	if e.IsPod() {
		return identity.MinimalNumericIdentity + identity.NumericIdentity(n)
	}
	return identity.IdentityScopeLocal + identity.NumericIdentity(n+1)
}

// labelsOf gives the labels that make the identity of an end. An address has
// those of every block that it is in, as if a policy named it alone.
func labelsOf(w *engine.World, e *engine.End) (labels.Labels, error) {
	if !e.IsPod() {
		a := e.Addresses[0]
		block, err := a.Prefix(a.BitLen())
		return labels.GetCIDRLabels(block), err
	}
	namespace := &slim_corev1.Namespace{ObjectMeta: slim_metav1.ObjectMeta{Name: e.Namespace, Labels: w.Namespaces[e.Namespace]}}
	p := &slim_corev1.Pod{ObjectMeta: slim_metav1.ObjectMeta{Name: "pod", Namespace: e.Namespace, Labels: e.Labels}}
	_, all, _, err := k8s.GetPodMetadata(namespace, p)
	if err != nil {
		return nil, err
	}
	ofIdentity, _ := labelsfilter.Filter(labels.Map2Labels(all, labels.LabelSourceK8s))
	return ofIdentity, nil
}

func (w *world) load(raw json.RawMessage) error {
	np := &slim_networkingv1.NetworkPolicy{}
	if err := json.Unmarshal(raw, np); err != nil {
		return err
	}
	rules, err := k8s.ParseNetworkPolicy(np)
	if err != nil {
		return fmt.Errorf("%s/%s: %w", np.Namespace, np.Name, err)
	}
	w.repository.AddList(rules)
	return nil
}

// judge looks the packet up as the kernel would, where it leaves and where it
// enters.
func (w *world) judge(p engine.Packet) (bool, error) {
	protocol, err := u8proto.ParseProtocol(p.Protocol)
	if err != nil {
		return false, err
	}
	leaves, err := w.passes(p.From, p.To, policy.Key{
		TrafficDirection: trafficdirection.Egress.Uint8(), DestPort: uint16(p.Port), Nexthdr: uint8(protocol),
	})
	if err != nil || !leaves {
		return false, err
	}
	return w.passes(p.To, p.From, policy.Key{
		TrafficDirection: trafficdirection.Ingress.Uint8(), DestPort: uint16(p.Port), Nexthdr: uint8(protocol),
	})
}

// passes looks for the keys that bpf/lib/policy.h looks for: with the identity of
// the peer and with any, on the port, on all of the protocol, and on everything.
func (w *world) passes(own, peer int, key policy.Key) (bool, error) {
	if w.pods[own] == nil {
		return true, nil // nothing rules an address
	}
	state, err := w.pods[own].state(w.identities[own])
	if err != nil {
		return false, err
	}
	for _, key.Identity = range []uint32{w.identities[peer].ID.Uint32(), 0} {
		onPort, onProtocol, everything := key, key, key
		onProtocol.DestPort, everything.DestPort, everything.Nexthdr = 0, 0, 0
		for _, k := range []policy.Key{onPort, onProtocol, everything} {
			if entry, ok := state.Get(k); ok && !entry.IsDeny {
				return true, nil
			}
		}
	}
	return false, nil
}
