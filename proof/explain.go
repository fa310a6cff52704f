package proof

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// Explanation says whether connections between two ends are open, and why.
type Explanation struct {
	Cluster  string             `json:"cluster"`
	From     string             `json:"from"`
	To       string             `json:"to"`
	Ports    string             `json:"ports"`
	Verdict  string             `json:"verdict"`
	Open     []string           `json:"open,omitempty"` // what of it is, if that is not all
	Egress   SideOf             `json:"egress"`
	Ingress  SideOf             `json:"ingress"`
	Flows    []FlowOf           `json:"flows"`
	Snippet  string             `json:"snippet,omitempty"` // would open it
	Notes    []string           `json:"notes,omitempty"`
	list     []reach.Connection // what is open
	from, to *End
}

// The verdicts.
const (
	Allowed = "allowed"
	Denied  = "denied"
	Partly  = "partly allowed"
	// Unruled is what neither end of is a pod.
	Unruled = "not ruled by policies"
	// Unknown is what has an end whose addresses the cluster does not say.
	Unknown = "not known"
)

// SideOf is what policies say on one side of a connection.
type SideOf struct {
	End       string   `json:"end"`
	Isolating []string `json:"isolatedBy"`
	Allowing  []string `json:"allowedBy"`
	// Open says that nothing stops the connection on this side.
	Open bool `json:"open"`
}

// FlowOf is a flow behind an explanation.
type FlowOf struct {
	Name    string   `json:"name"`
	At      string   `json:"at"`
	Reason  string   `json:"reason"`
	Ticket  string   `json:"ticket,omitempty"`
	Expires string   `json:"expires,omitempty"`
	Owners  []string `json:"owners,omitempty"` // of both ends
}

// Explain judges connections between two ends, on each cluster on which both
// are. Ports is a port or a range as in 8443/TCP, a number, which is TCP, a name
// that the destination declares, or "" for every port.
func (p *Proof) Explain(from, to, ports string) ([]Explanation, error) {
	froms, err := p.Find(from)
	if err != nil {
		return nil, err
	}
	tos, err := p.Find(to)
	if err != nil {
		return nil, err
	}
	var out []Explanation
	var wrong error
	for _, f := range froms {
		for _, t := range tos {
			if f.Cluster != t.Cluster {
				continue
			}
			asked, err := t.ports(ports)
			if err != nil {
				wrong = err // of another reading, the port may be known
				continue
			}
			x, err := p.explain(&f, &t, asked)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case wrong != nil:
		return nil, wrong
	}
	return []Explanation{apart(&froms[0], &tos[0])}, nil
}

// apart explains ends that are never on one cluster.
func apart(from, to *End) Explanation {
	return Explanation{
		Cluster: from.Cluster.Name + " and " + to.Cluster.Name, From: from.Name, To: to.Name, Ports: reach.AllPorts.String(), Verdict: Denied,
		Egress: side(&End{}, nil, nil, false), Ingress: side(&End{}, nil, nil, false), Flows: []FlowOf{},
		Notes: []string{"a NetworkPolicy cannot see into another cluster: declare the far end as an external with its addresses"},
	}
}

func (p *Proof) explain(from, to *End, asked askedPorts) (Explanation, error) {
	c := from.Cluster
	edges := []reach.Edge{{From: from.Group, To: to.Group, Ports: asked.ports}}
	x := Explanation{Cluster: c.Name, From: from.Name, To: to.Name, Ports: asked.ports.String(), Flows: []FlowOf{}, from: from, to: to}
	x.list = c.Graph.List(c.Graph.Opens(edges))
	switch {
	case from.unknown() || to.unknown():
		x.Verdict = Unknown
	case from.Group.IsAddresses() && to.Group.IsAddresses():
		x.Verdict = Unruled
	case len(x.list) == 0:
		x.Verdict = Denied
	case len(c.Graph.Lacks(edges)) == 0:
		x.Verdict = Allowed
	default:
		x.Verdict = Partly
		for i := range x.list {
			x.Open = append(x.Open, c.words(&x.list[i]))
		}
	}
	x.sides(c, edges)
	x.behind(c)
	x.notes()
	if x.Verdict != Denied {
		return x, nil
	}
	err := p.offer(&x, asked)
	return x, err
}

// offer gives the flow that would open what is closed, or says why there is none.
func (p *Proof) offer(x *Explanation, asked askedPorts) error {
	text, why := p.snippet(x.from, x.to, asked)
	if why != "" {
		x.Notes = append(x.Notes, why)
	}
	if text == "" {
		return nil
	}
	all, some, err := p.forbids(x.from.Cluster, []reach.Edge{{From: x.from.Group, To: x.to.Group, Ports: flowOpens(x.to, asked)}})
	if len(all) > 0 {
		x.Notes = append(x.Notes, all...)
		return err
	}
	x.Notes, x.Snippet = append(x.Notes, some...), text
	return err
}

// sides says what each side allows by itself.
func (x *Explanation) sides(c *Cluster, edges []reach.Edge) {
	egress, ingress := c.Graph.Halves(edges)
	forEgress, _ := c.Graph.Isolating(x.from.Group)
	_, forIngress := c.Graph.Isolating(x.to.Group)
	var out, in []reach.Rule
	for _, e := range egress {
		out = append(out, e.Egress...)
	}
	for _, e := range ingress {
		in = append(in, e.Ingress...)
	}
	x.Egress = side(x.from, forEgress, out, len(egress) > 0)
	x.Ingress = side(x.to, forIngress, in, len(ingress) > 0)
}

func side(e *End, isolating []*networkingv1.NetworkPolicy, allowing []reach.Rule, open bool) SideOf {
	out := SideOf{End: e.Name, Open: open, Isolating: []string{}, Allowing: []string{}}
	for _, p := range isolating {
		out.Isolating = append(out.Isolating, p.Name)
	}
	for _, r := range allowing {
		if r.Policy.Namespace == e.Namespace { // a rule may stand for many
			out.Allowing = append(out.Allowing, r.Policy.Name)
		}
	}
	for _, names := range []*[]string{&out.Isolating, &out.Allowing} {
		slices.SortFunc(*names, baselineFirst)
		*names = slices.Compact(*names)
	}
	return out
}

func (x *Explanation) behind(c *Cluster) {
	var rules []reach.Rule
	for _, e := range x.list {
		rules = append(rules, e.Rules...)
	}
	for _, f := range c.Flows(rules) {
		owners := slices.Sorted(slices.Values(slices.Concat(x.from.Place.Owners, x.to.Place.Owners)))
		x.Flows = append(x.Flows, FlowOf{Name: f.Name, At: f.Pos.String(), Reason: f.Reason, Ticket: f.Ticket,
			Expires: f.Expires.Text, Owners: slices.Compact(owners)})
	}
}

// baselineFirst puts the deny before the policies that isolate as well.
func baselineFirst(a, b string) int {
	if (a == generator.LayerDeny) != (b == generator.LayerDeny) {
		if a == generator.LayerDeny {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}
