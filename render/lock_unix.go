//go:build unix

package render

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Lock keeps other runs from writing to the folder until the process ends or
// the returned file is closed. The system drops it if the process is killed.
func Lock(root *os.Root) (*os.File, error) {
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
	return dir, nil
}
