package schema

import (
	"slices"

	"cuelang.org/go/cue"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// tenancy decodes the value of the whole package.
func (d *decoder) tenancy(v cue.Value) *tenancy.Tenancy {
	t := &tenancy.Tenancy{
		Clusters: map[string]*tenancy.Cluster{}, Environments: map[string]*tenancy.Environment{},
		Shared: map[string]*tenancy.Shared{}, Teams: map[string]*tenancy.Team{},
		Externals: map[string]*tenancy.External{}, Flows: map[string]*tenancy.Flow{},
		Guards: map[string]*tenancy.Guard{}, Retired: map[string]map[string]*tenancy.Retired{},
		Lints: map[string]*tenancy.Lint{},
	}
	node := d.object(v, "a tenancy", fields{
		"platform":     func(v cue.Value) { t.Platform = d.platform(v) },
		"clusters":     named(d, "clusters", t.Clusters, (*decoder).cluster),
		"environments": named(d, "environments", t.Environments, (*decoder).environment),
		"shared":       named(d, "shared", t.Shared, (*decoder).shared),
		"teams":        named(d, "teams", t.Teams, (*decoder).team),
		"externals":    named(d, "externals", t.Externals, (*decoder).external),
		"flows":        named(d, "flows", t.Flows, (*decoder).flow),
		"guards": func(v cue.Value) {
			d.entries(v, "guards", lineShape, func(k string, v cue.Value) { t.Guards[k] = d.guard(k, v) })
		},
		"retired":  func(v cue.Value) { d.retired(v, t.Retired) },
		"delivery": func(v cue.Value) { t.Delivery = d.delivery(v) },
		"lints":    named(d, "lints", t.Lints, (*decoder).lint),
	}, "clusters", "environments", "teams")
	node.Partial = d.shallow(node)
	t.Node = node
	return t
}

// teamPart decodes only what can be judged for a team: its entry and the flows.
func (d *decoder) teamPart(v cue.Value, team string) *tenancy.Tenancy {
	t := &tenancy.Tenancy{Teams: map[string]*tenancy.Team{}, Flows: map[string]*tenancy.Flow{}}
	if entry := lookup(v, []string{"teams", team}); entry.Exists() {
		t.Teams[team] = d.team(team, entry)
	}
	if flows := lookup(v, []string{"flows"}); flows.Exists() {
		named(d, "flows", t.Flows, (*decoder).flow)(flows)
	}
	return t
}

// shallow reports whether something is wrong with the own fields of a node, so
// that what is declared in it may be missing.
func (d *decoder) shallow(n tenancy.Node) bool {
	return n.Partial && slices.ContainsFunc(d.problems, func(p problem) bool {
		return len(p.path) <= len(d.path)+1 && slices.Equal(p.path[:min(len(p.path), len(d.path))], d.path)
	})
}

// named decodes a struct of things under their names into m, those whose name
// nobody could refer to left out.
func named[T any](d *decoder, what string, m map[string]*T, one func(*decoder, string, cue.Value) *T) func(cue.Value) {
	return func(v cue.Value) {
		d.entries(v, what, nameShape, func(k string, v cue.Value) {
			if x := one(d, k, v); nameShape.accepts(k) {
				m[k] = x
			}
		})
	}
}

func (d *decoder) platform(v cue.Value) (p tenancy.Platform) {
	d.object(v, "platform", fields{
		"files":    func(v cue.Value) { p.Files = d.words(v, "files", filePatternShape) },
		"packages": func(v cue.Value) { p.Packages = d.words(v, "packages", lineShape) },
		"owners":   func(v cue.Value) { p.Owners = d.words(v, "owners", lineShape) },
	})
	return p
}

func (d *decoder) cluster(name string, v cue.Value) *tenancy.Cluster {
	c := &tenancy.Cluster{Name: name}
	c.DNS.Provider.Text = tenancy.ProviderCoreDNS
	c.Node = d.object(v, "a cluster", fields{
		"cni":              func(v cue.Value) { c.CNI = d.oneOf(v, "cni", cnis) },
		"cniAcknowledged":  func(v cue.Value) { c.CNIAcknowledged = d.word(v, "cniAcknowledged", lineShape) },
		"cniVersion":       func(v cue.Value) { c.CNIVersion = d.word(v, "cniVersion", versionShape) },
		"kubernetes":       func(v cue.Value) { c.Kubernetes = d.word(v, "kubernetes", versionShape) },
		"ipFamilies":       func(v cue.Value) { c.IPFamilies = d.words(v, "ipFamilies", familyShape) },
		"dns":              func(v cue.Value) { c.DNS = d.dns(v) },
		"apiServer":        func(v cue.Value) { c.APIServer = d.apiServer(v) },
		"webhooks":         func(v cue.Value) { c.Webhooks = d.webhooks(v) },
		"pods":             func(v cue.Value) { c.Pods = d.ranges(v, "pods") },
		"services":         func(v cue.Value) { c.Services = d.ranges(v, "services") },
		"nodes":            func(v cue.Value) { c.Nodes = d.ranges(v, "nodes") },
		"manageNamespaces": func(v cue.Value) { c.ManageNamespaces = d.boolean(v, "manageNamespaces") },
		"admissionGuard":   func(v cue.Value) { c.AdmissionGuard = d.admissionGuard(v) },
		"mesh":             func(v cue.Value) { c.Mesh = d.oneOf(v, "mesh", meshes) },
	}, "cni")
	return c
}

func (d *decoder) ranges(v cue.Value, what string) (cidrs []tenancy.Word) {
	d.object(v, what, fields{
		"cidrs": func(v cue.Value) { cidrs = d.words(v, "cidrs", cidrShape) },
	}, "cidrs")
	return cidrs
}

func (d *decoder) dns(v cue.Value) (x tenancy.DNS) {
	x.Provider.Text = tenancy.ProviderCoreDNS
	x.Node = d.object(v, "dns", fields{
		"provider": func(v cue.Value) {
			if w := d.oneOf(v, "provider", dnsProviders); w.Set() {
				x.Provider = w
			}
		},
		"nodeLocal": func(v cue.Value) { x.NodeLocal = d.word(v, "nodeLocal", ipShape) },
		"clusterIP": func(v cue.Value) { x.ClusterIP = d.word(v, "clusterIP", ipShape) },
		"namespace": func(v cue.Value) { x.Namespace = d.word(v, "namespace", nameShape) },
		"pods":      func(v cue.Value) { x.Pods = d.labels(v, false) },
		"cidrs":     func(v cue.Value) { x.CIDRs = d.words(v, "cidrs", cidrShape) },
		"port":      func(v cue.Value) { x.Port = d.portNumber(v, "port") },
	})
	return x
}

func (d *decoder) apiServer(v cue.Value) *tenancy.APIServer {
	x := &tenancy.APIServer{}
	x.Node = d.object(v, "apiServer", fields{
		"cidrs": func(v cue.Value) { x.CIDRs = d.words(v, "cidrs", cidrShape) },
		"port":  func(v cue.Value) { x.Port = d.portNumber(v, "port") },
	}, "cidrs", "port")
	return x
}

func (d *decoder) webhooks(v cue.Value) *tenancy.Webhooks {
	x := &tenancy.Webhooks{}
	x.Node = d.object(v, "webhooks", fields{
		"cidrs":     func(v cue.Value) { x.CIDRs = d.words(v, "cidrs", cidrShape) },
		"namespace": func(v cue.Value) { x.Namespace = d.word(v, "namespace", nameShape) },
		"pods":      func(v cue.Value) { x.Pods = d.labels(v, false) },
	})
	return x
}

func (d *decoder) environment(name string, v cue.Value) *tenancy.Environment {
	e := &tenancy.Environment{Name: name}
	e.Node = d.object(v, "an environment", fields{
		"cluster": func(v cue.Value) { e.Cluster = d.word(v, "cluster", nameShape) },
		"prefix":  func(v cue.Value) { e.Prefix = d.word(v, "prefix", affixShape).Text },
		"suffix":  func(v cue.Value) { e.Suffix = d.word(v, "suffix", affixShape).Text },
		"class":   func(v cue.Value) { e.Class = d.word(v, "class", nameShape) },
		"rollout": func(v cue.Value) { e.Rollout = d.rollout(v, false) },
	}, "cluster")
	return e
}

func (d *decoder) shared(name string, v cue.Value) *tenancy.Shared {
	s := &tenancy.Shared{Name: name, Workloads: map[string]*tenancy.Workload{}}
	s.Node = d.object(v, "a shared namespace", fields{
		"namespace":   func(v cue.Value) { s.Namespace = d.word(v, "namespace", nameShape) },
		"clusters":    func(v cue.Value) { s.Clusters = d.words(v, "clusters", nameShape) },
		"workloads":   named(d, "workloads", s.Workloads, (*decoder).workload),
		"hostNetwork": func(v cue.Value) { s.HostNetwork = d.boolean(v, "hostNetwork") },
		"managed":     func(v cue.Value) { s.Managed = d.boolean(v, "managed") },
		"baseline":    func(v cue.Value) { s.Baseline = d.baseline(v) },
		"podSecurity": func(v cue.Value) { s.PodSecurity = d.oneOf(v, "podSecurity", podSecurityLevels).Text },
		"rollout":     func(v cue.Value) { s.Rollout = d.rollout(v, false) },
	})
	if !s.Namespace.Set() {
		s.Namespace = tenancy.Word{Text: name, Pos: s.Pos}
	}
	return s
}

func (d *decoder) team(name string, v cue.Value) *tenancy.Team {
	t := &tenancy.Team{Name: name, Namespaces: map[string]*tenancy.Namespace{}}
	t.Node = d.object(v, "a team", fields{
		"owners":     func(v cue.Value) { t.Owners = d.words(v, "owners", lineShape) },
		"files":      func(v cue.Value) { t.Files = d.words(v, "files", filePatternShape) },
		"namespaces": named(d, "namespaces", t.Namespaces, (*decoder).namespace),
	})
	for _, n := range t.Namespaces {
		n.Team = name
	}
	t.Partial = d.shallow(t.Node)
	return t
}

func (d *decoder) namespace(name string, v cue.Value) *tenancy.Namespace {
	n := &tenancy.Namespace{Name: name, Names: map[string]tenancy.Word{}, Workloads: map[string]*tenancy.Workload{}}
	n.Node = d.object(v, "a namespace", fields{
		"environments": func(v cue.Value) { n.Environments = d.words(v, "environments", nameShape) },
		"names": func(v cue.Value) {
			d.entries(v, "names", nameShape, func(k string, v cue.Value) {
				if w := d.word(v, "a name", nameShape); w.Set() {
					n.Names[k] = w
				}
			})
		},
		"workloads":   named(d, "workloads", n.Workloads, (*decoder).workload),
		"baseline":    func(v cue.Value) { n.Baseline = d.baseline(v) },
		"podSecurity": func(v cue.Value) { n.PodSecurity = d.oneOf(v, "podSecurity", podSecurityLevels).Text },
		"rollout":     func(v cue.Value) { n.Rollout = d.rollout(v, true) },
	})
	return n
}

// rollout reads a roll-out: that of a team's namespace may name environments.
func (d *decoder) rollout(v cue.Value, ofNamespace bool) *tenancy.Rollout {
	r := &tenancy.Rollout{}
	open := fields{
		"reason": func(v cue.Value) { r.Reason = d.word(v, "reason", lineShape).Text },
		"until":  func(v cue.Value) { r.Until = d.word(v, "until", dateShape) },
	}
	if ofNamespace {
		open["environments"] = func(v cue.Value) { r.Environments = d.words(v, "environments", nameShape) }
	}
	r.Node = d.object(v, "a roll-out", fields{
		"open": func(v cue.Value) { d.object(v, "an open roll-out", open, "reason", "until") },
	}, "open")
	return r
}

func (d *decoder) baseline(v cue.Value) (b tenancy.Baseline) {
	d.object(v, "baseline", fields{
		"intraNamespace": func(v cue.Value) { b.IntraNamespace = d.exemption(v) },
		"dns":            func(v cue.Value) { b.DNS = d.exemption(v) },
	})
	return b
}

func (d *decoder) exemption(v cue.Value) *tenancy.Exemption {
	e := &tenancy.Exemption{}
	e.Node = d.object(v, "an exemption", fields{
		"off":    func(v cue.Value) { d.yes(v, "off") },
		"reason": func(v cue.Value) { e.Reason = d.word(v, "reason", lineShape).Text },
	}, "off", "reason")
	return e
}

func (d *decoder) workload(name string, v cue.Value) *tenancy.Workload {
	w := &tenancy.Workload{Name: name, Tags: map[string]bool{}, ServicePorts: map[string]tenancy.ServicePort{}}
	w.Node = d.object(v, "a workload", fields{
		"pods":  func(v cue.Value) { w.Pods = d.labels(v, true) },
		"ports": func(v cue.Value) { w.Ports, w.PortsAt = d.ports(v) },
		"tags": func(v cue.Value) {
			d.entries(v, "tags", nameShape, func(k string, v cue.Value) { w.Tags[k] = d.yes(v, "a tag") })
		},
		"overlaps": func(v cue.Value) { w.Overlaps = d.boolean(v, "overlaps") },
		"servicePort": func(v cue.Value) {
			d.entries(v, "servicePort", portNameShape, func(k string, v cue.Value) {
				w.ServicePorts[k] = tenancy.ServicePort{Pos: d.written(v), Number: d.portNumber(v, "a port")}
			})
		},
		"externalTrafficPolicy": func(v cue.Value) {
			w.ExternalTrafficPolicy = d.oneOf(v, "externalTrafficPolicy", trafficPolicies).Text
		},
	}, "pods")
	return w
}

func (d *decoder) labels(v cue.Value, needed bool) tenancy.Labels {
	n, out := len(d.problems), tenancy.Labels{}
	d.entries(v, "pods", labelKeyShape, func(k string, v cue.Value) {
		out[k] = d.word(v, "the value", labelValueShape).Text
	})
	if needed && len(out) == 0 && len(d.problems) == n && v.Err() == nil {
		d.report(diag.BadLabel, d.written(v), `name at least one label, such as pods: app: "web"`,
			"pods is empty and would mean every pod of the namespace")
	}
	return out
}

func (d *decoder) external(name string, v cue.Value) *tenancy.External {
	e := &tenancy.External{Name: name}
	e.Node = d.object(v, "an external", fields{
		"cidrs":        func(v cue.Value) { e.CIDRs = d.words(v, "cidrs", cidrShape) },
		"except":       func(v cue.Value) { e.Except = d.words(v, "except", cidrShape) },
		"ports":        func(v cue.Value) { e.Ports, e.PortsAt = d.ports(v) },
		"environments": func(v cue.Value) { e.Environments = d.words(v, "environments", nameShape) },
		"fqdn": func(v cue.Value) {
			d.report(diag.NotAvailable, d.written(v),
				"name the addresses as cidrs: a subnet of the service, or an egress proxy that resolves the name",
				"no policy kind that is rendered can express DNS names")
		},
	})
	return e
}

func (d *decoder) lint(_ string, v cue.Value) *tenancy.Lint {
	l := &tenancy.Lint{Silenced: map[string]tenancy.Silence{}}
	l.Node = d.object(v, "a lint", fields{
		"severity": func(v cue.Value) { l.Severity = d.oneOf(v, "severity", severities) },
		"silenced": func(v cue.Value) {
			d.entries(v, "silenced", lineShape, func(k string, v cue.Value) {
				l.Silenced[k] = tenancy.Silence{Pos: d.written(v), Reason: d.word(v, "a reason", lineShape).Text}
			})
		},
	})
	return l
}

func (d *decoder) retired(v cue.Value, out map[string]map[string]*tenancy.Retired) {
	d.entries(v, "retired", nameShape, func(cluster string, v cue.Value) {
		out[cluster] = map[string]*tenancy.Retired{}
		d.entries(v, "retired namespaces", nameShape, func(name string, v cue.Value) {
			r := &tenancy.Retired{}
			r.Node = d.object(v, "a retired namespace", fields{
				"reason": func(v cue.Value) { r.Reason = d.word(v, "reason", lineShape).Text },
			}, "reason")
			if nameShape.accepts(cluster) && nameShape.accepts(name) {
				out[cluster][name] = r
			}
		})
	})
}
