package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"time"
)

// Whose code is at work, by a function on the stack.
const (
	inCUE       = `cuelang\.org/go/`
	inKustomize = `kustomize/api/krusty\.\(\*Kustomizer\)\.Run`
	inGarbage   = `^runtime\.(gcBgMarkWorker|bgsweep|bgscavenge)$`
)

// profiled does a stage, and asks a CPU profile whose code was at work.
func profiled(name string, do func() error) (s stage, err error) {
	f, err := os.CreateTemp("", "hedgerow-profile")
	if err != nil {
		return s, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return s, err
	}
	start := time.Now()
	err = do()
	s = stage{Name: name, Wall: seconds(time.Since(start))}
	pprof.StopCPUProfile()
	if err != nil {
		return s, err
	}
	for _, of := range []struct {
		function string
		into     *float64
	}{{inCUE, &s.CUE}, {inKustomize, &s.Kustomize}, {inGarbage, &s.Garbage}} {
		if *of.into, s.CPU, err = share(f.Name(), of.function); err != nil {
			return s, err
		}
	}
	return s, nil
}

var reShare = regexp.MustCompile(`Showing nodes accounting for ([0-9.]+[a-z]*), [0-9.]+% of ([0-9.]+[a-z]*) total`)

// share asks pprof how many seconds of a profile have a function on the stack,
// and how many there are.
func share(profile, function string) (of, all float64, err error) {
	out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount", "1000000", "-nodefraction", "0", "-unit", "ms", "-focus", function, profile).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("go tool pprof: %w\n%s", err, out)
	}
	return shareOf(string(out))
}

// shareOf reads what pprof says; nothing at all where no sample fits.
func shareOf(out string) (of, all float64, err error) {
	m := reShare.FindStringSubmatch(out)
	if m == nil {
		return 0, 0, fmt.Errorf("go tool pprof says something else:\n%s", out)
	}
	var parts [2]time.Duration
	for i := range parts {
		if parts[i], err = time.ParseDuration(m[i+1]); err != nil {
			return 0, 0, err
		}
	}
	return seconds(parts[0]), seconds(parts[1]), nil
}
