package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
)

// Built is what kustomize makes of one kustomization.
type Built struct {
	Cluster    string
	Overlay    *generator.Overlay // nil for the Namespace objects of a cluster
	Rollout    bool               // it is what keeps the overlay's namespace open
	Path       string             // below the output folder
	Policies   []*networkingv1.NetworkPolicy
	Namespaces []*corev1.Namespace

	declared []generator.NamespaceObject // of the Namespace objects
}

// Build runs kustomize in memory on every overlay of the tree and judges what
// comes out: each object is of a kind that Hedgerow writes, without a field that
// its type does not have, and none allows more than it says. It calls built, if
// not nil, after each, and once at a time.
func Build(x *generator.Expansion, tree Tree, built func(done, total int)) ([]Built, error) {
	b, err := newBuilder(tree)
	if err != nil {
		return nil, err
	}
	if err := checkTree(x, tree); err != nil {
		return nil, err
	}
	targets, done := targets(x), 0
	errs := make([]error, len(targets))
	var counting sync.Mutex
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i := range targets {
		all.Go(func() error {
			if err := b.build(&targets[i]); err != nil {
				errs[i] = fmt.Errorf("overlay %s: %w", targets[i].Path, err)
			}
			counting.Lock()
			defer counting.Unlock()
			if done++; built != nil {
				built(done, len(targets))
			}
			return nil
		})
	}
	_ = all.Wait() // each has its own error
	if err := cmp.Or(errs...); err != nil {
		return nil, err
	}
	return targets, nil
}

func targets(x *generator.Expansion) (out []Built) {
	for _, c := range x.Clusters {
		for _, o := range c.Overlays {
			out = append(out, Built{Cluster: c.Name, Overlay: o, Path: overlayDir(o)})
			if o.Rollout != nil {
				out = append(out, Built{Cluster: c.Name, Overlay: o, Rollout: true, Path: rolloutDir(o)})
			}
		}
		if len(c.Namespaces) > 0 {
			out = append(out, Built{Cluster: c.Name, Path: path.Join(c.Name, "namespaces"), declared: c.Namespaces})
		}
	}
	return out
}

type builder struct {
	tree    Tree
	fs      filesys.FileSystem
	kustom  *krusty.Kustomizer
	decoder apiruntime.Decoder
}

func newBuilder(tree Tree) (*builder, error) {
	fs := filesys.MakeFsInMemory()
	for file, data := range tree {
		if err := fs.WriteFile(file, data); err != nil {
			return nil, err
		}
	}
	scheme := apiruntime.NewScheme()
	for _, add := range []func(*apiruntime.Scheme) error{networkingv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	// Strict: Flux applies a policy whose "from" is misspelt as one that allows
	// everybody, and so does a decoder that passes over unknown fields.
	decoder := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Strict: true})
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified // each kustomization says its order itself
	return &builder{tree, fs, krusty.MakeKustomizer(opts), decoder}, nil
}

func (b *builder) build(t *Built) error {
	if err := b.checkDeclaredNamespaces(t); err != nil {
		return err
	}
	if err := b.objects(t); err != nil {
		return err
	}
	if t.Rollout {
		return judgeRollout(t)
	}
	for _, p := range t.Policies {
		if err := judge(p, t.Overlay); err != nil {
			return fmt.Errorf("policy %q: %w", p.Name, err)
		}
	}
	return t.complete()
}

// objects runs kustomize and decodes what comes out.
func (b *builder) objects(t *Built) error {
	resources, err := b.kustom.Run(b.fs, t.Path)
	if err != nil {
		return err
	}
	for _, r := range resources.Resources() {
		data, err := asJSON(r)
		if err != nil {
			return err
		}
		object, _, err := b.decoder.Decode(data, nil, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", r.CurId(), err)
		}
		switch o := object.(type) {
		case *networkingv1.NetworkPolicy:
			t.Policies = append(t.Policies, o)
		case *corev1.Namespace:
			t.Namespaces = append(t.Namespaces, o)
		default:
			return fmt.Errorf("%s is of a kind that Hedgerow does not write", r.CurId())
		}
	}
	return nil
}

// asJSON gives what r.MarshalJSON would, which writes YAML and reads it again.
func asJSON(r *resource.Resource) ([]byte, error) {
	var object map[string]any
	if err := r.YNode().Decode(&object); err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// checkDeclaredNamespaces sees to it that the policies of an overlay say its
// namespace before kustomize sets it: the build would hide a wrong one.
func (b *builder) checkDeclaredNamespaces(t *Built) error {
	if t.Overlay == nil {
		return nil
	}
	policies := t.Overlay.Policies
	if t.Rollout {
		policies = []*generator.Policy{t.Overlay.Rollout.Policy}
	}
	for _, p := range policies {
		var head struct {
			Metadata struct{ Namespace string }
		}
		if err := yaml.Unmarshal(b.tree[path.Join(t.Path, p.Name+".yaml")], &head); err != nil {
			return err
		}
		if head.Metadata.Namespace != t.Overlay.Namespace {
			return fmt.Errorf("policy %q says namespace %q instead of %q", p.Name, head.Metadata.Namespace, t.Overlay.Namespace)
		}
	}
	return nil
}
