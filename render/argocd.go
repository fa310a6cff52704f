package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

const argoAPI = "argoproj.io/v1alpha1"

// An appProject bounds what the Applications that name it may do.
type appProject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              projectSpec `json:"spec"`
}

// projectSpec: what is left out of clusterResourceWhitelist is forbidden, but a
// namespaceResourceWhitelist that is left out allows everything.
type projectSpec struct {
	Description                string            `json:"description"`
	SourceRepos                []string          `json:"sourceRepos,omitempty"`
	Destinations               []argoDestination `json:"destinations,omitempty"`
	ClusterResourceWhitelist   []groupKind       `json:"clusterResourceWhitelist,omitempty"`
	ClusterResourceBlacklist   []groupKind       `json:"clusterResourceBlacklist,omitempty"`
	NamespaceResourceWhitelist []groupKind       `json:"namespaceResourceWhitelist,omitempty"`
	NamespaceResourceBlacklist []groupKind       `json:"namespaceResourceBlacklist,omitempty"`
}

// An argoDestination without a namespace is for what has none.
type argoDestination struct {
	Name      string `json:"name,omitempty"`
	Server    string `json:"server,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

type groupKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name,omitempty"`
}

type applicationSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              applicationSetSpec `json:"spec"`
}

type applicationSetSpec struct {
	GoTemplate        bool                    `json:"goTemplate"`
	GoTemplateOptions []string                `json:"goTemplateOptions"`
	SyncPolicy        applicationSetSync      `json:"syncPolicy"`
	Generators        []applicationGenerator  `json:"generators"`
	Template          applicationSetsTemplate `json:"template"`
	TemplatePatch     string                  `json:"templatePatch,omitempty"`
}

type applicationSetSync struct {
	PreserveResourcesOnDeletion bool `json:"preserveResourcesOnDeletion"`
}

type applicationGenerator struct {
	List struct {
		Elements []element `json:"elements"`
	} `json:"list"`
}

// An element makes one Application. Its path is a parameter and not a part of
// the name, so that a namespace that moves or is retired keeps its Application.
type element struct {
	Namespace string `json:"namespace"`
	Path      string `json:"path"` // below the output folder
	// Rollout is where what keeps the namespace open stands; nil on a cluster
	// without roll-outs, whose ApplicationSet has no use for it.
	Rollout *string `json:"rollout,omitempty"`
}

type applicationSetsTemplate struct {
	Metadata templateMeta    `json:"metadata"`
	Spec     applicationSpec `json:"spec"`
}

type templateMeta struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type application struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              applicationSpec `json:"spec"`
}

type applicationSpec struct {
	Project     string          `json:"project"`
	Source      argoSource      `json:"source"`
	Destination argoDestination `json:"destination"`
	SyncPolicy  argoSync        `json:"syncPolicy"`
}

type argoSource struct {
	RepoURL        string `json:"repoURL"`
	TargetRevision string `json:"targetRevision"`
	Path           string `json:"path"`
}

type argoSync struct {
	Automated struct {
		Prune    bool `json:"prune"`
		SelfHeal bool `json:"selfHeal"`
	} `json:"automated"`
	SyncOptions []string `json:"syncOptions"`
	Retry       struct {
		Limit   int  `json:"limit"`
		Refresh bool `json:"refresh"`
		Backoff struct {
			Duration    string `json:"duration"`
			Factor      int    `json:"factor"`
			MaxDuration string `json:"maxDuration"`
		} `json:"backoff"`
	} `json:"retry"`
}

// generatePaths says whose changes concern an Application: paths from the root
// of the repository, with ";" between them (Argo CD, operator manual, high
// availability).
const generatePaths = "argocd.argoproj.io/manifest-generate-paths"

// argoObjects gives what Argo CD needs for one cluster.
func argoObjects(d *tenancy.Delivery, c *generator.Cluster) []deliveryObject {
	out := []deliveryObject{clusterProject(d, c), clusterApplications(d, c)}
	if len(c.Namespaces) > 0 {
		out = append(out, namespacesApplication(d, c))
	}
	return out
}

// clusterProject allows policies in the namespaces that have overlays, and
// nothing else.
func clusterProject(d *tenancy.Delivery, c *generator.Cluster) *appProject {
	p := &appProject{TypeMeta: typeMeta(argoAPI, "AppProject"), ObjectMeta: objectMeta(d.ArgoCD.Namespace, tenancy.Project(c.Name))}
	p.Spec = projectSpec{
		Description:                "The NetworkPolicies of cluster " + c.Name + ", and nothing else.",
		SourceRepos:                []string{d.Repository.Text},
		NamespaceResourceWhitelist: []groupKind{{Group: "networking.k8s.io", Kind: "NetworkPolicy"}},
	}
	if len(c.Namespaces) > 0 {
		p.Spec.Destinations = []argoDestination{destination(d, c, "")}
	}
	for _, e := range elements(c) {
		p.Spec.Destinations = append(p.Spec.Destinations, destination(d, c, e.Namespace))
	}
	for _, n := range c.Namespaces {
		p.Spec.ClusterResourceWhitelist = append(p.Spec.ClusterResourceWhitelist, groupKind{Kind: "Namespace", Name: n.Name})
	}
	return p
}

func destination(d *tenancy.Delivery, c *generator.Cluster, namespace string) argoDestination {
	x := d.ArgoCD.Destination(c.Name)
	return argoDestination{Name: x.Name.Text, Server: x.Server.Text, Namespace: namespace}
}

// elements lists the overlays of a cluster by Kubernetes namespace.
func elements(c *generator.Cluster) (out []element) {
	rollouts := hasRollouts(c)
	for _, o := range c.Overlays {
		e := element{Namespace: o.Namespace, Path: overlayDir(o)}
		if rollouts {
			e.Rollout = new(string)
		}
		if o.Rollout != nil {
			*e.Rollout = rolloutDir(o)
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b element) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return out
}

// clusterApplications makes an Application for each Kubernetes namespace. Each
// is listed: a generator that looks for folders would deploy whatever somebody
// puts there.
func clusterApplications(d *tenancy.Delivery, c *generator.Cluster) *applicationSet {
	s := &applicationSet{TypeMeta: typeMeta(argoAPI, "ApplicationSet"), ObjectMeta: objectMeta(d.ArgoCD.Namespace, tenancy.Project(c.Name))}
	s.Spec = applicationSetSpec{
		GoTemplate: true, GoTemplateOptions: []string{"missingkey=error"},
		// Without it an element that goes takes the deny of its namespace along.
		SyncPolicy: applicationSetSync{PreserveResourcesOnDeletion: true},
		Generators: make([]applicationGenerator, 1),
		Template: applicationSetsTemplate{
			Metadata: templateMeta{
				Name: tenancy.Application(c.Name, "{{.namespace}}"), Labels: managedBy(),
				Annotations: map[string]string{generatePaths: refreshPaths(d, "{{.path}}", path.Join(c.Name, "base"))},
			},
			Spec: syncedApplication(d, c, "{{.path}}", "{{.namespace}}"),
		},
	}
	s.Spec.Generators[0].List.Elements = elements(c)
	if hasRollouts(c) {
		s.Spec.TemplatePatch = rolloutPatch(d, c)
	}
	return s
}

// rolloutPatch gives the Applications of namespaces that are kept open a second
// source. They stay the same Applications, so that what keeps them open is
// removed when the roll-out ends: last of all, since they prune last.
func rolloutPatch(d *tenancy.Delivery, c *generator.Cluster) string {
	var b strings.Builder
	b.WriteString("{{- if .rollout }}\nmetadata:\n  annotations:\n")
	fmt.Fprintf(&b, "    %s: %s\n", generatePaths, quoted(refreshPaths(d, "{{.path}}", path.Join(c.Name, "base"), "{{.rollout}}")))
	b.WriteString("spec:\n  source: null\n  sources:\n")
	for _, dir := range []string{"{{.path}}", "{{.rollout}}"} {
		s := sourceOf(d, dir)
		fmt.Fprintf(&b, "  - {repoURL: %s, targetRevision: %s, path: %s}\n", quoted(s.RepoURL), quoted(s.TargetRevision), quoted(s.Path))
	}
	b.WriteString("{{- else }}\n{}\n{{- end }}\n")
	return b.String()
}

// namespacesApplication syncs the Namespace objects. Its name has a dot, which
// no name of a cluster and a namespace has.
func namespacesApplication(d *tenancy.Delivery, c *generator.Cluster) *application {
	dir := path.Join(c.Name, "namespaces")
	a := &application{TypeMeta: typeMeta(argoAPI, "Application"), ObjectMeta: objectMeta(d.ArgoCD.Namespace, c.Name+".namespaces")}
	a.Annotations = map[string]string{generatePaths: refreshPaths(d, dir)}
	a.Spec = syncedApplication(d, c, dir, "")
	return a
}

func refreshPaths(d *tenancy.Delivery, below ...string) string {
	var out []string
	for _, p := range below {
		out = append(out, path.Join("/", d.Path.Text, p))
	}
	return strings.Join(out, ";")
}

// sourceOf is a folder below the output folder. A tag could have the short name
// of the branch.
func sourceOf(d *tenancy.Delivery, dir string) argoSource {
	return argoSource{RepoURL: d.Repository.Text, TargetRevision: "refs/heads/" + d.Branch.Text, Path: path.Join(d.Path.Text, dir)}
}

// syncedApplication syncs a folder below the output folder, and keeps at it.
func syncedApplication(d *tenancy.Delivery, c *generator.Cluster, dir, namespace string) applicationSpec {
	a := applicationSpec{
		Project:     tenancy.Project(c.Name),
		Source:      sourceOf(d, dir),
		Destination: destination(d, c, namespace),
	}
	s := &a.SyncPolicy
	s.Automated.Prune, s.Automated.SelfHeal = true, true
	// What opens comes before what closes goes; fields that others own are taken
	// back; two Applications never fight over a policy.
	s.SyncOptions = []string{"PruneLast=true", "ServerSideApply=true", "FailOnSharedResource=true"}
	// A namespace that is not there yet may come at any time, and a retry must
	// not bring back a commit that was replaced.
	s.Retry.Limit, s.Retry.Refresh = -1, true
	s.Retry.Backoff.Duration, s.Retry.Backoff.Factor, s.Retry.Backoff.MaxDuration = "5s", 2, "3m"
	return a
}

// policyGroups gives the API groups of what opens or closes connections besides
// NetworkPolicy, sorted, and the single kinds of groups in which tenants rightly
// write others. Argo CD matches groups as patterns, and an empty one matches only
// the core group.
func policyGroups() (whole []string, single []groupKind) {
	for _, api := range policykinds.APIs {
		switch {
		case api.Mesh:
		case api.Mixed:
			for _, kind := range api.Kinds {
				single = append(single, groupKind{Group: api.Groups[0], Kind: kind})
			}
		default:
			whole = append(whole, api.Groups...)
		}
	}
	slices.Sort(whole)
	return whole, single
}

// tenantsProject forbids policies to every project that inherits it, and itself
// allows nothing: it has no source and no destination.
func tenantsProject(d *tenancy.Delivery) *appProject {
	p := &appProject{TypeMeta: typeMeta(argoAPI, "AppProject"), ObjectMeta: objectMeta(d.ArgoCD.Namespace, tenancy.TenantsProject)}
	p.Spec.Description = "A global project: what inherits it writes no network policies."
	whole, single := policyGroups()
	p.Spec.NamespaceResourceBlacklist = append(single, groupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"})
	for _, group := range whole {
		all := groupKind{Group: group, Kind: "*"}
		p.Spec.ClusterResourceBlacklist = append(p.Spec.ClusterResourceBlacklist, all)
		p.Spec.NamespaceResourceBlacklist = append(p.Spec.NamespaceResourceBlacklist, all)
	}
	return p
}
