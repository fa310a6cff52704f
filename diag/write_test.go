package diag_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// The variable is how make golden asks for it in every package at once.
var update = flag.Bool("update", os.Getenv("HEDGEROW_UPDATE") != "", "write the golden files anew")

// write returns ds in the format f, with the sources of the examples.
func write(t testing.TB, f diag.Format, ds []diag.Diagnostic, o diag.Options) string {
	t.Helper()
	if o.Source == nil {
		o.Source = source
	}
	var b bytes.Buffer
	if err := diag.Write(&b, f, ds, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, f := range diag.Formats() {
		t.Run(string(f), func(t *testing.T) {
			got := write(t, f, examples, diag.Options{Version: "v1.2.3-rc.1"})
			compare(t, string(f)+".golden", got)
		})
	}
	t.Run("color", func(t *testing.T) {
		compare(t, "color.golden", write(t, diag.Text, examples[:2], diag.Options{Color: true}))
	})
}

// compare compares got to the golden file, or writes it there with -update.
func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date, run go test ./diag -update\ngot:\n%s", path, got)
	}
}

func TestWriteNothing(t *testing.T) {
	want := map[diag.Format]string{
		diag.Text:   "",
		diag.JSON:   "{\n  \"diagnostics\": []\n}\n",
		diag.GitHub: "",
	}
	for f, want := range want {
		if got := write(t, f, nil, diag.Options{}); got != want {
			t.Errorf("%s: got %q, want %q", f, got, want)
		}
	}
	empty := write(t, diag.SARIF, nil, diag.Options{})
	checkSARIF(t, empty)
	for _, want := range []string{`"results": []`, `"rules": []`} {
		if !strings.Contains(empty, want) {
			t.Errorf("sarif lacks %s:\n%s", want, empty)
		}
	}
}

func TestWriteUnknownFormat(t *testing.T) {
	var b bytes.Buffer
	err := diag.Write(&b, "xml", examples, diag.Options{})
	const want = `format "xml" is not one of [text json sarif github gitlab]`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if b.Len() > 0 {
		t.Errorf("wrote %q", b.String())
	}
}

type full struct{}

var errFull = errors.New("disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteReturnsErrorOfWriter(t *testing.T) {
	for _, f := range diag.Formats() {
		if err := diag.Write(full{}, f, examples, diag.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", f, err)
		}
	}
}
