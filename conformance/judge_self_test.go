package conformance

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// smallWorld is a web and its database behind policies that say nothing else.
func smallWorld(t *testing.T) (*world, []engine.Packet) {
	w := newWorld()
	for _, text := range []string{
		"metadata: {name: deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}",
		"metadata: {name: out, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]," +
			" egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}, {port: 53, protocol: UDP}]}]}",
		"metadata: {name: in, namespace: shop}\nspec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]," +
			" ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}",
	} {
		p := &networkingv1.NetworkPolicy{}
		if err := yaml.UnmarshalStrict([]byte(text), p); err != nil {
			t.Fatal(err)
		}
		w.shown.Policies = append(w.shown.Policies, p)
	}
	for i, app := range []string{"web", "db", "other"} {
		labels, a := map[string]string{"app": app}, netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		w.add(end{
			End:      engine.End{Namespace: "shop", Labels: labels, Addresses: []netip.Addr{a}},
			endpoint: reach.Endpoint{Namespace: "shop", Labels: labels},
		})
	}
	var packets []engine.Packet
	for i := range 9 {
		packets = append(packets, engine.Packet{From: i / 3, To: i % 3, Protocol: "TCP", Port: 5432})
	}
	return w, packets
}

// askerFunc is an engine in a function.
type askerFunc func(engine.Question) ([]bool, error)

func (f askerFunc) Ask(q engine.Question) ([]bool, error) { return f(q) }

// lying gives the verdicts of an engine but for packets to one end.
func lying(honest asker, about int) asker {
	return askerFunc(func(q engine.Question) ([]bool, error) {
		out, err := honest.Ask(q)
		for i := range out {
			out[i] = out[i] != (q.Packets[i].To == about)
		}
		return out, err
	})
}

// forgetting gives the verdicts of an engine that does not get to see a policy.
func forgetting(honest asker, name string) asker {
	return askerFunc(func(q engine.Question) ([]bool, error) {
		if q.World != nil {
			seen := *q.World
			seen.Policies = nil
			for _, p := range q.World.Policies {
				if !bytes.Contains(p, []byte(`"name":"`+name+`"`)) {
					seen.Policies = append(seen.Policies, p)
				}
			}
			q.World = &seen
		}
		return honest.Ask(q)
	})
}

// TestJudge sees to it that the judge finds engines that are wrong, and shows why
// with nothing that does not matter.
func TestJudge(t *testing.T) {
	w, packets := smallWorld(t)
	want, err := w.verdicts(packets)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range newCourt(t, newTallies()) {
		for _, c := range []struct {
			name       string
			engine     asker
			says, lack []string // of the message
		}{
			{"honest", x.asker, nil, nil},
			{"lying", lying(x.asker, 1), []string{"3 of 9 packets", x.name + " says open: "}, []string{"name: in"}},
			{"forgetting", forgetting(x.asker, "in"), []string{"1 of 9 packets", "name: in"}, []string{"port: 53\n", "also there"}},
			{"without deny", forgetting(x.asker, "deny"), []string{"of 9 packets", "name: deny"}, []string{"name: in"}},
		} {
			told := &witness{asker: c.engine, name: x.name, known: x.known, count: x.count}
			err := verdictsOf([]*witness{told}, w, packets, want)
			if (err != nil) != (c.says != nil) {
				t.Errorf("%s, %s: %v", x.name, c.name, err)
				continue
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s, %s: no %q in\n%v", x.name, c.name, part, err)
				}
			}
			for _, part := range c.lack {
				if strings.Contains(err.Error(), part) {
					t.Errorf("%s, %s: %q is of no matter in\n%v", x.name, c.name, part, err)
				}
			}
		}
	}
}

// TestUnneeded sees to it that a difference that nothing needs is found.
func TestUnneeded(t *testing.T) {
	needed, not := &difference{what: "a"}, &difference{what: "b"}
	needed.needed.Add(1)
	if got := unneeded([]*difference{needed, not}); len(got) != 1 || got[0] != not {
		t.Errorf("%v is not needed", got)
	}
}

// TestExcuses sees to it that a difference forgives nothing in a world that has
// nothing to do with it, and what it says in one that has; and that no excuse of
// an engine covers a verdict of reach that is wrong.
func TestExcuses(t *testing.T) {
	w, packets := smallWorld(t)
	want, err := w.verdicts(packets)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		x := newExcuses(w, []*difference{{read: d.read}})
		for i, p := range packets {
			if x.forgive(p, !want[i]) || x.forgive(p, want[i]) {
				t.Errorf("%q forgives a verdict on %+v", d.what, p)
			}
		}
	}
	mute := &difference{read: func(r *reading) { r.Policies = nil }}
	x := newExcuses(w, []*difference{mute})
	if p := packets[2]; want[2] || !x.forgive(p, true) || x.forgive(p, false) || mute.needed.Load() != 1 {
		t.Errorf("without policies, %+v is open, and nobody else may say closed", p)
	}
}
