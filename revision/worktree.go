package revision

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/hedgerow-dev/hedgerow/internal/regular"
)

// Root gives the folder of the worktree.
func (r *Repository) Root() string { return r.root }

// Dir gives the tenancy's folder, slash-separated, below the root.
func (r *Repository) Dir() string { return r.dir }

// Branch gives the branch that is checked out; "" if none is.
func (r *Repository) Branch() string {
	head, err := r.git.Reference(plumbing.HEAD, false)
	if err != nil || !head.Target().IsBranch() {
		return ""
	}
	return head.Target().Short()
}

// DefaultBranch gives the branch that the remote's HEAD was when it was cloned,
// or else the one that is checked out; "" if neither is known.
func (r *Repository) DefaultBranch() string {
	const remote = "refs/remotes/origin/"
	if head, err := r.git.Reference(remote+"HEAD", false); err == nil {
		if name, ok := strings.CutPrefix(head.Target().String(), remote); ok {
			return name
		}
	}
	return r.Branch()
}

// Remote gives name and address of the repository to which a branch is pushed:
// its own remote, or origin, or the only one there is. Both are "" if there is
// none.
func (r *Repository) Remote(branch string) (name, address string, err error) {
	c, err := r.git.Config()
	if err != nil {
		return "", "", err
	}
	name = "origin"
	if b := c.Branches[branch]; b != nil && c.Remotes[b.Remote] != nil {
		name = b.Remote
	} else if len(c.Remotes) == 1 {
		for only := range c.Remotes {
			name = only
		}
	}
	remote := c.Remotes[name]
	switch {
	case len(c.Remotes) == 0:
		return "", "", nil
	case remote == nil || len(remote.URLs) == 0:
		return "", "", fmt.Errorf("the repository has several remotes, and none is called origin: say which is branch %s's, as with \"git branch -u\"", branch)
	}
	address = remote.URLs[0]
	if push := c.Raw.Section("remote").Subsection(name).Option("pushurl"); push != "" {
		address = push
	}
	if !strings.Contains(address, ":") && !filepath.IsAbs(address) { // relative to the worktree, as for git
		address = filepath.Join(r.root, address)
	}
	return name, address, nil
}

// Uncommitted gives the files that make the tenancy and are not as a commit has
// them: changed, added or removed, and links to folders, whatever they hold.
// They are those of the CUE module that the tenancy is in. Line ends do not
// count: Git may have changed them.
func (r *Repository) Uncommitted(commit string) (out []string, err error) {
	module := r.Module()
	if above := r.moduleAbove(module); above != "" {
		return nil, fmt.Errorf("the CUE module of the tenancy begins in %s, outside of the repository: what it imports from there is in no commit", above)
	}
	committed, err := r.committed(commit, module)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(filepath.Join(r.root, filepath.FromSlash(module)), func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if e.Name() == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(r.root, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if e.Type()&fs.ModeSymlink != 0 && isFolder(file) {
			if holdsCUE(file) {
				out = append(out, name) // CUE follows it to what no commit holds
			}
			return nil
		}
		if !MakesTenancy(name) {
			return nil
		}
		same, err := holds(file, committed[name])
		if err == nil && !same {
			out = append(out, name)
		}
		delete(committed, name)
		return err
	})
	for name := range committed {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, err
}

// holdsCUE reports whether a link leads to a folder with CUE files.
func holdsCUE(link string) bool {
	dir, err := filepath.EvalSymlinks(link)
	if err != nil {
		return true
	}
	found := false
	err = filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
		if found = found || strings.HasSuffix(file, ".cue"); found {
			return fs.SkipAll
		}
		return err
	})
	return found || err != nil
}

func isFolder(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.IsDir()
}

// Module gives the folder of the CUE module that the tenancy is in, slash-separated,
// below the root: all that makes the tenancy is there.
func (r *Repository) Module() string { return ModuleOf(r.root, r.dir) }

// ModuleOf gives the folder of the CUE module that a folder is in, which need not
// be there yet; both are slash-separated and below the root. A folder that is in
// none is one of its own.
func ModuleOf(root, dir string) string {
	for at := dir; ; at = path.Dir(at) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(at), moduleFile)); err == nil {
			return at
		}
		if at == "." {
			return dir
		}
	}
}

// moduleAbove gives the folder of a module that begins above the repository, if
// there is none in it.
func (r *Repository) moduleAbove(module string) string {
	if _, err := os.Stat(filepath.Join(r.root, filepath.FromSlash(module), moduleFile)); err == nil {
		return ""
	}
	for dir := filepath.Dir(r.root); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, moduleFile)); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// ModuleFolder makes the folder that it is in the root of a CUE module.
const ModuleFolder = "cue.mod"

var moduleFile = filepath.Join(ModuleFolder, "module.cue")

// committed gives the hashes of the files below a folder that make the tenancy.
func (r *Repository) committed(commit, dir string) (map[string]plumbing.Hash, error) {
	c, err := r.commit(commit)
	if err != nil {
		return nil, err
	}
	out := map[string]plumbing.Hash{}
	return out, eachFile(c, func(name string, e object.TreeEntry) error {
		if MakesTenancy(name) && (dir == "." || strings.HasPrefix(name, dir+"/")) {
			out[name] = e.Hash
		}
		return nil
	})
}

// SameTenancy reports whether two revisions have the same files that make the
// tenancy.
func (r *Repository) SameTenancy(one, other string) (bool, error) {
	module := r.Module()
	a, err := r.committed(one, module)
	if err != nil {
		return false, err
	}
	b, err := r.committed(other, module)
	return maps.Equal(a, b), err
}

// holds reports whether a file of the worktree holds what a blob does.
func holds(file string, blob plumbing.Hash) (bool, error) {
	data, err := regular.Read(file, largest)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, regular.ErrNot) {
		return false, nil // a link to nothing, or to what has no end
	} else if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	plain := bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return plumbing.ComputeHash(plumbing.BlobObject, data) == blob || plumbing.ComputeHash(plumbing.BlobObject, plain) == blob, nil
}

// Differs reports whether a folder, slash-separated and below the root, is
// otherwise in one revision than in another.
func (r *Repository) Differs(dir, one, other string) (bool, error) {
	var found [2]plumbing.Hash
	for i, revision := range []string{one, other} {
		c, err := r.commit(revision)
		if err != nil {
			return false, err
		}
		tree, err := c.Tree()
		if err != nil {
			return false, err
		}
		e, err := tree.FindEntry(dir)
		switch {
		case err == nil:
			found[i] = e.Hash
		case !errors.Is(err, object.ErrEntryNotFound) && !errors.Is(err, object.ErrDirectoryNotFound):
			return false, err
		}
	}
	return found[0] != found[1], nil
}

// eachFile calls f for every regular file of a commit.
func eachFile(c *object.Commit, f func(name string, e object.TreeEntry) error) error {
	tree, err := c.Tree()
	if err != nil {
		return err
	}
	w := object.NewTreeWalker(tree, true, nil)
	defer w.Close()
	for {
		name, e, err := w.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case e.Mode == filemode.Regular || e.Mode == filemode.Executable || e.Mode == filemode.Deprecated:
			if err := f(name, e); err != nil {
				return err
			}
		}
	}
}

// MakesTenancy reports whether a file of this name may be part of what a tenancy
// is.
func MakesTenancy(name string) bool {
	return strings.HasSuffix(name, ".cue") || path.Base(name) == ".hedgerow.yaml"
}
