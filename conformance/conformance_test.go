package conformance

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/foreign"
	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

const repository = ".."

// usualCount is how many random tenancies and clusters are judged.
const usualCount = 2000

// engines are the programs that make builds, each named conformance- and this.
var engines = []string{"cyclonus", "cilium"}

// seedOf gives the number that all random ones come from.
func seedOf(t *testing.T) uint64 { return uint64(tenancies.Number(t, "HEDGEROW_SEED", 1)) }

// A court is the engines, running.
type court []*witness

// newCourt starts the engines; all courts of a test count together.
func newCourt(t *testing.T, counts map[string]*tally) (out court) {
	tools := os.Getenv("HEDGEROW_TOOLS")
	for _, name := range engines {
		program := filepath.Join(tools, "conformance-"+name)
		p, err := engine.Start(program)
		if err != nil {
			t.Fatalf(`%v: run "make conformance", which builds the engines`, err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		x := &witness{asker: p, name: name, count: counts[name]}
		for _, d := range differences {
			if d.engine == name {
				x.known = append(x.known, d)
			}
		}
		out = append(out, x)
	}
	return out
}

func newTallies() map[string]*tally {
	out := map[string]*tally{}
	for _, name := range engines {
		out[name] = &tally{}
	}
	return out
}

// inCourts calls f with every number from 0, in as many courts at once as there
// are processors.
func inCourts(t *testing.T, n int, counts map[string]*tally, f func(c court, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		c := newCourt(t, counts)
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !t.Failed(); i = int(next.Add(1)) - 1 {
				f(c, i)
			}
		})
	}
	wg.Wait()
}

func logTallies(t *testing.T, counts map[string]*tally) {
	for _, name := range engines {
		t.Logf("%s judged %s", name, counts[name])
	}
}

// TestConformance holds reach against the engines, and at its end the table of
// differences against what was needed of it.
func TestConformance(t *testing.T) {
	all := true
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{{"tenancies", testTenancies}, {"random tenancies", testRandomTenancies}, {"foreign clusters", testForeignClusters}} {
		ran := false
		t.Run(part.name, func(t *testing.T) {
			ran = true
			part.test(t)
		})
		all = all && ran
	}
	for _, d := range differences {
		t.Logf("%s: %s: %d verdicts need it", d.engine, d.what, d.needed.Load())
	}
	if t.Failed() || !all || tenancies.Number(t, "HEDGEROW_COUNT", usualCount) < usualCount {
		return // before everything was asked
	}
	for _, d := range unneeded(differences) {
		t.Errorf("%s: no verdict needs the difference %q: take it out of the table", d.engine, d.what)
	}
}

// unneeded gives the differences by which alone no verdict is right.
func unneeded(of []*difference) (out []*difference) {
	for _, d := range of {
		if d.needed.Load() == 0 {
			out = append(out, d)
		}
	}
	return out
}

// testTenancies judges the matrix of every tenancy of the repository.
func testTenancies(t *testing.T) {
	dirs, err := tenancies.Folders(repository)
	if err != nil {
		t.Fatal(err)
	}
	var units []*unit
	for _, dir := range dirs {
		more, diags, err := unitsOf(dir)
		if err != nil || len(more) == 0 {
			t.Fatal(dir, err, diags)
		}
		units = append(units, more...)
	}
	counts, seed := newTallies(), seedOf(t)
	inCourts(t, len(units), counts, func(c court, i int) {
		u := units[i]
		aim := packets.New(u.tenancy, u.cluster, seed)
		n, err := c.judge(u, aim, aim.Matrix(), seed)
		if err != nil {
			t.Errorf("%s, cluster %s, seed %d: %v", u.folder, u.cluster, seed, err)
		}
		t.Logf("%s, cluster %s: %d packets, seed %d", u.folder, u.cluster, n, seed)
	})
	logTallies(t, counts)
	quoted(t, "%s packets of the tenancies here", counts)
}

// quoted sees to it that the README says how many packets every engine judged.
func quoted(t *testing.T, format string, counts map[string]*tally, further ...int) {
	t.Helper()
	for _, n := range counts {
		tenancies.Quoted(t, repository, format, append([]int{int(n.packets.Load())}, further...)...)
	}
}

// testRandomTenancies judges some packets of many random tenancies.
func testRandomTenancies(t *testing.T) {
	wanted, seed := tenancies.Number(t, "HEDGEROW_COUNT", usualCount), seedOf(t)
	counts := newTallies()
	var accepted atomic.Int64
	tries := synthetic.Tries(wanted)
	inCourts(t, tries, counts, func(c court, i int) {
		ok, err := c.randomTenancy(t.TempDir(), seed+uint64(i))
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed+uint64(i), err, shrunk(t, synthetic.Random(seed+uint64(i)), err))
		}
		if ok {
			accepted.Add(1)
		}
	})
	t.Logf("%d of %d random tenancies are accepted, of the seeds from %d", accepted.Load(), tries, seed)
	if accepted.Load() < int64(wanted) && !t.Failed() {
		t.Errorf("only %d random tenancies are accepted, not %d", accepted.Load(), wanted)
	}
	logTallies(t, counts)
	quoted(t, "%s of %s random ones", counts, int(accepted.Load()))
}

// randomTenancy judges one random tenancy; it reports whether it was accepted.
func (c court) randomTenancy(dir string, seed uint64) (bool, error) {
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(synthetic.Random(seed)), 0o644); err != nil {
		return false, err
	}
	units, diags, err := unitsOf(dir)
	if err != nil || diag.HasErrors(diags) {
		return false, err
	}
	for _, u := range units {
		aim := packets.New(u.tenancy, u.cluster, seed)
		if _, err := c.judge(u, aim, slices.Values(aim.Packets(200, 40)), seed); err != nil {
			return true, err
		}
	}
	return true, nil
}

// testForeignClusters judges some packets of many clusters under policies that
// nobody here wrote.
func testForeignClusters(t *testing.T) {
	wanted, seed := tenancies.Number(t, "HEDGEROW_COUNT", usualCount), seedOf(t)
	counts := newTallies()
	inCourts(t, wanted, counts, func(c court, i int) {
		if err := c.foreignCluster(seed + uint64(i)); err != nil {
			t.Errorf("seed %d: %v", seed+uint64(i), err)
		}
	})
	t.Logf("%d clusters, of the seeds from %d", wanted, seed)
	logTallies(t, counts)
	quoted(t, "%s of %s clusters of foreign policies", counts, wanted)
}

// foreignCluster judges one.
func (c court) foreignCluster(seed uint64) error {
	s := foreign.Seeded(seed)
	w := foreignWorld(s.Cluster())
	asked := foreignPackets(s, w, 200)
	want, err := w.verdicts(asked)
	if err != nil {
		return err
	}
	return verdictsOf(c, w, asked, want)
}

// foreignPackets gives packets of which at least one end is a pod.
func foreignPackets(s foreign.Source, w *world, n int) (out []engine.Packet) {
	pods := slices.IndexFunc(w.ends, func(e end) bool { return !e.IsPod() })
	if pods == 0 {
		return nil
	}
	for range n {
		p := engine.Packet{From: s(len(w.ends)), To: s(len(w.ends)), Protocol: string(foreign.Pick(s, foreign.Protocols))}
		p.Port = min(int(foreign.Pick(s, foreign.Numbers))+s(2)*s(2), 65535)
		if p.From >= pods && p.To >= pods {
			p.To = s(pods)
		}
		out = append(out, p)
	}
	return out
}
