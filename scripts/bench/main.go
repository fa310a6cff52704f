// Bench measures whole commands beside their peers on the same files:
//
//	go run ./scripts/bench
//	go run ./scripts/bench docs 1000 3000 10000
//
// The second form measures tenancies of these numbers of namespaces, beside Helm
// and kustomize as well, and writes what came out to a folder: scale.json, the
// page scale.md, and its picture scale.svg.
//
// It needs bin/hedgerow, bin/cue, bin/helm and bin/kustomize, which "make bench"
// and "make bench-scale" build. Commands that are compared run in turn, so that
// a machine whose speed drifts slows all of them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		panic("the measurement failed")
	}
}

func run(args []string) error {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hedgerow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := &commands{bin: bin, dir: dir}
	if len(args) == 0 {
		return beside(c, dir)
	}
	sizes, err := sizesOf(args[1:])
	if err != nil {
		return err
	}
	return scale(c, dir, args[0], sizes)
}

// sizesOf reads the numbers of namespaces, of which the first is the smallest.
func sizesOf(args []string) (sizes []int, err error) {
	for i, arg := range args {
		namespaces, err := strconv.Atoi(arg)
		if err != nil || namespaces < sample || i > 0 && namespaces <= sizes[i-1] {
			return nil, fmt.Errorf("%q is no number of namespaces of %d and more, and more than the one before", arg, sample)
		}
		sizes = append(sizes, namespaces)
	}
	if len(sizes) < 2 {
		return nil, fmt.Errorf("growth takes two numbers of namespaces, and there are %d", len(sizes))
	}
	return sizes, nil
}
