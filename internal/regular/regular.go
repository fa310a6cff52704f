// Package regular reads files that somebody else may have put there.
package regular

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrNot says that what is at a path is no regular file. A pipe or a device, to
// which a link in a repository may lead, need never come to an end.
var ErrNot = errors.New("it is no regular file")

// Read reads a file, and follows links to it. What is no regular file gives
// ErrNot, and what has more than most bytes is an error: no more is read than
// tells.
func Read(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNot // to open a pipe waits for who writes to it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("it has more than %d bytes", most)
	}
	return data, nil
}
