package proof_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

const guarded = `package tenancy

clusters: {
	main: {
		cni: "calico"
		pods: cidrs: ["10.244.0.0/16"]
		services: cidrs: ["10.96.0.0/16"]
		nodes: cidrs: ["172.18.0.0/24"]
		apiServer: {cidrs: ["172.18.0.2/32"], port: 6443}
	}
	far: cni: "calico"
	bare: cni: "calico"
}
environments: {
	dev: {cluster: "main", suffix: "-dev"}
	prod: {cluster: "main", class: "production"}
	dr: {cluster: "far", class: "recovery"}
	lab: {cluster: "bare", suffix: "-lab"}
}
shared: {
	gateway: workloads: proxy: pods: app: "envoy"
	exporter: {hostNetwork: true, clusters: ["main"], workloads: agent: {pods: app: "agent", ports: nodemetrics: 9100}}
	lonely: {clusters: ["bare"], workloads: job: pods: app: "job"}
	dns: {namespace: "kube-system", workloads: coredns: pods: "k8s-app": "kube-dns"}
}
teams: {
	shop: namespaces: {
		web: {
			environments: ["dev", "prod", "dr"]
			workloads: site: {pods: app: "site", ports: {http: 8080, metrics: 9090}, tags: exposed: true}
		}
		cart: {
			environments: ["dev", "prod"]
			workloads: {
				api: {pods: app: "cart", ports: {http: 8080, metrics: 9091}}
				cache: {pods: app: "cache", ports: redis: 6379}
			}
			baseline: intraNamespace: {off: true, reason: "the cache is named"}
		}
	}
	bank: namespaces: ledger: {
		environments: ["dev", "prod"]
		workloads: db: {pods: app: "db", ports: sql: 5432, tags: secret: true}
	}
}
externals: {
	world: {cidrs: ["0.0.0.0/0"], ports: https: 443, environments: ["prod"]}
	partner: {cidrs: ["203.0.113.0/24"], ports: https: 443, environments: ["prod"]}
	nodenet: {cidrs: ["172.18.0.0/24"], ports: https: 443, environments: ["prod"]}
}
retired: main: "old-shop": reason: "gone"
flows: {
	"site-cart": {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", workload: "api"}, ports: ["http"], reason: "x"}
	"cart-cache": {from: {namespace: "cart", workload: "api"}, to: {namespace: "cart", workload: "cache"}, reason: "x"}
	"proxy-site": {from: {shared: "gateway", workload: "proxy"}, to: {namespace: "web", workload: "site"}, ports: ["http"], reason: "x"}
	"site-partner": {from: {namespace: "web", workload: "site"}, to: external: "partner", reason: "x"}
	"nodes-site": {from: nodes: true, to: {namespace: "web", workload: "site"}, ports: ["http"], environments: ["prod"], reason: "x"}
	"site-exporter": {from: {namespace: "web", workload: "site"}, to: {shared: "exporter", workload: "agent"}, ports: ["nodemetrics"], environments: ["prod"], reason: "x"}
	"cross": {
		from: {namespace: "web", workload: "site", environment: "dev"}
		to: {namespace: "cart", workload: "api", environment: "prod"}
		ports: ["metrics"], crossEnvironment: true, reason: "x"
	}
}
`

// Each guard is judged alone beside the tenancy above. What breaks it is given
// as the connections that the diagnostics name, shortened.
var guardTests = []struct {
	guard string
	want  []string // parts of the facts, one for each diagnostic; none: it is kept
}{
	{`never: {from: environment: "dev", to: environment: "prod"}`, []string{"dev/web/site → prod/cart/api on 9091/TCP"}},
	{`never: {from: environment: "dev", to: environment: "prod"}, except: "metrics": ports: ["metrics"]`, nil},
	{`never: {from: environment: "dev", to: environment: "prod"}, except: "metrics": ports: [9091]`, nil},
	{`never: {from: environment: "dev", to: environment: "prod"}, except: "other": ports: [9092]`, []string{"dev/web/site → prod/cart/api"}},
	{`never: {from: environment: "prod", to: environment: "dev"}`, nil},
	{`never: {from: {namespace: "web", environment: "dev"}, to: {namespace: "cart", environment: "prod"}, ports: ["http"]}`, nil},
	{`never: {to: {namespace: "cart", workload: "cache"}}`, []string{"prod/cart/api → prod/cart/cache on 6379/TCP, and 1 more like it"}},
	{`never: {to: {namespace: "cart", workload: "cache"}}, except: "api": from: {namespace: "cart", workload: "api"}`, nil},
	// A pod of two workloads at once is among the pods of each.
	{`never: {from: {namespace: "cart", workload: "cache"}, to: {namespace: "cart", workload: "cache"}}`, nil},
	{`never: {to: {anyNamespace: true, tag: "secret"}}`, []string{"prod/ledger → prod/ledger/db on all ports, and 1 more like it, by the baseline's allow-same-namespace"}},
	{`never: {to: {anyNamespace: true, tag: "secret"}}, except: "own": from: namespace: "ledger"`, nil},
	{`never: {to: {team: "bank"}, ports: ["http"]}`, []string{"its destination declares no port \"http\""}},
	{`never: {from: team: "bank", to: team: "shop"}`, nil},
	// The cluster's own addresses are none of the internet's.
	{`never: {from: external: "world", to: class: "production"}`, nil},
	{`never: {from: nodes: true, to: class: "production"}`, []string{"172.18.0.0/24 → prod/web/site on 8080/TCP"}},
	{`never: {from: external: "world", to: class: "production"}, except: "nodes": from: nodes: true`, nil},
	{`never: {from: external: "partner", to: class: "production"}`, nil},
	{`never: {from: anyNamespace: true, to: external: "world"}`, []string{"prod/web/site → 203.0.113.0/24 on 443/TCP"}},
	{`never: {from: anyNamespace: true, to: external: "world"}, except: {"partner": to: external: "partner"}`, nil},
	{`never: {from: {namespace: "web"}, to: external: "partner", ports: [443]}`, []string{"prod/web/site → 203.0.113.0/24 on 443/TCP"}},
	{`never: {from: {namespace: "web"}, to: external: "partner", ports: ["1-442/TCP", "444-65535/TCP"]}`, nil},
	{`never: {from: {namespace: "web"}, to: {shared: "dns"}}`, []string{"\"far\": dr/web → shared/dns/coredns on 53/TCP, 53/UDP, by the baseline's allow-dns", "\"main\": prod/web → shared/dns/coredns on 53/TCP, 53/UDP, and 1 more"}},
	{`never: {to: {shared: "gateway"}}`, []string{"on cluster \"bare\"", "on cluster \"far\"", "on cluster \"main\""}},
	{`never: {from: {shared: "gateway"}, to: {team: "shop"}}`, []string{"cluster \"far\": shared/gateway/proxy → dr/web/site", "cluster \"main\": shared/gateway/proxy → prod/web/site on 8080/TCP, and 1 more like it"}},
	{`never: {from: {shared: "gateway"}, to: {team: "shop"}, ports: ["metrics"]}`, nil},
	{`never: {to: nodes: true}, except: {"unmanaged": from: shared: "gateway"}`, []string{"shared/exporter → 172.18.0.0/24", "prod/web/site → 172.18.0.0/24", "of the nodes of cluster \"bare\" are unknown", "of the nodes of cluster \"far\" are unknown"}},
	{`never: {from: {namespace: "cart"}, to: apiServer: true}`, nil},
	{`always: {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", workload: "api"}, ports: ["http"]}`, nil},
	{`always: {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", workload: "api"}}`, []string{"closed on cluster \"main\": dev/web/site → dev/cart/api on 9091/TCP", "closed on cluster \"main\": prod/web/site → prod/cart/api on 9091/TCP"}},
	{`always: {from: {namespace: "web"}, to: {namespace: "cart", workload: "api"}, ports: ["http"]}`, []string{"dev/web (pods with app!=site) → dev/cart/api", "prod/web (pods with app!=site) → prod/cart/api"}},
	{`always: {from: {namespace: "web"}, to: {namespace: "cart", workload: "api"}, ports: ["http"]}, except: "only the site": from: {namespace: "web", environment: "dev"}`, []string{"prod/web (pods with app!=site) → prod/cart/api"}},
	{`always: {from: namespace: "ledger", to: namespace: "ledger"}`, nil},
	{`always: {from: {shared: "gateway", workload: "proxy"}, to: {anyNamespace: true, tag: "exposed"}, ports: ["http"]}`, nil},
	{`always: {from: {namespace: "web", environment: "dev"}, to: {namespace: "cart", environment: "prod"}, ports: ["metrics"]}`, []string{"dev/web (pods with app!=site) → prod/cart/api on 9091/TCP"}},
	{`always: {from: {namespace: "web", environment: "dev", workload: "site"}, to: {namespace: "cart", environment: "prod"}, ports: ["metrics"]}`, nil},
	{`always: {from: {namespace: "web", environment: "dev"}, to: {namespace: "web", environment: "dr"}}`, []string{"from cluster \"main\" to cluster \"far\""}},
	{`always: {from: class: "production", to: class: "production", ports: ["sql"]}`, []string{"prod/cart → prod/ledger/db on 5432/TCP, and 1 more like it"}},
	{`always: {from: namespace: "cart", to: namespace: "ledger", ports: ["http"]}`, []string{"its destination declares no port \"http\""}},
	{`always: {from: {namespace: "web", workload: "site", environment: "prod"}, to: external: "partner"}`, nil},
	{`always: {from: {namespace: "web", workload: "site"}, to: external: "partner"}`, nil}, // which is for prod alone
	// On the network of the nodes, pods are addresses, and their ports have names still.
	{`never: {from: team: "shop", ports: ["nodemetrics"]}`, []string{"prod/web/site → 172.18.0.0/24 on 9100/TCP"}},
	{`never: {from: team: "shop", to: {shared: "exporter"}, ports: ["nodemetrics", 1]}`, []string{"prod/web/site → 172.18.0.0/24 on 9100/TCP"}},
	{`always: {from: {namespace: "web", workload: "site", environment: "prod"}, to: {shared: "exporter", workload: "agent"}}`, nil},
	{`always: {from: {namespace: "web", workload: "site", environment: "prod"}, to: {shared: "exporter"}, ports: ["nodemetrics"]}`, nil},
	// An external that is cut to nothing would let a guard say nothing.
	{`never: {from: team: "shop", to: external: "nodenet"}`, []string{"nothing of 172.18.0.0/24 is left on cluster \"main\""}},
	{`never: {from: external: "nodenet", to: team: "shop"}`, []string{"nothing of 172.18.0.0/24 is left on cluster \"main\""}},
	// Where nothing is managed, everything is open.
	{`never: {from: {shared: "lonely"}}`, []string{"on cluster \"bare\""}},
	{`always: {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", workload: "api"}, ports: ["http", "redis"]}`, []string{"its destination declares no port \"redis\""}},
	{`never: {from: team: "bank", to: apiServer: true, ports: ["http"]}`, []string{"its destination declares no port \"http\""}},
	{`never: {from: nodes: true, to: {namespace: "ledger"}}`, nil}, // of the other cluster's nodes nobody asks
	{`always: {from: {namespace: "cart", workload: "api"}, to: {namespace: "cart"}, ports: [6379]}`, nil},
	{`always: {from: {namespace: "web", workload: "site"}, to: {namespace: "cart", environment: "prod"}, ports: [8080]}`, nil},
}

func TestGuards(t *testing.T) {
	for _, tt := range guardTests {
		v := judged(t, tt.guard)
		var facts []string
		for _, d := range v.Broken {
			facts = append(facts, d.Fact)
		}
		ok := len(facts) == len(tt.want)
		for _, want := range tt.want {
			ok = ok && slices.ContainsFunc(facts, func(s string) bool { return strings.Contains(s, want) })
		}
		if !ok || len(v.Dated) > 0 || (len(tt.want) == 0) != (v.Held == 1) {
			t.Errorf("%s\ngives %q\nwant  %q", tt.guard, facts, tt.want)
		}
	}
}

// TestGuardsApart names the guards that hold because of the clusters alone.
func TestGuardsApart(t *testing.T) {
	if v := judged(t, `never: {from: environment: "dr", to: environment: "prod"}`); !slices.Equal(v.Apart, []string{"g"}) || v.Held != 1 {
		t.Errorf("%+v", v)
	}
}

// judged gives what becomes of a guard beside the tenancy.
func judged(t *testing.T, guard string) proof.Verdict {
	t.Helper()
	p := prove(t, guarded+"\nguards: g: {"+guard+", reason: \"x\"}\n")
	if ds := p.Check(); len(ds) > 0 {
		t.Fatal(ds)
	}
	v, err := p.Guards()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// prove takes a tenancy through all stages.
func prove(t testing.TB, text string) *proof.Proof {
	t.Helper()
	s := load(t, map[string]string{schema.TenancyFile: text})
	p, err := proof.New(s.tenancy, s.expansion, s.built)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stages is a tenancy with what was made of it.
type stages struct {
	tenancy   *tenancy.Tenancy
	expansion *generator.Expansion
	built     map[string]*reach.Cluster
}

// load takes the files of a tenancy through all stages before the proof.
func load(t testing.TB, files map[string]string) stages {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := stages{built: map[string]*reach.Cluster{}}
	var found []diag.Diagnostic
	res, err := schema.Load(dir, nil, func(loaded *tenancy.Tenancy) {
		s.expansion, found = generator.Expand(loaded, generator.Options{AsOf: "2026-11-20", Today: "2026-11-20", Soon: "2026-12-20"})
	})
	if err != nil || diag.HasErrors(res.Diags) || diag.HasErrors(found) {
		t.Fatal(err, res.Diags, found)
	}
	s.tenancy = res.Tenancy
	tree, err := render.Files(s.expansion)
	if err != nil {
		t.Fatal(err)
	}
	built, err := render.Build(s.expansion, tree, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range built {
		if s.built[b.Cluster] == nil {
			s.built[b.Cluster] = &reach.Cluster{}
		}
		s.built[b.Cluster].Policies = append(s.built[b.Cluster].Policies, b.Policies...)
	}
	return s
}
