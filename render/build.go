package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
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
// its type does not have, and none allows more than it says. What the cache, if
// not nil, holds is not built again. It calls built, if not nil, after each, and
// once at a time.
func Build(x *generator.Expansion, tree Tree, cache Cache, built func(done, total int)) ([]Built, error) {
	if err := checkTree(x, tree); err != nil {
		return nil, err
	}
	b, err := newBuilder(tree, cache)
	if err != nil {
		return nil, err
	}
	targets, done := targets(x), 0
	errs := make([]error, len(targets))
	var counting sync.Mutex
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for _, batch := range batches(targets) {
		all.Go(func() error {
			b.build(targets, batch, errs)
			counting.Lock()
			defer counting.Unlock()
			if done += len(batch); built != nil {
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

// judge judges what was built.
func (t *Built) judge() error {
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

type builder struct {
	tree    Tree
	folders map[string][]string // the names of the files in each folder, sorted
	bases   map[string][]string // the files below the base of each cluster, sorted
	cache   Cache
	kustom  *krusty.Kustomizer
	decoder apiruntime.Decoder
}

func newBuilder(tree Tree, cache Cache) (*builder, error) {
	b := &builder{tree: tree, folders: map[string][]string{}, bases: map[string][]string{}, cache: cache}
	for _, file := range tenancy.Keys(tree) {
		dir, name := path.Split(file)
		b.folders[path.Clean(dir)] = append(b.folders[path.Clean(dir)], name)
		if cluster, below, _ := strings.Cut(file, "/"); strings.HasPrefix(below, "base/") {
			b.bases[cluster] = append(b.bases[cluster], file)
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
	b.decoder = serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Strict: true})
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified // each kustomization says its order itself
	b.kustom = krusty.MakeKustomizer(opts)
	return b, nil
}

// build gives the targets of a batch their objects, and judges them. Where what
// was kept is not right, it is built again.
func (b *builder) build(targets []Built, batch []int, errs []error) {
	key := b.key(targets, batch)
	if b.restore(key, targets, batch) && judged(targets, batch, errs) {
		return
	}
	built := true
	for _, i := range batch {
		t := &targets[i]
		t.Policies, t.Namespaces = nil, nil
		if errs[i] = b.checkFolder(t.Path); errs[i] == nil {
			errs[i] = b.objects(t)
		}
		if errs[i] != nil {
			errs[i], built = fmt.Errorf("overlay %s: %w", t.Path, errs[i]), false
		}
	}
	if built && judged(targets, batch, errs) {
		b.keep(key, targets, batch)
	}
}

// judged judges what was built for a batch, and reports whether all is right.
func judged(targets []Built, batch []int, errs []error) bool {
	right := true
	for _, i := range batch {
		if errs[i] = nil; right {
			if err := targets[i].judge(); err != nil {
				errs[i], right = fmt.Errorf("overlay %s: %w", targets[i].Path, err), false
			}
		}
	}
	return right
}

// objects runs kustomize on a folder and decodes what comes out. The folder's
// own files and the base of its cluster are all that the build can see, so it
// depends on nothing else.
func (b *builder) objects(t *Built) error {
	fs := filesys.MakeFsInMemory()
	for _, file := range b.files(t) {
		if err := fs.WriteFile(file, b.tree[file]); err != nil {
			return err
		}
	}
	resources, err := b.kustom.Run(fs, t.Path)
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

// files names what the build of a target may see.
func (b *builder) files(t *Built) (out []string) {
	for _, name := range b.folders[t.Path] {
		out = append(out, path.Join(t.Path, name))
	}
	return append(out, b.bases[t.Cluster]...)
}

// asJSON gives what r.MarshalJSON would, which writes YAML and reads it again.
func asJSON(r *resource.Resource) ([]byte, error) {
	var object map[string]any
	if err := r.YNode().Decode(&object); err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// checkFolder refuses what the build would hide: a file that the kustomization
// does not list, and an object that says another namespace than the one that
// kustomize sets.
func (b *builder) checkFolder(dir string) error {
	var k types.Kustomization
	if err := yaml.UnmarshalStrict(b.tree[path.Join(dir, kustomizationFile)], &k); err != nil {
		return err
	}
	for _, name := range b.folders[dir] {
		if name == kustomizationFile {
			continue
		}
		if !slices.Contains(k.Resources, name) {
			return fmt.Errorf("%s is listed by no kustomization", name)
		}
		var object struct {
			Metadata struct{ Namespace string }
		}
		if err := yaml.Unmarshal(b.tree[path.Join(dir, name)], &object); err != nil {
			return err
		}
		if object.Metadata.Namespace != k.Namespace {
			return fmt.Errorf("%s says namespace %q instead of %q", name, object.Metadata.Namespace, k.Namespace)
		}
	}
	return nil
}
