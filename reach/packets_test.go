package reach

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
)

// A packet wants to open a connection.
type packet struct {
	from, to Endpoint
	protocol Protocol
	port     int
}

func (p packet) String() string {
	return fmt.Sprintf("%+v -> %+v %d/%s", p.from, p.to, p.port, p.protocol)
}

// packet gives one that not only addresses have to do with.
func (w *world) packet() packet {
	p := packet{protocol: Protocol(w.source(protocols)), port: int(pick(w.source, numbers)) + w.source(2)*w.source(2)}
	p.port = min(p.port, lastPort)
	p.from, p.to = w.endpoint(), w.endpoint()
	if p.from.Namespace == "" && p.to.Namespace == "" {
		p.to = w.hidden()
	}
	return p
}

func (w *world) endpoint() Endpoint {
	switch n := w.source(8); {
	case n < 4 && len(w.pods) > 0:
		return w.vertex(pick(w.source, w.pods))
	case n < 7:
		return w.hidden()
	}
	return Endpoint{Address: w.address()}
}

func (w *world) vertex(of *Workload) Endpoint {
	e := of.Endpoint()
	e.NamespaceLabels = w.labels[e.Namespace]
	return e
}

// hidden gives a pod that no manifest shows. It may carry the labels of several
// workloads at once, or none at all.
func (w *world) hidden() Endpoint {
	e := Endpoint{Namespace: pick(w.source, namespaces), Labels: map[string]string{}, Ports: w.somePorts()}
	e.NamespaceLabels = w.labels[e.Namespace]
	switch w.source(3) {
	case 0:
		for range min(len(w.pods), 2) {
			maps.Copy(e.Labels, pick(w.source, w.pods).Labels)
		}
	case 1:
		e.Labels = w.someLabels()
		e.Labels["unheard-of"] = "x"
	}
	return e
}

// end gives what the witness knows of an endpoint: all there is to know.
func (w *world) end(e Endpoint) bruteforce.End {
	if e.Namespace == "" {
		return bruteforce.End{Address: e.Address}
	}
	pod := &bruteforce.Pod{Namespace: e.Namespace, Labels: e.Labels}
	for _, p := range e.Ports {
		pod.Ports = append(pod.Ports, bruteforce.Port{Name: p.Name, Protocol: protocol3[p.Protocol], Number: int32(p.Number)})
	}
	for _, of := range w.pods {
		if of.identity() == e.identity {
			pod.Addresses = of.Addresses
		}
	}
	return bruteforce.End{Pod: pod}
}

// isOpen asks the witness.
func (w *world) isOpen(p packet) bool {
	return w.truth.Allows(w.end(p.from), w.end(p.to), protocol3[p.protocol], int32(p.port))
}

// couldBeOpen asks the witness what is the case if a pod that no manifest shows
// gives every name to the port.
func (w *world) couldBeOpen(p packet) bool {
	if p.to.Namespace != "" && p.to.identity == "" {
		p.to.Ports = nil
		for _, name := range portNames {
			p.to.Ports = append(p.to.Ports, NamedPort{name, p.protocol, p.port})
		}
	}
	return w.isOpen(p)
}

func (u *universe) inEdge(e *Edge, p packet) bool {
	return e.Ports.Has(p.protocol, p.port) && u.in(e.From, p.from) && u.in(e.To, p.to)
}

func (u *universe) inEdges(edges []Edge, p packet) bool {
	return slices.ContainsFunc(edges, func(e Edge) bool { return u.inEdge(&e, p) })
}

// judge holds everything that the graph says about a packet against the witness.
func (w *world) judge(g *Graph, p packet) error {
	open, could := w.isOpen(p), w.couldBeOpen(p)
	v := g.Explain(p.from, p.to, p.protocol, p.port)
	if v.Allowed() != open || g.Allows(p.from, p.to, p.protocol, p.port) != open {
		return fmt.Errorf("Allows says %v, the witness %v, of %s", !open, open, p)
	}
	if got := g.u.inEdges(g.open, p); got != could {
		return fmt.Errorf("an edge has it: %v, the witness says %v, of %s", got, could, p)
	}
	for i := range g.open {
		e := &g.open[i]
		if len(e.ByName) > 0 || !g.u.inEdge(e, p) {
			continue
		}
		if !open {
			return fmt.Errorf("edge %d is open without any name, the witness says closed, of %s", i, p)
		}
		if !explained(e.Egress, v.Egress) || !explained(e.Ingress, v.Ingress) {
			return fmt.Errorf("edge %d has other reasons than the verdict %+v, of %s", i, v, p)
		}
	}
	return nil
}

// explained reports whether the rules of an edge, which are those of several
// namespaces, agree with the verdict on one packet.
func explained(rules []Rule, s Side) bool {
	if len(rules) == 0 {
		return len(s.Isolating) == 0
	}
	return slices.ContainsFunc(rules, func(r Rule) bool { return slices.Contains(s.Allowing, r) })
}

// manifests shows a cluster, for a message.
func manifests(c *Cluster) string {
	var out strings.Builder
	for _, n := range c.Namespaces {
		fmt.Fprintf(&out, "namespace %s %v\n", n.Name, n.Labels)
	}
	for _, w := range c.Workloads {
		fmt.Fprintf(&out, "workload %+v\n", *w)
	}
	for _, p := range c.Policies {
		text, err := yaml.Marshal(p.Spec)
		fmt.Fprintf(&out, "--- %s/%s %v\n%s", p.Namespace, p.Name, err, text)
	}
	return out.String()
}

// check judges random packets in a random cluster; it gives how many were open.
func check(t *testing.T, name string, w *world, packets int) (open int) {
	t.Helper()
	g, err := Build(w.shown)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, manifests(w.shown))
	}
	for range packets {
		p := w.packet()
		if err := w.judge(g, p); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, manifests(w.shown))
		}
		if w.isOpen(p) {
			open++
		}
	}
	return open
}

func TestRandomClusters(t *testing.T) {
	const clusters, packets = 3000, 30
	open := 0
	for seed := range uint64(clusters) {
		open += check(t, fmt.Sprint("seed ", seed), newWorld(seeded(seed)), packets)
	}
	if open < clusters*packets/4 || open > clusters*packets*3/4 {
		t.Errorf("%d of %d packets are open: what is tested is mostly one verdict", open, clusters*packets)
	}
	t.Logf("%d of %d packets are open", open, clusters*packets)
}

// The bytes decide what the cluster is. They are few, because the fuzzer spends
// its time on making them fewer.
func FuzzReach(f *testing.F) {
	for seed := range uint64(20) {
		data, s := make([]byte, 16), seeded(seed)
		for i := range data {
			data[i] = byte(s(256))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(fromBytes(data))
		w.source = seeded(0)
		check(t, "fuzz", w, 10)
	})
}

// Every edge that is open has something in it, and the witness finds it open.
func TestNoEdgeIsEmpty(t *testing.T) {
	for seed := range uint64(500) {
		w := newWorld(seeded(seed))
		g, err := Build(w.shown)
		if err != nil {
			t.Fatal(err)
		}
		for i := range g.open {
			if err := w.judgeEdge(g.u, &g.open[i]); err != nil {
				t.Fatalf("seed %d: edge %d: %v\n%s", seed, i, err, manifests(w.shown))
			}
		}
	}
}

func (w *world) judgeEdge(u *universe, e *Edge) error {
	p, ok := w.sample(u, e)
	if !ok {
		return fmt.Errorf("nothing is in %+v", *e)
	}
	if p.from.Namespace == p.to.Namespace && !maps.Equal(p.from.NamespaceLabels, p.to.NamespaceLabels) {
		return nil // whose labels nobody knows: the edge holds for some
	}
	assumed := *w
	assumed.truth = &bruteforce.Cluster{Policies: w.truth.Policies, Namespaces: maps.Clone(w.labels)}
	for _, end := range []Endpoint{p.from, p.to} {
		assumed.truth.Namespaces[end.Namespace] = end.NamespaceLabels
	}
	if !assumed.couldBeOpen(p) {
		return fmt.Errorf("the witness says closed, of %s in %+v", p, *e)
	}
	return nil
}

// sample gives a packet of the edge, if it has any.
func (w *world) sample(u *universe, e *Edge) (p packet, ok bool) {
	if p.from, ok = w.member(u, e.From, "never"); !ok {
		return p, false
	}
	if p.to, ok = w.member(u, e.To, "never-too"); !ok || e.Ports.Empty() {
		return p, false
	}
	r := pick(w.source, e.Ports)
	p.protocol, p.port = r.Protocol, pick(w.source, []int{r.First, r.Last})
	return p, true
}

// member gives an endpoint of the group, if it has any. A namespace that nothing
// names gets the name of another one.
func (w *world) member(u *universe, g Group, another string) (Endpoint, bool) {
	if g.IsAddresses() {
		for _, r := range g.addresses.Ranges() {
			return Endpoint{Address: pick(w.source, []netip.Addr{r.From(), r.To()})}, true
		}
		return Endpoint{}, false
	}
	for _, n := range g.namespaces {
		name := another
		if n != others {
			name = u.names[n-1]
		}
		for e := range w.everyPod(u, g, name) {
			if u.in(g, e) {
				return e, true
			}
		}
	}
	return Endpoint{}, false
}

// everyPod gives pods of a namespace, of every kind that the group tells apart.
func (w *world) everyPod(u *universe, g Group, namespace string) iter.Seq[Endpoint] {
	ofPod, ofNamespace := keysOf(g.pods)
	if u.labels[u.number(namespace)] != nil {
		ofNamespace = nil // nobody asks
	}
	return func(yield func(Endpoint) bool) {
		for labels := range everyLabels(ofNamespace) {
			if len(ofNamespace) == 0 {
				labels = w.labels[namespace]
			}
			for _, of := range w.pods {
				e := of.Endpoint()
				e.NamespaceLabels = labels
				if e.Namespace == namespace && !yield(e) {
					return
				}
			}
			for own := range everyLabels(ofPod) {
				if !yield(Endpoint{Namespace: namespace, NamespaceLabels: labels, Labels: own}) {
					return
				}
			}
		}
	}
}

// keysOf gives the labels of pods and of namespaces that a set of pods asks for.
func keysOf(p pods) (ofPod, ofNamespace []string) {
	for _, r := range append(slices.Clone(p.not), p.in) {
		for _, q := range r {
			if of, ok := strings.CutPrefix(q.key, namespaceKey); ok {
				ofNamespace = append(ofNamespace, of)
			} else if q.key != identityKey {
				ofPod = append(ofPod, q.key)
			}
		}
	}
	slices.Sort(ofPod)
	slices.Sort(ofNamespace)
	return slices.Compact(ofPod), slices.Compact(ofNamespace)
}

// everyLabels gives all that an object can have of some labels: a value that
// policies ask for, one that none does, or no value.
func everyLabels(keys []string) iter.Seq[map[string]string] {
	return func(yield func(map[string]string) bool) {
		if len(keys) == 0 {
			yield(map[string]string{})
			return
		}
		for rest := range everyLabels(keys[1:]) {
			if !yield(maps.Clone(rest)) {
				return
			}
			for _, v := range append([]string{"unheard-of"}, words...) {
				more := maps.Clone(rest)
				if more[keys[0]] = v; !yield(more) {
					return
				}
			}
		}
	}
}
