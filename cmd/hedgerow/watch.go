package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The heap may grow to enough bytes before garbage is looked for: CUE keeps most
// of what it allocates. Where more is alive, it may grow to so many percent of
// that.
const (
	enough = 1280 << 20
	beyond = 200
)

// paceCollector lets the heap grow for as long as the process lives, unless the
// environment says how. Go's own pace looks for garbage in the first megabytes
// again and again, or, with a larger GOGC, takes several times what is alive.
func paceCollector() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(enough)
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			debug.SetMemoryLimit(max(enough, sample("/gc/heap/live:bytes")*beyond/100))
		}
	}()
}

func sample(name string) int64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// watched runs f and gives up on it when it takes more time or memory than the
// configuration allows. CUE cannot be interrupted, so f goes on until the
// process ends, which its caller sees to.
func watched[T any](c *config, f func() (T, error)) (T, error) {
	if memoryInUse() > enough/2 {
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
	return int(sample("/memory/classes/total:bytes") - sample("/memory/classes/heap/released:bytes"))
}
