package reach

import (
	"fmt"
	"slices"
	"testing"
)

// label gives the region of the pods that have, or have not, a label.
func label(key string, there bool) requirement {
	return requirement{key, values{there, []string{absent}}}
}

// pigeonholes gives regions that together leave nothing out of every pod, which
// no proof by cases is short of: so many pigeons and one into holes of one each.
func pigeonholes(holes int) (out []region) {
	in := func(pigeon, hole int) string { return fmt.Sprintf("p%02dh%02d", pigeon, hole) }
	for pigeon := range holes + 1 {
		var nowhere region
		for hole := range holes {
			nowhere = append(nowhere, label(in(pigeon, hole), false))
			for other := range pigeon {
				out = append(out, region{label(in(other, hole), true), label(in(pigeon, hole), true)})
			}
		}
		out = append(out, nowhere)
	}
	return out
}

func TestPigeonholes(t *testing.T) {
	for holes := 2; holes <= 4; holes++ {
		if p := (pods{not: pigeonholes(holes)}); !p.empty() {
			t.Errorf("%d pigeons are in %d holes", holes+1, holes)
		}
	}
	p, ok := pods{not: pigeonholes(12)}.checked()
	if !ok || !p.hard {
		t.Fatalf("what takes for ever is found out: not empty %v, hard %v", ok, p.hard)
	}
	if part, ok := p.and(pods{in: region{label("p00h00", true)}}); !ok || !part.hard {
		t.Error("a part of what is too hard is not taken for there")
	}
	if _, ok := p.and(pods{in: region{label("p00h00", true), label("p01h00", true)}}); ok {
		t.Error("what is plainly empty is not")
	}
}

// More regions than policies usually have, so that there is much to search.
func TestSearchAgainstEveryPod(t *testing.T) {
	s := seeded(4)
	empty := 0
	for range 3000 {
		p := pods{in: s.region(), not: some(s, 40, s.region)}
		q, ok := p.checked()
		isSomeone := slices.ContainsFunc(every, func(pod map[string]string) bool { return p.has(lookUp(pod)) })
		if ok != isSomeone {
			t.Fatalf("%v: not empty %v", p, ok)
		}
		if !ok {
			empty++
			continue
		}
		for _, pod := range every {
			if p.has(lookUp(pod)) != q.has(lookUp(pod)) {
				t.Fatalf("%v is %v: they differ in %v", p, q, pod)
			}
		}
	}
	if empty < 300 || empty > 2700 {
		t.Errorf("%d of 3000 are empty: what is tested is mostly one answer", empty)
	}
}

// Policies that each rule the pods of one value of a label leave one requirement,
// not a region each that every question would look at.
func TestPlainSelectorsLeaveNothingToSearch(t *testing.T) {
	var not []region
	for i := range 3000 {
		not = append(not, region{{"app", values{false, []string{fmt.Sprint("a", i)}}}})
	}
	p, ok := pods{not: not}.checked()
	if !ok || len(p.not) > 0 || len(p.in) != 1 || len(p.in[0].values.list) != 3000 {
		t.Errorf("%d requirements and %d regions are left", len(p.in), len(p.not))
	}
}
