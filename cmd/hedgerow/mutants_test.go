package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// How many mutants of a kind are judged; the seed chooses which. HEDGEROW_MUTANTS
// sets another number.
const (
	mutantsPerKind  = 20
	harmlessPerKind = 3 // where only the witness has work with them
	asked           = 1 // of which the witness is asked as well if the proof catches them
	mutantsSeed     = 1
	leastKinds      = 40
)

// A mutantKind is a way to damage what is right. It works on a policy that was
// built or on the files of an overlay before it is built, and gives each damage
// that can be done there.
type mutantKind struct {
	name     string
	harmless string // why none of it changes who reaches whom; "" if some of it does
	rare     bool   // that it changes something: all of it is judged
	policy   func(*networkingv1.NetworkPolicy) []damage
	overlay  func(*overlayFiles) []render.Tree
}

// A damage gives what stands in the place of a policy, of which it gets a copy.
type damage func(*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy

// overlayFiles is what the overlay of one namespace is built from. A damage to
// it is the files that differ.
type overlayFiles struct {
	*render.Built
	tree render.Tree
}

// A mutant is one damage to the output of one cluster.
type mutant struct {
	kind      *mutantKind
	output    *clusterOutput
	namespace string
	site      string
	make      func() (*reach.Cluster, error) // the error is that of render, which refuses it
	twice     bool                           // the witness is asked even if the proof catches it
}

// A fate is what became of a mutant.
type fate struct {
	caught  bool
	first   string // what was said to it
	witness bool   // that it was asked
	changed string // what the witness sees
}

// TestMutants damages the overlays of this repository in every way that we could
// think of, and sees to it that the proof catches all that changes who reaches
// whom.
func TestMutants(t *testing.T) {
	t.Parallel()
	outputs := rootOutputs(t)
	kinds := everyMutantKind()
	if len(kinds) < leastKinds {
		t.Errorf("there are %d kinds of mutants", len(kinds))
	}
	rng := rand.New(rand.NewPCG(mutantsSeed, 0))
	var chosen []mutant
	possible := map[*mutantKind]int{}
	for i := range kinds {
		k := &kinds[i]
		var all []mutant
		for _, c := range outputs {
			all = append(all, k.mutants(c)...)
		}
		possible[k] = len(all)
		chosen = append(chosen, k.sample(rng, all)...)
	}
	fates := judgeAll(chosen)
	table := tabulate(t, kinds, chosen, fates, possible)
	t.Logf("seed %d\n%s", mutantsSeed, table)
}

// sample gives as many of the mutants as are to be judged.
func (k *mutantKind) sample(rng *rand.Rand, all []mutant) []mutant {
	limit := mutantsPerKind
	if n, err := strconv.Atoi(os.Getenv("HEDGEROW_MUTANTS")); err == nil {
		limit = n
	}
	switch {
	case k.rare:
		return all
	case k.harmless != "":
		limit = min(limit, harmlessPerKind)
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i := range min(asked, len(all)) {
		all[i].twice = true
	}
	return all[:min(limit, len(all))]
}

func judgeAll(mutants []mutant) []fate {
	fates := make([]fate, len(mutants))
	var indices []int
	for i := range mutants {
		indices = append(indices, i)
	}
	tenancies.InParallel(indices, func(i int) { fates[i] = mutants[i].judge() })
	return fates
}

// judge takes the mutant through what a run does after the files are made.
func (m *mutant) judge() fate {
	objects, err := m.make()
	if err != nil {
		return fate{caught: true, first: err.Error()}
	}
	first, err := m.output.prove(objects)
	if err != nil {
		return fate{caught: true, first: err.Error()}
	}
	if first != nil {
		f := fate{caught: true, first: fmt.Sprintf("%s [%s]", first.Fact, first.Code), witness: m.twice}
		if m.twice {
			f.changed = m.output.witness.changed(objects)
		}
		return f
	}
	return fate{witness: true, changed: m.output.witness.changed(objects)}
}

// tabulate counts what became of the mutants of each kind, and fails the test
// where one got through.
func tabulate(t *testing.T, kinds []mutantKind, mutants []mutant, fates []fate, possible map[*mutantKind]int) string {
	applied, caught, missed := map[*mutantKind]int{}, map[*mutantKind]int{}, map[*mutantKind]int{}
	equivalent := map[*mutantKind]map[string]int{}
	for i := range mutants {
		m, f := &mutants[i], &fates[i]
		applied[m.kind]++
		switch {
		case f.caught && f.witness && f.changed == "":
			t.Errorf("%s: the witness sees no change by the mutant of %s, to which the proof says %s", m.kind.name, m.site, f.first)
			fallthrough
		case f.caught:
			caught[m.kind]++
		case f.changed != "":
			missed[m.kind]++
			t.Errorf("%s: the proof passes over the mutant of %s, which changes %s", m.kind.name, m.site, f.changed)
		default:
			if equivalent[m.kind] == nil {
				equivalent[m.kind] = map[string]int{}
			}
			_, policy, _ := strings.Cut(m.site, "/")
			equivalent[m.kind][policy]++
		}
	}
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "kind\tpossible\tapplied\tcaught\tequivalent\tmissed\t\n")
	for i := range kinds {
		k := &kinds[i]
		same := applied[k] - caught[k] - missed[k]
		switch {
		case applied[k] == 0:
			t.Errorf("%s: can be done nowhere", k.name)
		case k.harmless == "" && caught[k] == 0:
			t.Errorf("%s: none of %d was caught", k.name, applied[k])
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", k.name, possible[k], applied[k], caught[k], same, missed[k], k.why(equivalent[k]))
	}
	w.Flush()
	return out.String()
}

// why says which mutants of the kind changed nothing.
func (k *mutantKind) why(equivalent map[string]int) string {
	if k.harmless != "" {
		return k.harmless
	}
	var out []string
	for _, policy := range slices.Sorted(maps.Keys(equivalent)) {
		if len(out) == 4 {
			out = append(out, fmt.Sprintf("and of %d more", len(equivalent)-len(out)))
			break
		}
		out = append(out, fmt.Sprintf("%d of %s", equivalent[policy], policy))
	}
	return strings.Join(out, ", ")
}

// mutants gives every mutant of the kind that there is on a cluster.
func (k *mutantKind) mutants(c *clusterOutput) (out []mutant) {
	objects := c.objects(nil)
	for i, p := range objects.Policies {
		if k.policy == nil {
			break
		}
		for _, d := range k.policy(p) {
			out = append(out, mutant{kind: k, output: c, namespace: p.Namespace, site: p.Namespace + "/" + p.Name, make: func() (*reach.Cluster, error) {
				mutated := *objects
				mutated.Policies = slices.Concat(objects.Policies[:i], d(p.DeepCopy()), objects.Policies[i+1:])
				return &mutated, nil
			}})
		}
	}
	for i := range c.built {
		o := overlayFiles{&c.built[i], c.tree}
		if k.overlay == nil || o.Overlay == nil {
			continue
		}
		for _, files := range k.overlay(&o) {
			site := o.Path + "/" + strings.Join(slices.Sorted(maps.Keys(files)), " and ")
			out = append(out, mutant{kind: k, output: c, namespace: o.Overlay.Namespace, site: site, make: func() (*reach.Cluster, error) { return c.rebuild(o.Path, files) }})
		}
	}
	return out
}

// A clusterOutput is what was built for one cluster, and from what.
type clusterOutput struct {
	tenancy *tenancy.Tenancy
	cluster *generator.Cluster
	tree    render.Tree
	built   []render.Built
	witness *witness
}

// rootOutputs gives the output of this repository's own tenancy.
func rootOutputs(t *testing.T) (out []*clusterOutput) {
	var said bytes.Buffer
	w := world{out: &said, err: &said, now: func() time.Time { return today }}
	j, err := newJob(w, &config{dir: repository, Output: "overlays", Timeout: time.Minute, Memory: 4096}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	if ok, err := j.expand(j.today()); !ok || err != nil {
		t.Fatal(err, j.diags)
	}
	if err := j.render(); err != nil {
		t.Fatal(err)
	}
	for _, k := range j.expansion.Clusters {
		c := &clusterOutput{tenancy: j.tenancy, cluster: k, tree: j.tree}
		for _, b := range j.built {
			if b.Cluster == k.Name {
				c.built = append(c.built, b)
			}
		}
		first, err := c.prove(c.objects(nil))
		if err != nil || first != nil {
			t.Fatal(first, err)
		}
		c.witness = newWitness(c)
		out = append(out, c)
	}
	return out
}

// objects joins what was built for the cluster, with that of some overlays built
// again.
func (c *clusterOutput) objects(again map[string]*render.Built) *reach.Cluster {
	out := &reach.Cluster{}
	for i := range c.built {
		b := &c.built[i]
		if other := again[b.Path]; other != nil {
			b = other
		}
		out.Policies = append(out.Policies, b.Policies...)
		out.Namespaces = append(out.Namespaces, b.Namespaces...)
	}
	return out
}

// prove gives the first difference that the proof finds. Clusters know nothing
// of each other, so that one can be judged alone.
func (c *clusterOutput) prove(objects *reach.Cluster) (*diag.Diagnostic, error) {
	x := &generator.Expansion{Clusters: []*generator.Cluster{c.cluster}}
	alone := *c.tenancy
	alone.Clusters = map[string]*tenancy.Cluster{c.cluster.Name: c.tenancy.Clusters[c.cluster.Name]}
	p, err := proof.New(&alone, x, map[string]*reach.Cluster{c.cluster.Name: objects})
	if err != nil {
		return nil, err
	}
	for _, d := range p.Check() {
		if d.Severity == diag.Error {
			return &d, nil
		}
	}
	return nil, nil
}

// rebuild builds all that is made of some damaged files: one overlay, or every
// overlay if they are those of the baseline.
func (c *clusterOutput) rebuild(dir string, files render.Tree) (*reach.Cluster, error) {
	damaged := *c.cluster
	damaged.Overlays, damaged.Namespaces = nil, nil
	for i := range c.built {
		if b := &c.built[i]; b.Overlay != nil && (b.Path == dir || !ownedBy(dir, files)) {
			damaged.Overlays = append(damaged.Overlays, b.Overlay)
		}
	}
	x := &generator.Expansion{Clusters: []*generator.Cluster{&damaged}}
	tree, err := render.Files(x)
	if err != nil {
		return nil, err
	}
	maps.Copy(tree, files)
	built, err := render.Build(x, tree, nil, nil)
	if err != nil {
		return nil, err
	}
	again := map[string]*render.Built{}
	for i := range built {
		again[built[i].Path] = &built[i]
	}
	return c.objects(again), nil
}

// ownedBy reports whether all of the files are those of one overlay.
func ownedBy(dir string, files render.Tree) bool {
	for file := range files {
		if !strings.HasPrefix(file, dir+"/") {
			return false
		}
	}
	return true
}

// mutantDiagnostics holds what is said first to one mutant of some kinds.
const mutantDiagnostics = repository + "/testdata/mutants.txt"

// TestMutantDiagnostics holds what people are told against what they were told
// before: it names the policy or the flow, and both ends.
func TestMutantDiagnostics(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	outputs := rootOutputs(t)
	for _, name := range []string{
		"policy dropped", "rule without peers", "rule without ports", "port one higher", "peer split in two", "CIDR wider",
		"subject emptied", "policyTypes without one", "policy in another namespace", "allow-all added", "overlay with commonLabels",
		"from misspelt", "policy left out of the list",
	} {
		m, said := caughtMutant(outputs, name)
		if m == nil {
			t.Errorf("no mutant %q of those namespaces is caught", name)
			continue
		}
		fmt.Fprintf(&got, "%s, %s:\n  %s\n", name, m.site, said)
	}
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(mutantDiagnostics, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(mutantDiagnostics)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant, from %s (\"make golden\" rewrites it):\n%s", &got, mutantDiagnostics, want)
	}
}

// caughtMutant gives a mutant of a kind that is caught in one of two namespaces of
// production, and what is said to it. One calls others, the other is called by the
// gateway, which has no policies of ours to hold it back.
func caughtMutant(outputs []*clusterOutput, kind string) (*mutant, string) {
	kinds := everyMutantKind()
	k := &kinds[slices.IndexFunc(kinds, func(k mutantKind) bool { return k.name == kind })]
	for _, namespace := range []string{"shipping", "graphql"} {
		for _, c := range outputs {
			for _, m := range k.mutants(c) {
				if m.namespace != namespace {
					continue
				}
				if f := m.judge(); f.caught {
					return &m, f.first
				}
			}
		}
	}
	return nil, ""
}

func everyMutantKind() []mutantKind {
	return slices.Concat(peerMutants, portMutants, policyMutants, foreignMutants, overlayMutants)
}
