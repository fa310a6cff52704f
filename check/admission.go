package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// everybody are the users and groups that Kubernetes puts whole kinds of people
// into (kubernetes.io, "Authenticating", and apiserver pkg/authentication/user).
var everybody = []string{"system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"}

// firstAdmission is the first version of Kubernetes whose API server has
// admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy (KEP-3488).
const firstAdmission = "1.30"

// ofNamespace stands before the namespace in the group of its ServiceAccounts.
const ofNamespace = "system:serviceaccounts:"

// admissionGuards sees to it that each guard lets somebody in, and that nobody
// is among them who is to be kept out.
func (n *names) admissionGuards() {
	for _, k := range tenancy.Sorted(n.c.t.Clusters) {
		g := k.AdmissionGuard
		if g == nil {
			continue
		}
		d := n.c.t.Delivery
		unread := g.Partial || n.c.t.Partial || d != nil && d.Partial
		if len(g.Controllers(d, k.Name)) == 0 && !unread {
			n.c.Error(diag.ClusterFact, g.Pos, `add controller: "system:serviceaccount:…:…", the user as whom the policies are applied`,
				"the guard of cluster %q would let nobody apply policies: it is not said who does", k.Name)
		}
		if cni.Before(k.Kubernetes.Text, firstAdmission) {
			n.c.Error(diag.ClusterFact, g.Pos, "leave it out until the cluster is upgraded", "the guard of cluster %q is a ValidatingAdmissionPolicy, which Kubernetes %s does not have",
				k.Name, k.Kubernetes.Text)
		}
		n.admitted(k, "user", g.Controller)
		for key, x := range tenancy.Sorted(g.Except) {
			if x.User.Set() == x.Group.Set() && !x.Partial {
				n.c.Error(diag.ClusterFact, x.Pos, `write {user: "…", reason: "…"} or {group: "…", reason: "…"}`,
					"exception %q of cluster %q needs exactly one of user and group", key, k.Name)
			}
			n.admitted(k, "user", x.User)
			n.admitted(k, "group", x.Group)
		}
	}
}

// nobody gives how to write the name of a user or group that an API server can
// never know somebody by, and "" for others: with blanks around it, as a pattern
// of everybody, or as Kubernetes' own in another case.
func nobody(name string) string {
	trimmed, lower := strings.TrimSpace(name), strings.ToLower(name)
	switch {
	case trimmed != name:
		return fmt.Sprintf("write %q", trimmed)
	case strings.Contains(name, "*"):
		return "name each of them, or a group that they are in"
	case strings.HasPrefix(lower, "system:") && !strings.HasPrefix(name, "system:"), strings.HasPrefix(lower, tenancy.ServiceAccountPrefix) && lower != name:
		return fmt.Sprintf("write %q", lower)
	}
	return ""
}

// admitted judges one whom a guard lets in.
func (n *names) admitted(k *tenancy.Cluster, what string, who tenancy.Word) {
	if fix := nobody(who.Text); fix != "" {
		n.c.Error(diag.ClusterFact, who.Pos, fix, "%s %q is nobody: the API server compares names letter by letter, and takes none for a pattern", what, who.Text)
		return
	}
	if slices.Contains(everybody, who.Text) {
		n.c.Error(diag.ClusterFact, who.Pos, "name those who are to write policies", "%s %q is everybody: the guard of cluster %q would keep nobody out", what, who.Text, k.Name)
		return
	}
	namespace, isGroup := strings.CutPrefix(who.Text, ofNamespace)
	if rest, isAccount := strings.CutPrefix(who.Text, tenancy.ServiceAccountPrefix); isAccount {
		parts := strings.Split(rest, ":")
		if namespace = parts[0]; len(parts) != 2 || namespace == "" || parts[1] == "" {
			n.c.Error(diag.ClusterFact, who.Pos, `write it as "system:serviceaccount:<namespace>:<name>"`, "%s %q is no ServiceAccount's", what, who.Text)
			return
		}
	} else if !isGroup {
		return
	}
	// Who creates pods in a namespace works as any ServiceAccount of it.
	key := [2]string{k.Name, namespace}
	by, tenants := n.gone[key]
	if !tenants {
		by, tenants = n.taken[key], n.taken[key].namespace != nil
	}
	if tenants {
		n.c.Error(diag.ClusterFact, who.Pos, "name an account of the platform's",
			"%s %q is in the hands of those whom the guard of cluster %q is to keep out", what, who.Text, k.Name)
		n.c.Relate(by.pos, "%s is declared here", by.who)
	}
}
