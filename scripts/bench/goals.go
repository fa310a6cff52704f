package main

import (
	"fmt"
	"slices"
)

// A goal is something that Hedgerow is meant to reach, and what it reaches.
type goal struct {
	key           string
	Work, Against string
	Of            string // the command of which Work is true, if several were looked at
	unit          string // what it is counted in, after the number
	Limit, Value  float64
}

// Met reports whether it is reached.
func (g goal) Met() bool { return g.Value <= g.Limit }

// Verdict says whether it is reached.
func (g goal) Verdict() string { return map[bool]string{true: "met", false: "not met"}[g.Met()] }

// Measured gives what is reached.
func (g goal) Measured() string { return g.number(g.Value) }

// Limited gives what is meant to be reached.
func (g goal) Limited() string { return "<= " + g.number(g.Limit) }

// number writes a number with the digits that decide.
func (g goal) number(v float64) string {
	if g.unit == "" {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.1f %s", v, g.unit)
}

const (
	memoryGoal    = "memory"
	growthGoal    = "growth"
	heapGoal      = "growth of memory"
	publishedGoal = "publish"

	peakLimit    = 1.0 // GiB
	growthBeyond = 1.1 // times what the number of namespaces grows by
)

// goals holds the largest size against the goals.
func (m *measurements) goals() (out []goal) {
	for _, g := range []struct {
		key, work string
		limit     float64
	}{
		{vet, "`vet`", 1.2},
		{firstVet, "the first `vet`, with an empty cache", 1.2},
		{generate, "`generate` from nothing, all overlays built by kustomize and proved", 1.0},
		{generateAgain, "`generate` after a change of one flow, proved", 1.3},
		{generateCheck, "`generate --check` with nothing changed", 1.3},
		{diff, "`diff` of two tenancies of that size", 2.5},
	} {
		r := rowOf(g.key)
		out = append(out, goal{g.key, g.work, rowOf(r.peer).label, "", "", g.limit, m.ratio(m.last(), r)})
	}
	if p := m.Published; p != nil {
		out = append(out, goal{publishedGoal, "`publish` of that one flow (Git part alone)", "`git add -A && git commit`", "", "", 0.2, p.Commit})
	}
	name, peak := m.worst(func(key string) float64 { return m.last().Costs[key].Peak / 1024 })
	if p := m.Published; p != nil && p.Peak/1024 > peak {
		name, peak = "`hedgerow publish`", p.Peak/1024
	}
	out = append(out, goal{memoryGoal, "peak memory of any of them", "", name, "GiB", peakLimit, peak})
	name, grows := m.worst(func(key string) float64 { return m.last().Costs[key].Wall / m.first().Costs[key].Wall })
	between := fmt.Sprintf("from %s to %s namespaces", grouped(m.first().Namespaces), grouped(m.last().Namespaces))
	out = append(out, goal{growthGoal, "time " + between, "", name, "times", growthBeyond * m.more(), grows})
	name, grows = m.worst(func(key string) float64 { return m.last().Costs[key].Peak / m.first().Costs[key].Peak })
	return append(out, goal{heapGoal, "peak memory " + between, "", name, "times", growthBeyond * m.more(), grows})
}

func (m *measurements) first() size { return m.Sizes[0] }
func (m *measurements) last() size  { return m.Sizes[len(m.Sizes)-1] }

// more is how many times as many namespaces the last size has as the first.
func (m *measurements) more() float64 {
	return float64(m.last().Namespaces) / float64(m.first().Namespaces)
}

// ratio gives the wall time of a row, in times that of its peer; 0 without one.
func (m *measurements) ratio(s size, r row) float64 {
	if r.peer == "" {
		return 0
	}
	return s.Costs[r.key].Wall / s.Costs[r.peer].Wall
}

// worst gives Hedgerow's command of which a number is largest.
func (m *measurements) worst(of func(key string) float64) (label string, most float64) {
	for _, r := range rows {
		if v := of(r.key); r.ours() && v > most {
			label, most = r.label, v
		}
	}
	return label, most
}

func rowOf(key string) row {
	return rows[slices.IndexFunc(rows, func(r row) bool { return r.key == key })]
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
