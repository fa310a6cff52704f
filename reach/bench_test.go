package reach_test

import (
	"fmt"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// BenchmarkReach reads and analyses clusters that are denied by default, with
// two workloads and three flows a namespace. Time and memory must grow no faster
// than the clusters.
func BenchmarkReach(b *testing.B) {
	for _, n := range []int{100, 300, 1000, 10000} {
		manifest := synthetic.Manifests(n)
		b.Run(fmt.Sprintf("namespaces=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				objects, err := reach.Read("cluster.yaml", manifest)
				if err != nil {
					b.Fatal(err)
				}
				g, err := reach.Build(&objects.Cluster)
				if err != nil {
					b.Fatal(err)
				}
				if len(g.Open()) < n*3 {
					b.Fatalf("only %d edges are open", len(g.Open()))
				}
			}
		})
	}
}
