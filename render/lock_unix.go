//go:build unix

package render

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Lock keeps other runs from writing to the folder until the process ends or it
// is closed. The system drops it if the process is killed.
func Lock(root *os.Root) (io.Closer, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another run is writing to %s", root.Name())
	}
	if err != nil {
		return nil, closing(dir, err)
	}
	return lock{dir}, nil
}

type lock struct{ dir *os.File }

// Close gives the lock back. To close the file is not enough: a process that is
// just being started has it too, for a moment.
func (l lock) Close() error {
	return errors.Join(syscall.Flock(int(l.dir.Fd()), syscall.LOCK_UN), l.dir.Close())
}
