package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// runs is how often each pair of commands is run, after one run to warm up.
const runs = 7

// beside prints what takes seconds: reach, and vet beside "cue vet" in three
// ways to own files.
func beside(c *commands, dir string) error {
	if err := reachOf(c, dir); err != nil {
		return err
	}
	fmt.Println("\n1,000 namespaces, 3,000 flows, 100 teams")
	for _, t := range []struct {
		what             string
		owned, templates bool
	}{
		{"nobody owns files", false, false},
		{"each team owns a file", true, false},
		{"each team owns a file, and the platform sets a field for every namespace", true, true},
	} {
		fmt.Printf("\n%s\n", t.what)
		size := synthetic.Size{Teams: 100, Namespaces: 1000, Flows: 3000, Owned: t.owned, Templates: t.templates}
		if err := benchmark(c, filepath.Join(dir, t.what), size); err != nil {
			return err
		}
	}
	return nil
}

// benchmark measures one tenancy.
func benchmark(c *commands, dir string, size synthetic.Size) error {
	if err := write(dir, synthetic.Files(size)); err != nil {
		return err
	}
	if _, err := c.measure(dir, "hedgerow", "init"); err != nil {
		return err
	}
	if err := vets(c, dir); err != nil {
		return err
	}
	if err := c.forget(); err != nil {
		return err
	}
	for _, g := range []struct{ what, flag string }{
		{"hedgerow generate, from nothing, every overlay built by kustomize", "--quiet"},
		{"hedgerow generate --check, of what was built                     ", "--check"},
	} {
		took, err := c.measure(dir, "hedgerow", "generate", g.flag)
		if err != nil {
			return err
		}
		fmt.Printf("%s  %v\n", g.what, took)
	}
	return nil
}

// vets runs "hedgerow vet" and "cue vet" in turn and prints the median of each,
// and of the ratio of their pairs.
func vets(c *commands, dir string) error {
	var ours, theirs []cost
	var ratios []float64
	for i := range runs + 1 {
		x, err := c.measure(dir, "hedgerow", "vet", "-q")
		if err != nil {
			return err
		}
		y, err := c.measure(dir, "cue", "vet", "-c", ".")
		if err != nil {
			return err
		}
		if i > 0 {
			ours, theirs = append(ours, x), append(theirs, y)
			ratios = append(ratios, x.Wall/y.Wall)
		}
	}
	slices.Sort(ratios)
	fmt.Printf("hedgerow vet  %v\ncue vet -c    %v\n", median(ours), median(theirs))
	fmt.Printf("ratio of wall times: %.2f (%.2f to %.2f in %d pairs)\n", ratios[runs/2], ratios[0], ratios[runs-1], runs)
	return nil
}
