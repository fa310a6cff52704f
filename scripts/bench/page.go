package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl
var pageText string

// A page is what the text of the page asks for beside the measurements.
type page struct {
	*measurements
	Goals []goal
}

// page writes the page.
func (m *measurements) page() ([]byte, error) {
	p := &page{m, m.goals()}
	t, err := template.New("page").Funcs(template.FuncMap{
		"rows":    func() []row { return rows },
		"cost":    func(s size, r row) cost { return s.Costs[r.key] },
		"ratio":   p.ratioText,
		"unmet":   p.unmet,
		"times":   func(key string) string { return p.goal(key).Measured() },
		"grouped": grouped,
		"seconds": func(v float64) string { return fmt.Sprintf("%.2f s", v) },
		"percent": func(part, all float64) string { return fmt.Sprintf("%.0f%%", 100*part/max(all, part, 1e-9)) },
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

// Label is how the page names what is measured.
func (r row) Label() string { return r.label }

// Cache says what the cache holds when the command begins.
func (r row) Cache() string { return r.cache }

func (p *page) ratioText(s size, r row) string {
	if r.peer == "" {
		return ""
	}
	peer, _, _ := strings.Cut(strings.Trim(rowOf(r.peer).label, "`"), "`")
	return fmt.Sprintf("%.2f of `%s`", p.ratio(s, r), peer)
}

func (p *page) goal(key string) goal {
	i := slices.IndexFunc(p.Goals, func(g goal) bool { return g.key == key })
	if i < 0 {
		return goal{} // was not measured, and is not missed
	}
	return p.Goals[i]
}

// unmet reports whether one of some goals is not reached.
func (p *page) unmet(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return !p.goal(key).Met() })
}

// Unmet reports whether any goal is not reached.
func (p *page) Unmet() bool {
	return slices.ContainsFunc(p.Goals, func(g goal) bool { return !g.Met() })
}

// Worst names the command that a goal is about.
func (p *page) Worst(key string) string {
	return p.goal(key).Of
}

// Value gives what a goal's command reaches.
func (p *page) Value(key string) string { return p.goal(key).Measured() }

// Last is the largest size.
func (p *page) Last() size { return p.last() }

// More is how many times as many namespaces the last size has as the first.
func (p *page) More() float64 { return p.more() }

// Alt says what the picture shows.
func (p *page) Alt() string { return alt }

// CompareAt is the largest size at which the chart is held against the tenancy.
func (p *page) CompareAt() int { return smallSize }

// Sample is how many overlays the command line of kustomize builds.
func (p *page) Sample() int { return sample }

// Building is the stage that an empty cache makes necessary.
func (p *page) Building() stage { return p.stage(building) }

// Writing is the stage that no overlays make necessary.
func (p *page) Writing() stage { return p.stage(writing) }

func (p *page) stage(name string) stage {
	return p.Stages.All[slices.IndexFunc(p.Stages.All, func(s stage) bool { return s.Name == name })]
}

// Warm is the time of the stages of a vet with a warm cache, in seconds.
func (p *page) Warm() float64 { return p.stage(loading).Wall + p.AfterLoading() }

// WarmVet is the time of the command that does all of them, in seconds.
func (p *page) WarmVet() float64 { return p.last().Costs[vet].Wall }

// AfterLoading is the time of what a warm cache leaves to do once the files are
// judged, in seconds.
func (p *page) AfterLoading() (sum float64) {
	for _, s := range p.Stages.All {
		if !slices.Contains([]string{loading, building, writing}, s.Name) {
			sum += s.Wall
		}
	}
	return sum
}

// PerOverlay is the processor time of building one overlay, in milliseconds.
func (p *page) PerOverlay() float64 {
	return 1000 * p.Building().CPU / float64(p.Stages.Overlays)
}

// OneProcess is the wall time of building one by the command line, in
// milliseconds.
func (p *page) OneProcess() float64 { return 1000 * p.last().Costs[kustomizeOne].Wall }

// Rest is the processor time that nobody else had.
func (s stage) Rest() float64 { return s.CPU - s.CUE - s.Kustomize - s.Garbage }
