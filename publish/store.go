package publish

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/hedgerow-dev/hedgerow/revision"
)

// store is every object that a run knows: those that it makes, which are in
// memory until they are pushed; those that it fetched, in a folder of its own;
// and those of the tenancy's repository, which is only read.
type store struct {
	memory.ObjectStorage                     // what is made
	fetched              *filesystem.Storage // nil until something is
	source               *filesystem.Storage // the tenancy's
	target, home         *filesystem.Storage // those on this machine
	shallow              map[plumbing.Hash]bool
	tipsFetched          []plumbing.Hash
	temp                 string
	// partial says that the tenancy's repository lacks objects that its server has
	// (git clone --filter), so that what it has proves nothing.
	partial bool
}

// newStore stands on the objects of the repository in a folder.
func newStore(dir string) (*store, error) {
	s := &store{shallow: map[plumbing.Hash]bool{}}
	s.forget()
	if _, err := s.standOn(dir, &s.source); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	c, err := s.source.Config()
	if err != nil {
		return nil, err
	}
	for _, remote := range c.Raw.Section("remote").Subsections {
		s.partial = s.partial || remote.Option("promisor") == "true"
	}
	return s, nil
}

func openRepository(dir string) (*git.Repository, error) {
	r, err := revision.OpenGit(dir, false)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, errors.New("there is no Git repository")
	}
	return r, err
}

// standOn takes a repository into the store, anew if it is there: others may
// have written to it.
func (s *store) standOn(dir string, as **filesystem.Storage) (*git.Repository, error) {
	r, err := openRepository(dir)
	if err != nil {
		return nil, err
	}
	at, ok := r.Storer.(*filesystem.Storage)
	if !ok {
		return nil, errors.New("the repository is of a kind that is not known")
	}
	*as = at
	shallow, err := at.Shallow()
	for _, h := range shallow {
		s.shallow[h] = true
	}
	return r, err
}

// tips gives the commits that are at hand with all that they stand on: those of
// the tenancy's repository, and what was fetched, so that another try is
// quicker than the first.
func (s *store) tips() (out []plumbing.Hash, err error) {
	out = slices.Clone(s.tipsFetched)
	if s.partial {
		return out, nil
	}
	refs, err := s.source.IterReferences()
	if err != nil {
		return nil, err
	}
	defer refs.Close()
	return out, refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference && len(out) < maxTips && !slices.Contains(out, ref.Hash()) {
			if _, err := object.GetCommit(s.source, ref.Hash()); err == nil {
				out = append(out, ref.Hash())
			}
		}
		return nil
	})
}

// maxTips bounds how many commits a server is told of.
const maxTips = 256

// close removes what was fetched.
func (s *store) close() {
	if s.temp != "" {
		_ = os.RemoveAll(s.temp) // it is a temporary folder
	}
}

// forget drops what was made.
func (s *store) forget() { s.ObjectStorage = memory.NewStorage().ObjectStorage }

// fetches gives where to put what is fetched.
func (s *store) fetches() (*filesystem.Storage, error) {
	if s.fetched != nil {
		return s.fetched, nil
	}
	var err error
	if s.temp, err = os.MkdirTemp("", "hedgerow-fetched"); err != nil {
		return nil, err
	}
	s.fetched = filesystem.NewStorage(osfs.New(s.temp), cache.NewObjectLRUDefault())
	return s.fetched, s.fetched.Init()
}

// made gives the names of what was made.
func (s *store) made() (out []plumbing.Hash) {
	for h := range s.Objects {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b plumbing.Hash) int { return slices.Compare(a[:], b[:]) })
	return out
}

// layers gives where objects are looked for, in this order.
func (s *store) layers() []storer.EncodedObjectStorer {
	out := []storer.EncodedObjectStorer{&s.ObjectStorage}
	if s.source != nil {
		out = append(out, s.source)
	}
	for _, l := range []*filesystem.Storage{s.target, s.home} {
		if l != nil {
			out = append(out, l)
		}
	}
	if s.fetched != nil {
		out = append(out, s.fetched)
	}
	return out
}

// EncodedObject implements storer.EncodedObjectStorer.
func (s *store) EncodedObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	for _, l := range s.layers() {
		o, err := l.EncodedObject(t, h)
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			return o, err
		}
	}
	return nil, plumbing.ErrObjectNotFound
}

// HasEncodedObject implements storer.EncodedObjectStorer.
func (s *store) HasEncodedObject(h plumbing.Hash) error {
	for _, l := range s.layers() {
		if err := l.HasEncodedObject(h); !errors.Is(err, plumbing.ErrObjectNotFound) {
			return err
		}
	}
	return plumbing.ErrObjectNotFound
}

// EncodedObjectSize implements storer.EncodedObjectStorer.
func (s *store) EncodedObjectSize(h plumbing.Hash) (int64, error) {
	for _, l := range s.layers() {
		if n, err := l.EncodedObjectSize(h); !errors.Is(err, plumbing.ErrObjectNotFound) {
			return n, err
		}
	}
	return 0, plumbing.ErrObjectNotFound
}

// sign makes the commit an object, signed if there is a signer.
func (s *store) sign(c *object.Commit, signer Signer) (plumbing.Hash, error) {
	if signer != nil {
		unsigned := s.NewEncodedObject()
		if err := c.EncodeWithoutSignature(unsigned); err != nil {
			return plumbing.ZeroHash, err
		}
		data, err := contents(unsigned)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if c.PGPSignature, err = signer.Sign(data); err != nil {
			return plumbing.ZeroHash, fmt.Errorf("the commit cannot be signed: %w", err)
		}
	}
	o := s.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}
