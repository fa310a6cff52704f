// Package revision reads the files of a tenancy as they were at a revision of
// the Git repository that it stands in. It writes nothing to the repository and
// needs no git binary.
package revision

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// ErrNoTenancy says that there was none at a revision.
var ErrNoTenancy = errors.New("it holds no tenancy")

// Repository is the repository that a folder stands in.
type Repository struct {
	git  *git.Repository
	root string // of the worktree
	dir  string // of the tenancy, slash-separated, below root
}

// Open finds the repository that the folder stands in.
func Open(dir string) (*Repository, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	r, err := OpenGit(abs, true)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, fmt.Errorf("%s stands in no Git repository", dir)
	} else if err != nil {
		return nil, fmt.Errorf("the Git repository of %s cannot be read: %w", dir, err)
	}
	tree, err := r.Worktree()
	if err != nil {
		return nil, err
	}
	root, err := filepath.EvalSymlinks(tree.Filesystem.Root())
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil {
		return nil, err
	}
	return &Repository{git: r, root: root, dir: filepath.ToSlash(rel)}, nil
}

// OpenGit opens the repository of a folder, or of one above, as git would:
// linked worktrees and objects that it borrows (git clone --shared) included.
func OpenGit(dir string, above bool) (*git.Repository, error) {
	r, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: above, EnableDotGitCommonDir: true})
	if err != nil {
		return nil, err
	}
	at, ok := r.Storer.(*filesystem.Storage)
	if !ok {
		return r, nil
	}
	with := filesystem.NewStorageWithOptions(at.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{AlternatesFS: osfs.New("/")})
	tree, err := r.Worktree()
	if errors.Is(err, git.ErrIsBareRepository) {
		return git.Open(with, nil)
	} else if err != nil {
		return nil, err
	}
	return git.Open(with, tree.Filesystem)
}

// Commit gives the hash of the commit that a revision names.
func (r *Repository) Commit(revision string) (string, error) {
	c, err := r.commit(revision)
	if err != nil {
		return "", err
	}
	return c.Hash.String(), nil
}

func (r *Repository) commit(revision string) (*object.Commit, error) {
	name, steps := revision, ""
	if i := strings.IndexAny(revision, "~^"); i >= 0 {
		name, steps = revision[:i], revision[i:]
	}
	start, err := r.start(name)
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", revision, err)
	}
	hash, err := r.git.ResolveRevision(plumbing.Revision(start.String() + steps))
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, plumbing.ErrObjectNotFound), errors.Is(err, plumbing.ErrReferenceNotFound):
		return nil, fmt.Errorf("revision %q: its commit is not here: there is none, or it was not fetched (a shallow clone?)", revision)
	case err != nil:
		return nil, fmt.Errorf("revision %q: %w", revision, errForm)
	}
	return r.git.CommitObject(*hash)
}

var (
	errForm = errors.New("write a branch, a tag or a hash, with ~N or ^N behind it if it is an older commit")
	errNone = errors.New("there is no such branch, tag or commit here")
)

// start gives the hash that a name stands for: a reference's before one that
// starts with the same letters, which any commit's may.
func (r *Repository) start(name string) (plumbing.Hash, error) {
	if strings.ContainsAny(name, ":{ ") || strings.Contains(name, "..") {
		return plumbing.ZeroHash, errForm
	}
	if name == "@" {
		name = "HEAD"
	}
	if plumbing.IsHash(name) {
		return plumbing.NewHash(name), nil
	}
	for _, rule := range plumbing.RefRevParseRules {
		ref, err := storer.ResolveReference(r.git.Storer, plumbing.ReferenceName(fmt.Sprintf(rule, name)))
		if err == nil {
			return ref.Hash(), nil
		}
	}
	return r.abbreviated(name)
}

// shortest is how short a hash may be written, as for git.
const shortest = 4

func (r *Repository) abbreviated(name string) (found plumbing.Hash, err error) {
	start, err := hex.DecodeString(name[:len(name)&^1])
	finder, ok := r.git.Storer.(interface {
		HashesWithPrefix(prefix []byte) ([]plumbing.Hash, error)
	})
	if err != nil || !ok || len(name) < shortest {
		return found, errNone
	}
	all, err := finder.HashesWithPrefix(start)
	if err != nil {
		return found, err
	}
	for _, h := range all {
		if !strings.HasPrefix(h.String(), strings.ToLower(name)) || h == found {
			continue
		}
		if _, err := r.git.CommitObject(h); err != nil {
			continue
		}
		if !found.IsZero() {
			return found, fmt.Errorf("the hashes of several commits start so, like %s and %s", found, h)
		}
		found = h
	}
	if found.IsZero() {
		return found, errNone
	}
	return found, nil
}

// MergeBase gives the hash of the commit at which two revisions parted.
func (r *Repository) MergeBase(a, b string) (string, error) {
	x, err := r.commit(a)
	if err != nil {
		return "", fmt.Errorf("%w: fetch it, with all of its history", err)
	}
	y, err := r.commit(b)
	if err != nil {
		return "", err
	}
	bases, err := x.MergeBase(y)
	switch {
	case err != nil:
		return "", fmt.Errorf("the history of %s and %s is not all here (a shallow clone?): %w", a, b, err)
	case len(bases) == 0:
		return "", fmt.Errorf("%s and %s have no common history here: fetch all of it", a, b)
	}
	return bases[0].Hash.String(), nil
}

// Extract writes what makes a tenancy at a revision below an empty folder: every
// CUE file and every configuration of the repository. It gives the tenancy's
// folder there.
func (r *Repository) Extract(revision, into string) (string, error) {
	c, err := r.commit(revision)
	if err != nil {
		return "", err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return "", err
	}
	defer root.Close()
	found := false
	err = eachFile(c, func(name string, e object.TreeEntry) error {
		if !MakesTenancy(name) {
			return nil
		}
		found = found || path.Dir(name) == r.dir
		blob, err := r.git.BlobObject(e.Hash)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case blob.Size > largest:
			return fmt.Errorf("%s is larger than %d MiB", name, largest>>20)
		}
		if err := extract(root, object.NewFile(name, e.Mode, blob)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("revision %q: %w", revision, err)
	}
	if !found {
		return "", fmt.Errorf("revision %q: %w in %s", revision, ErrNoTenancy, r.dir)
	}
	return filepath.Join(into, filepath.FromSlash(r.dir)), nil
}

// largest is the largest file that is written out: none of a tenancy is larger.
// Without one the tenancy would be another.
const largest = 16 << 20

func extract(root *os.Root, f *object.File) error {
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(f.Name)), 0o755); err != nil {
		return err
	}
	text, err := f.Contents()
	if err != nil {
		return err
	}
	return root.WriteFile(filepath.FromSlash(f.Name), []byte(text), 0o644)
}
