package main

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/cache"

	"github.com/hedgerow-dev/hedgerow/render"
)

// worthKeeping is how many overlays a tenancy has before what was built of them
// is kept for the next run: fewer are built in a second.
const worthKeeping = 100

// A buildCache keeps what kustomize built below the user's cache directory, in
// the way in which Go keeps its own builds: what is damaged is as good as not
// there, and what was not used for five days goes. It may be deleted at any
// time.
type buildCache struct {
	files   *cache.Cache
	program [sha256.Size]byte // the digest of the executable: another one trusts nothing of this one
}

// openCache opens the cache of a program, by its digest, below a user's cache
// directory; nil if there can be none, which makes a run slower and nothing else.
func openCache(userCache string, program func() ([sha256.Size]byte, error)) render.Cache {
	if userCache == "" {
		return nil
	}
	dir := filepath.Join(userCache, "hedgerow", "builds")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil
	}
	files, err := cache.Open(dir)
	if err != nil {
		return nil
	}
	digest, err := program()
	if err != nil {
		return nil
	}
	_ = files.Trim() // what is not removed now is removed later
	return &buildCache{files, digest}
}

// programDigest gives the digest of the executable that runs, which is opened
// now: later another one may stand in its place.
func programDigest() func() ([sha256.Size]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return func() (none [sha256.Size]byte, _ error) { return none, err }
	}
	program, err := os.Open(path)
	return sync.OnceValues(func() (digest [sha256.Size]byte, _ error) {
		if err != nil {
			return digest, err
		}
		h := sha256.New()
		_, err := io.Copy(h, program)
		h.Sum(digest[:0])
		return digest, err
	})
}

// Get implements render.Cache.
func (c *buildCache) Get(key [sha256.Size]byte) ([]byte, bool) {
	data, _, err := c.files.GetBytes(c.id(key))
	return data, err == nil
}

// Put implements render.Cache. What cannot be written is built again.
func (c *buildCache) Put(key [sha256.Size]byte, data []byte) {
	_ = c.files.PutBytes(c.id(key), data)
}

func (c *buildCache) id(key [sha256.Size]byte) cache.ActionID {
	return sha256.Sum256(append(c.program[:len(c.program):len(c.program)], key[:]...))
}
