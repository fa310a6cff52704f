package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"

	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/revision"
)

// lookElsewhere tells an output that has no inventory what stands around it in
// the repository: it may have been given another place. Publish looks in what it
// publishes to itself; a folder that is not in the repository is somebody's look
// at what would be.
func (j *job) lookElsewhere() error {
	repo, err := revision.Open(j.cfg.dir)
	if err != nil || j.output.Inventory() != nil || j.cfg.Repo != "" {
		return nil // without a repository there is nothing to sync
	}
	output, inside := outputIn(repo, j.cfg)
	if !inside {
		return nil
	}
	root, err := os.OpenRoot(repo.Root())
	if err != nil {
		return err
	}
	defer root.Close()
	around, err := surroundings(root)
	if err != nil {
		return err
	}
	err = j.output.Elsewhere(around, repo.Dir(), output, func(folder string) string { return j.shownAs(repo, folder).Filename })
	maps.Copy(j.sources, j.output.Sources)
	return err
}

// surroundings collects what stands in a folder.
func surroundings(root *os.Root) (render.Surroundings, error) {
	out := render.Surroundings{Inventories: map[string]render.File{}, Modules: map[string]bool{}}
	return out, fs.WalkDir(root.FS(), ".", func(at string, e fs.DirEntry, err error) error {
		dir := path.Dir(at)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return nil // what cannot be read is no output of ours
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".git":
			return fs.SkipDir
		case e.IsDir() && e.Name() == revision.ModuleFolder:
			out.Modules[dir] = true
			return fs.SkipDir
		case e.Name() == render.InventoryFile && e.Type().IsRegular():
			out.Inventories[dir] = render.FileAt(root, at)
		}
		return nil
	})
}
