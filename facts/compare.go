package facts

import (
	"cmp"
	"fmt"
	"go/token"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/hedgerow-dev/hedgerow/cni"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Comparison is what came of holding a cluster of a tenancy against the facts.
type Comparison struct {
	Diags    diag.List
	Compared []string  // fields that were held against what was found
	Skipped  []Missing // fields that the tenancy has and that are not known
	Unsure   []Missing // fields that it leaves out, and that the cluster may have
}

// A comparer holds one cluster of a tenancy against the facts.
type comparer struct {
	Comparison
	k *tenancy.Cluster
	f *Facts
}

// Compare holds what a tenancy says of a cluster against the facts. What it does
// not say is no difference, but a warning where Hedgerow takes it that the
// cluster does without. Ranges may be wider than what was found, but for the
// endpoints of the API server: an old one may be somebody else's by now.
func Compare(k *tenancy.Cluster, f *Facts) Comparison {
	c := &comparer{k: k, f: f}
	c.cni()
	c.kubernetes()
	c.families()
	c.dns()
	c.apiServer()
	c.webhooks()
	c.ranges("pods", k.Pods, f.Pods)
	c.ranges("services", k.Services, f.Services)
	c.ranges("nodes", k.Nodes, f.Nodes)
	c.mesh()
	return c.Comparison
}

// differs adds a difference.
func (c *comparer) differs(pos token.Position, fix, format string, args ...any) {
	fact := fmt.Sprintf("cluster %q: ", c.k.Name) + fmt.Sprintf(format, args...)
	c.Diags.Error(diag.ClusterDiffers, pos, OneLine(fix), "%s", OneLine(fact))
}

// lacks warns of what the tenancy does not say.
func (c *comparer) lacks(field, fix, format string, args ...any) {
	c.differs(c.k.Pos, fix, format, args...)
	d := &c.Diags[len(c.Diags)-1]
	d.Severity, d.Path = diag.Warning, "clusters."+c.k.Name+"."+field
}

// unsure takes down what the tenancy leaves out if whether the cluster has it is
// not known.
func (c *comparer) unsure(field string, state State, why string) {
	if state == Unknown {
		c.Unsure = append(c.Unsure, Missing{field, why})
	}
}

// held reports whether a field that the tenancy has is known.
func held[T any](c *comparer, field string, f Fact[T]) bool {
	if f.State == Unknown {
		c.Skipped = append(c.Skipped, Missing{field, f.Why})
		return false
	}
	c.Compared = append(c.Compared, field)
	return true
}

func (c *comparer) cni() {
	if c.f.NotEnforcing != "" {
		c.Compared = append(c.Compared, "cni")
		c.differs(c.k.CNI.Pos, "have it enforce policies; hedgerow facts says how", "%s is there and ignores every policy", c.f.NotEnforcing)
		return
	}
	if held(c, "cni", c.f.CNI) && c.k.CNI.Text != c.f.CNI.Value {
		c.differs(c.k.CNI.Pos, fmt.Sprintf("write cni: %q", c.f.CNI.Value), "cni is %q, and %s is %q", c.k.CNI.Text, c.f.CNI.From, c.f.CNI.Value)
	}
	if w := c.k.CNIVersion; w.Set() && held(c, "cniVersion", c.f.CNIVersion) && minor(w.Text) != minor(c.f.CNIVersion.Value) {
		c.differs(w.Pos, fmt.Sprintf("write cniVersion: %q", c.f.CNIVersion.Value), "cniVersion is %q, and the plugin's is %s", w.Text, c.f.CNIVersion.Value)
	}
}

// kubernetes compares the first two numbers, which are all that counts. An API
// server may be newer than the kubelets.
func (c *comparer) kubernetes() {
	w := c.k.Kubernetes
	if !w.Set() || !held(c, "kubernetes", c.f.Kubernetes) {
		return
	}
	order := semver.Compare(minor(w.Text), minor(c.f.Kubernetes.Value))
	if order < 0 || order > 0 && !c.f.kubelets {
		c.differs(w.Pos, fmt.Sprintf("write kubernetes: %q", c.f.Kubernetes.Value), "kubernetes is %q, and %s is %s", w.Text, c.f.Kubernetes.From, c.f.Kubernetes.Value)
	}
}

func minor(version string) string { return semver.MajorMinor(canonical(version)) }

func (c *comparer) families() {
	ws := c.k.IPFamilies
	if len(ws) == 0 || !held(c, "ipFamilies", c.f.Families) {
		return
	}
	declared := tenancy.Texts(ws)
	slices.Sort(declared)
	if !slices.Equal(slices.Compact(declared), c.f.Families.Value) {
		c.differs(ws[0].Pos, "write ipFamilies: "+list(c.f.Families.Value), "ipFamilies are %s, and those of %s are %s",
			strings.Join(declared, " and "), c.f.Families.From, strings.Join(c.f.Families.Value, " and "))
	}
}

func (c *comparer) dns() {
	d, found := c.k.DNS, c.f.DNS
	said := d.Pos.IsValid()
	other := slices.Contains([]string{tenancy.ProviderCustom, tenancy.ProviderCloudDNS}, d.Provider.Text)
	switch {
	case !said && found.State == Unknown:
		return
	case other && found.State == Known && found.Value.Provider == tenancy.ProviderCoreDNS:
		// CoreDNS may run on, whoever it is that pods ask.
		found = unknown[DNS]("that there is " + found.From + " says nothing of provider \"" + d.Provider.Text + "\"")
	}
	if !held(c, "dns", found) {
		return
	}
	fix := "write dns: " + dnsText(found.Value)
	switch {
	case d.Provider.Text == found.Value.Provider:
		c.nodeLocal(d, found, fix)
	case said:
		c.differs(cmp.Or(d.Provider.Pos, d.Pos), fix, "dns is %q, and %s is %q", d.Provider.Text, found.From, found.Value.Provider)
	default:
		c.lacks("dns", fix, "no dns is %q, and %s is %q", d.Provider.Text, found.From, found.Value.Provider)
	}
}

// nodeLocal compares the addresses of NodeLocal DNSCache.
func (c *comparer) nodeLocal(d tenancy.DNS, found Fact[DNS], fix string) {
	switch v := found.Value; {
	case !v.LeftOut:
		c.address("nodeLocal", d.NodeLocal, v.NodeLocal, fix)
		c.address("clusterIP", d.ClusterIP, v.ClusterIP, fix)
	case d.NodeLocal.Set():
		c.Skipped = append(c.Skipped, Missing{"dns.nodeLocal", found.Note})
	case v.Unaddressed != "":
		c.lacks("dns.nodeLocal", "write nodeLocal, the link-local address of its -localip, and clusterIP, that of the Service of DNS: \"kubectl get daemonsets,services -n kube-system -o yaml\" shows both",
			"there is NodeLocal DNSCache, DaemonSet %s, and dns has no nodeLocal: nothing opens the way to it", v.Unaddressed)
	}
}

// address compares an address of DNS, which may be on neither side.
func (c *comparer) address(field string, declared tenancy.Word, found netip.Addr, fix string) {
	a, err := netip.ParseAddr(declared.Text)
	switch {
	case declared.Set() && err != nil: // reported by vet
	case declared.Set() && !found.IsValid():
		c.differs(declared.Pos, "leave it out", "%s is %s, and no DaemonSet has -localip, as NodeLocal DNSCache does", field, a)
	case declared.Set() && a != found:
		c.differs(declared.Pos, fix, "%s is %s, and that of NodeLocal DNSCache is %s", field, a, found)
	case !declared.Set() && found.IsValid() && field == "nodeLocal":
		c.lacks("dns."+field, fix, "there is NodeLocal DNSCache at %s, and dns has no nodeLocal: nothing opens the way to it", found)
	}
}

// apiServer compares the endpoints one by one, and names those that are new and
// those that are gone.
func (c *comparer) apiServer() {
	a := c.k.APIServer
	if a == nil || !held(c, "apiServer", c.f.APIServer) {
		return
	}
	found := c.f.APIServer.Value
	var declared []netip.Prefix
	for _, w := range a.CIDRs {
		p, err := netip.ParsePrefix(w.Text)
		if err != nil {
			continue // reported by vet
		}
		if c.ofService(p) {
			continue
		}
		declared = append(declared, p)
		switch rest := beyond(found.prefixes(), []netip.Prefix{p}); {
		case len(rest) == 0:
		case slices.ContainsFunc(found.Addresses, p.Contains):
			c.differs(w.Pos, "write apiServer: "+apiServerText(found), "%s holds more than the endpoints of the API server", p)
		default:
			c.differs(w.Pos, "write apiServer: "+apiServerText(found)+"; flows to the API server open "+p.String()+", whoever has it now", "no endpoint of the API server is in %s any more", p)
		}
	}
	if missing := beyond(declared, found.prefixes()); len(missing) > 0 {
		c.differs(a.Pos, "write apiServer: "+apiServerText(found)+"; until then flows to the API server are closed there", "the API server has endpoints that apiServer lacks: %s", some(missing))
	}
	if a.Port != found.Port {
		c.differs(a.Pos, "write port: "+strconv.Itoa(found.Port), "the port of apiServer is %d, and that of its endpoints %d", a.Port, found.Port)
	}
}

// ofService reports whether an address is that of a Service, and the plugin judges
// before Services are translated: apiServer has the one of the Service kubernetes
// beside the endpoints then.
func (c *comparer) ofService(p netip.Prefix) bool {
	after, known := cni.Of(c.k.CNI.Text).AfterServices.In(c.k.CNIVersion.Text)
	return known && !after && p.IsSingleIP() && slices.ContainsFunc(c.k.Services, func(w tenancy.Word) bool {
		services, err := netip.ParsePrefix(w.Text)
		return err == nil && services.Contains(p.Addr())
	})
}

func (c *comparer) webhooks() {
	w, found := c.k.Webhooks, c.f.Webhooks
	fix := "write webhooks: " + callersText(found.Value)
	switch {
	case w == nil && found.State == Known:
		c.lacks("webhooks", fix, "the API server calls webhooks through pods, by %s, and the tenancy has no webhooks", found.From)
	case w == nil:
		c.unsure("webhooks", found.State, found.Why)
	case !held(c, "webhooks", found):
	case found.State == None && w.Namespace.Set() && w.Namespace.Text == system:
		c.differs(w.Pos, "write webhooks: cidrs: […], from where the API server calls", "webhooks are called from pods in %s, and nothing there is an agent of konnectivity", system)
	case found.State == Known && (w.Namespace.Text != found.Value.Namespace || len(w.Pods) != 1 || w.Pods[found.Value.Label] != found.Value.Value):
		c.differs(w.Pos, fix, "webhooks are called through other pods: %s", found.From)
	}
}

// ranges reports what was found outside of the declared ranges.
func (c *comparer) ranges(field string, words []tenancy.Word, found Fact[[]netip.Prefix]) {
	if len(words) == 0 || !held(c, field, found) {
		return
	}
	var declared []netip.Prefix
	for _, w := range words {
		if p, err := netip.ParsePrefix(w.Text); err == nil {
			declared = append(declared, p)
		}
	}
	if out := beyond(declared, found.Value); len(out) > 0 {
		c.differs(words[0].Pos, "add "+some(out)+" to "+field+", or a range that holds it", "%s lacks %s, found in %s", field, some(out), found.From)
	}
}

func (c *comparer) mesh() {
	w, found := c.k.Mesh, c.f.Mesh
	switch {
	case !w.Set() && found.State == Known:
		c.lacks("mesh", fmt.Sprintf("write mesh: %q", found.Value), "there is %s, and the tenancy has no mesh: what the mesh carries is closed", found.From)
	case !w.Set():
		c.unsure("mesh", found.State, found.Why)
	case !held(c, "mesh", found) || w.Text == found.Value:
	case found.State == None:
		c.differs(w.Pos, "leave it out", "mesh is %q, and neither Istio's ztunnel nor Linkerd is there", w.Text)
	default:
		c.differs(w.Pos, fmt.Sprintf("write mesh: %q", found.Value), "mesh is %q, and there is %s", w.Text, found.From)
	}
}

// mostShown is how many prefixes a diagnostic names.
const mostShown = 5

func some(ps []netip.Prefix) string {
	shown := texts(ps)
	if len(shown) > mostShown {
		shown = append(shown[:mostShown], fmt.Sprintf("%d more", len(ps)-mostShown))
	}
	return strings.Join(shown, ", ")
}
