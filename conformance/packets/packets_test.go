package packets

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestPackets publishes a tenancy and changes of it, and holds what passes
// between pods against reach.
func TestPackets(t *testing.T) {
	if os.Getenv(inNode) == "" {
		t.Skip(missing())
	}
	mountNode(t)
	connectNode(t)
	r := newRepository(t)
	c := startCluster(t)
	r.merge(t, "tenants.cue", "before.cue")
	manifest, _ := r.publish(t, c)
	c.apply(t, manifest)
	agent := startAgent(t, c.kubeconfig())
	attachHosts(t, c)
	for _, h := range hosts {
		for _, p := range ports {
			h.listen(t, p)
		}
	}
	s := &stage{cluster: c, repository: r, now: expect(t, manifest)}
	s.now.await(t, cells())
	s.now.compare(t)
	for _, part := range []struct {
		name  string
		files []string
	}{
		{"a change", []string{"tenants.cue", "after.cue"}},
		{"a roll-out begins", []string{"tenants.cue", "after.cue", "rollout.cue"}},
		{"a roll-out ends", []string{"tenants.cue", "after.cue"}},
	} {
		t.Run(part.name, func(t *testing.T) { s.change(t, part.files) })
	}
	t.Run("policies are deleted by hand", s.tamper)
	t.Logf("memory at most: %s for the API server, %s for the agent", peak(t, c.process), peak(t, agent))
}

// A stage is the cluster, with what is expected of it now.
type stage struct {
	*cluster
	repository
	now world
}

// change publishes a change of the tenancy, and watches the cells flip that are
// to, and those only.
func (s *stage) change(t *testing.T, files []string) {
	s.merge(t, files...)
	manifest, committed := s.publish(t, s.cluster)
	s.apply(t, manifest)
	s.flip(t, manifest, committed)
}

// flip awaits that the cells which a manifest changes are as it says, and prints
// how long that took. Then it holds all cells against it.
func (s *stage) flip(t *testing.T, manifest string, since time.Time) {
	after := expect(t, manifest)
	flipped := changed(s.now, after)
	if len(flipped) == 0 {
		t.Fatal("nothing is to change")
	}
	s.now = after
	late, last := after.await(t, flipped)
	after.refuse(t, late)
	opened := 0
	for _, c := range flipped {
		if after.narrowed[c] {
			opened++
		}
	}
	t.Logf("%d cells opened and %d closed after %.2f s at most", opened, len(flipped)-opened, last.Sub(since).Seconds())
	after.compare(t)
}

// peak gives how much memory a process took at most.
func peak(t *testing.T, p *os.Process) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}
