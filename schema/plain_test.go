package schema

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue/cuecontext"
	"github.com/google/go-cmp/cmp"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestSuspectsMissNobody deals plain fields out to the files of three teams at
// random, and sees to it that to evaluate the parts of suspects alone finds what
// to evaluate everybody's finds.
func TestSuspectsMissNobody(t *testing.T) {
	const platform = `package tenancy

platform: files: ["tenants.cue"]
clusters: main: cni: "calico"
environments: prod: cluster: "main"
teams: {
	a: {files: ["a.cue"], namespaces: na: workloads: w: pods: app: "a"}
	b: {files: ["b.cue"], namespaces: nb: workloads: w: {pods: app: "b", ports: p: 1}}
	c: {files: ["c.cue", "a.cue"], namespaces: nc: {}}
}
flows: {
	x: {from: namespace: "na", to: namespace: "nb", reason: "r"}
	y: {from: namespace: "nb", to: namespace: "na", reason: "r"}
	all: {from: shared: "mon", to: environment: "prod", ports: ["p"], reason: "r"}
	out: {from: environment: "prod", to: external: "net", reason: "r"}
	half: {from: namespace: "na", reason: "r"}
}
shared: mon: {}
externals: net: {cidrs: ["203.0.113.0/24"], ports: p: 1}
`
	fields := []string{
		`teams: a: namespaces: na: workloads: w: ports: q: 2`, `teams: b: namespaces: nb: workloads: w: tags: t: true`,
		`teams: c: namespaces: nc: names: prod: "other"`, `teams: b: owners: ["@b"]`, `teams: d: namespaces: nd: {}`,
		`flows: x: ticket: "T-1"`, `flows: y: ports: "all"`, `flows: z: {from: namespace: "na", to: namespace: "nb", reason: "r"}`,
		`flows: z: ticket: "T-2"`, `externals: e: cidrs: ["203.0.113.0/24"]`, `guards: "g": {never: from: team: "a", reason: "r"}`,
		`retired: main: old: reason: "r"`, `teams: c: namespaces: nc: baseline: dns: {off: true, reason: "r"}`, `shared: s: {}`,
		`teams: c: files: ["c.cue", "a.cue"]`, `flows: all: to: namespace: "na"`, `flows: all: to: team: "a"`, `flows: out: from: team: "b"`,
		`flows: half: to: namespace: "nb"`, `flows: half: to: external: "net"`, `flows: half: to: shared: "mon"`, `flows: o: {from: namespace: "nc", to: {namespace: "na", anyPod: true}, ports: [80], reason: "r"}`,
		`flows: half: schema.#WorkloadsToIstiod`, `flows: z: schema.#GatewayToExposed`, `flows: z: schema.#GatewayToExposed & {ports: ["p"]}`,
		`flows: v: schema.#ToAPIServer & {from: shared: "mon"}`, `shared: s: schema.#Linkerd`, `shared: schema.#Linkerd`,
		`teams: a: namespaces: na: workloads: solver: schema.#ACMESolver`, `teams: b: namespaces: nb: workloads: w: schema.#ACMESolver & {ports: p: 1}`,
		`teams: c: namespaces: nc: schema.#Shared`, `teams: d: schema.#Team & {namespaces: nd: {}}`,
	}
	rng := rand.New(rand.NewPCG(9, 10))
	clean, breached := 0, 0
	for range 300 {
		dir := t.TempDir()
		files := map[string]*strings.Builder{"a.cue": {}, "b.cue": {}, "c.cue": {}}
		for range 1 + rng.IntN(4) {
			fmt.Fprintln(files[string(rune('a'+rng.IntN(3)))+".cue"], fields[rng.IntN(len(fields))])
		}
		write(t, filepath.Join(dir, TenancyFile), platform)
		for name, body := range files {
			text := "package tenancy\n\n"
			if strings.Contains(body.String(), "schema.#") {
				text += "import \"" + ImportPath + "\"\n\n"
			}
			write(t, filepath.Join(dir, name), text+body.String())
		}
		some, all := breaches(t, dir)
		if diff := cmp.Diff(all, some); diff != "" {
			t.Fatalf("%v\n%s", files, diff)
		}
		if len(all) == 0 {
			clean++
		} else {
			breached++
		}
	}
	t.Logf("%d clean, %d breached", clean, breached)
	if clean < 10 || breached < 50 {
		t.Error("the fields are dealt out too evenly to show much")
	}
}

// breaches gives what is found in the parts of suspects, and in everybody's.
func breaches(t *testing.T, dir string) (some, all []diag.Diagnostic) {
	t.Helper()
	f, m := readable(t, dir)
	user, inst, err := f.evaluate(cuecontext.New(), m, f.names(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	full := (&decoder{shown: f.position}).tenancy(user)
	find := func(suspects func(*ownership) []string) []diag.Diagnostic {
		o := newOwnership(f, m, nil, user, inst, full)
		o.assign()
		o.indexFlows()
		o.checkParts(suspects(o))
		return diag.Sort(o.diags)
	}
	some = find((*ownership).suspects)
	all = find(func(o *ownership) []string { return append([]string{""}, tenancy.Keys(o.full.Teams)...) })
	return some, all
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
