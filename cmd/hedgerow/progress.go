package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long a run may take before it shows its progress.
const patience = time.Second

// progress draws a bar on a terminal once a run takes longer than a second.
type progress struct {
	w     world
	on    bool
	start time.Time
	bar   *progressbar.ProgressBar
}

func newProgress(w world, cfg *config) *progress {
	return &progress{w: w, on: w.errTerminal && !cfg.Quiet, start: w.now()}
}

func (p *progress) step(done, total int) {
	if !p.on || p.bar == nil && p.w.now().Sub(p.start) < patience {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.w.err), progressbar.OptionSetDescription("building overlays"),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(50*time.Millisecond))
	}
	_ = p.bar.Set(done) // a bar that cannot be drawn stops no work
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
