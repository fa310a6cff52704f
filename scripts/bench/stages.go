package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Stages say where the time of "vet" goes.
type stages struct {
	Overlays int     `json:"overlays"`
	Policies int     `json:"policies"`
	Decoded  float64 `json:"decoded"` // seconds until the files were evaluated and decoded, of the first stage
	All      []stage `json:"all"`
}

// A stage is a part of the work, done alone.
type stage struct {
	Name      string  `json:"name"`
	Wall      float64 `json:"wall"` // seconds
	CPU       float64 `json:"cpu"`  // seconds, of which
	CUE       float64 `json:"cue"`
	Kustomize float64 `json:"kustomize"`
	Garbage   float64 `json:"garbage"` // collected beside the work
}

// The stages, as the page names them.
const (
	loading   = "files are read, evaluated, decoded, and judged by the schema"
	expanding = "flows become policies, and rules across fields are judged"
	rendering = "overlays are rendered"
	building  = "overlays are built, judged, and kept (an empty cache)"
	restoring = "what was built is restored and judged (a warm cache)"
	proving   = "what was built is held against what is declared"
	writing   = "every file is written, to a folder that was empty"
)

// heapGrowth, in percent, leaves the collector about as little to do as it has
// in the command.
const heapGrowth = 400

// stagesOf does what vet does, stage by stage, and asks of each how long it
// takes and in whose code. The command has no flag for that: nobody else would
// need one.
func stagesOf(dir, output string) (s stages, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	var t *tenancy.Tenancy
	var x *generator.Expansion
	var tree render.Tree
	var built []render.Built
	kept := &memory{}
	build := func() (err error) {
		built, err = render.Build(x, tree, kept, nil)
		return err
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{loading, func() (err error) { t, s.Decoded, err = load(dir); return err }},
		{expanding, func() (err error) { x, err = expand(t); return err }},
		{rendering, func() (err error) { tree, err = render.Files(x); return err }},
		{building, build},
		{restoring, build},
		{proving, func() error { return prove(t, x, built) }},
		{writing, func() error { return plan(x, tree, output) }},
	} {
		runtime.GC()
		took, err := profiled(step.name, step.do)
		if err != nil {
			return s, err
		}
		fmt.Printf("%-62s %6.2f s wall %6.2f s cpu, %.2f of CUE, %.2f of kustomize, %.2f of garbage\n", took.Name, took.Wall, took.CPU, took.CUE, took.Kustomize, took.Garbage)
		s.All = append(s.All, took)
	}
	for _, b := range built {
		s.Policies += len(b.Policies)
	}
	s.Overlays = len(x.Overlays())
	return s, nil
}

// load reads a tenancy, and says when it was decoded; what is left is judging.
func load(dir string) (t *tenancy.Tenancy, decoded float64, err error) {
	start := time.Now()
	res, err := schema.Load(dir, nil, func(*tenancy.Tenancy) { decoded = seconds(time.Since(start)) })
	if err != nil {
		return nil, 0, err
	}
	return res.Tenancy, decoded, right(res.Diags)
}

func expand(t *tenancy.Tenancy) (*generator.Expansion, error) {
	day := time.Now().UTC().Format(time.DateOnly)
	x, found := generator.Expand(t, generator.Options{AsOf: day, Today: day, Soon: day})
	return x, right(append(found, check.Tenancy(t)...))
}

func prove(t *tenancy.Tenancy, x *generator.Expansion, built []render.Built) error {
	clusters := map[string]*reach.Cluster{}
	for _, b := range built {
		if clusters[b.Cluster] == nil {
			clusters[b.Cluster] = &reach.Cluster{}
		}
		clusters[b.Cluster].Policies = append(clusters[b.Cluster].Policies, b.Policies...)
		clusters[b.Cluster].Namespaces = append(clusters[b.Cluster].Namespaces, b.Namespaces...)
	}
	p, err := proof.New(t, x, clusters)
	if err != nil {
		return err
	}
	if err := right(p.Check()); err != nil {
		return err
	}
	_, err = p.Guards()
	return err
}

// plan writes what was rendered, as generate does.
func plan(x *generator.Expansion, tree render.Tree, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := render.OpenOutput(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	found, err := render.ReadFolder(root)
	if err != nil {
		return err
	}
	output, err := render.ReadOutput(found, filepath.Base(dir), nil)
	if err != nil {
		return err
	}
	p, wrong, err := render.NewPlan(output, x, tree, render.PlanOptions{})
	if err != nil {
		return err
	}
	return cmp.Or(right(wrong), p.Write(root))
}

// right refuses to measure what is wrong.
func right(found []diag.Diagnostic) error {
	for _, d := range found {
		if d.Severity == diag.Error {
			return fmt.Errorf("the tenancy is wrong: %s", d.Fact)
		}
	}
	return nil
}

// A memory keeps what kustomize built without a disk.
type memory struct{ sync.Map }

// Get implements render.Cache.
func (m *memory) Get(key [sha256.Size]byte) ([]byte, bool) {
	data, ok := m.Load(key)
	if !ok {
		return nil, false
	}
	return data.([]byte), true
}

// Put implements render.Cache.
func (m *memory) Put(key [sha256.Size]byte, data []byte) { m.Store(key, data) }
