package publish

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/util"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// local is a repository on this machine. It is written to without git, and so
// its hooks are not run.
type local struct {
	path   string
	target Target
	store  *store
	layer  **filesystem.Storage // of the store
}

func newLocal(path string, t Target, s *store, layer **filesystem.Storage) (*local, error) {
	l := &local{path, t, s, layer}
	_, err := l.open()
	return l, err
}

// open opens the repository anew: others may have written to it since.
func (l *local) open() (*git.Repository, error) {
	r, err := l.store.standOn(l.path, l.layer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.target, err)
	}
	return r, nil
}

func (l *local) find(_ context.Context, branch string) (position, error) {
	r, err := l.open()
	if err != nil {
		return position{}, err
	}
	out := position{branch: branch}
	if head, err := r.Reference(plumbing.HEAD, false); err == nil && branch == "" {
		out.branch = head.Target().Short()
	}
	if out.branch == "" {
		return out, nil
	}
	out.at, err = at(*l.layer, plumbing.NewBranchReferenceName(out.branch))
	if err == nil && out.at.IsZero() {
		out.empty, err = l.empty(r)
	}
	return out, err
}

// empty reports whether there is no branch.
func (l *local) empty(r *git.Repository) (bool, error) {
	all, err := r.Branches()
	if err != nil {
		return false, err
	}
	_, err = all.Next()
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// at reads one reference: the lock files of others, which stand beside it and
// may be empty yet, are none. It gives the zero hash if there is none.
func at(s *filesystem.Storage, name plumbing.ReferenceName) (plumbing.Hash, error) {
	ref, err := s.Reference(name)
	switch {
	case errors.Is(err, plumbing.ErrReferenceNotFound):
		return plumbing.ZeroHash, nil
	case err != nil:
		return plumbing.ZeroHash, fmt.Errorf("branch %s cannot be read: %w", name.Short(), err)
	case ref.Type() == plumbing.SymbolicReference:
		return plumbing.ZeroHash, fmt.Errorf("branch %s is another name of %s: name that one", name.Short(), ref.Target().Short())
	}
	return ref.Hash(), nil
}

// fetch has nothing to fetch: the store stands on the repository.
func (l *local) fetch(ctx context.Context, branch string) (position, error) {
	return l.find(ctx, branch)
}

func (l *local) push(_ context.Context, branch string, from, to plumbing.Hash) error {
	r, err := l.open()
	if err != nil {
		return err
	}
	dir, err := commonDir((*l.layer).Filesystem())
	if err != nil {
		return err
	}
	name := plumbing.NewBranchReferenceName(branch)
	where, err := checkedOut(r, dir, name)
	if err != nil {
		return err
	}
	if where != "" {
		return fmt.Errorf("branch %s is checked out in %s, and to move it would change what stands there: add a remote to publish to, or name another branch with --branch", branch, where)
	}
	if err := l.write(dir); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", l.target, err)
	}
	return l.move(dir, name, from, to)
}

// checkedOut gives the worktree that has a branch checked out, as git looks for
// it: that of the repository, if it is not bare, and those that are linked.
func checkedOut(r *git.Repository, dir string, name plumbing.ReferenceName) (string, error) {
	config, err := r.Config()
	if err != nil {
		return "", err
	}
	linked, err := os.ReadDir(filepath.Join(dir, "worktrees"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var at []string
	if !config.Core.IsBare {
		at = append(at, dir)
	}
	for _, w := range linked {
		at = append(at, filepath.Join(dir, "worktrees", w.Name()))
	}
	for _, dir := range at {
		data, err := os.ReadFile(filepath.Join(dir, "HEAD"))
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(string(data)) == "ref: "+name.String() {
			return worktree(dir), nil
		}
	}
	return "", nil
}

// worktree gives the folder of which Git keeps the state in another.
func worktree(dir string) string {
	if link, err := os.ReadFile(filepath.Join(dir, "gitdir")); err == nil {
		dir = strings.TrimSpace(string(link))
	}
	return filepath.Dir(dir)
}

// fewObjects is up to how many objects are written one by one, as git does when
// it receives a push.
const fewObjects = 100

// write puts what was made into the repository, where nothing refers to it yet.
func (l *local) write(dir string) error {
	dir, made := filepath.Join(dir, "objects"), l.store.made()
	if len(made) >= fewObjects {
		dir = filepath.Join(dir, "pack")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		return l.store.writePack(dir)
	}
	for _, name := range made {
		if err := l.store.writeLoose(dir, name); err != nil {
			return err
		}
	}
	return nil
}

// move moves a reference as git does: who makes its lock file may write it, and
// the new one takes the place of the old in one step. The lock file is there
// for a moment and never without its content. It has a second name as long as
// it is ours, so that one of a run that was killed is known to be that.
func (l *local) move(dir string, name plumbing.ReferenceName, from, to plumbing.Hash) error {
	alone, err := alone(dir)
	if err != nil {
		return err
	}
	defer alone.Close()
	for above := path.Dir(name.Short()); above != "."; above = path.Dir(above) {
		if there, err := at(*l.layer, plumbing.NewBranchReferenceName(above)); err != nil || !there.IsZero() {
			return errors.Join(err, fmt.Errorf("there is a branch %s, so that Git can have none below it", above))
		}
	}
	file := filepath.Join(dir, filepath.FromSlash(name.String()))
	if err := alone.unlock(file + ".lock"); err != nil {
		return err
	}
	return l.replace(dir, name, from, to, file)
}

// ours begins the second name of a lock file.
const ours = "hedgerow-lock-"

func (l *local) replace(dir string, name plumbing.ReferenceName, from, to plumbing.Hash, file string) error {
	second, err := writeSecond(dir, to.String()+"\n")
	if err != nil {
		return err
	}
	defer os.Remove(second)
	lock := file + ".lock"
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	if err := os.Link(second, lock); errors.Is(err, fs.ErrExist) {
		return errLocked{lock}
	} else if err != nil {
		return err
	}
	now, err := at(*l.layer, name)
	if err == nil && now != from {
		err = errMoved
	}
	if err == nil {
		err = os.Rename(lock, file)
	}
	if err != nil {
		_ = os.Remove(lock) // it is still ours; once renamed, one there is somebody else's
	}
	return err
}

// writeSecond makes a file with the rights that a reference has.
func writeSecond(dir, data string) (string, error) {
	name := filepath.Join(dir, ours+rand.Text())
	return name, os.WriteFile(name, []byte(data), 0o666)
}

// commonDir gives the folder of a repository that has its references, also if
// it is that of another worktree.
func commonDir(files billy.Filesystem) (string, error) {
	data, err := util.ReadFile(files, "commondir")
	if errors.Is(err, fs.ErrNotExist) {
		return files.Root(), nil
	} else if err != nil {
		return "", err
	}
	dir := strings.TrimSpace(string(data))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(files.Root(), dir)
	}
	return dir, nil
}

// errLocked says that somebody else writes a reference, or was killed doing so.
type errLocked struct{ file string }

// Error implements error.
func (e errLocked) Error() string {
	return fmt.Sprintf("another process is writing the branch, or was killed doing so: remove %s if none is", e.file)
}

// Is makes it worth another try.
func (e errLocked) Is(target error) bool { return target == errMoved }
