package main

import (
	"path"
	"strings"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/render"
)

// list gives the path of the overlay's kustomization.
func (o *overlayFiles) list() string { return path.Join(o.Path, "kustomization.yaml") }

// changed gives a file in which text is replaced, once; nothing if it is not
// there.
func (o *overlayFiles) changed(file, old, new string) []render.Tree {
	text := string(o.tree[file])
	if !strings.Contains(text, old) {
		return nil
	}
	return []render.Tree{{file: []byte(strings.Replace(text, old, new, 1))}}
}

// inList damages the list of an overlay.
func inOverlay(old, new string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) []render.Tree { return o.changed(o.list(), old, new) }
}

// withLines adds lines to the list of an overlay.
func withLines(lines string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) []render.Tree {
		return []render.Tree{{o.list(): append([]byte(lines), o.tree[o.list()]...)}}
	}
}

// inFiles damages each file of a policy for a flow.
func inFiles(old, new string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) (out []render.Tree) {
		for _, p := range o.Overlay.Policies {
			out = append(out, o.changed(path.Join(o.Path, p.Name+".yaml"), old, new)...)
		}
		return out
	}
}

// patched gives a patch for each policy of a flow to add to the list; where says
// what a policy must have for it.
func patched(where, patch string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) (out []render.Tree) {
		for _, p := range o.Overlay.Policies {
			if !strings.Contains(string(o.tree[path.Join(o.Path, p.Name+".yaml")]), where) {
				continue
			}
			lines := "patches:\n- target: {kind: NetworkPolicy, name: " + p.Name + "}\n  patch: |-\n    " + strings.ReplaceAll(strings.ReplaceAll(patch, "NAME", p.Name), "\n", "\n    ") + "\n"
			out = append(out, withLines(lines)(o)...)
		}
		return out
	}
}

// inLayer damages a file of the baseline, which every overlay of the cluster is
// built from. It is done at the first overlay.
func inLayer(layer, old, new string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) []render.Tree {
		if o.Overlay.Kind != generator.Shared || o.Overlay.Name != "telemetry" {
			return nil
		}
		return o.changed(path.Join(o.Cluster, "base", layer, layer+".yaml"), old, new)
	}
}

// eachLeftOut leaves out each resource of the list in turn.
func eachLeftOut(o *overlayFiles) (out []render.Tree) {
	for line := range strings.Lines(string(o.tree[o.list()])) {
		if strings.HasPrefix(line, "- ") {
			out = append(out, o.changed(o.list(), line, "")...)
		}
	}
	return out
}

// eachByItsNeighbour puts into the file of each policy what is in the next one.
func eachByItsNeighbour(o *overlayFiles) (out []render.Tree) {
	ps := o.Overlay.Policies
	for i := range ps {
		from, to := ps[(i+1)%len(ps)].Name, ps[i].Name
		if from == to {
			continue
		}
		text := string(o.tree[path.Join(o.Path, from+".yaml")])
		out = append(out, render.Tree{path.Join(o.Path, to+".yaml"): []byte(strings.Replace(text, "  name: "+from+"\n", "  name: "+to+"\n", 1))})
	}
	return out
}

// withFile adds a file to the overlay and its list.
func withFile(text string) func(*overlayFiles) []render.Tree {
	return func(o *overlayFiles) []render.Tree {
		files := o.changed(o.list(), "resources:\n", "resources:\n- foreign.yaml\n")
		files[0][path.Join(o.Path, "foreign.yaml")] = []byte(strings.ReplaceAll(text, "NAMESPACE", o.Overlay.Namespace))
		return files
	}
}

var overlayMutants = []mutantKind{
	{name: "overlay with commonLabels", overlay: withLines("commonLabels: {team: x}\n")},
	{name: "overlay with labels in selectors", overlay: withLines("labels:\n- pairs: {team: x}\n  includeSelectors: true\n")},
	{name: "overlay with labels", harmless: "labels of a policy decide nothing", overlay: withLines("labels:\n- pairs: {team: x}\n")},
	{name: "overlay with commonAnnotations", harmless: "annotations of a policy decide nothing", overlay: withLines("commonAnnotations: {team: x}\n")},
	{name: "overlay with a prefix for names", overlay: withLines("namePrefix: x-\n")},
	{name: "overlay with images", harmless: "policies have no images", overlay: withLines("images:\n- {name: web, newTag: v2}\n")},
	{name: "overlay with another namespace", overlay: inOverlay("namespace: ", "namespace: x-")},
	{name: "overlay without its namespace", overlay: inOverlay("namespace: ", "# namespace: ")},
	{name: "policy left out of the list", overlay: eachLeftOut},
	{name: "layer listed in the place of another", overlay: inOverlay("../../base/default-deny", "../../base/allow-dns")},
	{name: "layer listed twice", overlay: inOverlay("- ../../base/allow-dns\n", "- ../../base/allow-dns\n- ../../base/allow-dns\n")},
	{name: "layer that there is not", overlay: inOverlay("../../base/default-deny", "../../base/default-denied")},
	{name: "patch that removes a policy", overlay: patched("", "$patch: delete\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: NAME}")},
	{name: "patch that removes from", overlay: patched("- from:", "- {op: remove, path: /spec/ingress/0/from}")},
	{name: "patch that removes to", overlay: patched("  egress:", "- {op: remove, path: /spec/egress/0/to}")},
	{name: "patch that removes ports", overlay: patched("- from:", "- {op: remove, path: /spec/ingress/0/ports}")},
	{name: "patch that removes policyTypes", overlay: patched("", "- {op: remove, path: /spec/policyTypes}")},
	{name: "patch that removes the selector", overlay: patched("", "- {op: remove, path: /spec/podSelector}")},
	{name: "patch of a port", overlay: patched("- from:", "- {op: replace, path: /spec/ingress/0/ports/0/port, value: 22}")},
	{name: "patch that merges a label", overlay: patched("", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: NAME}\nspec: {podSelector: {matchLabels: {track: canary}}}")},
	{name: "patch that merges ingress", overlay: patched("- from:", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: NAME}\nspec: {ingress: [{}]}")},
	{name: "patch of every policy", overlay: withLines("patches:\n- target: {kind: NetworkPolicy}\n  patch: '[{op: replace, path: /spec/policyTypes, value: [Egress]}]'\n")},
	{name: "replacement of a selector", overlay: func(o *overlayFiles) []render.Tree {
		return withLines("replacements:\n- source: {kind: NetworkPolicy, name: default-deny, fieldPath: metadata.name}\n" +
			"  targets:\n  - select: {kind: NetworkPolicy}\n    fieldPaths: ['spec.podSelector.matchLabels.[app.kubernetes.io/name]']\n    options: {create: true}\n")(o)
	}},
	{name: "from misspelt", overlay: inFiles("- from:", "- form:")},
	{name: "to misspelt", overlay: inFiles("    to:", "    too:")},
	{name: "ports misspelt", overlay: inFiles("ports:", "port:")},
	{name: "policyTypes misspelt", overlay: inFiles("policyTypes:", "policyType:")},
	{name: "podSelector misspelt", overlay: inFiles("\n  podSelector:", "\n  podselector:")},
	{name: "podSelector at the wrong depth", overlay: inFiles("      podSelector:", "    - podSelector:")},
	{name: "namespaceSelector without its value", overlay: inFiles("matchLabels:\n          kubernetes.io/metadata.name:", "matchLabels: {}\n          #")},
	{name: "file of another namespace", overlay: inFiles("\n  namespace: ", "\n  namespace: x-")},
	{name: "file of another kind", overlay: inFiles("kind: NetworkPolicy", "kind: CiliumNetworkPolicy")},
	{name: "file of another version", overlay: inFiles("networking.k8s.io/v1", "networking.k8s.io/v1beta1")},
	{name: "file with what another should say", overlay: eachByItsNeighbour},
	{name: "file with nothing in it", overlay: func(o *overlayFiles) (out []render.Tree) {
		for _, p := range o.Overlay.Policies {
			out = append(out, render.Tree{path.Join(o.Path, p.Name+".yaml"): nil})
		}
		return out
	}},
	{name: "foreign policy in the list", overlay: withFile("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: foreign, namespace: NAMESPACE}\nspec: {podSelector: {}, ingress: [{}]}\n")},
	{name: "foreign Namespace in the list", overlay: withFile("apiVersion: v1\nkind: Namespace\nmetadata: {name: foreign}\n")},
	{name: "foreign ConfigMap in the list", overlay: withFile("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: foreign}\n")},
	{name: "deny of one direction", overlay: inLayer(generator.LayerDeny, "  - Egress\n", "")},
	{name: "deny of some pods", overlay: inLayer(generator.LayerDeny, "podSelector: {}", "podSelector: {matchLabels: {app: x}}")},
	{name: "DNS in every namespace", overlay: inLayer(generator.LayerDNS, "kubernetes.io/metadata.name: kube-system", "{}")},
	{name: "DNS on every port", overlay: inLayer(generator.LayerDNS, "    - port: 53\n      protocol: TCP\n", "    - protocol: TCP\n")},
	{name: "DNS pods dropped", overlay: inLayer(generator.LayerDNS, "      podSelector:\n        matchLabels:\n          k8s-app: kube-dns\n", "")},
	{name: "own namespace made every namespace", overlay: inLayer(generator.LayerSameNamespace, "- podSelector: {}", "- namespaceSelector: {}")},
	{name: "own namespace made empty", overlay: inLayer(generator.LayerSameNamespace, "- podSelector: {}", "- {}")},
}
