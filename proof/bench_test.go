package proof_test

import (
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/proof"
)

// BenchmarkProof holds 1,000 namespaces with 3,000 flows, as kustomize built
// them, against what is declared.
func BenchmarkProof(b *testing.B) {
	s := load(b, synthetic.Files(synthetic.Size{Teams: 100, Namespaces: 1000, Flows: 3000}))
	b.ReportAllocs()
	for b.Loop() {
		p, err := proof.New(s.tenancy, s.expansion, s.built)
		if err != nil {
			b.Fatal(err)
		}
		if ds := p.Check(); diag.HasErrors(ds) {
			b.Fatal(ds)
		}
	}
}
