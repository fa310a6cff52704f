package reach

import (
	"slices"
	"testing"
)

// A bitmap says of each port whether it is in a set.
type bitmap [protocols * (lastPort + 2)]bool

func bitmapOf(p Ports) *bitmap {
	var b bitmap
	for _, r := range p {
		for n := r.First; n <= r.Last; n++ {
			b[int(r.Protocol)*(lastPort+2)+n] = true
		}
	}
	return &b
}

func (s source) ports() Ports {
	near := []int{firstPort, 2, 3, 4, 5, 6, 7, lastPort - 1, lastPort}
	return NewPorts(some(s, 5, func() Range {
		return Range{Protocol(s(protocols)), pick(s, near), pick(s, near)} // some end before they begin
	})...)
}

// canonical reports whether no port is there twice, and no two ranges touch.
func canonical(p Ports) bool {
	for i, r := range p {
		if r.First > r.Last || i > 0 && r.Protocol < p[i-1].Protocol ||
			i > 0 && r.Protocol == p[i-1].Protocol && r.First <= p[i-1].Last+1 {
			return false
		}
	}
	return true
}

func TestPortsAgainstBitmaps(t *testing.T) {
	s := seeded(1)
	for range 200 {
		p, q := s.ports(), s.ports()
		if s.oneIn(10) {
			q = AllPorts
		}
		and, or, minus := p.And(q), p.Or(q), p.Minus(q)
		a, b, isAnd, isOr, isMinus := bitmapOf(p), bitmapOf(q), bitmapOf(and), bitmapOf(or), bitmapOf(minus)
		for i := range a {
			if isAnd[i] != (a[i] && b[i]) || isOr[i] != (a[i] || b[i]) || isMinus[i] != (a[i] && !b[i]) {
				t.Fatalf("%v, %v: and %v, or %v, minus %v", p, q, and, or, minus)
			}
			if protocol, n := Protocol(i/(lastPort+2)), i%(lastPort+2); p.Has(protocol, n) != a[i] {
				t.Fatalf("%v has %d/%s: %v", p, n, protocol, !a[i])
			}
		}
		for _, got := range []Ports{p, and, or, minus} {
			if !canonical(got) || got.Empty() != (len(got) == 0) {
				t.Fatalf("%v, %v gives %v", p, q, []Range(got))
			}
		}
	}
}

func TestAllPorts(t *testing.T) {
	if !AllPorts.All() || !canonical(AllPorts) || !AllPorts.Minus(AllPorts).Empty() {
		t.Errorf("all ports are %v", []Range(AllPorts))
	}
	if p := AllPorts.Minus(Ports{{TCP, 80, 80}}); p.All() || p.String() != "1-79/TCP, 81-65535/TCP, all UDP, all SCTP" {
		t.Errorf("all ports but one are %v", p)
	}
}

// region gives one of few keys and values; a requirement is neither empty nor
// met by everything.
func (s source) region() region {
	var out region
	for _, key := range keys {
		if s.oneIn(2) {
			continue
		}
		list := append(some(s, 2, func() string { return pick(s, append([]string{absent}, words...)) }), pick(s, words))
		slices.Sort(list)
		out = append(out, requirement{key, values{s.oneIn(2), slices.Compact(list)}})
	}
	slices.SortFunc(out, func(a, b requirement) int { return slices.Compare([]string{a.key}, []string{b.key}) })
	return out
}

func (s source) pods() pods {
	return pods{in: s.region(), not: some(s, 3, s.region)}
}

// every gives one pod of each kind that the regions above tell apart.
var every = slices.Collect(everyLabels(keys))

func TestRegionsAgainstEveryPod(t *testing.T) {
	s := seeded(2)
	for range 3000 {
		r, q := s.region(), s.region()
		both, ok := r.and(q)
		some, contains := false, true
		for _, pod := range every {
			inR, inQ := r.has(lookUp(pod)), q.has(lookUp(pod))
			some = some || inR && inQ
			contains = contains && (inR || !inQ)
			if got := ok && both.has(lookUp(pod)); got != (inR && inQ) {
				t.Fatalf("%v and %v is %v: it has %v: %v", r, q, both, pod, got)
			}
		}
		left, overlaps := r.beyond(q)
		if ok != some || overlaps != some || (overlaps && len(left) == 0) != contains {
			t.Fatalf("%v and %v: overlap %v and %v, left to ask for %v", r, q, ok, overlaps, left)
		}
	}
}

func TestPodsAgainstEveryPod(t *testing.T) {
	s := seeded(3)
	for range 3000 {
		p, q := s.pods(), s.pods()
		both, ok := p.and(q)
		rest := p.minus(q)
		isSomeone, overlap := false, false
		for _, pod := range every {
			label := lookUp(pod)
			inP, inQ := p.has(label), q.has(label)
			isSomeone, overlap = isSomeone || inP, overlap || inP && inQ
			if got := ok && both.has(label); got != (inP && inQ) {
				t.Fatalf("%v and %v is %v: it has %v: %v", p, q, both, pod, got)
			}
			in := 0
			for _, r := range rest {
				if r.has(label) {
					in++
				}
			}
			if in > 1 || (in == 1) != (inP && !inQ) {
				t.Fatalf("%v minus %v is %v: %d have %v", p, q, rest, in, pod)
			}
		}
		if p.empty() == isSomeone || ok != overlap {
			t.Fatalf("%v and %v: empty %v, overlap %v", p, q, p.empty(), ok)
		}
		for _, r := range rest {
			if !slices.ContainsFunc(every, func(pod map[string]string) bool { return r.has(lookUp(pod)) }) {
				t.Fatalf("%v minus %v gives %v, in which nothing is", p, q, r)
			}
		}
	}
}

// twoGraphs gives a cluster under two sets of policies.
func twoGraphs(t *testing.T, w *world) (a, b *Graph) {
	t.Helper()
	o := w.other()
	a, err := Build(w.shown, o.shown.NamespaceNames()...)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = Build(o.shown, w.shown.NamespaceNames()...); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestSubtractAndIntersect(t *testing.T) {
	for seed := range uint64(300) {
		w := newWorld(seeded(seed))
		a, b := twoGraphs(t, w)
		less, both := Subtract(a.Open(), b.Open()), Intersect(a.Open(), b.Open())
		for range 30 {
			p := w.packet()
			inA, inB := a.u.inEdges(a.open, p), b.u.inEdges(b.open, p)
			if got := a.u.inEdges(less, p); got != (inA && !inB) {
				t.Fatalf("seed %d: in a %v, in b %v, in the difference %v: %s\n%s", seed, inA, inB, got, p, manifests(w.shown))
			}
			if got := a.u.inEdges(both, p); got != (inA && inB) {
				t.Fatalf("seed %d: in a %v, in b %v, in both %v: %s\n%s", seed, inA, inB, got, p, manifests(w.shown))
			}
		}
	}
}

// What is left of edges has something in it.
func TestNothingIsLeft(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(seeded(seed))
		a, b := twoGraphs(t, w)
		if left := Subtract(a.Open(), a.Open()); len(left) > 0 {
			t.Fatalf("seed %d: a without a is %+v\n%s", seed, left, manifests(w.shown))
		}
		less, both := Subtract(a.Open(), b.Open()), Intersect(a.Open(), b.Open())
		if left := Subtract(Subtract(a.Open(), less), both); len(left) > 0 {
			t.Fatalf("seed %d: a without its parts is %+v\n%s", seed, left, manifests(w.shown))
		}
		for _, edges := range [][]Edge{less, both} {
			for i := range edges {
				if p, ok := w.sample(a.u, &edges[i]); !ok {
					t.Fatalf("seed %d: edge %d has nothing in it: %+v %s\n%s", seed, i, edges[i], p, manifests(w.shown))
				}
			}
		}
	}
}
