package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Found is one thing that stands in an output folder, which may be a folder of
// this machine or one of a commit.
type Found struct {
	Path   string // slash-separated, below the output folder
	Folder bool
	File   File // nil of what is no regular file
}

// File is a regular file. It need not be read as long as nobody asks.
type File interface {
	// Is reports whether the file holds the data.
	Is(data []byte) bool
	// Bytes gives what the file holds.
	Bytes() ([]byte, error)
}

// ReadFolder lists what stands in a folder of this machine; nothing if root is
// nil.
func ReadFolder(root *os.Root) (out []Found, err error) {
	if root == nil {
		return nil, nil
	}
	err = fs.WalkDir(root.FS(), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f := Found{Path: file, Folder: e.IsDir()}
		if e.Type().IsRegular() {
			f.File = FileAt(root, file)
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// FileAt gives a file of this machine, slash-separated and below root.
func FileAt(root *os.Root, file string) File { return &fileOnDisk{root: root, path: file} }

// fileOnDisk is read when it is first asked for.
type fileOnDisk struct {
	root *os.Root
	path string
	data []byte
}

// Is implements File.
func (f *fileOnDisk) Is(data []byte) bool {
	have, err := f.Bytes()
	return err == nil && bytes.Equal(have, data)
}

// maxFileSize bounds what is read of one file, in bytes: an inventory of 10,000
// namespaces has 10 MB.
const maxFileSize = 64 << 20

// Bytes implements File.
func (f *fileOnDisk) Bytes() ([]byte, error) {
	if f.data != nil {
		return f.data, nil
	}
	info, err := f.root.Lstat(f.path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("%s has %d bytes, which Hedgerow does not write", f.path, info.Size())
	}
	data, err := f.root.ReadFile(f.path)
	if data == nil {
		data = []byte{}
	}
	f.data = data
	return data, err
}

// OpenOutput opens the output folder; it gives nil if there is none, and
// refuses a symbolic link.
func OpenOutput(dir string) (*os.Root, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is no folder but a %s; Hedgerow does not write through it", dir, kindOf(info))
	}
	return os.OpenRoot(dir)
}

func kindOf(info fs.FileInfo) string {
	if info.Mode()&fs.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "file"
}

func cleanPath(p string) bool { return fs.ValidPath(p) && p != "." }
