package schema

import (
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Result is a tenancy as it was read.
type Result struct {
	Tenancy  *tenancy.Tenancy  // nil if the files could not be evaluated at all
	Files    []string          // the names of its files, sorted
	Packages []Package         // the local packages that it imports, sorted; none of a tenancy that is not right
	Module   string            // the folder of its CUE module
	Sources  map[string][]byte // their bytes, by the names that positions show
	Diags    []diag.Diagnostic
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
	f, err := openFolder(dir)
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
			f.load(m, tags, res, meanwhile)
		}
	}
	res.Diags = append(res.Diags, f.diags...)
	return res, nil
}

// openFolder reads the folder that people call dir.
func openFolder(dir string) (*folder, error) {
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
	return readFolder(abs, filepath.Clean(dir))
}

// load evaluates the package for the decoder, which speaks, and then for the
// schema, which judges what the decoder read.
func (f *folder) load(m *module, tags []string, res *Result, meanwhile func(*tenancy.Tenancy)) {
	l := &loading{folder: f, m: m, tags: tags, ctx: cuecontext.New()}
	err := attempt(func() error { l.decode(); return nil })
	res.Tenancy, res.Diags = l.tenancy, append(l.diags, f.loadErrors(err)...)
	if l.tenancy == nil {
		return
	}
	// From here on nobody but the judge looks at CUE's values: they are not for
	// two at once.
	judged := make(chan []diag.Diagnostic, 1)
	go func() { judged <- l.judged() }()
	if meanwhile != nil {
		meanwhile(l.tenancy)
	}
	res.Diags = append(res.Diags, <-judged...)
	res.Packages, res.Module = l.packages, m.root
}

// A loading is the package as it is evaluated, decoded and judged.
type loading struct {
	*folder
	m       *module
	tags    []string
	ctx     *cue.Context
	user    cue.Value // what people wrote, without the schema
	inst    *build.Instance
	tenancy *tenancy.Tenancy // nil if there is no value to decode
	decoded []problem
	diags   []diag.Diagnostic

	packages []Package
}

func (l *loading) decode() {
	var err error
	if l.user, l.inst, err = l.evaluate(l.ctx, l.m, l.names(), l.tags, l.parsed()); err != nil {
		l.diags = l.loadErrors(err)
		return
	}
	for _, dep := range l.inst.Dependencies() {
		for _, file := range dep.Files {
			l.checkAttributes(file)
		}
	}
	if l.reportJoined(l.inst) {
		return
	}
	l.reportLeftOut(l.inst)
	d := &decoder{shown: l.position}
	l.tenancy = d.tenancy(l.user)
	l.decoded = d.problems
	for _, p := range d.problems {
		if !p.silent {
			l.diags = append(l.diags, p.Diagnostic)
		}
	}
}

// judged gives what the schema says beyond what the decoder said, and, where
// nothing else is wrong, who wrote what is not theirs.
func (l *loading) judged() (out []diag.Diagnostic) {
	err := attempt(func() error {
		out = l.translate(judge(l.ctx, l.user), l.user, l.decoded)
		if len(l.decoded) == 0 && !diag.HasErrors(out) {
			packages, found := checkOwnership(l.folder, l.m, l.tags, l.user, l.inst, l.tenancy)
			l.packages, out = packages, append(out, found...)
		}
		return nil
	})
	return append(out, l.loadErrors(err)...)
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
