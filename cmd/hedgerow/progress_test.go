package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgress shows a bar on a terminal after a second, and nowhere else.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name     string
		terminal bool
		quiet    bool
		each     time.Duration
		want     bool
	}{
		{"a slow run on a terminal", true, false, 400 * time.Millisecond, true},
		{"a fast run", true, false, 10 * time.Millisecond, false},
		{"a pipe", false, false, time.Second, false},
		{"quiet", true, true, time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
			p := newProgress(world{err: &out, errTerminal: c.terminal, now: func() time.Time { return now }}, &config{Quiet: c.quiet})
			for i := range 10 {
				now = now.Add(c.each)
				p.step(i+1, 10)
			}
			p.finish()
			if got := strings.Contains(out.String(), "building overlays"); got != c.want {
				t.Errorf("a bar is shown: %v\n%q", got, out.String())
			}
		})
	}
}
