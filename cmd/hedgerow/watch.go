package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// uncollected is how many bytes an evaluation may take before garbage is
// collected. CUE keeps most of what it allocates: below that, to look for
// garbage costs a fifth of the time and finds little.
const uncollected = 512 << 20

// How far the heap may grow beyond what is alive, in percent: far behind an
// evaluation, which suits a short-lived program; less for manifests, of which
// there may be as many as a cluster has.
const (
	behindEvaluation = 400
	forManifests     = 100
)

// collectGarbage lets the heap grow by so many percent of what is alive, unless
// the environment says otherwise.
func collectGarbage(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// watched runs f and gives up on it when it takes more time or memory than the
// configuration allows. CUE cannot be interrupted, so f goes on until the
// process ends, which its caller sees to.
func watched[T any](c *config, f func() (T, error)) (T, error) {
	if memoryInUse() > uncollected {
		debug.FreeOSMemory() // what another evaluation has left is not this one's
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	defer collectGarbage(behindEvaluation)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	start := time.Now()
	var none T
	for {
		select {
		case r := <-done:
			return r.value, r.err
		case <-ticker.C:
			used := memoryInUse()
			if used > uncollected {
				collectGarbage(behindEvaluation)
			}
			switch {
			case used > c.Memory<<20:
				return none, fmt.Errorf("the tenancy takes more than %d MiB to evaluate; nothing was written. Raise --memory-limit if it is right", c.Memory)
			case time.Since(start) > c.Timeout:
				return none, fmt.Errorf("the tenancy takes more than %v to evaluate; nothing was written. Raise --timeout if it is right", c.Timeout)
			}
		}
	}
}

// memoryInUse gives the bytes that the process has and has not given back.
func memoryInUse() int {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64() - s[1].Value.Uint64())
}
