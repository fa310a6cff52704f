package tenancy

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Sorted iterates over a map in the order of its keys.
func Sorted[K cmp.Ordered, V any](m map[K]V) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

// Keys gives the sorted keys of a map.
func Keys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Texts gives what the words say.
func Texts(ws []Word) []string {
	var out []string
	for _, w := range ws {
		out = append(out, w.Text)
	}
	return out
}

// Contains reports whether one of the words says s.
func Contains(ws []Word, s string) bool {
	return slices.ContainsFunc(ws, func(w Word) bool { return w.Text == s })
}

// In reports whether the namespace exists in the environment.
func (n *Namespace) In(environment string) bool {
	return len(n.Environments) == 0 || Contains(n.Environments, environment)
}

// RolloutIn gives the roll-out that keeps the namespace open in an environment,
// its own before the environment's; nil if none does.
func (n *Namespace) RolloutIn(e *Environment) *Rollout {
	if r := n.Rollout; r != nil && (len(r.Environments) == 0 || Contains(r.Environments, e.Name)) {
		return r
	}
	return e.Rollout
}

// KubernetesName gives the namespace's name in Kubernetes in an environment.
func (n *Namespace) KubernetesName(e *Environment) string {
	if w, ok := n.Names[e.Name]; ok {
		return w.Text
	}
	return e.Prefix + n.Name + e.Suffix
}

// On reports whether the shared namespace exists on the cluster.
func (s *Shared) On(cluster string) bool {
	return len(s.Clusters) == 0 || Contains(s.Clusters, cluster)
}

// Callers gives where the calls of the API server to webhooks come from: blocks
// of addresses, or pods, which are nil then. Neither is known without a fact.
func (k *Cluster) Callers() (cidrs []Word, pods *Webhooks) {
	switch {
	case k.Webhooks != nil && k.Webhooks.Namespace.Set():
		return nil, k.Webhooks
	case k.Webhooks != nil:
		return k.Webhooks.CIDRs, nil
	case k.APIServer != nil:
		return k.APIServer.CIDRs, nil
	}
	return nil, nil
}

// MeshPort is the port on which the cluster's mesh carries connections between
// pods, whatever port they are for: 15008 in Istio's ambient mode (HBONE; Istio's
// documentation, Ambient and Kubernetes NetworkPolicy), 4143 in Linkerd (its
// documentation, NetworkPolicies). A mesh carries TCP alone.
func (k *Cluster) MeshPort() (Port, bool) {
	switch k.Mesh.Text {
	case MeshIstioAmbient:
		return Port{15008, 15008, TCP}, true
	case MeshLinkerd:
		return Port{4143, 4143, TCP}, true
	}
	return Port{}, false
}

// Lacks reports whether the cluster is known to have no addresses of a block's
// family.
func (k *Cluster) Lacks(family string) bool {
	return len(k.IPFamilies) > 0 && !Contains(k.IPFamilies, family)
}

// ByName gives the logical namespaces by name, whichever team's they are.
func (t *Tenancy) ByName() map[string]*Namespace {
	out := map[string]*Namespace{}
	for _, n := range t.Namespaces() {
		if out[n.Name] == nil {
			out[n.Name] = n
		}
	}
	return out
}

// Namespaces gives all logical namespaces, sorted by name, then by team.
func (t *Tenancy) Namespaces() []*Namespace {
	var out []*Namespace
	for _, team := range Sorted(t.Teams) {
		for _, n := range Sorted(team.Namespaces) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b *Namespace) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Overlap reports whether a pod can carry the labels of both: no key of theirs
// has two values.
func (l Labels) Overlap(m Labels) bool {
	for k, v := range l {
		if w, ok := m[k]; ok && w != v {
			return false
		}
	}
	return true
}

// Select reports whether every pod that carries others carries the labels, too.
func (l Labels) Select(others Labels) bool {
	for k, v := range l {
		if w, ok := others[k]; !ok || w != v {
			return false
		}
	}
	return true
}

// PodNamespace gives the namespace of the DNS pods, "" where the resolvers are
// no pods. OpenShift's operator keeps them in openshift-dns.
func (d DNS) PodNamespace() string {
	switch d.Provider.Text {
	case ProviderCoreDNS:
		return "kube-system"
	case ProviderOpenShift:
		return "openshift-dns"
	case ProviderCustom:
		return d.Namespace.Text
	}
	return ""
}

// PodLabels gives the labels of the DNS pods, nil if they are no pods.
func (d DNS) PodLabels() Labels {
	switch d.Provider.Text {
	case ProviderCoreDNS:
		return Labels{"k8s-app": "kube-dns"}
	case ProviderOpenShift:
		return Labels{"dns.operator.openshift.io/daemonset-dns": "default"}
	}
	return d.Pods
}

// PodPort gives the port on which the DNS pods listen. OpenShift's Service maps
// 53 to 5353, and policies see the pod's port (cluster-dns-operator, assets/dns).
func (d DNS) PodPort() int {
	switch d.Provider.Text {
	case ProviderOpenShift:
		return 5353
	case ProviderCustom:
		return d.Port
	}
	return 53
}

// Reserved reports whether a Kubernetes namespace may be declared only as
// shared: Kubernetes' own, and those of the controllers that sync policies.
func (t *Tenancy) Reserved(name string) bool {
	own := []string{"default", DefaultArgoCDNamespace, DefaultFluxNamespace}
	if d := t.Delivery; d != nil && d.ArgoCD != nil {
		own = append(own, d.ArgoCD.Namespace)
	}
	if d := t.Delivery; d != nil && d.Flux != nil {
		own = append(own, d.Flux.Namespace)
	}
	return strings.HasPrefix(name, "kube-") || slices.Contains(own, name)
}
