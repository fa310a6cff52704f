package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// TestSchemaAndDecoderAgree holds the two readers of a tenancy against each
// other on every mistake and every tenancy of testdata: what the schema accepts
// the decoder accepts, and what one refuses so does the other.
func TestSchemaAndDecoderAgree(t *testing.T) {
	accepted, refused := 0, 0
	for name, dir := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			f, m := readable(t, dir)
			if m == nil {
				return // there is no value to judge
			}
			ctx := cuecontext.New()
			value, _, loadErr := f.evaluate(ctx, m, f.names(), corpusTags[name], nil)
			if loadErr != nil {
				return // CUE's own error, before any shape
			}
			if value.Validate(cue.Concrete(true)) != nil {
				if judge(ctx, value) == nil {
					t.Error("CUE refuses the value, and not with the schema")
				}
				return
			}
			d := &decoder{shown: f.position}
			d.tenancy(value)
			byDecoder := false
			for _, p := range d.problems {
				byDecoder = byDecoder || p.Code != diag.NotAvailable
			}
			err := judge(ctx, value)
			if byPieces, asWhole := judgedTwice(ctx, value); byPieces != asWhole {
				t.Errorf("accepted by pieces %v, as a whole %v", byPieces, asWhole)
			}
			if (err != nil) != byDecoder {
				t.Errorf("the schema says %v, the decoder %v", err, d.problems)
			}
			if byDecoder {
				refused++
			} else {
				accepted++
			}
		})
	}
	t.Logf("both accept %d and refuse %d", accepted, refused)
	if accepted < 50 || refused < 30 {
		t.Errorf("the corpus is too small to show much")
	}
}

// corpusTags are the tags that a tenancy of the corpus needs.
var corpusTags = map[string][]string{"tenancies/many-files": {"region=eu"}}

// readable reads a folder; the module is nil if its files are no package.
func readable(t *testing.T, dir string) (*folder, *module) {
	f, err := readFolder(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	if diag.HasErrors(f.diags) {
		return f, nil
	}
	m, err := findModule(f)
	if err != nil {
		t.Fatal(err)
	}
	if diag.HasErrors(f.diags) {
		return f, nil
	}
	return f, m
}

// corpus lays out every tenancy of testdata in a folder of its own.
func corpus(t *testing.T) map[string]string {
	t.Helper()
	dirs := map[string]string{}
	base := glob(t, "../testdata/mistakes/base/*.cue")
	for _, file := range glob(t, "../testdata/mistakes/*.txtar") {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if !hasFile(a, TenancyFile) {
			for _, b := range base {
				data, err := os.ReadFile(b)
				if err != nil {
					t.Fatal(err)
				}
				a.Files = append([]txtar.File{{Name: filepath.Base(b), Data: data}}, a.Files...)
			}
		}
		if err := txtar.Write(&txtar.Archive{Files: dedupe(a.Files)}, dir); err == nil {
			dirs["mistakes/"+strings.TrimSuffix(filepath.Base(file), ".txtar")] = dir
		}
	}
	for _, file := range append(glob(t, "../testdata/tenancies/*/"+TenancyFile), glob(t, "../"+TenancyFile)...) {
		dir, err := filepath.Abs(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		dirs["tenancies/"+filepath.Base(dir)] = dir
	}
	return dirs
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	return files
}

func hasFile(a *txtar.Archive, name string) bool {
	for _, f := range a.Files {
		if f.Name == name {
			return true
		}
	}
	return false
}

// dedupe keeps the last file of each name: an archive's own replaces the base's.
func dedupe(files []txtar.File) (out []txtar.File) {
	last := map[string]int{}
	for i, f := range files {
		last[f.Name] = i
	}
	for i, f := range files {
		if last[f.Name] == i {
			out = append(out, f)
		}
	}
	return out
}
