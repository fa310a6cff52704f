package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

const repository = "../.."

var policies = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}

// testTenancies applies every tenancy of the repository, one cluster of it after
// the other: as Flux does, by environment, and a second time as Argo CD does, by
// namespace.
func testTenancies(t *testing.T, s *server) {
	dirs, err := tenancies.Folders(repository)
	if err != nil {
		t.Fatal(err)
	}
	overlays, objects, delivered, accounts := 0, 0, 0, 0
	for _, dir := range dirs {
		r, diags, err := expand(dir)
		if err != nil || r == nil {
			t.Fatalf("%s: %v %v", dir, err, diags)
		}
		folder := t.TempDir()
		if err := r.write(folder); err != nil {
			t.Fatal(err)
		}
		delivered += s.deliver(t, folder, r)
		for _, cluster := range r.clusters() {
			a := applied{server: s, T: t, folder: folder, overlays: r.ofCluster(cluster)}
			if account := r.account(t, cluster); account != "" {
				a.apply(t.Context(), flux(cluster)) // one server has but one role of this name
				a.as = account
				a.mayDoNothingElse()
				accounts++
			}
			a.cluster()
			overlays += len(a.overlays)
			objects += len(a.want())
		}
	}
	t.Logf("%d tenancies: %d objects of %d overlays, and %d for Argo CD and Flux, are kept as they were rendered, and stay untouched when they are applied again",
		len(dirs), objects, overlays, delivered)
	t.Logf("on %d clusters that was done with the rights of the account that Flux works as", accounts)
	tenancies.Quoted(t, repository, "%s objects of %s overlays, and %s for Argo CD, Flux and guards", objects, overlays, delivered)
	if delivered == 0 || accounts == 0 {
		t.Error("no tenancy is delivered")
	}
}

// applied is a cluster of a tenancy that is applied.
type applied struct {
	*server
	*testing.T
	folder   string
	overlays []overlay
	as       string // who applies them, if not the administrator
}

// want gives all objects.
func (a *applied) want() (out []*object) {
	for _, o := range a.overlays {
		out = append(out, o.objects...)
	}
	return out
}

func (a *applied) cluster() {
	a.namespaces()
	for _, dir := range a.groups() {
		a.apply(a.Context(), dir)
	}
	first := a.live()
	compare(a.T, a.want(), first)
	tenancies.InParallel(a.overlays, func(o overlay) { a.apply(a.Context(), o.path) })
	compareVersions(a.T, first, a.live())
	a.clear()
}

// groups gives the folders that hold those of all namespaces: of Namespace
// objects, of roll-outs, of environments, and of shared and retired namespaces.
func (a *applied) groups() (out []string) {
	for _, o := range a.overlays {
		dir := path.Dir(o.path)
		if o.isNamespaces() {
			dir = o.path
		}
		if !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// rank says which folders of a cluster come first: an environment takes over what
// its roll-outs make.
func rank(dir string) int {
	switch {
	case path.Base(dir) == "namespaces":
		return 0
	case path.Base(path.Dir(dir)) == "rollout":
		return 1
	}
	return 2
}

// apply has kubectl apply a folder.
func (a *applied) apply(ctx context.Context, dir string) {
	args := []string{"apply", "--server-side", "--validate=strict", "-k", filepath.Join(a.folder, dir)}
	if a.as != "" {
		args = append(args, "--as="+a.as)
	}
	if err := a.kubectl(ctx, args...); err != nil {
		a.Errorf("%s: %v", dir, err)
	}
}

// namespaces makes those that the tenancy takes for granted.
func (a *applied) namespaces() {
	for _, o := range a.want() {
		if ns := o.GetNamespace(); ns != "" {
			if err := a.ensureNamespace(a.Context(), ns); err != nil {
				a.Fatal(err)
			}
		}
	}
}

// live gives every policy that the server keeps, and those Namespace objects
// that were rendered.
func (a *applied) live() map[string]*object {
	out := map[string]*object{}
	list, err := a.objects.Resource(policies).List(a.Context(), metav1.ListOptions{})
	if err != nil {
		a.Fatal(err)
	}
	for i := range list.Items {
		out[name(&list.Items[i])] = &list.Items[i]
	}
	for _, o := range a.want() {
		if o.GetKind() != "Namespace" {
			continue
		}
		if out[name(o)], err = a.get(a.Context(), o); err != nil {
			a.Fatal(err)
		}
	}
	return out
}

// clear makes room for the next cluster, whose namespaces can have the same
// names.
func (a *applied) clear() {
	used := map[string]bool{}
	for _, o := range a.want() {
		used[o.GetNamespace()] = true
	}
	delete(used, "")
	tenancies.InParallel(slices.Collect(maps.Keys(used)), func(ns string) {
		where := a.objects.Resource(policies).Namespace(ns)
		if err := where.DeleteCollection(a.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
			a.Error(err)
		}
	})
}

// deliver applies the objects for Argo CD and Flux, and guards for a while, and
// gives how many there are.
func (s *server) deliver(t *testing.T, folder string, r *rendered) (count int) {
	folders, err := r.delivery()
	if err != nil {
		t.Fatal(err)
	}
	for dir, objects := range folders {
		a := applied{server: s, T: t, folder: folder, overlays: []overlay{{path: dir, objects: objects}}}
		a.namespaces()
		a.apply(t.Context(), dir)
		compare(t, objects, a.kept())
		// The second time stores the status that the definitions of Flux default
		// to, if no controller has written one; the third changes nothing.
		a.apply(t.Context(), dir)
		first := a.kept()
		compare(t, objects, first)
		a.apply(t.Context(), dir)
		compareVersions(t, first, a.kept())
		if strings.HasPrefix(dir, "delivery/guard/") { // or nobody could clear up
			s.unguard(t, objects)
		}
		count += len(objects)
	}
	return count
}

// kept gives what the server keeps under the names of all objects.
func (a *applied) kept() map[string]*object {
	out := map[string]*object{}
	for _, o := range a.want() {
		got, err := a.get(a.Context(), o)
		if err != nil {
			a.Fatal(fmt.Errorf("%s: %w", name(o), err))
		}
		out[name(o)] = got
	}
	return out
}
