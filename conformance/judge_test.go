package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

// An asker answers questions: an engine that runs, or what a test makes of one.
type asker interface {
	Ask(engine.Question) ([]bool, error)
}

// A witness is an engine and what it is known to see otherwise.
type witness struct {
	asker
	name  string
	known []*difference
	count *tally

	world   *world // that the engine was last told of
	excuses *excuses
}

// A tally counts what an engine was asked and how its verdicts fared.
type tally struct{ packets, open, forgiven atomic.Int64 }

// String gives the counts.
func (n *tally) String() string {
	return fmt.Sprintf("%d packets, %d of them open, %d verdicts that differ as is known", n.packets.Load(), n.open.Load(), n.forgiven.Load())
}

// disagreement is a packet on which an engine and reach differ, and nobody knows
// why.
type disagreement struct {
	witness *witness
	world   *world
	packet  engine.Packet
	open    bool // says the engine
}

// String shows the world with it.
func (d *disagreement) String() string {
	return fmt.Sprintf("%s says open: %t, reach says %t, of\n%s", d.witness.name, d.open, !d.open, d.world.show(d.packet))
}

// judge asks an engine of packets on which reach has its verdicts, and gives what
// it cannot be forgiven.
func (x *witness) judge(w *world, packets []engine.Packet, want []bool) (out []*disagreement, err error) {
	q := engine.Question{Packets: packets}
	if x.world != w {
		if q.World, err = w.forEngines(); err != nil {
			return nil, err
		}
		x.world, x.excuses = w, newExcuses(w, x.known)
	}
	got, err := x.Ask(q)
	if err != nil {
		return nil, err
	}
	for i, p := range packets {
		x.count.packets.Add(1)
		if got[i] {
			x.count.open.Add(1)
		}
		switch {
		case got[i] == want[i]:
		case x.excuses.forgive(p, got[i]):
			x.count.forgiven.Add(1)
		default:
			out = append(out, &disagreement{x, w, p, got[i]})
		}
	}
	return out, nil
}

// Excuses are a world as it is, as an engine reads it with all that is known of
// it, and with all but one thing.
type excuses struct {
	known []*difference
	world *world
	plain *reading
	all   *reading
	but   []*reading
}

func newExcuses(w *world, known []*difference) *excuses { return &excuses{known: known, world: w} }

// forgive reports whether the verdict, which is not that of reach, is right for
// what the engine reads, and wrong for what is there: else reach would be. It
// counts the differences without which the verdict would not be right.
func (x *excuses) forgive(p engine.Packet, open bool) bool {
	if x.all == nil {
		x.plain, x.all = x.world.read(nil), x.world.read(x.known)
		for i := range x.known {
			x.but = append(x.but, x.world.read(slices.Delete(slices.Clone(x.known), i, i+1)))
		}
	}
	if x.all.allows(p) != open || x.plain.allows(p) == open {
		return false
	}
	for i, r := range x.but {
		if r.allows(p) != open {
			x.known[i].needed.Add(1)
		}
	}
	return true
}

// shrink gives a disagreement in a smaller world: without any policy, rule, peer,
// port or end that it does not need.
func (d *disagreement) shrink() *disagreement {
	for {
		smaller := d.smaller()
		if smaller == nil {
			return d
		}
		d = smaller
	}
}

// smaller gives the first smaller world in which the engine and reach still
// differ, or nil.
func (d *disagreement) smaller() *disagreement {
	for try := range smallerWorlds(d.world, d.packet) {
		want, err := try.world.verdicts([]engine.Packet{try.packet})
		if err != nil {
			continue
		}
		x := *d.witness
		x.count = &tally{}
		d.witness.world = nil // the engine is told of another now
		left, err := x.judge(try.world, []engine.Packet{try.packet}, want)
		if err == nil && len(left) > 0 {
			left[0].witness = d.witness
			return left[0]
		}
	}
	return nil
}

// verdictsOf asks all witnesses; the error shows the first few packets on which
// one of them differs, in small worlds.
func verdictsOf(witnesses []*witness, w *world, packets []engine.Packet, want []bool) error {
	if len(packets) == 0 {
		return nil
	}
	var errs []error
	for _, x := range witnesses {
		wrong, err := x.judge(w, packets, want)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", x.name, err))
		}
		if len(wrong) == 0 {
			continue
		}
		var shown []string
		for _, d := range wrong[:min(2, len(wrong))] {
			shown = append(shown, d.shrink().String())
		}
		errs = append(errs, fmt.Errorf("%d of %d packets, such as\n%s", len(wrong), len(packets), strings.Join(shown, "\n")))
	}
	return errors.Join(errs...)
}
