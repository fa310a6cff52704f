package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/census"
	"github.com/hedgerow-dev/hedgerow/facts"
)

// hostile are texts that somebody may call things, beside plain ones.
var hostile = []string{
	"", "a", "web", "web.v1", "Web_1", "-", "--", "..", "a b", "a\nb: x", "x\"}: _|_", "`", "${HOME}", "// x", "\\(x)", "\u202e", "ü", "true", "for", "1", "0x1",
	"kube-system", "default", "argocd", "calico-node", "cilium", "aws-node", "kube-flannel-ds", "kube-router", "k8s-app", "kube-dns", "dns-default", "openshift-dns", "shared", "base", "unassigned", "main", "prod", "_hidden", "#Def", "__x",
	"app", "app.kubernetes.io/name", "app.kubernetes.io/component", "tier", "pod-template-hash", "job-name", "a/b/c", "x.y/z", "/", "team",
	strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("b", 64) + ".io/x", strings.Repeat("long.", 60) + "io/x", strings.Repeat("Z-", 40), strings.Repeat("x", 5000),
}

// objects makes random objects of a cluster, most of which no API server would
// take.
type objects struct{ *rand.Rand }

func (r objects) text() string {
	if r.Intn(3) == 0 {
		return fmt.Sprintf("n%d", r.Intn(4))
	}
	return hostile[r.Intn(len(hostile))]
}

func (r objects) labels() map[string]string {
	out := map[string]string{}
	for range r.Intn(4) {
		out[r.text()] = r.text()
	}
	return out
}

func (r objects) ports() (out []any) {
	for range r.Intn(5) {
		number := []int{0, -1, 1, 53, 80, 80, 8080, 65535, 65536, 1 << 30}[r.Intn(10)]
		name := []string{"", "http", "port-80", "port-8080", "metrics", "UPPER", "a--b", "80", "waytoolongforaport", r.text()}[r.Intn(10)]
		out = append(out, map[string]any{"containerPort": number, "name": name, "protocol": []string{"", "TCP", "UDP", "SCTP", "tcp", "ICMP"}[r.Intn(6)]})
	}
	return out
}

func (r objects) pod() map[string]any {
	return map[string]any{
		"hostNetwork": r.Intn(6) == 0, "containers": []any{map[string]any{"ports": r.ports()}, map[string]any{"ports": r.ports()}},
		"initContainers": []any{map[string]any{"ports": r.ports(), "restartPolicy": []any{"Always", nil}[r.Intn(2)]}},
	}
}

func (r objects) selector(kind string) any {
	labels := r.labels()
	switch {
	case kind == "ReplicationController":
		return labels
	case r.Intn(5) == 0:
		return map[string]any{"matchExpressions": []any{map[string]any{"key": "app", "operator": "In", "values": []string{"a", "b"}}}}
	}
	return map[string]any{"matchLabels": labels}
}

// object makes one object of a kind.
func (r objects) object(kind string) map[string]any {
	meta := map[string]any{"name": r.text(), "namespace": r.text(), "labels": r.labels()}
	if r.Intn(3) == 0 {
		meta["ownerReferences"] = []any{map[string]any{"kind": []string{"ReplicaSet", "Deployment", "Node", "CronJob", r.text()}[r.Intn(5)], "name": r.text(), "controller": r.Intn(4) > 0}}
	}
	template := map[string]any{"metadata": map[string]any{"labels": r.labels()}, "spec": r.pod()}
	spec := map[string]any{"selector": r.selector(kind), "template": template}
	switch kind {
	case "Pod":
		spec = r.pod()
	case "CronJob":
		spec = map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": template}}}
	}
	versions := map[string]string{"Pod": "v1", "Namespace": "v1", "ReplicationController": "v1", "CronJob": "batch/v1", "Job": "batch/v1", "NetworkPolicy": "networking.k8s.io/v1"}
	version, ok := versions[kind]
	if !ok {
		version = "apps/v1"
	}
	return map[string]any{"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
}

// TestFirstTenancyVets makes the first tenancy of random objects, which is an
// error if it does not vet: whatever is called what, it is right, and the same the
// second time.
func TestFirstTenancyVets(t *testing.T) {
	kinds := []string{"Namespace", "DaemonSet", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod", "NetworkPolicy", "Secret"}
	for seed := range 150 {
		r := objects{rand.New(rand.NewSource(int64(seed)))}
		var items []any
		for range r.Intn(60) {
			items = append(items, r.object(kinds[r.Intn(len(kinds))]))
		}
		firstTenancyVets(t, fmt.Sprint("seed ", seed), items)
	}
}

// TestFirstTenancyOfMany makes it of thousands, among them many in one namespace.
func TestFirstTenancyOfMany(t *testing.T) {
	r := objects{rand.New(rand.NewSource(1))}
	var items []any
	for i := range 3000 {
		o := r.object("Deployment")
		o["metadata"].(map[string]any)["namespace"] = fmt.Sprint("n", i%1000*(i%2))
		items = append(items, o)
	}
	firstTenancyVets(t, "many", items)
}

func firstTenancyVets(t *testing.T, what string, items []any) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	w := world{now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
	cfg := &config{Timeout: time.Minute, Memory: 4096}
	var texts []string
	for range 2 {
		var objects census.Objects
		var about facts.Objects
		if err := errors.Join(objects.Read("all", data), about.Read("all", data)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		f := &foundCluster{facts.Find(&about), census.Take(&objects, "team")}
		f.use("")
		text, err := f.tenancy(w, cfg, &firstOptions{cluster: "main", environment: "prod"})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Errorf("%s: the same objects give two tenancies", what)
	}
}
