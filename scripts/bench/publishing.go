package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// published is what publishing one flow among 60,000 files takes, as the
// benchmark of publish says: it needs Git repositories that no command line
// sets up as quickly.
type published struct {
	Commit float64 `json:"commit"` // what follows the plan, in times of what git takes
	All    float64 `json:"all"`    // with reading and judging what is published, in the same
	Git    float64 `json:"git"`    // seconds
	Peak   float64 `json:"peak"`   // MiB
}

// publishing runs the benchmark of publish.
func publishing() (*published, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkPublish$/^change$", "-benchtime", "5x", "./publish")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	return metrics(string(out))
}

// metrics reads the line of the benchmark.
func metrics(out string) (*published, error) {
	found := map[string]float64{}
	for text := range strings.Lines(out) {
		words := strings.Fields(text)
		if !strings.HasPrefix(text, "BenchmarkPublish/change") || len(words) < 4 {
			continue
		}
		for pair := range slices.Chunk(words[2:], 2) { // after its name, and how often it ran
			value, err := strconv.ParseFloat(pair[0], 64)
			if err != nil {
				return nil, err
			}
			found[pair[len(pair)-1]] = value
		}
	}
	p := &published{Commit: found["commit-x-git"], All: found["x-git"], Git: found["git-s/op"], Peak: found["peak-MiB"]}
	if p.Commit == 0 || p.All == 0 || p.Git == 0 {
		return nil, fmt.Errorf("the benchmark of publish does not say what git takes:\n%s", out)
	}
	return p, nil
}
