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

// replaceFile writes a file that somebody named. What is there and is no regular
// file, such as a link or a device, is not replaced.
func replaceFile(name string, data []byte) error {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	defer root.Close() // every write is checked
	base := filepath.Base(name)
	info, err := root.Lstat(base)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file: name another, or - for the standard output", name)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		err = putFile(root, base, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}
