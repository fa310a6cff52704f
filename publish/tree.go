package publish

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/revision"
)

// node is a file or a folder as it shall be, under the name that Git has for it.
// What Git has under the same name is the same, and need not be read.
type node struct {
	hash    plumbing.Hash
	data    []byte
	entries map[string]*node // nil of a file
}

// nodeOf gives the folder that holds the files.
func nodeOf(files map[string][]byte) *node {
	folders := map[string]*node{".": {entries: map[string]*node{}}}
	leaves := make([]*node, 0, len(files))
	for file, data := range files {
		leaf := &node{data: data}
		folderOf(folders, file).entries[path.Base(file)] = leaf
		leaves = append(leaves, leaf)
	}
	nameFiles(leaves)
	root := folders["."]
	root.name()
	return root
}

// folderOf gives the folder that a path is in, and makes it and those above.
func folderOf(folders map[string]*node, at string) *node {
	dir := path.Dir(at)
	if f := folders[dir]; f != nil {
		return f
	}
	f := &node{entries: map[string]*node{}}
	folders[dir] = f
	folderOf(folders, dir).entries[path.Base(dir)] = f
	return f
}

// nameFiles computes the names of files on all processors.
func nameFiles(files []*node) {
	var all sync.WaitGroup
	for part := range slices.Chunk(files, len(files)/runtime.GOMAXPROCS(0)+1) {
		all.Go(func() {
			for _, f := range part {
				f.hash = named("blob", f.data)
			}
		})
	}
	all.Wait()
}

// name computes the names of folders, from the leaves up.
func (n *node) name() {
	if n.entries == nil {
		return
	}
	var entries []object.TreeEntry
	for name, e := range n.entries {
		e.name()
		entries = append(entries, object.TreeEntry{Name: name, Mode: e.mode(), Hash: e.hash})
	}
	n.hash = named("tree", encodeTree(entries))
}

func (n *node) mode() filemode.FileMode {
	if n.entries != nil {
		return filemode.Dir
	}
	return filemode.Regular
}

// named gives the name of an object. It is compared with names that a repository
// has, and so needs no defence against collisions beyond Git's own, which is
// slow.
func named(kind string, data []byte) (h plumbing.Hash) {
	s := sha1.New()
	_, _ = io.WriteString(s, kind+" "+strconv.Itoa(len(data))+"\x00") // a hash takes everything
	s.Write(data)
	s.Sum(h[:0])
	return h
}

// encodeTree writes a tree as Git does, which sorts folders as if their names
// ended in a slash.
func encodeTree(entries []object.TreeEntry) (out []byte) {
	slices.SortFunc(entries, func(a, b object.TreeEntry) int {
		n := min(len(a.Name), len(b.Name))
		return cmp.Or(strings.Compare(a.Name[:n], b.Name[:n]), cmp.Compare(behind(a, n), behind(b, n)))
	})
	for _, e := range entries {
		out = strconv.AppendUint(out, uint64(e.Mode), 8)
		out = append(append(append(out, ' '), e.Name...), 0)
		out = append(out, e.Hash[:]...)
	}
	return out
}

// behind gives what follows the first n bytes of a name, as Git sorts it.
func behind(e object.TreeEntry, n int) byte {
	switch {
	case n < len(e.Name):
		return e.Name[n]
	case e.Mode == filemode.Dir:
		return '/'
	}
	return 0
}

// emptyTree is the tree that holds nothing, which git knows without having it.
var emptyTree = named("tree", nil)

func (s *store) tree(h plumbing.Hash) (*object.Tree, error) {
	if h == emptyTree {
		return &object.Tree{Hash: h}, nil
	}
	return object.GetTree(s, h)
}

// found lists what stands in a tree, where much is as it shall be.
func (s *store) found(tree plumbing.Hash, want *node) ([]render.Found, error) {
	if tree.IsZero() {
		return nil, nil
	}
	return s.walk(nil, ".", tree, want)
}

func (s *store) walk(out []render.Found, dir string, tree plumbing.Hash, want *node) ([]render.Found, error) {
	out = append(out, render.Found{Path: dir, Folder: true})
	if want != nil && tree == want.hash {
		return want.found(out, dir), nil
	}
	t, err := s.tree(tree)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read: %w", dir, err)
	}
	for _, e := range t.Entries {
		at := path.Join(dir, e.Name)
		switch e.Mode {
		case filemode.Dir:
			var next *node
			if want != nil {
				next = want.entries[e.Name]
			}
			if out, err = s.walk(out, at, e.Hash, next); err != nil {
				return nil, err
			}
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
			out = append(out, render.Found{Path: at, File: &blob{store: s, path: at, hash: e.Hash}})
		default: // a symbolic link or another repository
			out = append(out, render.Found{Path: at})
		}
	}
	return out, nil
}

// found lists what a folder shall hold, and does hold.
func (n *node) found(out []render.Found, dir string) []render.Found {
	for name, e := range n.entries {
		at := path.Join(dir, name)
		if e.entries == nil {
			out = append(out, render.Found{Path: at, File: known(e.data)})
			continue
		}
		out = append(out, render.Found{Path: at, Folder: true})
		out = e.found(out, at)
	}
	return out
}

// known is a file that is as it shall be.
type known []byte

// Is implements render.File.
func (k known) Is(data []byte) bool { return bytes.Equal(k, data) }

// Bytes implements render.File.
func (k known) Bytes() ([]byte, error) { return k, nil }

// blob is a file of a commit.
type blob struct {
	store *store
	path  string
	hash  plumbing.Hash
}

// Is implements render.File.
func (b *blob) Is(data []byte) bool { return named("blob", data) == b.hash }

// maxBlob bounds what is read of one file, in bytes, as on disk.
const maxBlob = 64 << 20

// Bytes implements render.File.
func (b *blob) Bytes() ([]byte, error) {
	o, err := b.store.EncodedObject(plumbing.BlobObject, b.hash)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", b.path, err)
	}
	if o.Size() > maxBlob {
		return nil, fmt.Errorf("%s has %d bytes, which Hedgerow does not write", b.path, o.Size())
	}
	return contents(o)
}

func contents(o plumbing.EncodedObject) (data []byte, err error) {
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data = make([]byte, o.Size())
	_, err = io.ReadFull(r, data)
	return data, err
}

// surroundings collects what stands in a tree, around what is published.
func (s *store) surroundings(tree plumbing.Hash, dir string, to render.Surroundings) error {
	t, err := s.tree(tree)
	if err != nil {
		return fmt.Errorf("the folder %s cannot be read: %w", dir, err)
	}
	for _, e := range t.Entries {
		at := path.Join(dir, e.Name)
		switch {
		case e.Name == render.InventoryFile && e.Mode.IsRegular():
			to.Inventories[dir] = &blob{store: s, path: at, hash: e.Hash}
		case e.Mode != filemode.Dir:
		case e.Name == revision.ModuleFolder:
			to.Modules[dir] = true
		default:
			if err := s.surroundings(e.Hash, at, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// An entry is what stands at a path of a commit.
type entry struct {
	hash   plumbing.Hash
	folder bool
}

// entry looks a path up in a tree; nil if there is nothing.
func (s *store) entry(tree plumbing.Hash, at string) (*entry, error) {
	e := &entry{tree, true}
	if at == "." {
		return e, nil
	}
	for _, name := range strings.Split(at, "/") {
		if !e.folder {
			return nil, nil
		}
		t, err := s.tree(e.hash)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(t.Entries, func(e object.TreeEntry) bool { return e.Name == name })
		if i < 0 {
			return nil, nil
		}
		e = &entry{t.Entries[i].Hash, t.Entries[i].Mode == filemode.Dir}
	}
	return e, nil
}

// An edit is what becomes of a file.
type edit struct {
	path string
	data []byte
	gone bool
}

// edit gives the tree that one becomes by edits, and makes its objects. Trees in
// which nothing changes are not even read.
func (s *store) edit(tree plumbing.Hash, edits []edit) (plumbing.Hash, error) {
	slices.SortFunc(edits, func(a, b edit) int { return strings.Compare(a.path, b.path) })
	h, err := s.editTree(tree, edits, "")
	if err != nil || !h.IsZero() {
		return h, err
	}
	return s.make(plumbing.TreeObject, nil)
}

// editTree gives the zero hash for a tree that holds nothing any more.
func (s *store) editTree(tree plumbing.Hash, edits []edit, dir string) (plumbing.Hash, error) {
	entries, err := s.entries(tree)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	for len(edits) > 0 {
		name, _, nested := strings.Cut(edits[0].path[len(dir):], "/")
		n := 1
		if nested {
			n = sharing(edits, dir+name+"/")
		}
		old, is := entries[name]
		if nested && is && old.Mode != filemode.Dir {
			return plumbing.ZeroHash, fmt.Errorf("%s%s is no folder, and nothing can be written below it", dir, name)
		}
		now := object.TreeEntry{Name: name, Mode: filemode.Regular}
		switch {
		case nested:
			now.Mode = filemode.Dir
			now.Hash, err = s.editTree(old.Hash, edits[:n], dir+name+"/")
		case !edits[0].gone:
			now.Hash, err = s.make(plumbing.BlobObject, edits[0].data)
		}
		if err != nil {
			return plumbing.ZeroHash, err
		}
		entries[name] = now
		if now.Hash.IsZero() {
			delete(entries, name)
		}
		edits = edits[n:]
	}
	if len(entries) == 0 {
		return plumbing.ZeroHash, nil
	}
	return s.make(plumbing.TreeObject, encodeTree(slices.Collect(maps.Values(entries))))
}

// sharing counts the edits at the front whose paths begin so.
func sharing(edits []edit, prefix string) int {
	n := slices.IndexFunc(edits, func(e edit) bool { return !strings.HasPrefix(e.path, prefix) })
	if n < 0 {
		return len(edits)
	}
	return n
}

// entries reads a tree; the zero hash is an empty one.
func (s *store) entries(tree plumbing.Hash) (map[string]object.TreeEntry, error) {
	out := map[string]object.TreeEntry{}
	if tree.IsZero() {
		return out, nil
	}
	t, err := s.tree(tree)
	if err != nil {
		return nil, err
	}
	for _, e := range t.Entries {
		if _, twice := out[e.Name]; twice {
			return nil, errors.New("a tree of the repository lists a name twice")
		}
		out[e.Name] = e
	}
	return out, nil
}

// make makes an object.
func (s *store) make(t plumbing.ObjectType, data []byte) (plumbing.Hash, error) {
	o := &made{name: named(t.String(), data)}
	o.SetType(t)
	if _, err := o.Write(data); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// made is an object that has been named.
type made struct {
	plumbing.MemoryObject
	name plumbing.Hash
}

// Hash implements plumbing.EncodedObject.
func (m *made) Hash() plumbing.Hash { return m.name }

// otherTenancy reports whether two trees differ, below a folder, in what makes a
// tenancy.
func (s *store) otherTenancy(a, b plumbing.Hash, dir string) (bool, error) {
	x, err := s.entry(a, dir)
	if err != nil {
		return false, err
	}
	y, err := s.entry(b, dir)
	if err != nil {
		return false, err
	}
	if x == nil || y == nil {
		return x != y, nil
	}
	return s.otherCUE(x.hash, y.hash)
}

func (s *store) otherCUE(a, b plumbing.Hash) (bool, error) {
	if a == b {
		return false, nil
	}
	was, err := s.entries(a)
	if err != nil {
		return false, err
	}
	is, err := s.entries(b)
	if err != nil {
		return false, err
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	for name := range names {
		x, y := was[name], is[name]
		if x == y {
			continue
		}
		if x.Mode != filemode.Dir && y.Mode != filemode.Dir {
			if revision.MakesTenancy(name) {
				return true, nil
			}
			continue
		}
		if other, err := s.otherCUE(folderHash(x), folderHash(y)); err != nil || other {
			return other, err
		}
	}
	return false, nil
}

// folderHash gives the tree of a folder; the zero hash of anything else.
func folderHash(e object.TreeEntry) plumbing.Hash {
	if e.Mode != filemode.Dir {
		return plumbing.ZeroHash
	}
	return e.Hash
}
