package tenancy

// Delivery says how the overlays come from Git into the clusters: through Argo
// CD, Flux, or both.
type Delivery struct {
	Node
	Repository Word    // what is cloned
	Branch     Word    // never empty: the decoder sets DefaultBranch
	Path       Word    // the folder of the overlays in it, "." for the root; the decoder sets DefaultPath
	ArgoCD     *ArgoCD // nil: none
	Flux       *Flux   // nil: none
}

// ArgoCD says where Argo CD runs and how it calls the clusters.
type ArgoCD struct {
	Node
	Namespace    string // never empty: the decoder sets DefaultArgoCDNamespace
	Destinations map[string]*Destination
}

// Destination is a cluster as Argo CD knows it, by exactly one of the two.
type Destination struct {
	Node
	Name   Word
	Server Word
}

// Flux says as whom Flux works in the clusters. Each runs its own.
type Flux struct {
	Node
	Namespace      string // never empty: the decoder sets the defaults, as for all but Secret
	ServiceAccount string
	Secret         string // with the credentials of the repository; empty: none are needed
	Interval       string
}

// What the decoder sets where nothing is written.
const (
	DefaultBranch          = "main"
	DefaultPath            = "overlays"
	DefaultArgoCDNamespace = "argocd"
	DefaultFluxNamespace   = "flux-system"
	DefaultServiceAccount  = "hedgerow"
	DefaultInterval        = "10m"
)

// Destination gives a cluster as Argo CD knows it: by its own name, unless the
// tenancy says otherwise.
func (a *ArgoCD) Destination(cluster string) Destination {
	if d := a.Destinations[cluster]; d != nil {
		return *d
	}
	return Destination{Name: Word{Text: cluster}}
}

// Application names the Argo CD Application of a Kubernetes namespace. It
// depends on nothing else, so that a namespace that moves or is retired keeps
// its Application, which then prunes what is no longer there.
func Application(cluster, namespace string) string { return cluster + "-" + namespace }

// Project names the Argo CD AppProject of a cluster, and its ApplicationSet.
func Project(cluster string) string { return "hedgerow-" + cluster }

// TenantsProject names the AppProject that keeps policies out of the hands of
// tenants.
const TenantsProject = "hedgerow-tenants"

// FluxPrefix stands before the names of the Kustomizations of Flux.
const FluxPrefix = "hedgerow-"

// FluxRollout stands behind the name of a Kustomization of roll-outs. It has a
// dot, which no name of an environment has.
const FluxRollout = ".rollout"
