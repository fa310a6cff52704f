package reach

import (
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// An unreadable spec is one that an API server would not take. It is an error,
// and opens nothing.
type unreadable struct{ Spec, Reach string }

func readUnreadable(t testing.TB) (out []unreadable) {
	data, err := os.ReadFile("testdata/refused.yaml")
	if err == nil {
		err = yaml.UnmarshalStrict(data, &out)
	}
	if err != nil || len(out) < 20 {
		t.Fatal(err, out)
	}
	return out
}

func TestBuildErrors(t *testing.T) {
	for _, c := range readUnreadable(t) {
		p := &networkingv1.NetworkPolicy{}
		p.Name = "rule"
		if err := yaml.UnmarshalStrict([]byte(c.Spec), &p.Spec); err != nil {
			t.Fatal(err)
		}
		g, err := Build(&Cluster{Policies: []*networkingv1.NetworkPolicy{{}, p}})
		if g != nil || err == nil || !strings.Contains(err.Error(), c.Reach) ||
			!strings.HasPrefix(err.Error(), "NetworkPolicy default/rule: spec.") {
			t.Errorf("%s gives %v, want %s", c.Spec, err, c.Reach)
		}
	}
}

func TestNamespaceThatIsThereTwice(t *testing.T) {
	one, two := &corev1.Namespace{}, &corev1.Namespace{}
	one.Name, two.Name = "shop", "shop"
	c := &Cluster{Namespaces: []*corev1.Namespace{one, two}}
	if _, err := Build(c); err != nil {
		t.Error(err)
	}
	two.Labels = map[string]string{"team": "retail"}
	if _, err := Build(c); err == nil || err.Error() != `namespace "shop" is there twice, with other labels` {
		t.Errorf("the error is %v", err)
	}
}
