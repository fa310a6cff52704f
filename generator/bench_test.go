package generator_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/schema"
)

func BenchmarkExpand(b *testing.B) {
	dir := b.TempDir()
	for name, text := range synthetic.Files(synthetic.Size{Teams: 100, Namespaces: 1000, Flows: 3000}) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	res, err := schema.Load(dir, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		diags := check.Tenancy(res.Tenancy)
		_, more := generator.Expand(res.Tenancy, generator.Options{})
		if diag.HasErrors(append(diags, more...)) {
			b.Fatal(diags, more)
		}
	}
}
