package schema

import (
	"cuelang.org/go/cue"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (d *decoder) delivery(v cue.Value) *tenancy.Delivery {
	x := &tenancy.Delivery{Branch: tenancy.Word{Text: tenancy.DefaultBranch}, Path: tenancy.Word{Text: tenancy.DefaultPath}}
	x.Node = d.object(v, "delivery", fields{
		"repository": func(v cue.Value) { x.Repository = d.word(v, "repository", repositoryShape) },
		"branch":     func(v cue.Value) { x.Branch = d.word(v, "branch", branchShape) },
		"path":       func(v cue.Value) { x.Path = d.word(v, "path", folderShape) },
		"argocd":     func(v cue.Value) { x.ArgoCD = d.argocd(v) },
		"flux":       func(v cue.Value) { x.Flux = d.flux(v) },
	}, "repository")
	return x
}

func (d *decoder) argocd(v cue.Value) *tenancy.ArgoCD {
	a := &tenancy.ArgoCD{Namespace: tenancy.DefaultArgoCDNamespace, Destinations: map[string]*tenancy.Destination{}}
	a.Node = d.object(v, "argocd", fields{
		"namespace":    func(v cue.Value) { a.Namespace = d.word(v, "namespace", nameShape).Text },
		"destinations": named(d, "destinations", a.Destinations, (*decoder).destination),
	})
	return a
}

func (d *decoder) destination(_ string, v cue.Value) *tenancy.Destination {
	x := &tenancy.Destination{}
	x.Node = d.object(v, "a destination", fields{
		"name":   func(v cue.Value) { x.Name = d.word(v, "name", destinationShape) },
		"server": func(v cue.Value) { x.Server = d.word(v, "server", serverShape) },
	})
	return x
}

func (d *decoder) flux(v cue.Value) *tenancy.Flux {
	f := &tenancy.Flux{Namespace: tenancy.DefaultFluxNamespace, ServiceAccount: tenancy.DefaultServiceAccount, Interval: tenancy.DefaultInterval}
	f.Node = d.object(v, "flux", fields{
		"namespace":      func(v cue.Value) { f.Namespace = d.word(v, "namespace", nameShape).Text },
		"serviceAccount": func(v cue.Value) { f.ServiceAccount = d.word(v, "serviceAccount", nameShape).Text },
		"secret":         func(v cue.Value) { f.Secret = d.word(v, "secret", nameShape).Text },
		"interval":       func(v cue.Value) { f.Interval = d.word(v, "interval", intervalShape).Text },
	})
	return f
}
