package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// sample is how many overlays are built by the kustomize command line, one
// process each: all of them would take as long as everything else together.
const sample = 20

// A bench measures commands on a tenancy of one size, and on another that
// differs from it by one flow, beside what people would take instead.
type bench struct {
	*commands
	size
	dir, old, now, chart string
	of                   synthetic.Size
	costs                map[string][]cost
}

func newBench(c *commands, dir string, namespaces int) (*bench, error) {
	b := &bench{commands: c, costs: map[string][]cost{}, dir: dir, old: filepath.Join(dir, "old"), now: filepath.Join(dir, "new"), chart: filepath.Join(dir, "chart")}
	b.of = synthetic.Size{Teams: max(namespaces/perFile, 1), Namespaces: namespaces, Flows: perNamespace * namespaces, Owned: true}
	b.size = size{Namespaces: namespaces, Flows: b.of.Flows, Sources: b.of.Teams + 1, Runs: 1, Costs: map[string]cost{}}
	if namespaces <= smallSize {
		b.Runs = smallRuns
	}
	if err := errors.Join(write(b.old, synthetic.Files(b.of)), write(b.now, synthetic.Files(b.of)), write(b.chart, synthetic.Chart(b.of))); err != nil {
		return nil, err
	}
	for _, tenancy := range []string{b.old, b.now} {
		if _, err := c.measure(tenancy, "hedgerow", "init"); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// run measures everything.
func (b *bench) run() error {
	fmt.Printf("\n%d namespaces, %d flows, %d files\n", b.Namespaces, b.Flows, b.Sources)
	if b.Namespaces <= smallSize {
		if err := b.chartIsTheSame(); err != nil {
			return err
		}
	}
	for range b.Runs {
		if err := b.round(); err != nil {
			return err
		}
	}
	for _, r := range rows {
		b.Costs[r.key] = median(b.costs[r.key])
		fmt.Printf("%-62s %v\n", r.label, b.Costs[r.key])
	}
	var err error
	b.Written, err = countFiles(filepath.Join(b.now, "overlays"))
	fmt.Println()
	return err
}

// round runs every command once, from a tenancy without an output folder.
func (b *bench) round() error {
	overlays := filepath.Join(b.now, "overlays")
	if err := errors.Join(b.hide(overlays), write(b.now, synthetic.Files(b.of))); err != nil {
		return err
	}
	for _, step := range []struct {
		key     string
		before  func() error
		program string
		args    []string
	}{
		{cueVet, nil, "cue", []string{"vet", "-c", "."}},
		{helmTemplate, nil, "helm", []string{"template", "x", b.chart}},
		{firstVet, b.forget, "hedgerow", []string{"vet", "-q"}},
		{vet, nil, "hedgerow", []string{"vet", "-q"}},
		{generate, b.forget, "hedgerow", []string{"generate", "-q"}},
		{generateAgain, func() error { return changeFlow(b.now) }, "hedgerow", []string{"generate", "-q"}},
		{generateCheck, nil, "hedgerow", []string{"generate", "-q", "--check"}},
		{diff, nil, "hedgerow", []string{"diff", "-q", b.old, b.now}},
	} {
		if step.before != nil {
			if err := step.before(); err != nil {
				return err
			}
		}
		took, err := b.measure(b.now, step.program, step.args...)
		if err != nil {
			return err
		}
		b.costs[step.key] = append(b.costs[step.key], took)
	}
	return b.kustomize(overlays)
}

// kustomize has the command line of kustomize build some overlays, and gives one
// its share.
func (b *bench) kustomize(overlays string) error {
	found, err := filepath.Glob(filepath.Join(overlays, "main", "prod", "ns-*"))
	if err != nil || len(found) < sample {
		return fmt.Errorf("%d overlays of %d (%w)", len(found), sample, err)
	}
	var all cost
	for _, overlay := range found[:sample] {
		took, err := b.measure(b.now, "kustomize", "build", overlay)
		if err != nil {
			return err
		}
		all = cost{all.Wall + took.Wall, all.CPU + took.CPU, max(all.Peak, took.Peak)}
	}
	b.costs[kustomizeOne] = append(b.costs[kustomizeOne], cost{all.Wall / sample, all.CPU / sample, all.Peak})
	return nil
}

// chartIsTheSame sees to it that what Helm makes opens the same connections.
func (b *bench) chartIsTheSame() error {
	manifests, _, err := b.output(b.dir, "helm", "template", "x", b.chart)
	if err != nil {
		return err
	}
	file := b.chart + ".yaml"
	if err := os.WriteFile(file, manifests, 0o644); err != nil {
		return err
	}
	out, _, err := b.output(b.now, "hedgerow", "diff", file, b.now)
	if err == nil && !bytes.Contains(out, []byte("nothing opens or closes")) {
		err = errors.New("the chart opens something else than the tenancy")
	}
	return err
}

// changeFlow opens another port with the first flow of a tenancy.
func changeFlow(dir string) error {
	file := filepath.Join(dir, "team-0.cue")
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := bytes.Replace(data, []byte(`ports: ["https"]`), []byte(`ports: ["admin"]`), 1)
	if bytes.Equal(data, changed) {
		return fmt.Errorf("%s has no flow", file)
	}
	return os.WriteFile(file, changed, 0o644)
}

// write writes files below a folder.
func write(dir string, files map[string]string) error {
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func countFiles(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return err
	})
	return n, err
}
