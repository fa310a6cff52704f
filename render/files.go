// Package render turns an expansion into files: objects of the policy kinds that
// it can write, in Kustomize overlays. It builds them as their users will, plans
// what changes in the output folder, and writes it.
package render

import (
	"maps"
	"path"
	"runtime"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Tree is files by their slash-separated paths below the output folder.
type Tree map[string][]byte

// With gives the tree with its inventory: the whole output folder.
func (t Tree) With(inv *Inventory) Tree {
	out := maps.Clone(t)
	out[InventoryFile] = inv.Format()
	return out
}

// kustomizationFile is the name that kustomize looks for.
const kustomizationFile = "kustomization.yaml"

// Files gives the output of an expansion but for the inventory.
func Files(x *generator.Expansion) (Tree, error) {
	t := Tree{}
	for _, c := range x.Clusters {
		if err := t.cluster(c, x.Delivery); err != nil {
			return nil, err
		}
	}
	if err := t.delivery(x); err != nil {
		return nil, err
	}
	return t, nil
}

func (t Tree) cluster(c *generator.Cluster, d *tenancy.Delivery) error {
	for _, layer := range c.Base {
		dir := path.Join(c.Name, "base", layer.Name)
		if err := t.kustomization(dir, "", []string{layer.Name + ".yaml"}); err != nil {
			return err
		}
		if err := t.put(path.Join(dir, layer.Name+".yaml"), networkPolicy(layer, "")); err != nil {
			return err
		}
	}
	if err := t.overlays(c.Overlays); err != nil {
		return err
	}
	groups := map[string][]string{} // of environments, of shared and of retired namespaces
	for _, o := range c.Overlays {
		dir := path.Dir(overlayDir(o))
		groups[dir] = append(groups[dir], path.Base(overlayDir(o)))
		if o.Rollout != nil && handsOver(d) {
			groups[dir] = append(groups[dir], besideGroup(o))
		}
	}
	for dir, names := range tenancy.Sorted(groups) {
		if err := t.kustomization(dir, "", names); err != nil {
			return err
		}
	}
	if err := t.rollouts(c, d); err != nil {
		return err
	}
	return t.namespaces(c)
}

// overlayDir is where an overlay stands.
func overlayDir(o *generator.Overlay) string {
	switch o.Kind {
	case generator.Shared:
		return path.Join(o.Cluster, "shared", o.Name)
	case generator.Retired:
		return path.Join(o.Cluster, "retired", o.Name)
	}
	return path.Join(o.Cluster, o.Environment, o.Name)
}

// overlays renders overlays side by side.
func (t Tree) overlays(all []*generator.Overlay) error {
	trees := make([]Tree, runtime.GOMAXPROCS(0))
	var share errgroup.Group
	for i := range trees {
		trees[i] = Tree{}
		share.Go(func() error {
			for j := i; j < len(all); j += len(trees) {
				if err := trees[i].overlay(all[j]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := share.Wait(); err != nil {
		return err
	}
	for _, rendered := range trees {
		maps.Copy(t, rendered)
	}
	return nil
}

func (t Tree) overlay(o *generator.Overlay) error {
	dir := overlayDir(o)
	var resources []string
	for _, layer := range o.Layers {
		resources = append(resources, path.Join("../../base", layer))
	}
	for _, p := range o.Policies {
		file := p.Name + ".yaml"
		resources = append(resources, file)
		if err := t.put(path.Join(dir, file), networkPolicy(p, o.Namespace)); err != nil {
			return err
		}
	}
	return t.kustomization(dir, o.Namespace, resources)
}

// namespaces renders the Namespace objects apart: a kustomization with a
// namespace of its own would rename them.
func (t Tree) namespaces(c *generator.Cluster) error {
	if len(c.Namespaces) == 0 {
		return nil
	}
	dir := path.Join(c.Name, "namespaces")
	var resources []string
	for _, n := range c.Namespaces {
		file := "namespace-" + n.Name + ".yaml"
		resources = append(resources, file)
		if err := t.put(path.Join(dir, file), namespaceObject(n)); err != nil {
			return err
		}
	}
	return t.kustomization(dir, "", resources)
}

func (t Tree) kustomization(dir, namespace string, resources []string) error {
	return t.annotated(dir, namespace, resources, nil)
}

// annotated renders a kustomization that gives its objects annotations.
func (t Tree) annotated(dir, namespace string, resources []string, annotations map[string]string) error {
	return t.put(path.Join(dir, kustomizationFile), types.Kustomization{
		TypeMeta:          types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		Namespace:         namespace,
		Resources:         resources,
		CommonAnnotations: annotations,
		SortOptions:       &types.SortOptions{Order: types.FIFOSortOrder},
	})
}

func (t Tree) put(file string, object any) error {
	data, err := marshal(object)
	if err != nil {
		return err
	}
	t[file] = data
	return nil
}
