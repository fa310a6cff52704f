package render

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// fluxName is the name of everything for Flux of which there is but one.
const fluxName = "hedgerow"

// fluxNamespaces is the Kustomization of the Namespace objects.
const fluxNamespaces = tenancy.FluxPrefix + "namespaces"

type gitRepository struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              gitRepositorySpec `json:"spec"`
}

type gitRepositorySpec struct {
	URL       string     `json:"url"`
	Ref       gitRef     `json:"ref"`
	Interval  string     `json:"interval"`
	SecretRef *reference `json:"secretRef,omitempty"`
}

type gitRef struct {
	Branch string `json:"branch"`
}

type reference struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name"`
}

type fluxKustomization struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              fluxKustomizationSpec `json:"spec"`
}

// fluxKustomizationSpec has no targetNamespace, which would put every policy of
// every namespace into one, and no postBuild, which would rewrite what was
// proved.
type fluxKustomizationSpec struct {
	DependsOn          []reference `json:"dependsOn,omitempty"`
	SourceRef          reference   `json:"sourceRef"`
	Path               string      `json:"path"`
	Prune              bool        `json:"prune"`
	Wait               bool        `json:"wait"`
	Interval           string      `json:"interval"`
	RetryInterval      string      `json:"retryInterval"`
	Timeout            string      `json:"timeout"`
	ServiceAccountName string      `json:"serviceAccountName"`
}

// fluxObjects gives what Flux needs in one cluster.
func fluxObjects(d *tenancy.Delivery, c *generator.Cluster) []deliveryObject {
	out := append(serviceAccount(d.Flux, c), source(d))
	if len(c.Namespaces) > 0 {
		out = append(out, synced(d, path.Join(c.Name, "namespaces")))
	}
	groups, rollouts := overlayGroups(c), rolloutGroups(c, d)
	for _, dir := range slices.Concat(groups, rollouts) {
		k := synced(d, dir)
		if len(c.Namespaces) > 0 {
			k.Spec.DependsOn = []reference{{Name: fluxNamespaces}}
		}
		// What keeps namespaces open comes before what isolates them.
		if first := path.Join(c.Name, "rollout", path.Base(dir)); slices.Contains(groups, dir) && slices.Contains(rollouts, first) {
			k.Spec.DependsOn = append(k.Spec.DependsOn, reference{Name: fluxKustomizationOf(first)})
		}
		out = append(out, k)
	}
	return out
}

// fluxKustomizationOf names the Kustomization that syncs a folder of a cluster.
func fluxKustomizationOf(dir string) string {
	name := tenancy.FluxPrefix + path.Base(dir)
	if path.Base(path.Dir(dir)) == "rollout" {
		name += tenancy.FluxRollout
	}
	return name
}

// overlayGroups gives the folders of a cluster that hold overlays: those of its
// environments, of shared namespaces and of retired ones.
func overlayGroups(c *generator.Cluster) (out []string) {
	for _, o := range c.Overlays {
		out = append(out, path.Dir(overlayDir(o)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func source(d *tenancy.Delivery) *gitRepository {
	r := &gitRepository{
		TypeMeta: typeMeta("source.toolkit.fluxcd.io/v1", "GitRepository"), ObjectMeta: objectMeta(d.Flux.Namespace, fluxName),
		Spec: gitRepositorySpec{URL: d.Repository.Text, Ref: gitRef{d.Branch.Text}, Interval: d.Flux.Interval},
	}
	if d.Flux.Secret != "" {
		r.Spec.SecretRef = &reference{Name: d.Flux.Secret}
	}
	return r
}

// synced syncs one folder of a cluster.
func synced(d *tenancy.Delivery, dir string) *fluxKustomization {
	return &fluxKustomization{
		TypeMeta:   typeMeta("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
		ObjectMeta: objectMeta(d.Flux.Namespace, fluxKustomizationOf(dir)),
		Spec: fluxKustomizationSpec{
			SourceRef: reference{"GitRepository", fluxName}, Path: "./" + path.Join(d.Path.Text, dir),
			Prune: true, Wait: true, // so that workloads can depend on it
			Interval: d.Flux.Interval, RetryInterval: "1m", Timeout: "5m",
			ServiceAccountName: d.Flux.ServiceAccount,
		},
	}
}

// serviceAccount gives Flux the right to write policies. It is for the whole
// cluster: bound in each namespace, it would lack the first that is not there
// yet, and Flux applies all of a Kustomization or nothing.
func serviceAccount(f *tenancy.Flux, c *generator.Cluster) []deliveryObject {
	no := false
	role := &rbacv1.ClusterRole{
		TypeMeta: typeMeta(rbacv1.SchemeGroupVersion.String(), "ClusterRole"), ObjectMeta: objectMeta("", fluxName),
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"networking.k8s.io"}, Resources: []string{"networkpolicies"},
			Verbs: []string{"get", "list", "watch", "create", "update", "patch", "delete"},
		}},
	}
	if len(c.Namespaces) > 0 {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{
			APIGroups: []string{""}, Resources: []string{"namespaces"},
			Verbs: []string{"get", "list", "watch", "create", "update", "patch"}, // never delete
		})
	}
	return []deliveryObject{
		&corev1.ServiceAccount{
			TypeMeta: typeMeta("v1", "ServiceAccount"), ObjectMeta: objectMeta(f.Namespace, f.ServiceAccount),
			AutomountServiceAccountToken: &no, // it is impersonated, and no pod runs as it
		},
		role,
		&rbacv1.ClusterRoleBinding{
			TypeMeta: typeMeta(rbacv1.SchemeGroupVersion.String(), "ClusterRoleBinding"), ObjectMeta: objectMeta("", fluxName),
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: fluxName},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: f.Namespace, Name: f.ServiceAccount}},
		},
	}
}
