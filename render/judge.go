package render

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
)

// checkTree refuses what no build of an overlay would show: a file that no
// kustomization lists, a kustomization that is meant to list overlays or objects
// and is more than that, and objects for Argo CD and Flux that sync anything
// else.
func checkTree(x *generator.Expansion, tree Tree) error {
	lists, rollouts := deliveryFolders(x, tree), map[string]bool{}
	for _, c := range x.Clusters {
		for _, dir := range rolloutGroups(c, x.Delivery) {
			lists[dir], rollouts[dir] = nil, true
		}
	}
	flux := x.Delivery != nil && x.Delivery.Flux != nil
	for _, o := range x.Overlays() {
		dirs := []string{overlayDir(o)}
		if o.Rollout != nil {
			dirs = append(dirs, rolloutDir(o))
		}
		for _, dir := range dirs {
			lists[path.Dir(dir)] = append(lists[path.Dir(dir)], path.Base(dir))
		}
		if dir := path.Dir(overlayDir(o)); o.Rollout != nil && flux {
			lists[dir] = append(lists[dir], "../rollout/"+path.Base(dir)+"/"+o.Name)
		}
	}
	listed, folders, built := map[string]bool{}, kustomizations(x), map[string]bool{}
	for _, t := range targets(x) {
		built[t.Path] = true
	}
	for dir := range lists {
		folders[dir] = true
	}
	for file, data := range tree {
		if path.Base(file) != kustomizationFile {
			continue
		}
		if !folders[path.Dir(file)] {
			return fmt.Errorf("%s is a kustomization that nothing declares", file)
		}
		if built[path.Dir(file)] {
			continue // its build looks at it
		}
		var k types.Kustomization
		if err := yaml.UnmarshalStrict(data, &k); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		dir := path.Dir(file)
		for _, r := range k.Resources {
			listed[path.Join(dir, r)] = true
		}
		if entries, ok := lists[dir]; ok {
			if rollouts[dir] && flux && len(entries) > 0 {
				if len(k.CommonAnnotations) != 1 || k.CommonAnnotations[fluxSSA] != "IfNotPresent" {
					return fmt.Errorf("%s: Flux would not leave what it lists to the environment", file)
				}
				k.CommonAnnotations = nil
			}
			if err := judgeList(k, entries); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			delete(lists, dir)
		}
	}
	for dir := range lists {
		return fmt.Errorf("%s has no kustomization", dir)
	}
	for file := range tree {
		if path.Base(file) != kustomizationFile && !listed[file] && !built[path.Dir(file)] {
			return fmt.Errorf("%s is listed by no kustomization", file)
		}
	}
	return judgeDelivery(x, tree)
}

// kustomizations gives the folders in which a kustomization is expected, but for
// those that are lists.
func kustomizations(x *generator.Expansion) map[string]bool {
	out := map[string]bool{}
	for _, c := range x.Clusters {
		for _, layer := range c.Base {
			out[path.Join(c.Name, "base", layer.Name)] = true
		}
		for _, o := range c.Overlays {
			out[overlayDir(o)] = true
			if o.Rollout != nil {
				out[rolloutDir(o)] = true
			}
		}
		out[path.Join(c.Name, "namespaces")] = len(c.Namespaces) > 0
	}
	return out
}

// judgeList sees to it that a kustomization lists its overlays or objects and
// does nothing else: then what it builds is what they build.
func judgeList(k types.Kustomization, entries []string) error {
	slices.Sort(entries)
	if got := slices.Sorted(slices.Values(k.Resources)); !slices.Equal(got, entries) {
		return fmt.Errorf("it does not list exactly what is there: %d entries instead of %d", len(got), len(entries))
	}
	k.TypeMeta, k.Resources, k.SortOptions = types.TypeMeta{}, nil, nil
	if !reflect.ValueOf(k).IsZero() {
		return fmt.Errorf("it does more than list what is there")
	}
	return nil
}

// complete reports whether everything that the overlay lists came out.
func (t *Built) complete() error {
	if t.Overlay == nil {
		if len(t.Policies) > 0 {
			return fmt.Errorf("policy %q stands among Namespace objects", t.Policies[0].Name)
		}
		return t.completeNamespaces()
	}
	if !slices.Contains(t.Overlay.Layers, generator.LayerDeny) {
		return fmt.Errorf("it has no deny")
	}
	want := len(t.Overlay.Layers) + len(t.Overlay.Policies)
	if len(t.Policies) != want || len(t.Namespaces) > 0 {
		return fmt.Errorf("%d policies and %d Namespace objects were built instead of %d and none", len(t.Policies), len(t.Namespaces), want)
	}
	return nil
}

// completeNamespaces reports whether every declared Namespace object came out,
// with the Pod Security level that it was given and protected from pruning.
func (t *Built) completeNamespaces() error {
	if len(t.Namespaces) != len(t.declared) {
		return fmt.Errorf("%d Namespace objects were built instead of %d", len(t.Namespaces), len(t.declared))
	}
	for i, n := range t.Namespaces {
		d := t.declared[i]
		if n.Name != d.Name || n.Labels["pod-security.kubernetes.io/enforce"] != d.PodSecurity {
			return fmt.Errorf("namespace %q was built instead of %q, or with another Pod Security level", n.Name, d.Name)
		}
		if err := judgeKept(n.Annotations); err != nil {
			return fmt.Errorf("namespace %q: %w", n.Name, err)
		}
	}
	return nil
}

// judgeKept refuses an object that Argo CD or Flux would remove when it leaves
// the source.
func judgeKept(annotations map[string]string) error {
	options := strings.Split(annotations[argoOptions], ",")
	if !slices.Contains(options, "Prune=false") || !slices.Contains(options, "Delete=false") {
		return fmt.Errorf("it could be removed by Argo CD")
	}
	if annotations[fluxPrune] != "disabled" {
		return fmt.Errorf("it could be removed by Flux")
	}
	return nil
}

// judgeCause refuses a policy that says that it is there for another flow, or
// for another reason.
func judgeCause(p *networkingv1.NetworkPolicy, o *generator.Overlay) error {
	i := slices.IndexFunc(o.Policies, func(q *generator.Policy) bool { return q.Name == p.Name })
	switch {
	case i < 0 && p.Name == generator.LayerDeny && p.Annotations[argoCompare] != "IgnoreExtraneous":
		return fmt.Errorf("it would show as out of sync in Argo CD once it left the source")
	case i < 0 && p.Name == generator.LayerDeny:
		return judgeKept(p.Annotations)
	case i < 0:
		return nil
	}
	note, flow := NoteOf(p.Annotations), o.Policies[i].Cause.Flow
	if !strings.HasPrefix(p.Name, "allow-"+flow.Name+"-") || note.Flow != flow.Name || note.Reason != flow.Reason || note.Expires != flow.Expires.Text {
		return fmt.Errorf("it says that it is there for flow %q, not for %q as declared", note.Flow, flow.Name)
	}
	return nil
}

// judgeRollout refuses what keeps a namespace open if it is more or less than
// that: one policy that allows everything there, and says why and until when.
func judgeRollout(t *Built) error {
	if len(t.Policies) != 1 || len(t.Namespaces) > 0 {
		return fmt.Errorf("%d policies and %d Namespace objects were built instead of one and none", len(t.Policies), len(t.Namespaces))
	}
	p, want := t.Policies[0], networkPolicy(t.Overlay.Rollout.Policy, t.Overlay.Namespace)
	switch cause := t.Overlay.Rollout.Cause; {
	case p.Name != want.Name || p.Namespace != want.Namespace || !reflect.DeepEqual(p.Spec, want.Spec):
		return fmt.Errorf("policy %q of namespace %q is not the one that keeps namespace %q open", p.Name, p.Namespace, want.Namespace)
	case p.Annotations[argoWave] != "-1":
		return fmt.Errorf("policy %q would come after the deny in Argo CD", p.Name)
	case p.Annotations[annotationReason] != cause.Reason || p.Annotations[annotationUntil] != cause.Until.Text:
		return fmt.Errorf("policy %q does not say why and until when it is there", p.Name)
	case p.Annotations[argoOptions] != "" || p.Annotations[fluxPrune] != "" || p.Annotations[fluxSSA] != "":
		return fmt.Errorf("policy %q would not be removed at the end of the roll-out", p.Name)
	}
	return nil
}

// judge refuses a policy that would allow more than it seems to: no peers means
// all peers, no ports means all ports, and no policyTypes leaves egress open.
func judge(p *networkingv1.NetworkPolicy, o *generator.Overlay) error {
	switch {
	case o == nil || p.Namespace != o.Namespace:
		return fmt.Errorf("it is in namespace %q", p.Namespace)
	case len(p.Spec.PolicyTypes) == 0:
		return fmt.Errorf("it has no policyTypes")
	}
	if err := judgeCause(p, o); err != nil {
		return err
	}
	layer := p.Annotations[annotationFlow] == ""
	allPorts := layer && (p.Name == generator.LayerSameNamespace || p.Name == generator.LayerProbes)
	for _, r := range p.Spec.Ingress {
		if err := judgeRule("ingress", r.From, len(r.Ports) > 0 || allPorts); err != nil {
			return err
		}
	}
	for _, r := range p.Spec.Egress {
		if err := judgeRule("egress", r.To, len(r.Ports) > 0 || allPorts); err != nil {
			return err
		}
	}
	return nil
}

func judgeRule(direction string, peers []networkingv1.NetworkPolicyPeer, ports bool) error {
	if len(peers) == 0 {
		return fmt.Errorf("an %s rule has no peers and would allow all", direction)
	}
	for _, p := range peers {
		if p.IPBlock == nil && p.NamespaceSelector == nil && p.PodSelector == nil {
			return fmt.Errorf("an %s rule has an empty peer", direction)
		}
	}
	if !ports {
		return fmt.Errorf("an %s rule has no ports and would allow all", direction)
	}
	return nil
}
