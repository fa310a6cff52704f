package render

import (
	"path"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Guard gives the objects of a cluster's admission guard, as YAML; none of one
// without.
func (t Tree) Guard(cluster string) (out [][]byte) {
	for file, data := range tenancy.Sorted(t) {
		if path.Dir(file) == path.Join(guardFolder, cluster) && path.Base(file) != "kustomization.yaml" {
			out = append(out, data)
		}
	}
	return out
}
