package generator

import (
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Options say what an expansion depends on besides the tenancy. Days are
// written as 2006-01-02.
type Options struct {
	AsOf  string // flows that expired before this day are closed
	Today string // flows that expired before this day are warned of
	Soon  string // and so are those that expire up to this one
}

// expander holds the state of one expansion.
type expander struct {
	diag.List
	t          *tenancy.Tenancy
	opts       Options
	namespaces map[string]*tenancy.Namespace
	sorted     []*tenancy.Namespace
	kinds      []kindOfName
	overlays   map[overlayKey]*Overlay
	policies   map[policyKey]*draft
	said       map[string]bool              // of what plugins lack
	opened     map[openedPort]bool          // by flows
	scrapers   map[*Overlay]map[string]bool // the workloads that scrape metrics, "" for a whole namespace
	layers     map[layerKey]int             // where a layer of the baseline is declared for all of its cluster
	out        Expansion
}

// A layerKey names a layer of the baseline on a cluster.
type layerKey struct{ cluster, layer string }

// An overlayKey names an overlay in the tenancy's terms.
type overlayKey struct {
	kind                       Kind
	cluster, environment, name string
}

// Expand gives the policies of every namespace that t declares, and every
// problem of its flows and guards. With errors among the problems the expansion
// is not to be used.
func Expand(t *tenancy.Tenancy, opts Options) (*Expansion, []diag.Diagnostic) {
	x := &expander{t: t, opts: opts, namespaces: t.ByName(), sorted: t.Namespaces(), overlays: map[overlayKey]*Overlay{}, policies: map[policyKey]*draft{},
		said: map[string]bool{}, opened: map[openedPort]bool{}, scrapers: map[*Overlay]map[string]bool{}, layers: map[layerKey]int{}}
	x.out.Delivery = t.Delivery
	x.kinds = x.kindsOfNames()
	x.layOut()
	x.rollouts()
	for _, f := range tenancy.Sorted(t.Flows) {
		if x.inForce(f) {
			x.flow(f)
		}
	}
	for _, g := range tenancy.Sorted(t.Guards) {
		x.guard(g)
	}
	x.bridges()
	x.finish()
	x.lints()
	return &x.out, x.List
}

// layOut makes the clusters and the overlays of every managed and retired
// namespace, with the baseline.
func (x *expander) layOut() {
	for name, k := range tenancy.Sorted(x.t.Clusters) {
		c := &Cluster{Name: name, Base: baseLayers(k), Guard: k.AdmissionGuard}
		for _, e := range tenancy.Sorted(x.t.Environments) {
			if e.Cluster.Text == name {
				x.teamOverlays(c, k, e)
			}
		}
		for _, s := range tenancy.Sorted(x.t.Shared) {
			if s.Managed && s.On(name) {
				o := &Overlay{Kind: Shared, Cluster: name, Name: s.Name, Namespace: s.Namespace.Text}
				x.add(c, o, s.Baseline)
				if s.Rollout != nil {
					o.Rollout = x.rollout(s.Rollout, nil)
				}
				if k.ManageNamespaces && !x.t.Reserved(s.Namespace.Text) {
					c.Namespaces = append(c.Namespaces, NamespaceObject{Name: s.Namespace.Text, PodSecurity: s.PodSecurity})
				}
			}
		}
		for ns := range tenancy.Sorted(x.t.Retired[name]) {
			c.Overlays = append(c.Overlays, &Overlay{Kind: Retired, Cluster: name, Name: ns, Namespace: ns, Layers: []string{LayerDeny}})
		}
		if len(c.Overlays) > 0 {
			slices.SortFunc(c.Namespaces, func(a, b NamespaceObject) int { return compareStrings(a.Name, b.Name) })
			x.out.Clusters = append(x.out.Clusters, c)
		}
	}
}

func (x *expander) teamOverlays(c *Cluster, k *tenancy.Cluster, e *tenancy.Environment) {
	for _, n := range x.sorted {
		if !n.In(e.Name) {
			continue
		}
		o := &Overlay{Kind: Team, Cluster: c.Name, Environment: e.Name, Name: n.Name, Namespace: n.KubernetesName(e)}
		x.add(c, o, n.Baseline)
		if r := n.RolloutIn(e); r != nil {
			o.Rollout = x.rollout(r, tenancy.Texts(x.t.Teams[n.Team].Owners))
		}
		if k.ManageNamespaces {
			c.Namespaces = append(c.Namespaces, NamespaceObject{Name: o.Namespace, Team: n.Team, Environment: e.Name,
				Class: e.Class.Text, PodSecurity: n.PodSecurity})
		}
	}
}

// add gives the overlay the layers of the baseline that it is not exempt from.
func (x *expander) add(c *Cluster, o *Overlay, b tenancy.Baseline) {
	o.Layers = []string{LayerDeny}
	for _, l := range []struct {
		name   string
		exempt *tenancy.Exemption
	}{{LayerDNS, b.DNS}, {LayerSameNamespace, b.IntraNamespace}} {
		if l.exempt == nil {
			o.Layers = append(o.Layers, l.name)
		} else {
			o.Exemptions = append(o.Exemptions, Exemption{l.name, l.exempt.Reason})
		}
	}
	if _, ok := Probes(x.t.Clusters[c.Name]); ok {
		o.Layers = append(o.Layers, LayerProbes)
	}
	c.Overlays = append(c.Overlays, o)
	x.overlays[overlayKey{o.Kind, o.Cluster, o.Environment, o.Name}] = o
}

// inForce reports whether a flow has not expired, and speaks of those that have
// or soon will.
func (x *expander) inForce(f *tenancy.Flow) bool {
	day := f.Expires.Text
	switch {
	case day == "":
	case day < x.opts.AsOf:
		x.Warn(diag.Expired, f.Expires.Pos, "renew it with a later day, or remove it", "flow %q expired on %s and is closed", f.Name, day)
		x.out.LastExpired = max(x.out.LastExpired, day)
		return false
	case x.opts.Soon < day:
	case day < x.opts.Today:
		x.Warn(diag.Expired, f.Expires.Pos, "run \"hedgerow generate\" to close it, or renew it with a later day", "flow %q expired on %s and is still open", f.Name, day)
	default:
		x.Warn(diag.ExpiresSoon, f.Expires.Pos, "renew it with a later day, or plan its end", "flow %q closes after %s", f.Name, day)
	}
	return true
}

// finish turns the drafts into the policies of their overlays.
func (x *expander) finish() {
	byOverlay := map[*Overlay][]*draft{}
	for _, d := range x.policies {
		byOverlay[d.overlay] = append(byOverlay[d.overlay], d)
	}
	for _, o := range x.out.Overlays() {
		x.declareBaseline(o)
		drafts := byOverlay[o]
		slices.SortFunc(drafts, func(a, b *draft) int {
			if c := compareStrings(a.name(), b.name()); c != 0 {
				return c
			}
			return compareStrings(a.flow.Name, b.flow.Name)
		})
		for i, d := range drafts {
			if i > 0 && drafts[i-1].name() == d.name() {
				x.Error(diag.PolicyCollision, d.flow.Pos, "rename one of them", "flows %q and %q both need policy %q in namespace %q",
					drafts[i-1].flow.Name, d.flow.Name, d.name(), o.Namespace)
				x.Relate(drafts[i-1].flow.Pos, "flow %q is declared here", drafts[i-1].flow.Name)
				continue
			}
			o.Policies = append(o.Policies, d.policy(x.ownersOf(o)))
		}
	}
}

func (x *expander) ownersOf(o *Overlay) []string {
	if n := x.namespaces[o.Name]; o.Kind == Team && n != nil {
		return tenancy.Texts(x.t.Teams[n.Team].Owners)
	}
	return nil
}
