// Package synthetic writes tenancies of any size, to measure with.
package synthetic

import (
	"fmt"
	"strings"
)

// Size says how large a tenancy is.
type Size struct {
	Teams      int
	Namespaces int
	Flows      int
	Owned      bool // each team has a file of its own, and owns it
	Templates  bool // the platform's file sets something for every namespace
}

// Files gives the files of a tenancy by name. They import the schema, so that
// "cue vet" holds them against it.
func Files(s Size) map[string]string {
	files := map[string]string{}
	teams := make([]strings.Builder, s.Teams)
	for i := range s.Namespaces {
		t := i % s.Teams
		fmt.Fprintf(&teams[t], "teams: %q: namespaces: %q: workloads: {\n", team(t), namespace(i))
		fmt.Fprintf(&teams[t], "\tapi: {pods: app: \"api\", ports: {https: 8443, admin: 9090}}\n")
		fmt.Fprintf(&teams[t], "\tdb: {pods: app: \"db\", ports: postgres: 5432}\n}\n")
	}
	for i := range s.Flows {
		from, to := ends(s, i)
		fmt.Fprintf(&teams[to%s.Teams], "flows: \"f%d\": {\n\tfrom: {namespace: %q, workload: \"api\"}\n"+
			"\tto: {namespace: %q, workload: \"api\"}\n\tports: [\"https\"]\n\treason: \"flow %d of the measurement\"\n}\n",
			i, namespace(from), namespace(to), i)
	}
	var head strings.Builder
	head.WriteString(header)
	if s.Owned {
		head.WriteString("platform: files: [\"tenants.cue\"]\n")
	}
	if s.Templates {
		head.WriteString("teams: [_]: namespaces: [_]: podSecurity: \"restricted\"\n")
	}
	for t := range teams {
		body := "package tenancy\n\n" + teams[t].String()
		file := team(t) + ".cue"
		files[file] = body
		fmt.Fprintf(&head, "teams: %q: owners: [\"@acme/%s\"]\n", team(t), team(t))
		if s.Owned {
			fmt.Fprintf(&head, "teams: %q: files: [%q]\n", team(t), file)
		}
	}
	files["tenants.cue"] = head.String()
	return files
}

// ends gives the namespaces between which a flow leads, which are never the same.
func ends(s Size, flow int) (from, to int) {
	to = flow % s.Namespaces
	return (to + 1 + (flow*7+flow/s.Namespaces)%(s.Namespaces-1)) % s.Namespaces, to
}

func team(i int) string      { return fmt.Sprintf("team-%d", i) }
func namespace(i int) string { return fmt.Sprintf("ns-%d", i) }

const header = `package tenancy

import "github.com/hedgerow-dev/hedgerow/schema"

schema.#Tenancy

clusters: main: {
	cni: "calico"
	pods: cidrs: ["10.244.0.0/16"]
	services: cidrs: ["10.96.0.0/12"]
	nodes: cidrs: ["172.18.0.0/24"]
}
environments: prod: cluster: "main"
`
