package packets

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// A port is one on which every host listens.
type port struct {
	protocol reach.Protocol
	number   int
}

// ports are those of the tenancy, DNS, both ends of the range with those beside
// them and one within, and the same numbers of the other protocol.
var ports = []port{
	{reach.TCP, 53}, {reach.TCP, 443}, {reach.TCP, 5432}, {reach.TCP, 8080}, {reach.TCP, 8125}, {reach.TCP, 9090},
	{reach.TCP, 29999}, {reach.TCP, 30000}, {reach.TCP, 30001}, {reach.TCP, 30003}, {reach.TCP, 30004},
	{reach.UDP, 53}, {reach.UDP, 8080}, {reach.UDP, 8125}, {reach.UDP, 30000},
}

// A cell is one question of the matrix: does one host reach another on a port?
type cell struct {
	from, to *host
	port
}

func (c cell) String() string {
	return fmt.Sprintf("%s → %s on %d/%s", c.from, c.to, c.number, c.protocol)
}

// cells gives every pair of hosts of which one is a pod, on every port.
func cells() (out []cell) {
	for _, from := range hosts {
		for _, to := range hosts {
			if from == to || from.namespace == "" && to.namespace == "" {
				continue
			}
			for _, p := range ports {
				out = append(out, cell{from, to, p})
			}
		}
	}
	return out
}

// A world is what is expected of each cell: what the policies say, and what they
// say as Cilium reads them.
type world struct{ open, narrowed map[cell]bool }

// expect has reach judge every cell by the policies of a manifest.
func expect(t *testing.T, manifest string) world {
	return world{open: judge(t, manifest, false), narrowed: judge(t, manifest, true)}
}

// judge has reach judge every cell. Cilium 1.15 honours only the first port of a
// range (https://github.com/cilium/cilium/issues/16622), which is how narrowed
// policies are.
func judge(t *testing.T, manifest string, narrowed bool) map[cell]bool {
	objects, err := reach.Read("policies", []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	if narrowed {
		dropRanges(&objects.Cluster)
	}
	graph, err := reach.Build(&objects.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	out := map[cell]bool{}
	for _, c := range cells() {
		out[c] = graph.Allows(c.from.endpoint(), c.to.endpoint(), c.protocol, c.number)
	}
	return out
}

func dropRanges(c *reach.Cluster) {
	for _, p := range c.Policies {
		for i := range p.Spec.Ingress {
			for j := range p.Spec.Ingress[i].Ports {
				p.Spec.Ingress[i].Ports[j].EndPort = nil
			}
		}
		for i := range p.Spec.Egress {
			for j := range p.Spec.Egress[i].Ports {
				p.Spec.Egress[i].Ports[j].EndPort = nil
			}
		}
	}
}

// changed gives the cells in which packets differ between two worlds.
func changed(before, after world) (out []cell) {
	for _, c := range cells() {
		if before.narrowed[c] != after.narrowed[c] {
			out = append(out, c)
		}
	}
	return out
}

// An answer is what a packet says.
type answer struct {
	open bool
	at   time.Time // when it came back, or when it was sent if it never did
}

// ask probes cells, many at once.
func ask(t *testing.T, asked []cell) map[cell]answer {
	t.Helper()
	out, next := map[cell]answer{}, make(chan cell)
	var errs []error
	var lock sync.Mutex
	var wg sync.WaitGroup
	for range 400 { // most of them wait for what does not come
		wg.Go(func() {
			for c := range next {
				a, err := c.probe()
				lock.Lock()
				out[c] = a
				if err != nil {
					errs = append(errs, err)
				}
				lock.Unlock()
			}
		})
	}
	for _, c := range asked {
		next <- c
	}
	close(next)
	wg.Wait()
	if len(errs) > 0 {
		t.Fatalf("%d probes went wrong, such as\n%v", len(errs), errors.Join(errs[:min(len(errs), 5)]...))
	}
	return out
}

// differing probes cells and gives those that are not as they are to be, and
// when the last of the others was seen to be.
func (w world) differing(t *testing.T, asked []cell) (out []cell, last time.Time) {
	t.Helper()
	got := ask(t, asked)
	for _, c := range asked {
		if got[c].open != w.narrowed[c] {
			out = append(out, c)
		} else if got[c].at.After(last) {
			last = got[c].at
		}
	}
	return out, last
}

// await probes cells until all are as they are to be, and gives those that are
// not after some time, and when the last of the others was seen to be.
func (w world) await(t *testing.T, asked []cell) (late []cell, last time.Time) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); len(asked) > 0 && time.Now().Before(end); {
		asked, last = w.differing(t, asked)
	}
	return asked, last
}

// refuse ends the test if there are cells that are not as they are to be.
func (w world) refuse(t *testing.T, wrong []cell) {
	t.Helper()
	for _, c := range wrong[:min(len(wrong), 20)] {
		t.Errorf("%v: open is %t, and the packet says %t", c, w.narrowed[c], !w.narrowed[c])
	}
	if len(wrong) > 0 {
		t.Fatalf("%d cells are wrong", len(wrong))
	}
}

// compare probes the whole matrix. A cell that differs is asked twice more, for
// a busy machine loses packets.
func (w world) compare(t *testing.T) {
	t.Helper()
	start, all := time.Now(), cells()
	wrong, _ := w.differing(t, all)
	again := len(wrong)
	for range 2 {
		wrong, _ = w.differing(t, wrong)
	}
	w.refuse(t, wrong)
	open, forgiven := 0, 0
	for _, c := range all {
		if w.narrowed[c] {
			open++
		}
		if w.narrowed[c] != w.open[c] {
			forgiven++
		}
	}
	t.Logf("%d cells compared in %.1f s: %d open, %d closed, %d of them closed because Cilium honours only the first port of a range, %d asked again",
		len(all), time.Since(start).Seconds(), open, len(all)-open, forgiven, again)
	if forgiven == 0 {
		t.Error("no verdict needs the difference in ranges any more")
	}
}
