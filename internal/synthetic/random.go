package synthetic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Tries gives how many seeds hold so many tenancies that are accepted: four of
// five are, and more.
func Tries(accepted int) int { return accepted*5/4 + 5 }

// Random gives a tenants.cue of a handful of namespaces that holds something of
// everything that a tenancy can say. The same seed gives the same text. Most are
// correct; a few are refused, as nobody here judges what flows add up to.
func Random(seed uint64) string {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 1))}
	d.line("package tenancy\n")
	d.clusters()
	d.environments()
	d.teams()
	d.shareds()
	d.externals()
	for i := range 3 + d.IntN(7) {
		d.flow(i)
	}
	if len(d.resolvers) > 0 {
		d.letResolve()
	}
	d.retired()
	return d.b.String()
}

// dice writes a tenancy, and keeps what later parts must know of earlier ones.
type dice struct {
	*rand.Rand
	b         strings.Builder
	known     []randomCluster
	envs      []randomEnvironment
	spaces    []randomSpace // of teams, then shared ones
	outside   []randomExternal
	resolvers []string // shared namespaces that hold managed DNS pods
	overlays  int
}

type randomCluster struct {
	name        string
	facts, six  bool // its own addresses are known, of both families
	api, cilium bool
	resolver    bool // custom DNS pods of our own
}

type randomEnvironment struct {
	name    string
	cluster int
}

// randomSpace is a namespace of a team, or a shared one.
type randomSpace struct {
	team, name       string // no team: shared
	envs             []int  // in which it exists
	workloads        []randomWorkload
	managed, nodeNet bool
}

type randomWorkload struct {
	name  string
	ports map[string]string // as CUE
	tags  []string
}

type randomExternal struct {
	name  string
	ports map[string]string
	envs  []int // nil: left out
}

func (d *dice) line(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

// one reports true once in n times.
func (d *dice) one(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d *dice, of []T) T { return of[d.IntN(len(of))] }

// some gives some of a list, at least one, in their order.
func some[T any](d *dice, of []T) (out []T) {
	for _, x := range of {
		if d.one(2) {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		out = append(out, pick(d, of))
	}
	return out
}

func quoted(texts []string) string {
	var out []string
	for _, s := range texts {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (d *dice) clusters() {
	for i := range 1 + d.IntN(2) {
		k := randomCluster{name: []string{"east", "west"}[i], facts: !d.one(6), api: !d.one(4), cilium: d.one(10)}
		d.line("clusters: %s: {", k.name)
		d.line("\tcni: %q", map[bool]string{true: "cilium", false: pick(d, []string{"calico", "antrea", "kube-router"})}[k.cilium])
		if k.cilium {
			d.line("\tcniVersion: \"1.18\"") // from 1.16 on it has ranges of ports
		}
		if d.one(4) {
			d.line("\tmesh: %q", pick(d, []string{"istio-ambient", "linkerd"}))
		}
		if d.one(4) {
			d.line("\twebhooks: %s", pick(d, []string{`{cidrs: ["10.30.0.40/30"]}`, `{namespace: "kube-system", pods: app: "konnectivity-agent"}`}))
		}
		if k.facts {
			k.six = d.facts(i)
		}
		if k.api {
			d.line("\tapiServer: {cidrs: [%s], port: %d}", pick(d, []string{`"192.0.2.9/32", "203.0.113.8/31"`, `"10.30.0.9/32"`}), pick(d, []int{443, 6443}))
		}
		d.dns(&k)
		d.line("}")
		d.known = append(d.known, k)
	}
}

// facts writes the addresses of a cluster, and reports whether they are of both
// families.
func (d *dice) facts(i int) bool {
	pods, services, nodes := fmt.Sprintf("10.%d.0.0/16", 10+i), fmt.Sprintf("10.%d.64.0/20", 20+i), fmt.Sprintf("10.30.%d.0/24", i)
	six := !d.one(3)
	more := func(part int) []string {
		if !six {
			return nil
		}
		return []string{fmt.Sprintf("2001:db8:%d%d::/48", i+1, part)}
	}
	d.line("\tpods: cidrs: %s", quoted(append(more(1), pods)))
	d.line("\tservices: cidrs: %s", quoted(append(more(2), services)))
	d.line("\tnodes: cidrs: %s", quoted(append(more(3), nodes, fmt.Sprintf("192.0.2.%d/26", 64*i))))
	return six
}

func (d *dice) dns(k *randomCluster) {
	switch d.IntN(8) {
	case 0:
		d.line("\tdns: provider: \"openshift\"")
	case 1:
		d.line("\tdns: provider: \"cloud-dns\"")
	case 2:
		if !k.cilium {
			d.line("\tdns: {nodeLocal: \"169.254.20.10\", clusterIP: \"10.%d.64.10\"}", 20+len(d.known)) // among the Services
		}
	case 3:
		k.resolver = true
		d.line("\tdns: {provider: \"custom\", namespace: \"resolver\", pods: app: \"unbound\", port: 5300}")
	case 4:
		d.line("\tdns: {provider: \"custom\", cidrs: [\"10.9.0.53/32\", \"203.0.113.52/31\"], port: 53}")
	}
}

func (d *dice) environments() {
	bare := map[int]bool{}
	for _, name := range []string{"dev", "live", "test"}[:1+d.IntN(3)] {
		e := randomEnvironment{name, d.IntN(len(d.known))}
		affix := fmt.Sprintf(", suffix: \"-%s\"", name)
		switch {
		case !bare[e.cluster] && d.one(3):
			affix, bare[e.cluster] = "", true
		case d.one(3):
			affix = fmt.Sprintf(", prefix: \"%s-\"", name)
		case d.one(4):
			affix += ", prefix: \"x-\""
		}
		if d.one(20) {
			affix += ", rollout: open: {reason: \"watched\", until: \"2099-01-01\"}"
		}
		d.line("environments: %s: {cluster: %q%s}", name, d.known[e.cluster].name, affix)
		d.envs = append(d.envs, e)
	}
}

func (d *dice) teams() {
	all := d.numbers()
	for i, name := range []string{"web", "pay", "data", "logs"}[:2+d.IntN(3)] {
		n := randomSpace{team: []string{"red", "blue"}[d.IntN(2)], name: name, envs: all, managed: true}
		if d.overlays > 5 && i > 1 {
			break
		}
		d.line("teams: %s: namespaces: %s: {", n.team, n.name)
		if len(all) > 1 && d.one(2) {
			n.envs = some(d, all)
			d.line("\tenvironments: %s", quoted(d.named(n.envs)))
		}
		if d.one(5) {
			d.line("\tnames: %s: %q", d.envs[pick(d, n.envs)].name, pick(d, []string{"special", "web-x", "x-web", "dev", "pay-live2"})+fmt.Sprint(i))
		}
		d.workloads(&n, d.IntN(4))
		d.baseline()
		if d.one(12) {
			open := ""
			if d.one(2) {
				open = ", environments: " + quoted(d.named([]int{pick(d, n.envs)}))
			}
			d.line("\trollout: open: {reason: \"watched\", until: \"2099-01-01\"%s}", open)
		}
		d.line("}")
		d.overlays += len(n.envs)
		d.spaces = append(d.spaces, n)
	}
}

func (d *dice) numbers() (out []int) {
	for i := range d.envs {
		out = append(out, i)
	}
	return out
}

// named gives the names of environments.
func (d *dice) named(envs []int) (out []string) {
	for _, e := range envs {
		out = append(out, d.envs[e].name)
	}
	return out
}

func (d *dice) baseline() {
	for _, layer := range []string{"dns", "intraNamespace"} {
		if d.one(5) {
			d.line("\tbaseline: %s: {off: true, reason: \"not needed\"}", layer)
		}
	}
}

// workloads gives a namespace some. Labels are the same ones everywhere, so that
// whoever looks into the wrong namespace finds pods there.
func (d *dice) workloads(n *randomSpace, count int) {
	for i, name := range []string{"api", "db", "job"}[:count] {
		w := randomWorkload{name: name, ports: d.ports(i)}
		labels, overlaps := fmt.Sprintf("app: %q", name), ""
		switch d.IntN(6) {
		case 0:
			labels = fmt.Sprintf("{app: %q, tier: %q}", name, pick(d, []string{"a", "b"}))
		case 1:
			labels, overlaps = fmt.Sprintf("role: %q", name), ", overlaps: true"
		}
		if d.one(2) {
			w.tags = some(d, []string{"cold", "hot"})
		}
		d.line("\tworkloads: %s: {pods: %s%s%s%s}", name, labels, portsField(w.ports), tagsField(w.tags), overlaps)
		n.workloads = append(n.workloads, w)
	}
}

func tagsField(tags []string) string {
	var out strings.Builder
	for _, t := range tags {
		fmt.Fprintf(&out, ", tags: %s: true", t)
	}
	return out.String()
}

func portsField(ports map[string]string) string {
	var out strings.Builder
	for _, name := range portNames {
		if p, ok := ports[name]; ok {
			fmt.Fprintf(&out, ", ports: %q: %s", name, p)
		}
	}
	return out.String()
}

var portNames = []string{"http", "metrics", "query", "rtp", "s1"}

// ports gives a workload some ports: of one name on several numbers, of one
// number under several names and protocols, beside each other and overlapping.
func (d *dice) ports(i int) map[string]string {
	out := map[string]string{}
	for range d.IntN(4) {
		switch name := pick(d, portNames); name {
		case "http":
			out[name] = fmt.Sprint(8080 + i*d.IntN(2))
		case "metrics":
			out[name] = fmt.Sprint(pick(d, []int{9090, 9091, 8081}))
		case "query":
			out[name] = pick(d, []string{"5432", `"5432/UDP"`, `"53/UDP"`})
		case "rtp":
			out[name] = pick(d, []string{`"30000-30010/UDP"`, `"30005-30020/UDP"`, `"8080-8085/TCP"`})
		case "s1":
			out[name] = pick(d, []string{`"36412/SCTP"`, `"8080/SCTP"`, "65535"})
		}
	}
	return out
}

// shareds declares namespaces of the platform.
func (d *dice) shareds() {
	for _, name := range []string{"mon", "gate", "dns"} {
		if d.one(2) {
			d.shared(name)
		}
	}
	for i, k := range d.known {
		used := slices.ContainsFunc(d.envs, func(e randomEnvironment) bool { return e.cluster == i })
		if k.resolver && used && d.one(2) {
			d.line("shared: resolver: {clusters: [%q], managed: true, workloads: unbound: {pods: app: \"unbound\", ports: {dns: \"5300/UDP\", \"dns-tcp\": 5300}}}", k.name)
			d.resolvers = append(d.resolvers, "resolver")
			d.overlays++
			return // one of the name; another cluster's resolvers stay undeclared
		}
	}
}

func (d *dice) shared(name string) {
	s := randomSpace{name: name, managed: d.one(2)}
	d.line("shared: %s: {", name)
	clusters := d.known
	if len(d.known) > 1 && d.one(3) {
		clusters = some(d, d.known)
		var names []string
		for _, k := range clusters {
			names = append(names, k.name)
		}
		d.line("\tclusters: %s", quoted(names))
	}
	switch {
	case name == "dns":
		s.managed = false
		d.line("\tnamespace: %q", pick(d, []string{"kube-system", "openshift-dns"}))
	case d.one(3):
		d.line("\tnamespace: \"%s-system\"", name)
	}
	s.nodeNet = !s.managed && d.one(3) && d.everywhere(func(k randomCluster) bool { return k.facts && !k.cilium })
	if s.nodeNet {
		d.line("\thostNetwork: true")
	}
	if s.managed {
		d.line("\tmanaged: true")
		d.baseline()
		if d.one(10) {
			d.line("\trollout: open: {reason: \"watched\", until: \"2099-01-01\"}")
		}
		d.overlays += len(clusters)
	}
	d.workloads(&s, 1+d.IntN(2))
	d.line("}")
	for i, e := range d.envs {
		if slices.Contains(clusters, d.known[e.cluster]) {
			s.envs = append(s.envs, i)
		}
	}
	if len(s.envs) > 0 {
		d.spaces = append(d.spaces, s)
	}
}

// everywhere reports whether something holds of every cluster.
func (d *dice) everywhere(is func(randomCluster) bool) bool {
	return !slices.ContainsFunc(d.known, func(k randomCluster) bool { return !is(k) })
}

// Blocks of externals, each with parts that may be cut out of it. The wide ones
// need clusters that say their own addresses.
var (
	narrowBlocks = [][]string{
		{"203.0.113.0/24", "203.0.113.128/25", "203.0.113.8/32"},
		{"198.51.100.64/26", "198.51.100.96/27"},
		{"169.254.169.254/32"},
		{"100.100.100.200/32"},
		{"168.63.129.0/24", "168.63.129.128/25"},
		{"2600:1f00:1::/48", "2600:1f00:1:8000::/49"},
	}
	wideBlocks = [][]string{
		{"0.0.0.0/0", "10.0.0.0/8", "203.0.113.0/24", "128.0.0.0/1"},
		{"10.0.0.0/8", "10.10.0.0/15", "10.20.0.0/16", "10.200.0.0/24"},
		{"192.0.2.0/24", "192.0.2.192/26"},
		{"169.254.0.0/15", "169.254.0.0/17"},
	}
	wideBlocks6 = [][]string{
		{"fd00:ec2::254/128"},
		{"2000::/3", "2001:db8:11:8000::/49", "2001:db8::/32"},
		{"::/0", "2001:db8::/32", "fc00::/7"},
		{"64:ff9b::/96", "64:ff9b::a00:0/104"},
	}
)

func (d *dice) externals() {
	for _, name := range []string{"bank", "cloud"}[:1+d.IntN(2)] {
		x := randomExternal{name: name, ports: d.ports(1)}
		blocks := narrowBlocks
		if d.everywhere(func(k randomCluster) bool { return k.facts }) {
			blocks = slices.Concat(blocks, wideBlocks, wideBlocks)
		}
		if d.everywhere(func(k randomCluster) bool { return k.six }) {
			blocks = slices.Concat(blocks, wideBlocks6)
		}
		var cidrs, except []string
		for range 1 + d.IntN(3) {
			b := pick(d, blocks)
			if slices.Contains(cidrs, b[0]) {
				continue
			}
			cidrs = append(cidrs, b[0])
			if len(b) > 1 && d.one(2) {
				except = append(except, some(d, b[1:])...)
			}
		}
		d.line("externals: %s: {", name)
		d.line("\tcidrs: %s", quoted(cidrs))
		if len(except) > 0 {
			d.line("\texcept: %s", quoted(except))
		}
		if d.one(2) {
			x.envs = some(d, d.numbers())
			d.line("\tenvironments: %s", quoted(d.named(x.envs)))
		}
		for _, n := range portNames {
			if p, ok := x.ports[n]; ok {
				d.line("\tports: %q: %s", n, p)
			}
		}
		d.line("}")
		d.outside = append(d.outside, x)
	}
}

// retired keeps the deny of some namespaces: of a name that means nothing, or of
// one that means something on another cluster or to the platform.
func (d *dice) retired() {
	if d.one(3) {
		d.line("retired: %s: %q: reason: \"it has gone\"", pick(d, d.known).name, pick(d, []string{"old", "gone", "gate-system", "web-old"}))
	}
}
