package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// measurements are what one run of the benchmark found: all that its page says.
type measurements struct {
	Machine   machine    `json:"machine"`
	Tools     []tool     `json:"tools"`
	Sizes     []size     `json:"sizes"`               // growing
	Published *published `json:"published,omitempty"` // where it was measured
	Stages    stages     `json:"stages"`              // of the largest size
}

// A size is what commands take on a tenancy of so many namespaces.
type size struct {
	Namespaces int             `json:"namespaces"`
	Flows      int             `json:"flows"`
	Sources    int             `json:"sources"` // files of CUE
	Written    int             `json:"written"` // files of the output folder
	Runs       int             `json:"runs"`    // of which the median is given
	Costs      map[string]cost `json:"costs"`   // by the keys of rows
}

// What is measured more than once, and where publish is, which has a size of its
// own.
const (
	smallSize    = 1000 // and below
	smallRuns    = 3
	publishedAt  = 10_000
	perNamespace = 3 // flows
	perFile      = 50
)

// scale measures tenancies of several sizes, and writes to a folder what came
// out.
func scale(c *commands, dir, out string, sizes []int) (err error) {
	m := measurements{Machine: thisMachine()}
	if m.Tools, err = toolsOf(c.bin); err != nil {
		return err
	}
	var last *bench
	for _, namespaces := range sizes {
		if last, err = newBench(c, filepath.Join(dir, fmt.Sprint(namespaces)), namespaces); err != nil {
			return err
		}
		if err := last.run(); err != nil {
			return err
		}
		m.Sizes = append(m.Sizes, last.size)
	}
	if m.Stages, err = stagesOf(last.now, filepath.Join(dir, "stages")); err != nil {
		return err
	}
	if last.Namespaces >= publishedAt {
		if m.Published, err = publishing(); err != nil {
			return err
		}
	}
	fmt.Println()
	for _, g := range m.goals() {
		fmt.Printf("%-114s %-11s %-12s %s\n", g.Work+against(g), g.Measured(), g.Limited(), g.Verdict())
	}
	return m.write(out)
}

// against names the peer of a goal, or the command that it is about.
func against(g goal) string {
	if g.Against == "" {
		return ": " + g.Of
	}
	return ", against " + g.Against
}

// write writes the measurements, their page and their picture.
func (m *measurements) write(out string) error {
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	page, err := m.page()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(out, "scale.json"), append(data, '\n'), 0o644),
		os.WriteFile(filepath.Join(out, "scale.md"), page, 0o644),
		os.WriteFile(filepath.Join(out, "scale.svg"), m.picture(), 0o644),
	)
}
