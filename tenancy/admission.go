package tenancy

import "slices"

// AdmissionGuard says who may write the network policies of a cluster: its API
// server refuses everybody else.
type AdmissionGuard struct {
	Node
	Controller Word // the user as whom the policies are applied; empty: as delivery has it
	Except     map[string]*AdmissionException
}

// AdmissionException lets somebody write policies past the tenancy: exactly one
// of a user and a group.
type AdmissionException struct {
	Node
	User   Word
	Group  Word
	Reason string
}

// Names of Argo CD's own: its name and address for the cluster that it runs in,
// and the ServiceAccounts as which it works, there and in clusters that "argocd
// cluster add" has prepared (argo-cd v3.5.7, application_defaults.go,
// manifests/base/application-controller, util/clusterauth/clusterauth.go).
const (
	argoInCluster         = "in-cluster"
	argoInClusterServer   = "https://kubernetes.default.svc"
	argoControllerAccount = "argocd-application-controller"
	argoManagerNamespace  = "kube-system"
	argoManagerAccount    = "argocd-manager"
)

// Controllers gives the users as whom the policies of a cluster are applied,
// sorted; none if neither the guard nor the delivery, which may be nil, says so.
func (g *AdmissionGuard) Controllers(d *Delivery, cluster string) (users []string) {
	if g.Controller.Set() {
		return []string{g.Controller.Text}
	}
	if d != nil && d.ArgoCD != nil {
		users = append(users, d.ArgoCD.user(cluster))
	}
	if d != nil && d.Flux != nil {
		users = append(users, ServiceAccountUser(d.Flux.Namespace, d.Flux.ServiceAccount))
	}
	slices.Sort(users)
	return users
}

// user is whom Argo CD works as in a cluster, unless it was told otherwise.
func (a *ArgoCD) user(cluster string) string {
	if x := a.Destination(cluster); x.Name.Text == argoInCluster || x.Server.Text == argoInClusterServer {
		return ServiceAccountUser(a.Namespace, argoControllerAccount)
	}
	return ServiceAccountUser(argoManagerNamespace, argoManagerAccount)
}

// ServiceAccountPrefix stands before the namespace and the name of a
// ServiceAccount in its user name.
const ServiceAccountPrefix = "system:serviceaccount:"

// ServiceAccountUser is the user name of a ServiceAccount.
func ServiceAccountUser(namespace, name string) string {
	return ServiceAccountPrefix + namespace + ":" + name
}
