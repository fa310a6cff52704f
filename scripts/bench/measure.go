package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A cost is what one run of a command takes.
type cost struct {
	Wall float64 `json:"wall"` // seconds
	CPU  float64 `json:"cpu"`  // seconds
	Peak float64 `json:"peak"` // MiB
}

func (c cost) String() string {
	return fmt.Sprintf("%6.2f s wall %6.2f s cpu %5.0f MiB", c.Wall, c.CPU, c.Peak)
}

// commands runs commands of a folder, which keep what they keep below a cache
// folder that is nobody else's.
type commands struct {
	bin, dir       string
	caches, hidden int // how many there were, and how many folders are out of the way
}

// cache is where commands find what they kept.
func (c *commands) cache() string { return filepath.Join(c.dir, fmt.Sprint("cache-", c.caches)) }

// forget gives commands an empty cache. Nothing is removed while anything is
// measured: ext4 passes over each inode that was removed half a minute ago or
// less, and is then slow to make files.
func (c *commands) forget() error {
	c.caches++
	return nil
}

// hide takes a folder, if it is there, out of the way.
func (c *commands) hide(dir string) error {
	c.hidden++
	err := os.Rename(dir, filepath.Join(c.dir, fmt.Sprint("hidden-", c.hidden)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// output runs a command and gives what it prints.
func (c *commands) output(dir, program string, args ...string) ([]byte, cost, error) {
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+c.cache())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	took := cost{Wall: seconds(time.Since(start))}
	if err != nil {
		return nil, took, fmt.Errorf("%s %v: %w\n%s%s", program, args, err, out.String(), errs.String())
	}
	took.CPU = seconds(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.Peak = float64(usage.Maxrss >> 10)
	}
	return out.Bytes(), took, nil
}

// measure runs a command for what it takes.
func (c *commands) measure(dir, program string, args ...string) (cost, error) {
	_, took, err := c.output(dir, program, args...)
	return took, err
}

// seconds gives a time as precisely as anybody wants to read it.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e4) / 1e4 }

// median gives the cost in the middle, by wall time.
func median(costs []cost) cost {
	sorted := slices.SortedFunc(slices.Values(costs), func(a, b cost) int { return int(1e4 * (a.Wall - b.Wall)) })
	return sorted[len(sorted)/2]
}
