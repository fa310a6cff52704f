package cluster

import (
	"fmt"
	"time"
)

// address is what the repository that Flux clones is called in the tenancy.
const address = "https://git.example.com/acme/policies.git"

// A step is a change of the tenancy, from one state to the next.
type step struct {
	what  string
	files map[string]string // that change; an empty one is deleted
	days  int               // that pass
	alone bool              // the objects for Flux are not applied meanwhile

	// refused is a policy that the server refuses for a while, so that production
	// cannot be applied.
	refused string

	begins, ends []string // roll-outs, by Kubernetes namespace
	keeps        []string // namespaces of which nothing but the deny is left
}

// live are namespaces that run already and have no policies.
var live = []string{"legacy", "archive", "shop-lab", "desk-lab"}

// steps gives what happens to a tenancy. What ends, ends by the calendar, so
// the day on which the test runs is the first one.
func steps(managed bool, today time.Time) []step {
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	return []step{{
		what: "the tenancy begins",
		files: map[string]string{
			"tenants.cue": fmt.Sprintf(tenants, managed, address),
			"orders.cue":  orders,
			"shop.cue":    flow("shop-orders", "http", ""),
		},
	}, {
		what:  "a flow is added",
		files: map[string]string{"metrics.cue": flow("shop-metrics", "metrics", "")},
	}, {
		what:  "a flow is removed",
		files: map[string]string{"metrics.cue": ""},
	}, {
		what:  "a flow is added that will end",
		files: map[string]string{"metrics.cue": flow("shop-metrics", "metrics", day(1))},
	}, {
		what: "the flow has expired",
		days: 2,
	}, {
		what: "a namespace runs already and is taken in by a roll-out",
		files: map[string]string{
			"legacy.cue": namespace("legacy", open(day(90))),
			"calls.cue":  callsTo("legacy"),
		},
		begins: []string{"legacy"},
	}, {
		what:  "the roll-out ends",
		files: map[string]string{"legacy.cue": namespace("legacy", "")},
		ends:  []string{"legacy"},
	}, {
		what:   "its end is reverted",
		files:  map[string]string{"legacy.cue": namespace("legacy", open(day(90)))},
		begins: []string{"legacy"},
	}, {
		what:  "the roll-out ends, and nobody applies the objects for Flux",
		files: map[string]string{"legacy.cue": namespace("legacy", "")},
		ends:  []string{"legacy"}, alone: true,
	}, {
		what:   "a roll-out begins, and nobody applies the objects for Flux",
		files:  map[string]string{"archive.cue": namespace("archive", open(day(90)))},
		begins: []string{"archive"}, alone: true,
	}, {
		what: "the roll-out ends with a flow, and production cannot be applied",
		files: map[string]string{
			"archive.cue": namespace("archive", ""),
			"reads.cue":   callsTo("archive"),
		},
		ends: []string{"archive"}, refused: "allow-archive-calls-ingress-app",
	}, {
		what:   "an environment begins, all of it kept open",
		files:  map[string]string{"lab.cue": lab(open(day(90)))},
		begins: []string{"shop-lab", "desk-lab"},
	}, {
		what:  "all of the environment is closed",
		files: map[string]string{"lab.cue": lab("")},
		ends:  []string{"shop-lab", "desk-lab"},
	}, {
		what:  "an environment is left by all of its namespaces",
		files: map[string]string{"lab.cue": retired("shop-lab", "desk-lab")},
		keeps: []string{"shop-lab", "desk-lab"},
	}, {
		what:  "a namespace is retired",
		files: map[string]string{"orders.cue": "", "shop.cue": "", "metrics.cue": "", "retired.cue": retired("orders", "orders-staging")},
		keeps: []string{"orders", "orders-staging"},
	}, {
		what:  "their entries are deleted",
		files: map[string]string{"lab.cue": "", "retired.cue": ""},
		keeps: []string{"orders", "orders-staging", "shop-lab", "desk-lab"},
	}, {
		what:   "what was retired is taken in again by a roll-out",
		files:  map[string]string{"orders.cue": namespace("orders", open(day(90)))},
		begins: []string{"orders"},
	}}
}

const tenants = `package tenancy

clusters: main: {cni: "calico", manageNamespaces: %t}
environments: {
	staging: {cluster: "main", suffix: "-staging"}
	prod: cluster: "main"
}
teams: shop: namespaces: frontend: {
	environments: ["staging", "prod"]
	workloads: web: {pods: app: "web", ports: http: 8080}
}
delivery: {repository: %q, flux: interval: "5s"}
`

const orders = `package tenancy

teams: fulfilment: namespaces: orders: {
	environments: ["staging", "prod"]
	workloads: api: {pods: app: "orders", ports: {http: 8080, metrics: 9090}}
}
`

// callsTo is a file with a flow to a namespace of production.
func callsTo(namespace string) string {
	return fmt.Sprintf(`package tenancy

flows: "%[1]s-calls": {
	environments: ["prod"]
	from: {namespace: "frontend", workload: "web"}
	to: {namespace: %[1]q, workload: "app"}
	ports: ["http"]
	reason: "the shop asks what it has always asked"
}
`, namespace)
}

// flow is a file with a flow to orders.
func flow(name, port, expires string) string {
	text := fmt.Sprintf(`package tenancy

flows: %q: {
	from: {namespace: "frontend", workload: "web"}
	to: {namespace: "orders", workload: "api"}
	ports: [%q]
	reason: "the shop needs it"
}
`, name, port)
	if expires != "" {
		text += fmt.Sprintf("flows: %q: expires: %q\n", name, expires)
	}
	return text
}

// open keeps what it is said of open.
func open(until string) string {
	return fmt.Sprintf("rollout: open: {reason: \"its callers are not all known\", until: %q}", until)
}

// namespace is a file with a namespace of production.
func namespace(name, rollout string) string {
	return fmt.Sprintf(`package tenancy

teams: heritage: namespaces: %q: {
	environments: ["prod"]
	workloads: app: {pods: app: %[1]q, ports: http: 8080}
	%s
}
`, name, rollout)
}

// lab is a file with an environment.
func lab(rollout string) string {
	return fmt.Sprintf(`package tenancy

environments: lab: {
	cluster: "main"
	suffix: "-lab"
	%s
}
teams: lab: namespaces: {
	shop: {environments: ["lab"], workloads: app: {pods: app: "shop", ports: http: 8080}}
	desk: {environments: ["lab"], workloads: app: {pods: app: "desk", ports: http: 8080}}
}
`, rollout)
}

// retired is a file with namespaces that left.
func retired(names ...string) string {
	text := "package tenancy\n\n"
	for _, n := range names {
		text += fmt.Sprintf("retired: main: %q: reason: \"it is not needed any more\"\n", n)
	}
	return text
}
