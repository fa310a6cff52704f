package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// reachOf measures "hedgerow reach" on clusters that are denied by default, from
// bytes to the list of what is open.
func reachOf(c *commands, dir string) error {
	fmt.Println("hedgerow reach: two workloads and three flows a namespace, each namespace denied by default")
	var last cost
	lastSize := 0
	for _, n := range []int{100, 300, 1000, 10000} {
		file := filepath.Join(dir, fmt.Sprintf("%d.yaml", n))
		if err := os.WriteFile(file, synthetic.Manifests(n), 0o644); err != nil {
			return err
		}
		var costs []cost
		for range 3 {
			took, err := c.measure(dir, "hedgerow", "reach", "--as", "json", file)
			if err != nil {
				return err
			}
			costs = append(costs, took)
		}
		took := median(costs)
		fmt.Printf("%6d namespaces %v", n, took)
		if lastSize > 0 {
			fmt.Printf("  %.1f times the work, %.1f times the time, %.1f times the memory", float64(n)/float64(lastSize),
				took.Wall/last.Wall, took.Peak/last.Peak)
		}
		fmt.Println()
		last, lastSize = took, n
	}
	return nil
}
