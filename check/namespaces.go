package check

import (
	"fmt"
	"go/token"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// mostOwners bounds what is written into an annotation of every policy: those of
// an object have room for 256 KiB, and an owner for 200 characters.
const mostOwners = 100

func (c *checker) namespaces() {
	for _, t := range tenancy.Sorted(c.t.Teams) {
		if len(t.Owners) > mostOwners {
			c.Error(diag.BadValue, t.Pos, "name a group instead", "team %q has %d owners, of which the annotation of a policy is to hold no more than %d", t.Name, len(t.Owners), mostOwners)
		}
	}
	first := map[string]*tenancy.Namespace{}
	for _, n := range c.t.Namespaces() {
		if other := first[n.Name]; other != nil {
			c.Error(diag.NameTaken, n.Pos, "rename one of them", "namespace %q belongs to team %q and to team %q", n.Name, other.Team, n.Team)
			c.Relate(other.Pos, "declared here for team %q", other.Team)
		} else {
			first[n.Name] = n
		}
		c.knownEnvironments(n.Environments)
		c.rollout(n)
		for e, w := range tenancy.Sorted(n.Names) {
			c.knownEnvironment(e, w.Pos)
			if c.t.Environments[e] != nil && !n.In(e) {
				c.Error(diag.UnknownEnvironment, w.Pos, nearest.Hint(e, "its environments", tenancy.Texts(n.Environments)),
					"namespace %q has a name for environment %q, in which it does not exist", n.Name, e)
			}
		}
		c.workloads("namespace", n.Name, n.Workloads)
	}
}

// rollout reports environments of a roll-out in which there is nothing to open.
func (c *checker) rollout(n *tenancy.Namespace) {
	if n.Rollout == nil {
		return
	}
	c.knownEnvironments(n.Rollout.Environments)
	for _, w := range n.Rollout.Environments {
		if c.t.Environments[w.Text] != nil && !n.In(w.Text) {
			c.Error(diag.UnknownEnvironment, w.Pos, nearest.Hint(w.Text, "its environments", tenancy.Texts(n.Environments)),
				"namespace %q is rolled out in environment %q, in which it does not exist", n.Name, w.Text)
		}
	}
}

// workloads reports pairs that could share a pod, and ports that run backwards.
func (c *checker) workloads(what, namespace string, ws map[string]*tenancy.Workload) {
	keys := tenancy.Keys(ws)
	for i, k := range keys {
		a := ws[k]
		c.ports(a.Ports, a.PortsAt)
		c.servicePorts(what, namespace, a)
		for _, l := range keys[i+1:] {
			b := ws[l]
			if a.Overlaps || b.Overlaps || a.Partial || b.Partial || !a.Pods.Overlap(b.Pods) {
				continue
			}
			c.Error(diag.WorkloadsOverlap, b.Pos, "let them differ in the value of a label that both name, or write overlaps: true",
				"a pod of %s %q can belong to workloads %q and %q at once", what, namespace, a.Name, b.Name)
			c.Relate(a.Pos, "workload %q is declared here", a.Name)
		}
	}
}

// goodAffixes reports whether an environment's names are names at both ends.
func goodAffixes(e *tenancy.Environment) bool {
	return !strings.HasPrefix(e.Prefix, "-") && !strings.HasSuffix(e.Suffix, "-")
}

// kubernetesNames sees to it that each Kubernetes namespace of a cluster has one
// declaration, and a name that Kubernetes and Hedgerow accept. It gives all of
// them.
func (c *checker) kubernetesNames() *names {
	n := &names{c: c, taken: map[[2]string]claim{}, gone: map[[2]string]claim{}, told: map[[2]token.Position]bool{}}
	for _, s := range tenancy.Sorted(c.t.Shared) {
		for cluster := range tenancy.Sorted(c.t.Clusters) {
			if s.On(cluster) {
				n.claim(cluster, s.Namespace.Text, claim{who: fmt.Sprintf("shared namespace %q", s.Name), pos: s.Namespace.Pos, peerOnly: !s.Managed})
			}
		}
	}
	first := c.t.ByName()
	for _, ns := range c.t.Namespaces() {
		for _, e := range tenancy.Sorted(c.t.Environments) {
			// What could not be read could be the name.
			if ns.In(e.Name) && e.Cluster.Set() && !e.Partial && !ns.Partial && first[ns.Name] == ns {
				n.declared(ns, e)
			}
		}
	}
	for cluster, retired := range tenancy.Sorted(c.t.Retired) {
		for name, r := range tenancy.Sorted(retired) {
			if c.knownCluster(cluster, r.Pos) {
				n.retired(cluster, name, r)
			}
		}
	}
	return n
}

// A claim says who declares a Kubernetes namespace.
type claim struct {
	who         string
	pos         token.Position
	peerOnly    bool                 // no policies are written for it
	environment *tenancy.Environment // of a team's namespace
	namespace   *tenancy.Namespace
}

type names struct {
	c     *checker
	taken map[[2]string]claim        // by cluster and name
	gone  map[[2]string]claim        // the retired ones
	told  map[[2]token.Position]bool // pairs that were reported
}

func (n *names) claim(cluster, name string, by claim) {
	key := [2]string{cluster, name}
	if other, ok := n.taken[key]; ok {
		if by.namespace != nil && by.namespace == other.namespace {
			n.sameEnvironments(other.environment, by.environment)
			return
		}
		if pair := [2]token.Position{other.pos, by.pos}; !n.told[pair] {
			n.told[pair] = true
			n.c.Error(diag.NameTaken, by.pos, "rename one of them; or give one another name in Kubernetes: names in a team's namespace, namespace in a shared one",
				"%s and %s are both namespace %q on cluster %q", by.who, other.who, name, cluster)
			n.c.Relate(other.pos, "%s is declared here", other.who)
		}
		return
	}
	n.taken[key] = by
}

// sameEnvironments speaks once of two environments that name their namespaces
// alike on one cluster.
func (n *names) sameEnvironments(a, b *tenancy.Environment) {
	pair := [2]token.Position{a.Pos, b.Pos}
	if n.told[pair] {
		return
	}
	n.told[pair] = true
	n.c.Error(diag.NameTaken, b.Pos, fmt.Sprintf("add a prefix or suffix to one of them, such as suffix: %q", "-"+b.Name),
		"environments %q and %q give their namespaces the same names on cluster %q", a.Name, b.Name, b.Cluster.Text)
	n.c.Relate(a.Pos, "environment %q is declared here", a.Name)
}

func (n *names) declared(ns *tenancy.Namespace, e *tenancy.Environment) {
	name, pos := ns.KubernetesName(e), ns.Pos
	if w, ok := ns.Names[e.Name]; ok {
		pos = w.Pos
	}
	who := fmt.Sprintf("namespace %q in %s", ns.Name, e.Name)
	switch {
	case !goodAffixes(e):
	case len(name) > 63:
		n.c.Error(diag.NameTooLong, pos, fmt.Sprintf("shorten it, or add names: %s: \"…\" with a shorter one", e.Name), "%s would be %q, which has %d characters; 63 are allowed", who, name, len(name))
	case n.c.t.Reserved(name):
		n.c.Error(diag.NameReserved, pos, "declare it under shared, in a platform file", "%s would be %q, which belongs to the platform", who, name)
	case n.c.holdsDNS(e.Cluster.Text, name):
		n.c.Error(diag.DNSManaged, pos, "declare it under shared, in a platform file", "%s holds the DNS pods of cluster %q: deny would cut off every other namespace", who, e.Cluster.Text)
	default:
		n.claim(e.Cluster.Text, name, claim{who: who, pos: pos, environment: e, namespace: ns})
	}
}

// holdsDNS reports whether the DNS pods of a cluster run in a namespace.
func (c *checker) holdsDNS(cluster, namespace string) bool {
	k := c.t.Clusters[cluster]
	return k != nil && k.DNS.PodNamespace() == namespace
}

func (n *names) retired(cluster, name string, r *tenancy.Retired) {
	n.gone[[2]string{cluster, name}] = claim{who: fmt.Sprintf("retired namespace %q", name), pos: r.Pos}
	if n.c.t.Reserved(name) {
		n.c.Error(diag.NameReserved, r.Pos, "remove the entry", "namespace %q belongs to the platform and cannot be retired", name)
		return
	}
	if n.c.holdsDNS(cluster, name) {
		n.c.Error(diag.DNSManaged, r.Pos, "remove the entry", "namespace %q holds the DNS pods of cluster %q: deny would cut off every other namespace", name, cluster)
		return
	}
	if other, ok := n.taken[[2]string{cluster, name}]; ok && !other.peerOnly {
		n.c.Error(diag.RetiredDeclared, r.Pos, "remove the retired entry, or the declaration",
			"namespace %q on cluster %q is retired, and is %s", name, cluster, other.who)
		n.c.Relate(other.pos, "%s is declared here", other.who)
	}
}
