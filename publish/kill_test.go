package publish_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

// victimVariable holds, as JSON, the options with which a process of the tests
// shall publish.
const victimVariable = "HEDGEROW_TEST_VICTIM"

// victim publishes.
func victim(job string) int {
	var o publish.Options
	if err := json.Unmarshal([]byte(job), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if _, err := publish.Publish(context.Background(), o, plans(o.Files)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startVictim begins to publish in a process of its own.
func startVictim(t *testing.T, o publish.Options) *exec.Cmd {
	t.Helper()
	job, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+string(job))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// kills is how often a run is killed, for each way and size.
func kills() int {
	if testing.Short() {
		return 4
	}
	return 25
}

// A run that is killed leaves the branch where it was or where it was to be, both
// repositories whole, and nothing in the way of the next run.
func TestKilled(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, n := range []int{30, 300} { // the latter are written as a pack
		for _, way := range []string{"path", "HTTP"} {
			t.Run(fmt.Sprintf("%d files by %s", n, way), func(t *testing.T) {
				k := &killing{bare: target(t), source: tenancy(t), n: n}
				url := k.bare
				if way == "HTTP" {
					url = gitserver.HTTP(t, filepath.Dir(k.bare), gitserver.Options{Before: k.busy}).URLOf(t, k.bare)
				}
				k.run(t, url, random)
			})
		}
	}
}

// killing is one repository to which runs publish that are killed.
type killing struct {
	bare, source string
	n, moved     int
	requests     atomic.Int64
}

// busy counts requests, which a server carries out though the client is dead.
func (k *killing) busy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.requests.Add(1)
		defer k.requests.Add(-1)
		next.ServeHTTP(w, r)
	})
}

// settle waits until the server has had nothing to do for a while.
func (k *killing) settle() {
	for quiet := 0; quiet < 5; quiet++ {
		if time.Sleep(5 * time.Millisecond); k.requests.Load() > 0 {
			quiet = 0
		}
	}
}

func (k *killing) run(t *testing.T, url string, random *rand.Rand) {
	o := options(t, k.source, url, nil)
	untouched := dir(t, k.source)
	whole := k.measure(t, o)
	for i := range kills() {
		o.Files = several(k.n, "prod", fmt.Sprint(i)).output()
		k.once(t, o, time.Duration(random.Int64N(int64(whole))))
		if t.Failed() {
			t.Fatalf("after kill %d", i)
		}
	}
	if !maps.Equal(dir(t, k.source), untouched) {
		t.Error("the tenancy's repository is not as it was")
	}
	t.Logf("of %d runs that were killed within %v, %d had moved the branch", kills(), whole.Round(time.Millisecond), k.moved)
}

// measure gives how long a run takes that nobody kills, with something to spare.
func (k *killing) measure(t *testing.T, o publish.Options) (longest time.Duration) {
	t.Helper()
	for _, word := range []string{"x", "y", "z"} {
		o.Files = several(k.n, "prod", word).output()
		begin := time.Now()
		if err := startVictim(t, o).Wait(); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(begin))
	}
	if gitserver.Git(t, k.bare, "rev-list", "--count", "main") != "4" {
		t.Fatal("runs that nobody kills publish nothing")
	}
	return longest * 3 / 2
}

// once kills a run after a time, looks, and runs again.
func (k *killing) once(t *testing.T, o publish.Options, after time.Duration) {
	t.Helper()
	before := head(t, k.bare)
	cmd := startVictim(t, o)
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // with the error of being killed
	k.settle()
	if at := head(t, k.bare); at != before {
		k.moved++
		if parent := gitserver.Git(t, k.bare, "rev-parse", at+"^"); parent != before {
			t.Errorf("the branch went from %s to %s", before, at)
		}
	}
	clean(t, k.bare)
	published(t, o)
	for _, name := range []string{"inventory.yaml", "prod/ns-000/file.yaml"} {
		if got := gitserver.Git(t, k.bare, "show", "main:"+path.Join(folder, name)); got+"\n" != string(o.Files[name]) {
			t.Errorf("%s holds %q", name, got)
		}
	}
	clean(t, k.bare)
}

// A lock of a run that was killed is known by its second name, and is removed; of
// a lock that git has made, people are told.
func TestLeftLocks(t *testing.T) {
	bare := target(t)
	o := options(t, tenancy(t), bare, several(3, "prod", "one"))
	lock := filepath.Join(bare, "refs", "heads", "main.lock")
	write(t, lock, "")
	_, err := publishes(t, o)
	refused(t, err, "remove "+lock+" if none is")
	if _, err := os.Lstat(lock); err != nil {
		t.Errorf("the lock of another is gone: %v", err)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	before := head(t, bare)
	second := filepath.Join(bare, "hedgerow-lock-left")
	write(t, second, before+"\n")
	if err := os.Link(second, lock); err != nil {
		t.Fatal(err)
	}
	mustHold(t, bare, before, o, published(t, o))
	for _, name := range []string{lock, second} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

// A run that is killed may have written a part of a file of the pack that the
// next one makes again.
func TestLeftPack(t *testing.T) {
	bare, source := target(t), tenancy(t)
	again := t.TempDir() + "/repo.git"
	gitserver.Git(t, "", "clone", "--quiet", "--bare", bare, again)
	o := options(t, source, bare, several(300, "prod", "one"))
	published(t, o)
	indexes, err := filepath.Glob(filepath.Join(bare, "objects", "pack", "*.idx"))
	if err != nil || len(indexes) != 1 {
		t.Fatalf("there are %q, %v", indexes, err)
	}
	write(t, filepath.Join(again, "objects", "pack", filepath.Base(indexes[0])), "half")
	o.Target.URL = again
	mustHold(t, again, head(t, again), o, published(t, o))
}
