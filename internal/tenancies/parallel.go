package tenancies

import (
	"runtime"
	"sync"
)

// InParallel calls f for each item, as many at once as there are processors.
func InParallel[T any](items []T, f func(T)) {
	next := make(chan T)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for item := range next {
				f(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}
