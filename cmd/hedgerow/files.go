package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// putFile writes a file below root, in the place of one that is there, by way of
// a file beside it: whoever stops it leaves one or the other. It follows no link.
func putFile(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	beside := path.Join(path.Dir(name), "."+path.Base(name)+".hedgerow")
	if err := root.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // what has its name is left over, or a link to elsewhere
	}
	file, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, root.Remove(beside))
	}
	return root.Rename(beside, name)
}

// putInPlace is putFile with permissions from which the umask takes nothing.
func putInPlace(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	if err := putFile(root, name, data, mode); err != nil {
		return err
	}
	return root.Chmod(name, mode)
}

// replaceFile writes a file that somebody named, with the permissions that it had.
// A device or a link is left alone: a file in its place would be no answer.
func replaceFile(name string, data []byte) error {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return unwritten(name, err)
	}
	defer root.Close() // every write is checked
	base := filepath.Base(name)
	info, err := root.Lstat(base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = putFile(root, base, data, 0o644)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file: name the file itself, or - for the standard output", name)
	case err == nil:
		err = putInPlace(root, base, data, info.Mode().Perm())
	}
	return unwritten(name, err)
}

// unwritten says why a file could not be written, without the name of the one
// that was to become it.
func unwritten(name string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("%s cannot be written: %w", name, err)
}
