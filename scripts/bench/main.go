// Bench measures whole commands beside their peers on the same files:
//
//	go run ./scripts/bench
//	go run ./scripts/bench 1000 10000 # at these numbers of namespaces, beside Helm as well
//
// It needs bin/hedgerow, bin/cue and bin/helm, which "make bench" and "make
// bench-scale" build. The commands run
// in turn, so that a machine whose speed drifts slows both; medians and the
// ratio of each pair are printed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// runs is how often each pair of commands is run, after one run to warm up.
const runs = 7

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		panic("the measurement failed")
	}
}

func run() error {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	if len(os.Args) > 1 {
		for _, arg := range os.Args[1:] {
			namespaces, err := strconv.Atoi(arg)
			if err != nil || namespaces < 2 {
				return fmt.Errorf("%q is no number of namespaces", arg)
			}
			if err := scale(bin, namespaces); err != nil {
				return err
			}
		}
		return nil
	}
	if err := reachOf(bin); err != nil {
		return err
	}
	fmt.Println("\n1,000 namespaces, 3,000 flows, 100 teams")
	for _, c := range []struct {
		what             string
		owned, templates bool
	}{
		{"nobody owns files", false, false},
		{"each team owns a file", true, false},
		{"each team owns a file, and the platform sets a field for every namespace", true, true},
	} {
		fmt.Printf("\n%s\n", c.what)
		size := synthetic.Size{Teams: 100, Namespaces: 1000, Flows: 3000, Owned: c.owned, Templates: c.templates}
		if err := benchmark(bin, size); err != nil {
			return err
		}
	}
	return nil
}

// benchmark measures one tenancy.
func benchmark(bin string, size synthetic.Size) error {
	dir, err := os.MkdirTemp("", "hedgerow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, text := range synthetic.Files(size) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	hedgerow, cue := filepath.Join(bin, "hedgerow"), filepath.Join(bin, "cue")
	if _, err := measure(dir, hedgerow, "init"); err != nil {
		return err
	}
	if err := compare(dir, []string{hedgerow, "vet", "-q"}, []string{cue, "vet", "-c", "."}); err != nil {
		return err
	}
	for _, c := range []struct{ what, flag string }{
		{"hedgerow generate, from nothing, every overlay built by kustomize", "--quiet"},
		{"hedgerow generate --check, the same again                        ", "--check"},
	} {
		cost, err := measure(dir, hedgerow, "generate", c.flag)
		if err != nil {
			return err
		}
		fmt.Printf("%s  %v\n", c.what, cost)
	}
	return nil
}

// A cost is what one run of a command takes.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

func (c cost) String() string {
	return fmt.Sprintf("%6.2f s wall %6.2f s cpu %5d MiB", c.wall.Seconds(), c.cpu.Seconds(), c.peak>>20)
}

func measure(dir string, command ...string) (cost, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(start)}
	if err != nil {
		return c, fmt.Errorf("%v: %w\n%s", command, err, out.String())
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = int64(usage.Maxrss) << 10
	}
	return c, nil
}

// compare runs two commands in turn and prints the median of each, and of the
// ratio of their pairs.
func compare(dir string, a, b []string) error {
	var as, bs []cost
	var ratios []float64
	for i := range runs + 1 {
		x, err := measure(dir, a...)
		if err != nil {
			return err
		}
		y, err := measure(dir, b...)
		if err != nil {
			return err
		}
		if i > 0 {
			as, bs = append(as, x), append(bs, y)
			ratios = append(ratios, x.wall.Seconds()/y.wall.Seconds())
		}
	}
	slices.Sort(ratios)
	fmt.Printf("hedgerow vet  %v\ncue vet -c    %v\n", median(as), median(bs))
	fmt.Printf("ratio of wall times: %.2f (%.2f to %.2f in %d pairs)\n", ratios[runs/2], ratios[0], ratios[runs-1], runs)
	return nil
}

func median(cs []cost) cost {
	slices.SortFunc(cs, func(a, b cost) int { return int(a.wall - b.wall) })
	return cs[len(cs)/2]
}
