package publish

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// A packed object is an object as a pack has it (gitformat-pack(5)).
type packed struct {
	name plumbing.Hash
	size int // in the pack
	crc  uint32
}

// A batch is objects that one processor packs.
type batch struct {
	data    bytes.Buffer
	objects []packed
	err     error
}

// batchSize is how many objects a batch has.
const batchSize = 512

// pack writes what was made as a pack, and gives its name and its index. There
// are no deltas: what is published is new, or small.
func (s *store) pack(w io.Writer) (plumbing.Hash, *idxfile.MemoryIndex, error) {
	made := s.made()
	sum := sha1.New()
	index := &idxfile.Writer{}
	out := io.MultiWriter(w, sum)
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("PACK"), 2), uint32(len(made)))
	if _, err := out.Write(head); err != nil {
		return plumbing.ZeroHash, nil, err
	}
	offset := uint64(len(head))
	for _, b := range s.batches(made) {
		if b.err != nil {
			return plumbing.ZeroHash, nil, b.err
		}
		for _, o := range b.objects {
			index.Add(o.name, offset, o.crc)
			offset += uint64(o.size)
		}
		if _, err := b.data.WriteTo(out); err != nil {
			return plumbing.ZeroHash, nil, err
		}
	}
	name := plumbing.Hash(sum.Sum(nil))
	if _, err := w.Write(name[:]); err != nil {
		return name, nil, err
	}
	if err := index.OnFooter(name); err != nil {
		return name, nil, err
	}
	idx, err := index.Index()
	return name, idx, err
}

// batches packs objects on all processors.
func (s *store) batches(made []plumbing.Hash) []*batch {
	out := make([]*batch, (len(made)+batchSize-1)/batchSize)
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			z := zlib.NewWriter(nil)
			for i := range next {
				out[i] = &batch{}
				out[i].err = out[i].fill(s, z, made[i*batchSize:min(len(made), (i+1)*batchSize)])
			}
		})
	}
	for i := range out {
		next <- i
	}
	close(next)
	all.Wait()
	return out
}

func (b *batch) fill(s *store, z *zlib.Writer, names []plumbing.Hash) error {
	for _, name := range names {
		o, err := s.ObjectStorage.EncodedObject(plumbing.AnyObject, name)
		if err != nil {
			return err
		}
		begin := b.data.Len()
		b.data.Write(entryHead(o.Type(), o.Size()))
		z.Reset(&b.data)
		if err := copyObject(z, o); err != nil {
			return err
		}
		entry := b.data.Bytes()[begin:]
		b.objects = append(b.objects, packed{name, len(entry), crc32.ChecksumIEEE(entry)})
	}
	return nil
}

func copyObject(z *zlib.Writer, o plumbing.EncodedObject) error {
	r, err := o.Reader()
	if err != nil {
		return err
	}
	_, err = io.Copy(z, r)
	return errors.Join(err, r.Close(), z.Close())
}

// entryHead gives the type and size of an object: four bits of the size, and
// then seven in each byte.
func entryHead(t plumbing.ObjectType, size int64) (out []byte) {
	b := byte(t)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		out = append(out, b|0x80)
		b = byte(size & 0x7f)
	}
	return append(out, b)
}

// writeLoose puts an object into a folder of objects, compressed as little as git
// compresses those: an inventory of digests would hardly get smaller.
func (s *store) writeLoose(dir string, name plumbing.Hash) error {
	o, err := s.ObjectStorage.EncodedObject(plumbing.AnyObject, name)
	if err != nil {
		return err
	}
	hex := name.String()
	file := filepath.Join(dir, hex[:2], hex[2:])
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return writeWhole(dir, "tmp_obj_", file, func(w io.Writer) error {
		z, err := zlib.NewWriterLevel(w, zlib.BestSpeed)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(z, "%s %d\x00", o.Type(), o.Size()); err != nil {
			return err
		}
		return copyObject(z, o)
	})
}

// writePack puts what was made into the folder of a repository's packs. Both
// files get their names when they are whole, the index first: without its pack
// it is nothing to anybody, and no run that is killed leaves a half of either.
func (s *store) writePack(dir string) error {
	var name plumbing.Hash
	var index *idxfile.MemoryIndex
	temp, err := writeTemp(dir, "tmp_pack_", func(w io.Writer) (err error) {
		name, index, err = s.pack(w)
		return err
	})
	if err != nil {
		return err
	}
	defer os.Remove(temp) // it is gone already when all went well
	base := filepath.Join(dir, "pack-"+name.String())
	err = writeWhole(dir, "tmp_idx_", base+".idx", func(w io.Writer) error {
		_, err := idxfile.NewEncoder(w).Encode(index)
		return err
	})
	if err != nil {
		return err
	}
	return os.Rename(temp, base+".pack")
}

// writeWhole makes a file that has its name only when it is whole.
func writeWhole(dir, prefix, file string, write func(io.Writer) error) error {
	temp, err := writeTemp(dir, prefix, write)
	if err != nil {
		return err
	}
	defer os.Remove(temp) // it is gone already when all went well
	return os.Rename(temp, file)
}

// writeTemp makes a file that nobody may change, under a name that begins with a
// prefix by which git knows what is left over.
func writeTemp(dir, prefix string, write func(io.Writer) error) (string, error) {
	temp, err := os.CreateTemp(dir, prefix)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(temp, 1<<20)
	err = write(w)
	err = errors.Join(err, w.Flush(), temp.Sync(), temp.Chmod(0o444), temp.Close())
	if err != nil {
		_ = os.Remove(temp.Name()) // the first error counts
	}
	return temp.Name(), err
}
