package publish_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
)

// The size of what is published in the benchmark.
const (
	benchFolders = 10_000
	benchFiles   = 6 // in each
)

// benchPolicy is a file of some 900 bytes, as long and as repetitive as what
// Hedgerow writes.
const benchPolicy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: hedgerow-flow-%[1]x
  labels:
    app.kubernetes.io/managed-by: hedgerow
  annotations:
    hedgerow.dev/flow: team-%[2]d-to-team-%[3]d
    hedgerow.dev/reason: "orders are read by the reports of department %[4]d"
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: service-%[2]d
      app.kubernetes.io/component: part-%[4]d
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: team-%[3]d-prod
      podSelector:
        matchLabels:
          app.kubernetes.io/name: client-%[1]x
    ports:
    - protocol: TCP
      port: %[4]d
  egress:
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: team-%[2]d-prod
    ports:
    - protocol: TCP
      port: 8443
`

func benchTree() files {
	f := files{}
	for i := range benchFolders {
		for k := range benchFiles {
			f[fmt.Sprintf("prod/team-%05d/policy-%d.yaml", i, k)] = fmt.Sprintf(benchPolicy, i*7919+k, i, (i*31+k)%benchFolders, 1024+(i*17+k)%4096)
		}
	}
	return f
}

// BenchmarkPublish publishes 60,000 files, and then a flow among them: two files
// and the inventory. What git takes for the same commits in a worktree stands
// beside it: x-git is how many times as long publish takes, and commit-x-git how
// many times as long what follows the plan takes, when what is published has
// been read and judged, which git does not do.
func BenchmarkPublish(b *testing.B) {
	tree := benchTree()
	first := tree.output()
	tree["prod/team-00042/policy-1.yaml"] += "# changed\n"
	tree["prod/team-07042/policy-3.yaml"] += "# changed\n"
	second := tree.output()
	change := map[string][]byte{}
	for name, data := range second {
		if string(first[name]) != string(data) {
			change[name] = data
		}
	}
	b.Run("first", func(b *testing.B) {
		beside(b, func() time.Duration { return benchOnce(b, gitserver.Bare(b), first, first) }, func() time.Duration { return gitCommits(b, b.TempDir(), first) })
	})
	b.Run("change", func(b *testing.B) {
		bare, work := gitserver.Bare(b), b.TempDir()
		benchOnce(b, bare, first, first)
		gitCommits(b, work, first)
		old := gitserver.Git(b, bare, "rev-parse", "main")
		undo := maps.Clone(change)
		for name := range undo {
			undo[name] = first[name]
		}
		beside(b, func() time.Duration {
			b.StopTimer()
			gitserver.Git(b, bare, "update-ref", "refs/heads/main", old)
			b.StartTimer()
			return benchOnce(b, bare, second, change)
		}, func() time.Duration {
			gitCommits(b, work, undo)
			return gitCommits(b, work, change)
		})
	})
}

// beside runs publish and git in turn, and reports the ratios and the most memory
// that publish had.
func beside(b *testing.B, ours, git func() time.Duration) {
	var theirs, committing time.Duration
	peak := 0
	for b.Loop() {
		b.StopTimer()
		theirs += git()
		debug.FreeOSMemory()
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // where there is none, the peak is of all that ran
		b.StartTimer()
		committing += ours()
		b.StopTimer()
		peak = max(peak, peakMiB())
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(theirs), "x-git")
	b.ReportMetric(float64(committing)/float64(theirs), "commit-x-git")
	b.ReportMetric(theirs.Seconds()/float64(b.N), "git-s/op")
	b.ReportMetric(float64(peak), "peak-MiB")
}

// peakMiB gives the most memory that this process has had; 0 where nobody says.
func peakMiB() (kib int) {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		_, _ = fmt.Sscanf(line, "VmHWM: %d kB", &kib)
	}
	return kib / 1024
}

// benchOnce publishes files of which those to write are known, and gives how long
// it took from the plan on.
func benchOnce(b *testing.B, bare string, all, written map[string][]byte) (committing time.Duration) {
	b.StopTimer()
	source := tenancy(b)
	o := options(b, source, bare, nil)
	o.Files = all
	var planned time.Time
	b.StartTimer()
	r, err := publish.Publish(b.Context(), o, func(*render.Output) (*publish.Plan, error) {
		planned = time.Now()
		return &publish.Plan{Write: written, Message: "Change", Digest: strings.Repeat("0", 64)}, nil
	})
	b.StopTimer()
	committing = time.Since(planned)
	if err != nil || r.Tries != 1 || gitserver.Git(b, bare, "rev-parse", "main") != r.Commit {
		b.Fatalf("%+v, %v", r, err)
	}
	b.StartTimer()
	return committing
}

// gitCommits writes files to a worktree, and gives how long git takes to commit
// them.
func gitCommits(b *testing.B, work string, all map[string][]byte) time.Duration {
	b.Helper()
	gitserver.Git(b, work, "init", "--quiet")
	for name, data := range all {
		write(b, filepath.Join(work, folder, name), string(data))
	}
	begin := time.Now()
	gitserver.Git(b, work, "add", "--all")
	gitserver.Git(b, work, "commit", "--quiet", "--allow-empty", "--message", "Change")
	return time.Since(begin)
}
