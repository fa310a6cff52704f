package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/schema"
)

func BenchmarkLoad(b *testing.B) {
	for _, owned := range []bool{false, true} {
		b.Run(fmt.Sprintf("namespaces=1000/flows=3000/teams=100/owned=%v", owned), func(b *testing.B) {
			dir := b.TempDir()
			for name, text := range synthetic.Files(synthetic.Size{Teams: 100, Namespaces: 1000, Flows: 3000, Owned: owned}) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				res, err := schema.Load(dir, nil, nil)
				if err != nil || diag.HasErrors(res.Diags) {
					b.Fatal(err, res.Diags)
				}
			}
		})
	}
}
