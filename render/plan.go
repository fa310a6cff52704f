package render

import (
	"bytes"
	"fmt"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Plan is what must change in an output folder.
type Plan struct {
	Add, Change, Delete []string // paths, sorted
	Inventory           *Inventory

	tree      Tree
	output    *Output
	expansion *generator.Expansion
}

// PlanOptions bound what a plan may do.
type PlanOptions struct {
	Tags                 []string // with which the tenancy was evaluated, sorted
	Adopt                bool     // accept files that equal what would be written, without an inventory
	MaxRemovedNamespaces int      // retirements and deleted retired entries at once
}

// NewPlan compares the output folder with the tree that an expansion renders to,
// and gives the problems that forbid writing: files that were edited by hand,
// foreign files, namespaces that would be dropped.
func NewPlan(o *Output, x *generator.Expansion, tree Tree, opts PlanOptions) (*Plan, []diag.Diagnostic, error) {
	p := &Plan{Inventory: NewInventory(x, tree, opts.Tags), tree: tree, output: o, expansion: x}
	diags := slices.Clone(o.diags)
	if opts.Adopt {
		diags = slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.InventoryBroken })
	}
	lost := o.inventory == nil && o.intent == nil && len(o.files) > 0
	if lost && !opts.Adopt && len(o.diags) == 0 {
		diags.Error(diag.InventoryLost, o.at(InventoryFile, 0), "restore it from Git, or run \"hedgerow generate --adopt\"",
			"there is no inventory beside %d files, so nobody can say whose they are", len(o.files))
	}
	before, err := o.namespaces(tree)
	if err != nil {
		return nil, nil, err
	}
	diags = append(diags, o.checkNamespaces(before, x, opts.MaxRemovedNamespaces)...)
	if !lost || opts.Adopt {
		if err := p.judgeFiles(&diags, p.droppedOverlays(before), opts.Adopt); err != nil {
			return nil, nil, err
		}
	}
	p.judgePlaces(&diags)
	p.compare()
	diags = append(diags, p.transitions()...)
	return p, diags, nil
}

// judgeFiles reports files that are neither ours nor what would be written.
func (p *Plan) judgeFiles(l *diag.List, dropped map[string]bool, adopt bool) error {
	ours := p.output.ours()
	for file, f := range tenancy.Sorted(p.output.files) {
		digests, listed := ours[file]
		want, wanted := p.tree[file]
		if wanted && f.Is(want) && (listed || adopt) {
			continue
		}
		data, err := f.Bytes()
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(digests, digest(data)):
		case listed:
			l.Error(diag.HandEdited, p.output.at(file, 0), "undo the change and write it in the tenancy; or delete the file, and it is generated again",
				"the file was generated, and changed since")
		case dropped[path.Dir(file)]:
			// Its namespace was dropped; that is said, and to remove the file would be wrong.
		default:
			l.Error(diag.ForeignFile, p.output.at(file, 0), "remove it, or allow its path with \"allow-files\" in the configuration",
				"the inventory does not list the file, and GitOps would deploy it")
		}
	}
	return nil
}

// droppedOverlays gives the folders of the namespaces that nothing declares any
// more.
func (p *Plan) droppedOverlays(before []NamespaceEntry) map[string]bool {
	now, out := map[[2]string]bool{}, map[string]bool{}
	for _, e := range p.Inventory.Namespaces {
		now[[2]string{e.Cluster, e.Namespace}] = true
	}
	for _, e := range before {
		if !now[[2]string{e.Cluster, e.Namespace}] && !isRetired(e) {
			out[e.Path] = true
		}
	}
	return out
}

// judgePlaces reports what stands where a file must be written.
func (p *Plan) judgePlaces(l *diag.List) {
	for file := range tenancy.Sorted(p.tree) {
		if p.output.folders[file] {
			l.Error(diag.ForeignFile, p.output.at(file, 0), "remove it", "a folder stands where Hedgerow writes a file")
		}
		for f := file; f != "."; f = path.Dir(f) {
			if p.output.allowed[f] {
				l.Error(diag.ForeignFile, p.output.at(f, 0), "move it, or narrow \"allow-files\" in the configuration",
					"the configuration allows it, and it stands where Hedgerow writes")
				break
			}
		}
	}
}

// CheckNamespaces compares what the output folder holds with an expansion and
// its tree, and reports namespaces that leave without being retired, more than
// limit that are retired or released at once, and those that stand in another
// output folder.
func CheckNamespaces(o *Output, x *generator.Expansion, tree Tree, limit int) ([]diag.Diagnostic, error) {
	before, err := o.namespaces(tree)
	return o.checkNamespaces(before, x, limit), err
}

func (o *Output) checkNamespaces(before []NamespaceEntry, x *generator.Expansion, limit int) []diag.Diagnostic {
	return append(checkNamespaces(before, x, limit, o.at(InventoryFile, 1), o.whereListed), o.checkElsewhere(x)...)
}

// CheckLeaving is CheckNamespaces where no output folder is at hand: it compares
// with what the tenancy in a file was before.
func CheckLeaving(before, x *generator.Expansion, limit int, file string) []diag.Diagnostic {
	at := token.Position{Filename: file}
	return checkNamespaces(namespaceEntries(before), x, limit, at, func(NamespaceEntry) token.Position { return at })
}

func checkNamespaces(before []NamespaceEntry, x *generator.Expansion, limit int, all token.Position, where func(NamespaceEntry) token.Position) []diag.Diagnostic {
	var l diag.List
	now := map[[2]string]NamespaceEntry{}
	for _, e := range namespaceEntries(x) {
		now[[2]string{e.Cluster, e.Namespace}] = e
	}
	var removed []string
	for _, e := range before {
		next, stays := now[[2]string{e.Cluster, e.Namespace}]
		switch {
		case isRetired(e) && stays, !isRetired(e) && stays && !isRetired(next):
		case isRetired(e), stays:
			removed = append(removed, e.Namespace+" on "+e.Cluster)
		default:
			l.Error(diag.NamespaceDropped, where(e),
				fmt.Sprintf("keep its deny: add retired: %q: %q: reason: \"…\"", e.Cluster, e.Namespace),
				"namespace %q on cluster %q has policies and is no longer declared: without them it would be open", e.Namespace, e.Cluster)
		}
	}
	if len(removed) > limit {
		l.Error(diag.TooManyRemoved, all, fmt.Sprintf("allow it with --max-removed-namespaces %d if that is meant", len(removed)),
			"%d namespaces are retired or released at once, and %d are allowed: %s", len(removed), limit, strings.Join(removed, ", "))
	}
	return l
}

// whereListed is the line of the inventory that lists an overlay, or the overlay
// itself.
func (o *Output) whereListed(e NamespaceEntry) token.Position {
	if o.inventory != nil && slices.Contains(o.inventory.Namespaces, e) {
		return o.at(InventoryFile, o.inventory.line(e))
	}
	return o.at(path.Join(e.Path, kustomizationFile), 0)
}

func isRetired(e NamespaceEntry) bool { return strings.HasPrefix(e.Path, e.Cluster+"/retired/") }

// compare lists what differs.
func (p *Plan) compare() {
	for file, want := range tenancy.Sorted(p.tree) {
		have, ok := p.output.files[file]
		switch {
		case !ok:
			p.Add = append(p.Add, file)
		case !have.Is(want):
			p.Change = append(p.Change, file)
		}
	}
	for _, file := range tenancy.Keys(p.output.files) {
		if _, wanted := p.tree[file]; !wanted {
			p.Delete = append(p.Delete, file)
		}
	}
}

// Empty reports whether the folder is as it should be, the inventory included.
func (p *Plan) Empty() bool {
	return len(p.Add)+len(p.Change)+len(p.Delete) == 0 && p.inventoryIsCurrent() && p.output.intent == nil
}

func (p *Plan) inventoryIsCurrent() bool {
	return bytes.Equal(p.output.Sources[p.output.at(InventoryFile, 0).Filename], p.Inventory.Format())
}

// maxDifferences bounds how many differing files are named.
const maxDifferences = 20

// Differences names what differs from what the tenancy generates.
func (p *Plan) Differences() []diag.Diagnostic {
	var l diag.List
	fix := "run \"hedgerow generate\" and commit the result"
	for _, kind := range []struct {
		files []string
		fact  string
	}{{p.Add, "the file is missing"}, {p.Change, "the file is not what the tenancy generates"}, {p.Delete, "the tenancy does not generate the file"}} {
		for _, file := range kind.files {
			l.Error(diag.OutputDiffers, p.output.at(file, 0), fix, "%s", kind.fact)
		}
	}
	if len(l) == 0 && !p.inventoryIsCurrent() {
		l.Error(diag.OutputDiffers, p.output.at(InventoryFile, 0), fix, "the inventory is not what the tenancy generates")
	}
	if more := len(l) - maxDifferences; more > 0 {
		l = l[:maxDifferences]
		l.Error(diag.OutputDiffers, p.output.at(InventoryFile, 0), fix, "%d more files differ", more)
	}
	return l
}

// FlowChanges are the flows that a plan opens, closes and changes.
type FlowChanges struct{ Opened, Closed, Changed []FlowRef }

// Flows tells what becomes of flows, from the annotations of the policies that
// are there and of those that will be. A flow is changed if a policy of it is
// added, altered or removed while others of it were and will be there.
func (p *Plan) Flows() FlowChanges {
	before, after, touched := map[FlowRef]bool{}, map[FlowRef]bool{}, map[FlowRef]bool{}
	changed := map[string]bool{}
	for _, file := range slices.Concat(p.Change, p.Delete) {
		for _, ref := range flowsOf(p.output.files[file]) {
			before[ref], touched[ref] = true, true
		}
	}
	for _, file := range slices.Concat(p.Add, p.Change) {
		changed[file] = true
	}
	for _, o := range p.expansion.Overlays() {
		for _, policy := range o.Policies {
			isChanged := changed[overlayDir(o)+"/"+policy.Name+".yaml"]
			for _, ref := range flowRefs(causeAnnotations(policy.Cause)) {
				after[ref] = true
				if isChanged {
					touched[ref] = true
				} else {
					before[ref] = true
				}
			}
		}
	}
	out := FlowChanges{Opened: without(after, before), Closed: without(before, after)}
	for _, ref := range slices.Concat(out.Opened, out.Closed) {
		delete(touched, ref)
	}
	out.Changed = without(touched, nil)
	return out
}

// Finishes reports whether the plan finishes what an interrupted run began.
func (p *Plan) Finishes() bool { return p.output.intent != nil }

func without(a, b map[FlowRef]bool) (out []FlowRef) {
	for ref := range a {
		if !b[ref] {
			out = append(out, ref)
		}
	}
	slices.SortFunc(out, func(a, b FlowRef) int {
		return slices.Compare([]string{a.Flow, a.Cluster, a.Environment}, []string{b.Flow, b.Cluster, b.Environment})
	})
	return out
}
