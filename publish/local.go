package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// local is a repository on this machine. It is written to without git, and so
// its hooks are not run.
type local struct {
	path   string
	target Target
	store  *store
}

func newLocal(path string, t Target, s *store) (*local, error) {
	l := &local{path, t, s}
	_, err := l.open()
	return l, err
}

// open opens the repository anew: others may have written to it since.
func (l *local) open() (*git.Repository, error) {
	r, err := l.store.standOn(l.path, &l.store.target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.target, err)
	}
	return r, nil
}

func (l *local) refs(context.Context) (references, error) {
	r, err := l.open()
	if err != nil {
		return references{}, err
	}
	out := references{branches: map[string]plumbing.Hash{}}
	if head, err := r.Reference(plumbing.HEAD, false); err == nil {
		out.head = head.Target().Short()
	}
	all, err := r.Branches()
	if err != nil {
		return out, err
	}
	return out, all.ForEach(func(ref *plumbing.Reference) error {
		out.branches[ref.Name().Short()] = ref.Hash()
		return nil
	})
}

// fetch has nothing to do: the store stands on the repository.
func (l *local) fetch(context.Context, plumbing.Hash) error { return nil }

func (l *local) push(_ context.Context, branch string, from, to plumbing.Hash) error {
	r, err := l.open()
	if err != nil {
		return err
	}
	head, err := r.Reference(plumbing.HEAD, false)
	name := plumbing.NewBranchReferenceName(branch)
	if _, bare := r.Worktree(); bare == nil && err == nil && head.Target() == name {
		return fmt.Errorf("branch %s is checked out in %s, and to move it would change what stands there: add a remote to publish to, or name another branch with --branch", branch, l.target)
	}
	if err := l.write(); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", l.target, err)
	}
	return l.move(name, from, to)
}

// fewObjects is up to how many objects are written one by one, as git does when
// it receives a push.
const fewObjects = 100

// write puts what was made into the repository, where nothing refers to it yet.
func (l *local) write() (err error) {
	made := l.store.made()
	if len(made) < fewObjects {
		for _, h := range made {
			o, err := l.store.ObjectStorage.EncodedObject(plumbing.AnyObject, h)
			if err != nil {
				return err
			}
			if _, err := l.store.target.SetEncodedObject(o); err != nil {
				return err
			}
		}
		return nil
	}
	w, err := l.store.target.PackfileWriter()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	_, err = packfile.NewEncoder(w, &l.store.ObjectStorage, false).Encode(made, 0)
	return err
}

// move moves a reference as git does: who makes its lock file may write it, and
// the new one takes the place of the old in one step.
func (l *local) move(name plumbing.ReferenceName, from, to plumbing.Hash) error {
	files, lock := l.store.target.Filesystem(), name.String()+".lock"
	f, err := files.OpenFile(lock, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return errLocked{files.Join(files.Root(), lock)}
	} else if err != nil {
		return err
	}
	defer files.Remove(lock) // it is gone already when all went well
	_, err = f.Write([]byte(to.String() + "\n"))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	at := plumbing.ZeroHash
	switch ref, err := l.store.target.Reference(name); {
	case err == nil:
		at = ref.Hash()
	case !errors.Is(err, plumbing.ErrReferenceNotFound):
		return err
	}
	if at != from {
		return errMoved
	}
	return files.Rename(lock, name.String())
}

// errLocked says that somebody else writes a reference, or was killed doing so.
type errLocked struct{ file string }

// Error implements error.
func (e errLocked) Error() string {
	return fmt.Sprintf("another process is writing the branch, or was killed doing so: remove %s if none is", e.file)
}

// Is makes it worth another try.
func (e errLocked) Is(target error) bool { return target == errMoved }
