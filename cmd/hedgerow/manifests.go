package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A manifestCluster is the manifests of one cluster.
type manifestCluster struct {
	name    string // "" if there is but one
	objects *reach.Objects
}

// readClusters gives the objects at the paths. The overlays that Hedgerow wrote
// are of several clusters, each in a folder of its own; everything else is taken
// for one.
func readClusters(stdin io.Reader, paths []string) (out []manifestCluster, err error) {
	var names []string
	if len(paths) == 1 {
		names = render.ClusterFolders(paths[0])
	}
	if names == nil {
		objects, err := readManifests(stdin, paths)
		return []manifestCluster{{"", objects}}, err
	}
	for _, name := range names {
		objects, err := readManifests(stdin, []string{filepath.Join(paths[0], name)})
		if err != nil {
			return nil, err
		}
		out = append(out, manifestCluster{name, objects})
	}
	return out, nil
}

// warn speaks of what could close or open more and is not judged.
func (c *manifestCluster) warn(w world) {
	for kind, names := range tenancy.Sorted(c.objects.Unjudged) {
		fmt.Fprintf(w.err, "warning: %s of kind %s may close or open more, and only NetworkPolicy is judged\n", report.Count(len(names), "object"), kind)
	}
	hosts := 0
	for _, l := range c.objects.Workloads {
		if l.HostNetwork {
			hosts++
		}
	}
	if hosts > 0 {
		fmt.Fprintf(w.err, "note: %s on the network of the nodes: no policy selects them\n", report.Count(hosts, "workload"))
	}
	passed := 0
	for _, n := range c.objects.Passed {
		passed += n
	}
	if passed > 0 {
		fmt.Fprintf(w.err, "note: nothing in %s of %s says who reaches whom\n", report.Count(passed, "object"), report.Count(len(c.objects.Passed), "kind"))
	}
}

// readManifests gives the objects at the paths.
func readManifests(stdin io.Reader, paths []string) (*reach.Objects, error) {
	files, err := findManifests(stdin, paths)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(files, func(m manifest) bool { return len(bytes.TrimSpace(m.data)) > 0 }) {
		// What should have written it may have failed.
		return nil, fmt.Errorf("%s is empty", files[0].name)
	}
	out, err := reach.Read("", nil)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, f := range files {
		objects, err := reach.Read(f.name, f.data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out.Add(objects)
	}
	return out, errors.Join(errs...)
}

// findManifests gives the manifests at the paths: files, "-" for the standard
// input, and folders. Of a folder every YAML and JSON file counts; where there
// are kustomizations, what they build counts instead of the files below them,
// and those that others use are not built by themselves. Beside an error it gives
// those that could be read.
func findManifests(stdin io.Reader, paths []string) ([]manifest, error) {
	c := &collector{stdin: stdin, used: map[string]bool{}}
	var errs []error
	for _, p := range paths {
		before := len(c.files) + len(c.kustomizations)
		err := c.path(p)
		if err == nil && len(c.files)+len(c.kustomizations) == before {
			err = fmt.Errorf("%s holds no manifest", p)
		}
		errs = append(errs, err)
	}
	if err := onceEach(errs); err != nil {
		return c.files, err
	}
	if err := c.build(); err != nil {
		return c.files, err
	}
	if len(c.files) == 0 {
		return nil, fmt.Errorf("%s holds components alone, and none is built by itself", strings.Join(paths, ", "))
	}
	return c.files, nil
}

// onceEach joins errors, each once: what is wrong with a base is wrong with all
// that use it.
func onceEach(errs []error) error {
	var out []error
	seen := map[string]bool{}
	for _, err := range errs {
		if err == nil {
			continue
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if !seen[line] {
				seen[line] = true
				out = append(out, errors.New(line))
			}
		}
	}
	return errors.Join(out...)
}

// A collector gathers manifests before any is read.
type collector struct {
	stdin          io.Reader
	files          []manifest
	kustomizations []*render.Kustomization
	used           map[string]bool // folders that other kustomizations use
}

type manifest struct {
	name string
	data []byte
}

func (c *collector) path(p string) error {
	if p == "-" {
		data, err := io.ReadAll(c.stdin)
		c.files = append(c.files, manifest{"standard input", data})
		return err
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return c.file(p)
	}
	dir, err := filepath.EvalSymlinks(p) // what it uses may stand beside what it links to
	if err != nil {
		return err
	}
	return c.folder(dir, false)
}

func (c *collector) file(p string) error {
	data, err := os.ReadFile(p)
	if err == nil {
		c.files = append(c.files, manifest{filepath.ToSlash(p), data})
	}
	return err
}

// folder takes in a folder; below a kustomization only further kustomizations
// count.
func (c *collector) folder(dir string, below bool) error {
	k, err := render.FindKustomization(dir)
	if err != nil {
		return err
	}
	if k != nil {
		below = true
		c.kustomizations = append(c.kustomizations, k)
		for _, used := range k.Uses {
			c.used[used] = true
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			errs = append(errs, c.folder(at, below))
		case below:
		case isFolder(at):
			errs = append(errs, fmt.Errorf("%s is a link to a folder, and none is followed: name the folder itself", at))
		case !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(at)):
		case !e.Type().IsRegular() && !isFile(at):
			errs = append(errs, fmt.Errorf("%s is not a regular file", at)) // reading a pipe would not end
		default:
			errs = append(errs, c.file(at))
		}
	}
	return errors.Join(errs...)
}

func isFolder(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.IsDir()
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

// build builds, side by side, the kustomizations that no other one uses.
func (c *collector) build() error {
	roots, err := c.roots()
	if err != nil {
		return err
	}
	built, errs := make([]manifest, len(roots)), make([]error, len(roots))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, k := range roots {
		all.Go(func() error {
			data, err := render.BuildFolder(k)
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", k.Dir, err)
			}
			built[i] = manifest{filepath.ToSlash(k.Dir) + " (built by kustomize)", data}
			return nil
		})
	}
	_ = all.Wait() // each has its own error
	for i := range built {
		if errs[i] == nil {
			c.files = append(c.files, built[i])
		}
	}
	return errors.Join(errs...)
}

// roots gives the kustomizations that are built by themselves: those that no
// other one uses, and in the place of one that only lists others those.
func (c *collector) roots() (out []*render.Kustomization, err error) {
	seen := map[string]bool{}
	var add func(k *render.Kustomization) error
	add = func(k *render.Kustomization) error {
		if k.Component || seen[k.Dir] {
			return nil
		}
		seen[k.Dir] = true
		listed, err := listedBy(k)
		if err != nil || listed == nil {
			out = append(out, k)
			return err
		}
		for _, l := range listed {
			if err := add(l); err != nil {
				return err
			}
		}
		return nil
	}
	for _, k := range c.kustomizations {
		if !c.used[k.Dir] {
			if err := add(k); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// listedBy gives the kustomizations that a kustomization lists, if it does nothing
// else, and nothing that kustomize would refuse.
func listedBy(k *render.Kustomization) (out []*render.Kustomization, err error) {
	if !k.Lists {
		return nil, nil
	}
	for i, dir := range k.Uses {
		listed, err := render.FindKustomization(dir)
		if err != nil {
			return nil, err
		}
		if listed == nil || listed.Component || slices.Contains(k.Uses[:i], dir) {
			return nil, nil
		}
		out = append(out, listed)
	}
	return out, nil
}
