package reach_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// written writes something for each number below n.
func written(n int, each func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(each(i))
	}
	return b.String()
}

func policy(namespace, name, spec string) string {
	return fmt.Sprintf("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s, namespace: %s}\nspec: %s\n", name, namespace, spec)
}

func pod(namespace string, i int) string {
	return fmt.Sprintf("---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%[2]d, namespace: %[1]s, labels: {app: a%[2]d}}\nspec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}\n", namespace, i)
}

// nasty are clusters of a size on which an engine is slow that is less than
// careful: each was.
var nasty = []struct {
	name     string
	size     int
	manifest func(n int) string
}{
	{"plain selectors in one namespace", 3000, func(n int) string {
		return written(n, func(i int) string {
			return policy("x", fmt.Sprint("p", i), fmt.Sprintf("{podSelector: {matchLabels: {app: a%[1]d}}, ingress: [{from: [{podSelector: {matchLabels: {app: b%[1]d}}}], ports: [{port: %[2]d}]}]}", i, 1000+i))
		})
	}},
	{"selectors of two keys in one namespace", 1000, func(n int) string {
		return written(n, func(i int) string {
			return policy("x", fmt.Sprint("p", i), fmt.Sprintf("{podSelector: {matchLabels: {app: a%[1]d, tier: t%[2]d}}, ingress: [{from: [{podSelector: {matchLabels: {app: a%[3]d}}}], ports: [{port: 80}]}]}", i, i%7, (i+1)%n))
		})
	}},
	{"pigeonholes", 6, func(n int) string {
		return written(n+1, func(a int) string {
			home := written(n, func(h int) string { return fmt.Sprintf("{key: p%dh%d, operator: DoesNotExist},", a, h) })
			return policy("x", fmt.Sprint("p", a), "{podSelector: {matchExpressions: ["+strings.TrimSuffix(home, ",")+"]}}") +
				written(a*n, func(i int) string {
					b, h := i/n, i%n
					return policy("x", fmt.Sprintf("p%d-%d-%d", a, b, h), fmt.Sprintf("{podSelector: {matchExpressions: [{key: p%[1]dh%[3]d, operator: Exists}, {key: p%[2]dh%[3]d, operator: Exists}]}}", a, b, h))
				})
		})
	}},
	{"all to all by ports of their own", 2000, func(n int) string {
		return written(n, func(i int) string {
			return policy(fmt.Sprint("n", i), "p", fmt.Sprintf("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: %d}]}]}", 1000+i))
		})
	}},
	{"workloads in one namespace", 1200, func(n int) string {
		return policy("x", "deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}") + written(n, func(i int) string {
			to := (i + 1) % n
			return pod("x", i) +
				policy("x", fmt.Sprint("i", i), fmt.Sprintf("{podSelector: {matchLabels: {app: a%d}}, ingress: [{from: [{podSelector: {matchLabels: {app: a%d}}}], ports: [{port: 80}]}]}", to, i)) +
				policy("x", fmt.Sprint("e", i), fmt.Sprintf("{podSelector: {matchLabels: {app: a%d}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: a%d}}}], ports: [{port: 80}]}]}", i, to))
		})
	}},
	{"ports by name in one namespace", 1000, func(n int) string {
		return written(n, func(i int) string {
			return pod("x", i) + policy("x", fmt.Sprint("p", i), fmt.Sprintf("{podSelector: {matchLabels: {app: a%d}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]}", i))
		})
	}},
}

// listed reads, analyses and lists a cluster.
func listed(t testing.TB, manifest []byte) (edges, lines int) {
	t.Helper()
	objects, err := reach.Read("cluster.yaml", manifest)
	if err != nil {
		t.Fatal(err)
	}
	g, err := reach.Build(&objects.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	return len(g.Open()), len(g.List(g.Open()))
}

// What is open and how it is listed stays in proportion to the policies.
func TestNastyClustersStaySmall(t *testing.T) {
	for _, c := range nasty {
		manifest := c.manifest(c.size)
		policies := strings.Count(manifest, "kind: NetworkPolicy")
		edges, lines := listed(t, []byte(manifest))
		if limit := 5*policies + 100; edges > limit || lines > limit {
			t.Errorf("%s: %d policies give %d edges and %d lines", c.name, policies, edges, lines)
		}
	}
}

func BenchmarkNasty(b *testing.B) {
	for _, c := range nasty {
		manifest := []byte(c.manifest(c.size))
		b.Run(fmt.Sprintf("%s=%d", strings.ReplaceAll(c.name, " ", "-"), c.size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				listed(b, manifest)
			}
		})
	}
}
