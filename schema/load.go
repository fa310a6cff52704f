package schema

import (
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"

	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Result is a tenancy as it was read.
type Result struct {
	Tenancy *tenancy.Tenancy  // nil if the files could not be evaluated at all
	Files   []string          // the names of its files, sorted
	Sources map[string][]byte // their bytes, by the names that positions show
	Diags   []diag.Diagnostic
}

// Load reads the tenancy in dir, with the values that tags give to its @tag
// attributes. Whatever is wrong with the tenancy is in the result's
// diagnostics; the error is one of reading the folder.
//
// The decoder is done long before the schema has judged; meanwhile, if not nil,
// is called with what it decoded.
//
// CUE is a language, and evaluation takes what time and memory its program
// takes: the caller watches over both.
func Load(dir string, tags []string, meanwhile func(*tenancy.Tenancy)) (*Result, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err // in the words of whoever named the folder
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	f, err := readFolder(abs, filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	res := &Result{Files: f.names(), Sources: map[string][]byte{}}
	for _, s := range f.files {
		res.Sources[f.show(filepath.Join(f.dir, s.name))] = s.data
	}
	if !diag.HasErrors(f.diags) {
		m, err := findModule(f)
		if err != nil {
			return nil, err
		}
		if !diag.HasErrors(f.diags) {
			err := attempt(func() error { f.load(m, tags, res, meanwhile); return nil })
			res.Diags = append(res.Diags, f.loadErrors(err)...)
		}
	}
	res.Diags = append(res.Diags, f.diags...)
	return res, nil
}

// load evaluates the package twice side by side: for the schema, which judges,
// and for the decoder, which speaks.
func (f *folder) load(m *module, tags []string, res *Result, meanwhile func(*tenancy.Tenancy)) {
	judged := make(chan error, 1)
	go func() {
		judged <- attempt(func() error {
			ctx := cuecontext.New()
			v, _, err := f.evaluate(ctx, m, f.names(), tags, parseAgain)
			if err != nil {
				return nil // the decoder's side meets the same error
			}
			return judge(ctx, v)
		})
	}()
	user, inst, loadErr := f.evaluate(cuecontext.New(), m, f.names(), tags, f.parsed())
	if loadErr != nil {
		res.Diags = append(res.Diags, f.loadErrors(loadErr)...)
		<-judged
		return
	}
	for _, dep := range inst.Dependencies() {
		for _, file := range dep.Files {
			f.checkAttributes(file)
		}
	}
	if f.reportJoined(inst) {
		<-judged
		return
	}
	f.reportLeftOut(inst)
	d := &decoder{shown: f.position}
	res.Tenancy = d.tenancy(user)
	for _, p := range d.problems {
		if !p.silent {
			res.Diags = append(res.Diags, p.Diagnostic)
		}
	}
	if meanwhile != nil {
		meanwhile(res.Tenancy)
	}
	// Ownership is looked into while the schema still judges; it counts only
	// where nothing else is wrong.
	var owned []diag.Diagnostic
	if len(d.problems) == 0 {
		owned = checkOwnership(f, m, tags, user, inst, res.Tenancy)
	}
	res.Diags = append(res.Diags, f.translate(<-judged, user, d.problems)...)
	if !diag.HasErrors(res.Diags) {
		res.Diags = append(res.Diags, owned...)
	}
}

// reportJoined refuses files of the same package in folders above, and reports
// whether there are any.
func (f *folder) reportJoined(inst *build.Instance) bool {
	joined := f.joined(inst)
	slices.Sort(joined)
	for _, path := range joined {
		f.report(diag.AncestorFile, gotoken.Position{Filename: f.show(path), Line: 1, Column: 1},
			"give it another package name, or move it",
			"the file is of the same package in a folder above, and CUE would join it to the tenancy")
	}
	return len(joined) > 0
}

// reportLeftOut speaks of files that an attribute takes out of the package.
func (f *folder) reportLeftOut(inst *build.Instance) {
	used := map[string]bool{}
	for _, file := range inst.Files {
		used[filepath.Base(file.Filename)] = true
	}
	for _, name := range f.names() {
		if !used[name] {
			f.lint(diag.FileLeftOut, gotoken.Position{Filename: f.show(filepath.Join(f.dir, name)), Line: 1, Column: 1},
				"give its tag with -t, or remove the file", "an @if or @ignore takes the file out of the tenancy")
		}
	}
}
