package cluster

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/render"
)

// A rendered tenancy is its output folder, and what the overlays of that are
// built into.
type rendered struct {
	tree     render.Tree
	overlays []overlay
}

// An overlay is what kustomize makes of one folder for a namespace, or of the
// one with Namespace objects.
type overlay struct {
	cluster, path string
	objects       []*object
}

// expand renders a tenancy as generate does; the diagnostics hold errors if it
// is refused.
func expand(dir string) (*rendered, []diag.Diagnostic, error) {
	_, x, diags, err := tenancies.Expand(dir)
	if err != nil || diag.HasErrors(diags) {
		return nil, diags, err
	}
	tree, err := render.Files(x)
	if err != nil {
		return nil, nil, err
	}
	built, err := render.Build(x, tree, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	r := &rendered{tree: tree}
	for _, b := range built {
		o := overlay{cluster: b.Cluster, path: b.Path}
		if o.objects, err = objectsOf(b); err != nil {
			return nil, nil, err
		}
		r.overlays = append(r.overlays, o)
	}
	return r, nil, nil
}

func objectsOf(b render.Built) (out []*object, err error) {
	for _, p := range b.Policies {
		o, err := objectFrom(p)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	for _, n := range b.Namespaces {
		o, err := objectFrom(n)
		if err != nil {
			return nil, err
		}
		delete(o.Object, "spec") // Go writes them, the files do not
		delete(o.Object, "status")
		out = append(out, o)
	}
	return out, nil
}

// write writes the output folder.
func (r *rendered) write(folder string) error {
	for file, data := range r.tree {
		file = filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// ofCluster gives the overlays of a cluster, the one with Namespace objects
// first.
func (r *rendered) ofCluster(name string) (out []overlay) {
	for _, o := range r.overlays {
		switch {
		case o.cluster != name:
		case o.isNamespaces():
			out = slices.Insert(out, 0, o)
		default:
			out = append(out, o)
		}
	}
	return out
}

func (o *overlay) isNamespaces() bool {
	return path.Base(o.path) == "namespaces" && path.Dir(o.path) == o.cluster
}

// clusters gives the names of the clusters.
func (r *rendered) clusters() (out []string) {
	for _, o := range r.overlays {
		if !slices.Contains(out, o.cluster) {
			out = append(out, o.cluster)
		}
	}
	return out
}

// delivery gives the objects for Argo CD and Flux by the folder that is applied.
func (r *rendered) delivery() (map[string][]*object, error) {
	out := map[string][]*object{}
	for file, data := range r.tree {
		if !strings.HasPrefix(file, "delivery/") || path.Base(file) == "kustomization.yaml" {
			continue
		}
		o, err := objectOf(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out[path.Dir(file)] = append(out[path.Dir(file)], o)
	}
	return out, nil
}

// flux is the folder with the objects for Flux on a cluster.
func flux(cluster string) string { return "delivery/flux/" + cluster }

// account gives the user that Flux works as on a cluster, or "" where there is
// no Flux.
func (r *rendered) account(t *testing.T, cluster string) string {
	folders, err := r.delivery()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range folders[flux(cluster)] {
		if o.GetKind() == "ServiceAccount" {
			return "system:serviceaccount:" + o.GetNamespace() + ":" + o.GetName()
		}
	}
	return ""
}
