package render

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Kustomization is a folder with a kustomization, as far as it must be known to
// build it.
type Kustomization struct {
	Dir       string
	Component bool     // it is built only as a part of others
	Uses      []string // folders of other kustomizations
}

// FindKustomization gives the kustomization that stands in a folder, or nil. It
// is an error if it, or one that it uses, needs anything that is not on this
// disk: nothing is fetched.
func FindKustomization(dir string) (*Kustomization, error) {
	return findKustomization(dir, map[string]bool{})
}

func findKustomization(dir string, seen map[string]bool) (*Kustomization, error) {
	seen[dir] = true
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		k := &Kustomization{Dir: dir}
		if err := k.read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
		for _, used := range k.Uses {
			if seen[used] {
				continue
			}
			if _, err := findKustomization(used, seen); err != nil {
				return nil, err
			}
		}
		return k, nil
	}
	return nil, nil
}

func (k *Kustomization) read(data []byte) error {
	var content map[string]any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return err
	}
	k.Component = content["kind"] == "Component"
	for _, s := range stringsIn(content) {
		if strings.Contains(s, "://") {
			return fmt.Errorf("%q would have to be fetched, and nothing is", s)
		}
	}
	for _, field := range []string{"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators"} {
		list, _ := content[field].([]any)
		for _, entry := range list {
			s, _ := entry.(string)
			if strings.Contains(s, "\n") {
				continue // written in place
			}
			at := filepath.Join(k.Dir, s)
			info, err := os.Stat(at)
			if err != nil {
				return fmt.Errorf("%s: %q is not a file or folder here, and nothing is fetched", field, s)
			}
			if info.IsDir() {
				k.Uses = append(k.Uses, at)
			}
		}
	}
	return nil
}

// stringsIn gives every string in a value of YAML, but for those that are data
// and refer to nothing.
func stringsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			out = append(out, stringsIn(e)...)
		}
	case map[string]any:
		for key, e := range v {
			if !slices.Contains([]string{"literals", "patch", "commonAnnotations", "commonLabels"}, key) {
				out = append(out, stringsIn(e)...)
			}
		}
	}
	return out
}

// BuildFolder builds a kustomization on disk and everything that it uses, and
// gives the objects as YAML.
func BuildFolder(k *Kustomization) ([]byte, error) {
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified
	resources, err := krusty.MakeKustomizer(opts).Run(filesys.MakeFsOnDisk(), k.Dir)
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}
