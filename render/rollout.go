package render

import (
	"bytes"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// rolloutDir is where what keeps an overlay's namespace open stands.
func rolloutDir(o *generator.Overlay) string { return rolloutBeside(o.Cluster, overlayDir(o)) }

// rolloutBeside gives where what keeps the namespace of an overlay open stands,
// if anything does.
func rolloutBeside(cluster, overlay string) string {
	return path.Join(cluster, "rollout", strings.TrimPrefix(overlay, cluster+"/"))
}

// rollout renders what keeps a namespace open, apart from its overlay: it comes
// before that, and to take it away is the whole of what closes the namespace.
func (t Tree) rollout(o *generator.Overlay) error {
	dir, file := rolloutDir(o), generator.AllowAll+".yaml"
	policy := networkPolicy(o.Rollout.Policy, o.Namespace)
	policy.Annotations = rolloutAnnotations(o)
	if err := t.put(path.Join(dir, file), policy); err != nil {
		return err
	}
	return t.kustomization(dir, o.Namespace, []string{file})
}

// rollouts renders what keeps namespaces of a cluster open, and the folders that
// list it.
func (t Tree) rollouts(c *generator.Cluster, d *tenancy.Delivery) error {
	groups := map[string][]string{}
	for _, dir := range rolloutGroups(c, d) {
		groups[dir] = nil
	}
	for _, o := range c.Overlays {
		if o.Rollout == nil {
			continue
		}
		if err := t.rollout(o); err != nil {
			return err
		}
		dir := rolloutDir(o)
		groups[path.Dir(dir)] = append(groups[path.Dir(dir)], path.Base(dir))
	}
	for dir, names := range tenancy.Sorted(groups) {
		if err := t.annotated(dir, "", names, rolloutGroupAnnotations(d, names)); err != nil {
			return err
		}
	}
	return nil
}

// handsOver reports whether what keeps a namespace open goes from one
// Kustomization of Flux to another. That of roll-outs makes it, before its
// environment's is applied, and never touches it again; that of the environment
// has it as well, and so becomes its owner. Flux prunes only what bears the label
// of the Kustomization that does (Inclusions in kustomize-controller's
// deleteObjects), and only after it has applied everything else: at the end that
// of roll-outs leaves the policy alone, and the environment's, if it can be
// applied, removes it last.
func handsOver(d *tenancy.Delivery) bool { return d != nil && d.Flux != nil }

// besideGroup is where what keeps the namespace open stands, from the folder that
// lists its overlay.
func besideGroup(o *generator.Overlay) string {
	return path.Join("..", strings.TrimPrefix(rolloutDir(o), o.Cluster+"/"))
}

// rolloutGroupAnnotations gives what a folder of roll-outs adds to the policies
// that it lists. It stands there and not in them, so that their environments, and
// Argo CD, have them without.
func rolloutGroupAnnotations(d *tenancy.Delivery, listed []string) map[string]string {
	if !handsOver(d) || len(listed) == 0 {
		return nil
	}
	return map[string]string{fluxSSA: "IfNotPresent"}
}

// rolloutGroups gives the folders of a cluster that hold what keeps namespaces
// open, one for each environment, and one for shared namespaces. With Flux they
// are always there, though they be empty: a roll-out that begins or ends then
// changes no Kustomization, so that it matters not when somebody applies those.
// Were there none at its beginning, the deny would come alone.
func rolloutGroups(c *generator.Cluster, d *tenancy.Delivery) (out []string) {
	for _, o := range c.Overlays {
		if o.Rollout != nil || o.Kind != generator.Retired && handsOver(d) {
			out = append(out, path.Dir(rolloutDir(o)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func hasRollouts(c *generator.Cluster) bool {
	return slices.ContainsFunc(c.Overlays, func(o *generator.Overlay) bool { return o.Rollout != nil })
}

// kept is a namespace that a roll-out keeps open.
type kept struct{ cluster, namespace string }

// keptBy gives those of an expansion, with their overlays.
func keptBy(x *generator.Expansion) map[kept]*generator.Overlay {
	out := map[kept]*generator.Overlay{}
	for _, o := range x.Overlays() {
		if o.Rollout != nil {
			out[kept{o.Cluster, o.Namespace}] = o
		}
	}
	return out
}

// kept gives those of the folder as it was found, with the paths of their
// overlays. A namespace may have moved since.
func (o *Output) kept() map[kept]string {
	out := map[kept]string{}
	if o.inventory != nil {
		for _, e := range o.inventory.Namespaces {
			if o.files[path.Join(rolloutBeside(e.Cluster, e.Path), kustomizationFile)] != nil {
				out[kept{e.Cluster, e.Namespace}] = e.Path
			}
		}
	}
	return out
}

// Rollouts gives the overlays of which a roll-out begins with the plan, and those,
// by their paths below the cluster's folder, of which one ends.
func (p *Plan) Rollouts() (begun []*generator.Overlay, ended []string) {
	before, now := p.output.kept(), keptBy(p.expansion)
	for _, o := range p.expansion.Overlays() {
		if _, was := before[kept{o.Cluster, o.Namespace}]; o.Rollout != nil && !was {
			begun = append(begun, o)
		}
	}
	for k, at := range before {
		if now[k] == nil {
			ended = append(ended, strings.TrimPrefix(at, k.cluster+"/"))
		}
	}
	slices.Sort(ended)
	return begun, ended
}

// moves warns of namespaces that move from one Kustomization of Flux to another,
// as when an environment is renamed: the one may remove policies before the other
// writes them, and their deny stays.
func moves(before []NamespaceEntry, x *generator.Expansion, where func(NamespaceEntry) token.Position) []diag.Diagnostic {
	var l diag.List
	if x.Delivery == nil || x.Delivery.Flux == nil {
		return nil
	}
	now := map[kept]NamespaceEntry{}
	for _, e := range namespaceEntries(x) {
		now[kept{e.Cluster, e.Namespace}] = e
	}
	for _, was := range before {
		is, stays := now[kept{was.Cluster, was.Namespace}]
		if !stays || isRetired(was) || isRetired(is) || path.Dir(was.Path) == path.Dir(is.Path) {
			continue
		}
		from, to := fluxKustomizationOf(path.Dir(was.Path)), fluxKustomizationOf(path.Dir(is.Path))
		l.Warn(diag.MovesInFlux, where(was), "suspend "+from+" before this is merged, and delete it when the new one is ready",
			"namespace %q on cluster %q moves from Kustomization %q to %q: between the two, nothing but its deny may be there", was.Namespace, was.Cluster, from, to)
	}
	return l
}

// transitions warns of what would be right in the end, and a risk on the way: of
// namespaces that move, and of roll-outs that end together with other changes.
func (p *Plan) transitions() []diag.Diagnostic {
	o, ended := p.output, map[kept]bool{}
	for k := range o.kept() {
		ended[k] = true
	}
	out := flips(p.expansion, ended, p.touched(), func(dir string) token.Position { return o.at(path.Join(dir, generator.AllowAll+".yaml"), 0) })
	if o.inventory != nil {
		out = append(out, moves(o.inventory.Namespaces, p.expansion, o.whereListed)...)
	}
	return out
}

// CheckTransitions warns, of a folder that is to become the tree of an expansion,
// of what would be right in the end, and a risk on the way there.
func CheckTransitions(o *Output, x *generator.Expansion, tree Tree) []diag.Diagnostic {
	p := &Plan{tree: tree, output: o, expansion: x}
	p.compare()
	return p.transitions()
}

// CheckTransitionsFrom is CheckTransitions where no output folder is at hand: it
// compares with what the tenancy in a file was before.
func CheckTransitionsFrom(before, x *generator.Expansion, tree Tree, file string) ([]diag.Diagnostic, error) {
	old, err := Files(before)
	if err != nil {
		return nil, err
	}
	was := map[kept]bool{}
	for k := range keptBy(before) {
		was[k] = true
	}
	var changed []string
	for name, data := range old {
		if now, stays := tree[name]; !stays || !bytes.Equal(now, data) {
			changed = append(changed, name)
		}
	}
	for name := range tree {
		if _, was := old[name]; !was {
			changed = append(changed, name)
		}
	}
	at := token.Position{Filename: file}
	out := flips(x, was, foldersOf(changed), func(string) token.Position { return at })
	return append(out, moves(namespaceEntries(before), x, func(NamespaceEntry) token.Position { return at })...), nil
}

// flips warns of roll-outs that end together with other changes of what applies
// to the namespace, where somebody syncs it with objects of their own: the one
// folder may be pruned before the other is applied. With those that Hedgerow
// renders, Argo CD (PruneLast) and Flux (handsOver) prune after that.
func flips(x *generator.Expansion, was map[kept]bool, touched map[string]bool, at func(dir string) token.Position) []diag.Diagnostic {
	var l diag.List
	if x.Delivery != nil {
		return nil
	}
	for _, o := range x.Overlays() {
		ends := was[kept{o.Cluster, o.Namespace}] && o.Rollout == nil && o.Kind != generator.Retired
		if ends && (touched[overlayDir(o)] || touched[path.Join(o.Cluster, "base")]) {
			l.Warn(diag.RolloutFlip, at(rolloutDir(o)), "end the roll-out in a commit of its own, when all else is applied",
				"the roll-out of namespace %q on cluster %q ends, and its policies change at once", o.Namespace, o.Cluster)
		}
	}
	return l
}
