package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

// usualCount is how many random tenancies the server is asked about.
const usualCount = 500

// everywhere is what random tenancies do not say: objects of every kind.
const everywhere = `
clusters: [string]: manageNamespaces: true
delivery: {
	repository: "https://git.example.com/acme/policies.git"
	argocd: {}
	flux: {}
}
`

// testRandomTenancies asks the server about every object of random tenancies
// that are accepted.
func testRandomTenancies(t *testing.T, s *server) {
	wanted, seed := tenancies.Number(t, "HEDGEROW_COUNT", usualCount), uint64(tenancies.Number(t, "HEDGEROW_SEED", 1))
	a := asker{server: s}
	tries := int64(synthetic.Tries(wanted))
	var next, accepted atomic.Int64
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) { // half of them wait for the server
		dir := t.TempDir()
		wg.Go(func() {
			for i := next.Add(1) - 1; i < tries && !t.Failed(); i = next.Add(1) - 1 {
				seed := seed + uint64(i)
				ok, err := a.tenancy(t.Context(), dir, synthetic.Random(seed)+everywhere)
				if err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
				if ok {
					accepted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d of %d random tenancies are accepted, of the seeds from %d", accepted.Load(), tries, seed)
	t.Logf("%d objects: %d different ones, each of which the server would keep as it was rendered", a.rendered.Load(), a.asked.Load())
	tenancies.Quoted(t, repository, "%s different objects of %s random tenancies", int(a.asked.Load()), int(accepted.Load()))
	if accepted.Load() < int64(wanted) && !t.Failed() {
		t.Errorf("only %d random tenancies are accepted, not %d", accepted.Load(), wanted)
	}
}

// An asker asks the server about each object once.
type asker struct {
	*server
	known           sync.Map
	rendered, asked atomic.Int64
}

// tenancy asks about every object of a tenancy; it reports whether that is
// accepted.
func (a *asker) tenancy(ctx context.Context, dir, text string) (bool, error) {
	if err := os.WriteFile(filepath.Join(dir, "tenants.cue"), []byte(text), 0o644); err != nil {
		return false, err
	}
	r, _, err := expand(dir)
	if err != nil || r == nil {
		return false, err
	}
	delivery, err := r.delivery()
	if err != nil {
		return true, err
	}
	for _, o := range r.overlays {
		if err := a.all(ctx, o.objects); err != nil {
			return true, err
		}
	}
	for _, objects := range delivery {
		if err := a.all(ctx, objects); err != nil {
			return true, err
		}
	}
	return true, nil
}

// all asks up to the first object that is wrong: the others are often so, too.
func (a *asker) all(ctx context.Context, objects []*object) error {
	for _, o := range objects {
		if err := a.object(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// object asks about an object, unless the very same was asked about before.
func (a *asker) object(ctx context.Context, o *object) error {
	a.rendered.Add(1)
	data, err := o.MarshalJSON()
	if err != nil {
		return err
	}
	if _, before := a.known.LoadOrStore(string(data), true); before {
		return nil
	}
	a.asked.Add(1)
	if ns := o.GetNamespace(); ns != "" {
		if err := a.ensureNamespace(ctx, ns); err != nil {
			return err
		}
	}
	got, err := a.dryApply(ctx, o)
	if err != nil {
		return fmt.Errorf("%s is refused: %w\n%s", name(o), err, data)
	}
	if d := difference(o, got); d != "" {
		return fmt.Errorf("%s differs from what was rendered (-), as the server would keep it (+):\n%s", name(o), d)
	}
	return nil
}
