// Package revision reads the files of a tenancy as they were at a revision of
// the Git repository that it stands in. It writes nothing to the repository and
// needs no git binary.
package revision

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

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
	r, err := git.PlainOpenWithOptions(abs, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, fmt.Errorf("%s stands in no Git repository", dir)
	} else if err != nil {
		return nil, err
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

// Commit gives the hash of the commit that a revision names.
func (r *Repository) Commit(revision string) (string, error) {
	c, err := r.commit(revision)
	if err != nil {
		return "", err
	}
	return c.Hash.String(), nil
}

func (r *Repository) commit(revision string) (*object.Commit, error) {
	hash, err := r.git.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", revision, err)
	}
	c, err := r.git.CommitObject(*hash)
	if err != nil {
		return nil, fmt.Errorf("revision %q: %w", revision, err)
	}
	return c, nil
}

// MergeBase gives the hash of the commit at which two revisions parted.
func (r *Repository) MergeBase(a, b string) (string, error) {
	x, err := r.commit(a)
	if err != nil {
		return "", err
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
	tree, err := c.Tree()
	if err != nil {
		return "", fmt.Errorf("revision %q: %w", revision, err)
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return "", err
	}
	defer root.Close()
	files := tree.Files()
	defer files.Close()
	found := false
	for {
		f, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return "", fmt.Errorf("revision %q: %w", revision, err)
		}
		if !wanted(f) {
			continue
		}
		found = found || path.Dir(f.Name) == r.dir
		if err := extract(root, f); err != nil {
			return "", fmt.Errorf("revision %q: %s: %w", revision, f.Name, err)
		}
	}
	if !found {
		return "", fmt.Errorf("revision %q holds no tenancy in %s", revision, r.dir)
	}
	return filepath.Join(into, filepath.FromSlash(r.dir)), nil
}

// largest is the largest file that is written out: none of a tenancy is larger.
const largest = 16 << 20

func wanted(f *object.File) bool {
	regular := f.Mode == filemode.Regular || f.Mode == filemode.Executable || f.Mode == filemode.Deprecated
	return regular && f.Size <= largest && (strings.HasSuffix(f.Name, ".cue") || path.Base(f.Name) == ".hedgerow.yaml")
}

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
