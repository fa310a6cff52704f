package render

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/internal/regular"
)

// Kustomization is a folder with a kustomization, as far as it must be known to
// build it.
type Kustomization struct {
	Dir       string
	Component bool     // it is built only as a part of others
	Uses      []string // folders of other kustomizations
	// Lists is whether it lists those and does nothing else: then what it builds
	// is what they build. To build a thousand at once takes kustomize minutes, for
	// it looks through all objects for each.
	Lists bool
}

// FindKustomization gives the kustomization that stands in a folder, or nil. It
// is an error if it, or one that it uses, needs anything that is not on this
// disk, for nothing is fetched, or if it uses itself.
func FindKustomization(dir string) (*Kustomization, error) {
	return findKustomization(dir, nil, map[string]bool{})
}

// findKustomization goes on to all that is used; path is what uses the folder.
func findKustomization(dir string, path []string, seen map[string]bool) (*Kustomization, error) {
	if path = append(path, dir); slices.Contains(path[:len(path)-1], dir) {
		return nil, fmt.Errorf("these kustomizations use each other: %s", strings.Join(path[slices.Index(path, dir):], ", "))
	}
	if seen[dir] {
		return nil, nil
	}
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		data, err := regular.Read(filepath.Join(dir, name), maxFileSize)
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
		k := &Kustomization{Dir: dir}
		if err := k.read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
		for _, used := range k.Uses {
			if _, err := findKustomization(used, path, seen); err != nil {
				return nil, err
			}
		}
		seen[dir] = true
		return k, nil
	}
	return nil, nil
}

// inPlugins are the fields whose entries configure kustomize's own plugins, which
// read files too.
var inPlugins = []string{"generators", "transformers", "validators"}

func (k *Kustomization) read(data []byte) error {
	var content map[string]any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return errors.New("it is not a kustomization: " + plainYAML(err))
	}
	k.Component = content["kind"] == "Component"
	if err := local(content); err != nil {
		return err
	}
	for _, field := range slices.Concat([]string{"resources", "bases", "components", "crds", "configurations"}, inPlugins) {
		list, _ := content[field].([]any)
		for _, entry := range list {
			s, _ := entry.(string)
			if err := k.entry(field, s); err != nil {
				return fmt.Errorf("%s: %w", field, err)
			}
		}
	}
	resources, _ := content["resources"].([]any)
	k.Lists = len(k.Uses) > 0 && len(k.Uses) == len(resources) && onlyLists(content)
	return nil
}

// onlyLists reports whether a kustomization says nothing but what it lists, and in
// which order.
func onlyLists(content map[string]any) bool {
	for field, value := range content {
		ok := false
		switch field {
		case "apiVersion":
			ok = value == types.KustomizationVersion
		case "kind":
			ok = value == types.KustomizationKind
		case "sortOptions":
			ok = reflect.DeepEqual(value, map[string]any{"order": string(types.FIFOSortOrder)})
		case "resources":
			ok = true
		}
		if !ok {
			return false
		}
	}
	return true
}

func (k *Kustomization) entry(field, entry string) error {
	plugin := slices.Contains(inPlugins, field)
	if strings.Contains(entry, "\n") { // written in place
		if plugin {
			return localPlugins([]byte(entry))
		}
		return nil
	}
	// Links are followed before "..", as kustomize does.
	at, err := filepath.EvalSymlinks(k.Dir + string(filepath.Separator) + entry)
	if err != nil {
		return fmt.Errorf("%q is not a file or folder here, and nothing is fetched", entry)
	}
	info, err := os.Stat(at)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		k.Uses = append(k.Uses, at)
	case plugin:
		data, err := regular.Read(at, maxFileSize)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		return localPlugins(data)
	}
	return nil
}

// localPlugins reports what the configurations of plugins would fetch.
func localPlugins(data []byte) error {
	for _, doc := range strings.Split(string(data), "\n---") {
		var content any
		if err := yaml.Unmarshal([]byte(doc), &content); err != nil {
			return errors.New(plainYAML(err))
		}
		if err := local(content); err != nil {
			return err
		}
	}
	return nil
}

func local(content any) error {
	for _, s := range stringsIn(content) {
		if strings.Contains(s, "://") && !strings.Contains(s, "\n") {
			return fmt.Errorf("%q would have to be fetched, and nothing is", s)
		}
	}
	return nil
}

// Offline takes the place of the transport by which kustomize fetches what a
// kustomization may hide, like a path that a patch puts into a generator.
type Offline struct{}

// RoundTrip implements http.RoundTripper.
func (Offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is fetched")
}

// plainYAML leaves out how YAML is read.
func plainYAML(err error) string {
	s := strings.TrimPrefix(oneLine(err), "error converting YAML to JSON: ")
	if strings.Contains(s, "into Go value") {
		return "it is no mapping"
	}
	return s
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// isData are the fields that refer to nothing.
var isData = []string{"literals", "patch", "commonAnnotations", "commonLabels", "annotations", "labels", "metadata", "images"}

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
			if !slices.Contains(isData, key) {
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
		return nil, errors.New(oneLine(err))
	}
	return resources.AsYaml()
}
