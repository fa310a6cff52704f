//go:build unix

package publish

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// exclusion keeps other runs of ours from moving references of a repository. The
// system drops it when a process is killed.
type exclusion struct{ *os.File }

// alone gives the exclusion; an error that is errMoved says that another run
// has it.
func alone(dir string) (exclusion, error) {
	f, err := os.Open(dir)
	if err != nil {
		return exclusion{}, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errMoved
	}
	if err != nil {
		_ = f.Close() // it was read from by nobody
	}
	return exclusion{f}, err
}

// Close gives the exclusion back. To close the folder is not enough: a process
// that is just being started has it too, for a moment.
func (e exclusion) Close() error {
	return errors.Join(syscall.Flock(int(e.Fd()), syscall.LOCK_UN), e.File.Close())
}

// unlock removes what runs that were killed have left: their names of a lock
// file, and the lock if it is theirs. None of them lives: they would have the
// exclusion. A lock that git has made is left alone.
func (e exclusion) unlock(lock string) error {
	there, err := os.ReadDir(e.Name())
	if err != nil {
		return err
	}
	for _, entry := range there {
		if !strings.HasPrefix(entry.Name(), ours) {
			continue
		}
		name := filepath.Join(e.Name(), entry.Name())
		mine, err := os.Lstat(name)
		if err != nil {
			return err
		}
		if theirs, err := os.Lstat(lock); err == nil && os.SameFile(mine, theirs) {
			if err := os.Remove(lock); err != nil {
				return err
			}
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}
