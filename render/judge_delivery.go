package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"text/template"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A deliveryJudge reads what was rendered for Argo CD and Flux, which no build
// of an overlay shows.
type deliveryJudge struct {
	d    *tenancy.Delivery
	tree Tree
	seen map[string]bool
}

// judgeDelivery refuses objects of Argo CD and Flux that would sync anything but
// the overlays, less than all of them, or with more rights than that takes.
func judgeDelivery(x *generator.Expansion, tree Tree) error {
	j := &deliveryJudge{x.Delivery, tree, map[string]bool{}}
	for _, c := range x.Clusters {
		if c.Guard == nil {
			continue
		}
		if err := j.guard(c); err != nil {
			return err
		}
	}
	if j.d != nil && j.d.ArgoCD != nil {
		if err := j.tenants(); err != nil {
			return err
		}
		for _, c := range x.Clusters {
			if err := j.argocd(c); err != nil {
				return err
			}
		}
	}
	if j.d != nil && j.d.Flux != nil {
		for _, c := range x.Clusters {
			if err := j.flux(c); err != nil {
				return err
			}
		}
	}
	for file := range tree {
		if strings.HasPrefix(file, "delivery/") && path.Base(file) != kustomizationFile && !j.seen[file] {
			return fmt.Errorf("%s is no part of any delivery", file)
		}
	}
	return nil
}

// deliveryFolders gives the folders below delivery that have a kustomization,
// with the files that each must list.
func deliveryFolders(x *generator.Expansion, tree Tree) map[string][]string {
	out := map[string][]string{}
	if x.Delivery != nil && x.Delivery.ArgoCD != nil {
		out[argoFolder] = nil
	}
	if x.Delivery != nil && x.Delivery.Flux != nil {
		for _, c := range x.Clusters {
			out[path.Join(fluxFolder, c.Name)] = nil
		}
	}
	for _, c := range x.Clusters {
		if c.Guard != nil {
			out[path.Join(guardFolder, c.Name)] = nil
		}
	}
	for file := range tree {
		if files, ok := out[path.Dir(file)]; ok && path.Base(file) != kustomizationFile {
			out[path.Dir(file)] = append(files, path.Base(file))
		}
	}
	return out
}

// read reads an object into out, whose type must hold all that the file says: a
// targetNamespace or a finalizer that nobody looks at is refused here.
func (j *deliveryJudge) read(dir, kind, name, namespace string, out deliveryObject) error {
	file := path.Join(dir, objectFile(kind, name))
	j.seen[file] = true
	if err := yaml.UnmarshalStrict(j.tree[file], out); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	again, err := yaml.Marshal(out)
	if err != nil {
		return err
	}
	switch {
	case !bytes.Equal(again, j.tree[file]):
		return fmt.Errorf("%s says something that is not what is rendered", file)
	case out.GroupVersionKind().Kind != kind || out.GetName() != name || out.GetNamespace() != namespace:
		return fmt.Errorf("%s is not %s %q in namespace %q", file, kind, name, namespace)
	}
	return nil
}

// inFile reports the first thing that is wrong with a file, if any is.
func inFile(dir, kind, name string, wrong ...string) error {
	for _, w := range wrong {
		if w != "" {
			return fmt.Errorf("%s: %s", path.Join(dir, objectFile(kind, name)), w)
		}
	}
	return nil
}

func unless(right bool, wrong string) string {
	if right {
		return ""
	}
	return wrong
}

func (j *deliveryJudge) tenants() error {
	const name = tenancy.TenantsProject
	p := &appProject{}
	if err := j.read(argoFolder, "AppProject", name, j.d.ArgoCD.Namespace, p); err != nil {
		return err
	}
	forbids := func(list []groupKind, group, kind string) bool {
		return slices.ContainsFunc(list, func(k groupKind) bool {
			return k.Group == group && (k.Kind == kind || k.Kind == "*") && k.Name == ""
		})
	}
	s := p.Spec
	allows := len(s.SourceRepos) + len(s.Destinations) + len(s.ClusterResourceWhitelist) + len(s.NamespaceResourceWhitelist)
	wrong := unless(allows == 0, "it allows something")
	if !forbids(s.NamespaceResourceBlacklist, "networking.k8s.io", "NetworkPolicy") {
		wrong = "it lets tenants write NetworkPolicies"
	}
	whole, single := policyGroups()
	for _, k := range single {
		if !forbids(s.NamespaceResourceBlacklist, k.Group, k.Kind) {
			wrong = "it lets tenants write " + k.Kind + " of " + k.Group
		}
	}
	for _, group := range whole {
		if !forbids(s.NamespaceResourceBlacklist, group, "*") || !forbids(s.ClusterResourceBlacklist, group, "*") {
			wrong = "it lets tenants write policies of " + group
		}
	}
	return inFile(argoFolder, "AppProject", name, wrong)
}

func (j *deliveryJudge) argocd(c *generator.Cluster) error {
	name := tenancy.Project(c.Name)
	p, s := &appProject{}, &applicationSet{}
	if err := j.read(argoFolder, "AppProject", name, j.d.ArgoCD.Namespace, p); err != nil {
		return err
	}
	if err := inFile(argoFolder, "AppProject", name, j.project(c, p.Spec)); err != nil {
		return err
	}
	if err := j.read(argoFolder, "ApplicationSet", name, j.d.ArgoCD.Namespace, s); err != nil {
		return err
	}
	template := s.Spec.Template
	if err := inFile(argoFolder, "ApplicationSet", name, applicationSetWrong(c, s.Spec),
		j.paths(template.Metadata.Annotations, "{{.path}}", path.Join(c.Name, "base")),
		j.application(c, template.Spec, "{{.path}}", "{{.namespace}}")); err != nil {
		return err
	}
	if err := inFile(argoFolder, "ApplicationSet", name, j.patched(c, s.Spec)); err != nil {
		return err
	}
	if len(c.Namespaces) == 0 {
		return nil
	}
	a, dir := &application{}, path.Join(c.Name, "namespaces")
	name = c.Name + ".namespaces"
	if err := j.read(argoFolder, "Application", name, j.d.ArgoCD.Namespace, a); err != nil {
		return err
	}
	return inFile(argoFolder, "Application", name, unless(len(a.Finalizers) == 0, "it takes along what it applied when it goes"),
		j.paths(a.Annotations, dir), j.application(c, a.Spec, dir, ""))
}

// project says what is wrong with the bounds of a cluster's Applications.
func (j *deliveryJudge) project(c *generator.Cluster, s projectSpec) string {
	want := map[argoDestination]bool{}
	at := j.d.ArgoCD.Destination(c.Name)
	for _, o := range c.Overlays {
		want[argoDestination{at.Name.Text, at.Server.Text, o.Namespace}] = true
	}
	objects := map[groupKind]bool{}
	for _, n := range c.Namespaces {
		objects[groupKind{"", "Namespace", n.Name}] = true
		want[argoDestination{Name: at.Name.Text, Server: at.Server.Text}] = true
	}
	switch {
	case !slices.Equal(s.SourceRepos, []string{j.d.Repository.Text}):
		return "it allows another repository"
	case !slices.Equal(s.NamespaceResourceWhitelist, []groupKind{{Group: "networking.k8s.io", Kind: "NetworkPolicy"}}):
		return "it allows other kinds than NetworkPolicy"
	case !holds(s.ClusterResourceWhitelist, objects):
		return "it allows other objects of the cluster than its Namespaces"
	case !holds(s.Destinations, want):
		return "it allows other destinations than the namespaces that have overlays"
	case len(s.NamespaceResourceBlacklist)+len(s.ClusterResourceBlacklist) > 0:
		return "it forbids what it must allow"
	}
	return ""
}

// holds reports whether a list holds each of a set once, and nothing else.
func holds[T comparable](list []T, want map[T]bool) bool {
	got := map[T]bool{}
	for _, e := range list {
		got[e] = true
	}
	return len(got) == len(list) && maps.Equal(got, want)
}

// applicationSetWrong says what is wrong with the list of a cluster's overlays.
func applicationSetWrong(c *generator.Cluster, s applicationSetSpec) string {
	want, got := map[[3]string]bool{}, [][3]string{}
	for _, o := range c.Overlays {
		e := [3]string{o.Namespace, overlayDir(o)}
		if o.Rollout != nil {
			e[2] = rolloutDir(o)
		}
		want[e] = true
	}
	rollouts := hasRollouts(c)
	if len(s.Generators) == 1 {
		for _, e := range s.Generators[0].List.Elements {
			if rollouts != (e.Rollout != nil) {
				return "a namespace does not say whether it is kept open"
			}
			rollout := ""
			if rollouts {
				rollout = *e.Rollout
			}
			got = append(got, [3]string{e.Namespace, e.Path, rollout})
		}
	}
	switch {
	case !s.SyncPolicy.PreserveResourcesOnDeletion:
		return "an overlay that goes takes the deny of its namespace along"
	case !s.GoTemplate || !slices.Equal(s.GoTemplateOptions, []string{"missingkey=error"}):
		return "a parameter that is missing is no error"
	case !holds(got, want):
		return "it does not list each overlay once, and nothing else"
	case s.Template.Metadata.Name != c.Name+"-{{.namespace}}":
		return "the name of an Application depends on more than cluster and namespace"
	}
	return ""
}

// patched says what is wrong with what Argo CD makes of the patch for each
// namespace of a list that was judged: one that is kept open has both its folders as sources, and no other
// is patched.
func (j *deliveryJudge) patched(c *generator.Cluster, s applicationSetSpec) string {
	if !hasRollouts(c) {
		return unless(s.TemplatePatch == "", "it patches Applications")
	}
	patch, err := template.New("").Option("missingkey=error").Parse(s.TemplatePatch)
	if err != nil {
		return "its patch cannot be read"
	}
	for _, e := range s.Generators[0].List.Elements {
		var text bytes.Buffer
		if patch.Execute(&text, map[string]string{"namespace": e.Namespace, "path": e.Path, "rollout": *e.Rollout}) != nil {
			return "its patch cannot be filled in"
		}
		var p applicationPatch
		if yaml.UnmarshalStrict(text.Bytes(), &p) != nil {
			return "its patch is more than sources"
		}
		if *e.Rollout == "" {
			if !reflect.ValueOf(p).IsZero() {
				return "it patches the Application of a namespace that is closed"
			}
			continue
		}
		if wrong := j.paths(p.Metadata.Annotations, e.Path, path.Join(c.Name, "base"), *e.Rollout); wrong != "" {
			return wrong
		}
		right := []argoSource{sourceOf(j.d, e.Path), sourceOf(j.d, *e.Rollout)}
		if len(p.Metadata.Annotations) != 1 || string(p.Spec.Source) != "null" || !slices.Equal(p.Spec.Sources, right) {
			return "what keeps a namespace open is not a source beside its overlay"
		}
	}
	return ""
}

// An applicationPatch is all that the patch of an Application may hold.
type applicationPatch struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Source  json.RawMessage `json:"source"` // null takes the template's away
		Sources []argoSource    `json:"sources"`
	} `json:"spec"`
}

// paths says whether a change below one of the folders would be passed over.
func (j *deliveryJudge) paths(annotations map[string]string, below ...string) string {
	got := strings.Split(annotations[generatePaths], ";")
	for _, p := range below {
		if !slices.Contains(got, path.Join("/", j.d.Path.Text, p)) {
			return "a change of " + p + " would be passed over"
		}
	}
	return ""
}

func (j *deliveryJudge) application(c *generator.Cluster, s applicationSpec, dir, namespace string) string {
	at := j.d.ArgoCD.Destination(c.Name)
	switch source := s.Source; {
	case s.Project != tenancy.Project(c.Name):
		return "it is in another project"
	case source.RepoURL != j.d.Repository.Text || source.TargetRevision != "refs/heads/"+j.d.Branch.Text:
		return "it has another source"
	case source.Path != path.Join(j.d.Path.Text, dir):
		return "it has another path"
	case s.Destination != argoDestination{at.Name.Text, at.Server.Text, namespace}:
		return "it has another destination"
	case !s.SyncPolicy.Automated.Prune:
		return "what is closed would stay open: it does not prune"
	case !s.SyncPolicy.Automated.SelfHeal || s.SyncPolicy.Retry.Limit >= 0 || !s.SyncPolicy.Retry.Refresh:
		return "it gives up"
	case !slices.Equal(s.SyncPolicy.SyncOptions, []string{"PruneLast=true", "ServerSideApply=true", "FailOnSharedResource=true"}):
		return "it has other options"
	}
	return ""
}

func (j *deliveryJudge) flux(c *generator.Cluster) error {
	dir, f := path.Join(fluxFolder, c.Name), j.d.Flux
	r := &gitRepository{}
	if err := j.read(dir, "GitRepository", fluxName, f.Namespace, r); err != nil {
		return err
	}
	right := r.Spec.URL == j.d.Repository.Text && r.Spec.Ref.Branch == j.d.Branch.Text
	if err := inFile(dir, "GitRepository", fluxName, unless(right, "it clones something else")); err != nil {
		return err
	}
	folders := append(overlayGroups(c), rolloutGroups(c, j.d)...)
	if len(c.Namespaces) > 0 {
		folders = append(folders, path.Join(c.Name, "namespaces"))
	}
	for _, folder := range folders {
		name, k := fluxKustomizationOf(folder), &fluxKustomization{}
		if err := j.read(dir, "Kustomization", name, f.Namespace, k); err != nil {
			return err
		}
		if err := inFile(dir, "Kustomization", name, j.kustomization(c, k.Spec, folder)); err != nil {
			return err
		}
	}
	return j.rights(c, dir)
}

func (j *deliveryJudge) kustomization(c *generator.Cluster, s fluxKustomizationSpec, folder string) string {
	var needs []reference
	if len(c.Namespaces) > 0 && path.Base(folder) != "namespaces" {
		needs = append(needs, reference{Name: fluxNamespaces})
	}
	// A folder of roll-outs stands one deeper, and comes before the overlays.
	if first := path.Join(c.Name, "rollout", path.Base(folder)); path.Dir(folder) == c.Name && slices.Contains(rolloutGroups(c, j.d), first) {
		needs = append(needs, reference{Name: fluxKustomizationOf(first)})
	}
	switch {
	case !s.Prune:
		return "what is closed would stay open: it does not prune"
	case !s.Wait:
		return "workloads would not wait for their policies"
	case s.Path != "./"+path.Join(j.d.Path.Text, folder) || s.SourceRef != reference{"GitRepository", fluxName}:
		return "it has another source or path"
	case s.ServiceAccountName != j.d.Flux.ServiceAccount:
		return "it works with other rights"
	case !slices.Equal(s.DependsOn, needs):
		return "it depends on something else"
	}
	return ""
}

// rights judges what the ServiceAccount may do, and that nobody else may.
func (j *deliveryJudge) rights(c *generator.Cluster, dir string) error {
	f := j.d.Flux
	account, role, binding := &corev1.ServiceAccount{}, &rbacv1.ClusterRole{}, &rbacv1.ClusterRoleBinding{}
	for _, err := range []error{
		j.read(dir, "ServiceAccount", f.ServiceAccount, f.Namespace, account),
		j.read(dir, "ClusterRole", fluxName, "", role),
		j.read(dir, "ClusterRoleBinding", fluxName, "", binding),
	} {
		if err != nil {
			return err
		}
	}
	may := map[string]string{}
	for _, r := range role.Rules {
		what := strings.Join(append(append(slices.Clone(r.ResourceNames), r.NonResourceURLs...), r.APIGroups...), ",") + "/" + strings.Join(r.Resources, ",")
		may[what] += strings.Join(r.Verbs, " ")
	}
	want := map[string]string{"networking.k8s.io/networkpolicies": "get list watch create update patch delete"}
	if len(c.Namespaces) > 0 {
		want["/namespaces"] = "get list watch create update patch"
	}
	if err := inFile(dir, "ClusterRole", fluxName, unless(maps.Equal(may, want) && role.AggregationRule == nil, "it gives other rights")); err != nil {
		return err
	}
	right := slices.Equal(binding.Subjects, []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: f.Namespace, Name: f.ServiceAccount}}) &&
		binding.RoleRef == rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: fluxName}
	return inFile(dir, "ClusterRoleBinding", fluxName, unless(right, "it binds something else"))
}
