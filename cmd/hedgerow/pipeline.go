package main

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// soon is how many days before its end a flow is warned of.
const soon = 30

// soonAfter gives the last day that is soon after a day.
func soonAfter(day string) (string, error) {
	at, err := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, soon).Format(time.DateOnly), err
}

// A job takes a tenancy through all its stages: from bytes to built overlays.
type job struct {
	w       world
	cfg     *config
	sources map[string][]byte // of the tenancy and the inventory, for excerpts
	diags   diag.List
	planned []diag.Diagnostic // warnings about the plan that was carried out

	tenancy   *tenancy.Tenancy
	expansion *generator.Expansion
	tree      render.Tree
	cache     render.Cache // of what was built; nil if there is none
	built     []render.Built
	proof     *proof.Proof
	guards    proof.Verdict

	root   *os.Root  // of the output folder; nil if there is none
	locked io.Closer // the lock on it, if this job writes
	output *render.Output
}

// newJob opens the output folder, which says what was written before; one that
// writes locks it.
func newJob(w world, cfg *config, writes bool) (*job, error) {
	j := &job{w: w, cfg: cfg}
	var err error
	if j.root, err = render.OpenOutput(cfg.output()); err != nil {
		return nil, failure{err}
	}
	if writes {
		if err := j.lock(); err != nil {
			j.close()
			return nil, failure{err}
		}
	}
	if err := j.readOutput(); err != nil {
		j.close()
		return nil, failure{err}
	}
	j.sources = maps.Clone(j.output.Sources)
	if j.sources == nil {
		j.sources = map[string][]byte{}
	}
	return j, nil
}

func (j *job) readOutput() error {
	found, err := render.ReadFolder(j.root)
	if err != nil {
		return err
	}
	j.output, err = render.ReadOutput(found, filepath.ToSlash(j.cfg.output()), j.cfg.AllowFiles)
	return err
}

// lock keeps other runs out of the output folder while this one reads what is
// there and writes.
func (j *job) lock() (err error) {
	if j.root != nil {
		j.locked, err = render.Lock(j.root)
	}
	return err
}

func (j *job) close() {
	if j.locked != nil {
		_ = j.locked.Close() // gives the lock back
	}
	if j.root != nil {
		_ = j.root.Close() // only read from, or every write was checked
	}
}

// expand reads the tenancy and expands it as of the day; it reports whether
// there is anything to go on with.
func (j *job) expand(asOf string) (bool, error) {
	soon, err := soonAfter(j.today())
	if err != nil {
		return false, failure{err}
	}
	opts := generator.Options{AsOf: asOf, Today: j.today(), Soon: soon}
	var found []diag.Diagnostic
	res, err := watched(j.cfg, func() (*schema.Result, error) {
		return schema.Load(j.cfg.dir, j.cfg.Tags, func(t *tenancy.Tenancy) {
			j.tenancy = t
			j.expansion, found = generator.Expand(t, opts)
			found = append(found, check.Tenancy(t)...)
		})
	})
	if err != nil {
		return false, failure{err}
	}
	maps.Copy(j.sources, res.Sources)
	found = append(found, res.Diags...)
	if res.Tenancy != nil {
		found = check.Lints(res.Tenancy, found)
	}
	j.diags = append(j.diags, found...)
	return j.expansion != nil && !diag.HasErrors(j.diags), nil
}

// render makes the files and builds every overlay as its users will.
func (j *job) render() (err error) {
	if j.tree, err = render.Files(j.expansion); err != nil {
		return failure{err}
	}
	if j.cache == nil && len(j.expansion.Overlays()) >= j.w.keepFrom {
		j.cache = openCache(j.w.cacheDir, j.w.program)
	}
	p := newProgress(j.w, j.cfg)
	j.built, err = render.Build(j.expansion, j.tree, j.cache, p.step)
	p.finish()
	if err != nil {
		return failure{err}
	}
	return nil
}

// prove holds what was built against what is declared.
func (j *job) prove() (err error) {
	built := clustersOf(j.built)
	for _, k := range j.expansion.Clusters {
		if built[k.Name] == nil {
			built[k.Name] = &reach.Cluster{}
		}
	}
	if j.proof, err = proof.New(j.tenancy, j.expansion, built); err != nil {
		return failure{err}
	}
	j.diags = append(j.diags, j.proof.Check()...)
	return nil
}

// clustersOf gives what was built by cluster.
func clustersOf(built []render.Built) map[string]*reach.Cluster {
	out := map[string]*reach.Cluster{}
	for _, b := range built {
		if out[b.Cluster] == nil {
			out[b.Cluster] = &reach.Cluster{}
		}
		out[b.Cluster].Policies = append(out[b.Cluster].Policies, b.Policies...)
		out[b.Cluster].Namespaces = append(out[b.Cluster].Namespaces, b.Namespaces...)
	}
	return out
}

// judge judges the guards on what was proved.
func (j *job) judge() (err error) {
	if j.guards, err = j.proof.Guards(); err != nil {
		return failure{err}
	}
	j.diags = append(j.diags, j.guards.Broken...)
	return nil
}

// build takes the job through all stages but the guards and writing; it reports
// whether the tenancy could be built.
func (j *job) build(asOf string) (bool, error) {
	ok, err := j.expand(asOf)
	if err != nil || !ok {
		return false, err
	}
	if err := j.render(); err != nil {
		return false, err
	}
	return true, j.prove()
}

// proved builds the tenancy for a command that only looks at it. What is wrong
// is reported; warnings are not, for nobody asked, and a broken guard is what
// somebody may be looking into.
func proved(w world, cfg *config) (*job, error) {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return nil, err
	}
	defer j.close()
	if err := j.buildRight(); err != nil {
		return nil, err
	}
	return j, nil
}

// buildRight builds the tenancy, and reports what is wrong.
func (j *job) buildRight() error {
	if _, err := j.build(j.today()); err != nil {
		return err
	}
	if diag.HasErrors(j.diags) {
		return j.report()
	}
	return nil
}

// today is the day on which expiry is judged.
func (j *job) today() string {
	return cmp.Or(j.cfg.AsOf, j.w.now().UTC().Format(time.DateOnly))
}

// dayOfOutput is the day as of which the output folder was generated: the one
// after the latest expiry that it closed. Any later day up to the next expiry
// gives the same bytes.
func (j *job) dayOfOutput() string {
	inv := j.output.Inventory()
	if inv == nil {
		return j.today()
	}
	if inv.LastExpired() == "" {
		return "0001-01-01"
	}
	last, err := time.Parse(time.DateOnly, inv.LastExpired())
	if err != nil {
		return j.today()
	}
	return last.AddDate(0, 0, 1).Format(time.DateOnly)
}

// found gives every diagnostic so far.
func (j *job) found() []diag.Diagnostic {
	out := slices.Concat(j.diags, j.planned, j.guards.Dated)
	if j.expansion != nil {
		out = append(out, j.expansion.Overdue...)
	}
	return out
}

// report writes all diagnostics, and gives errProblems if one of them is an
// error.
func (j *job) report() error {
	err := j.reportOn(j.found())
	if errors.Is(err, errProblems) {
		j.saySilenced(j.w.err) // where nothing is wrong, the summary does
	}
	return err
}

// reportOn writes diagnostics, sorted, as report does.
func (j *job) reportOn(ds []diag.Diagnostic) error {
	ds = diag.Sort(ds)
	out, terminal := j.w.out, j.w.outTerminal
	if j.cfg.Format == string(diag.Text) {
		out, terminal = j.w.err, j.w.errTerminal
	}
	opts := diag.Options{
		Color:   terminal && j.w.color,
		Source:  func(file string) []byte { return j.sources[file] },
		Version: version(),
	}
	if err := diag.Write(out, diag.Format(j.cfg.Format), ds, opts); err != nil {
		return failure{err}
	}
	if diag.HasErrors(ds) {
		errs, warns := diag.Count(ds)
		j.say(j.w.err, "\n%s, %s\n", report.Count(errs, "error"), report.Count(warns, "warning"))
		return errProblems
	}
	return nil
}
