package reach

import (
	"bufio"
	"bytes"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// recipeWorld is the cluster of every recipe. Pods that it does not show carry
// their name as the label app too, except for those that are "plain".
func recipeWorld() *world {
	w := &world{shown: &Cluster{}, labels: map[string]map[string]string{
		"shop": {"team": "retail"}, "bank": {"team": "money"}, "dns": {},
	}}
	for name, labels := range w.labels {
		n := &corev1.Namespace{}
		n.Name, n.Labels = name, labels
		w.shown.Namespaces = append(w.shown.Namespaces, n)
	}
	w.pods = []*Workload{
		recipePod("shop", "web", NamedPort{"http", TCP, 8080}),
		recipePod("shop", "api", NamedPort{"http", TCP, 9090}),
		recipePod("shop", "db"), recipePod("bank", "ledger"), recipePod("bank", "fixed"), recipePod("dns", "resolver"),
	}
	w.pods[4].Addresses = []netip.Addr{netip.MustParseAddr("10.200.0.5")}
	w.shown.Workloads = w.pods
	return w
}

func recipePod(namespace, name string, ports ...NamedPort) *Workload {
	return &Workload{
		Namespace: namespace, Kind: "Pod", Name: name, Labels: map[string]string{"app": name}, Ports: ports,
	}
}

// recipeEnd reads "namespace/pod" or an address.
func (w *world) recipeEnd(s string) (Endpoint, error) {
	namespace, name, ok := strings.Cut(s, "/")
	if !ok {
		a, err := netip.ParseAddr(s)
		return Endpoint{Address: a}, err
	}
	for _, p := range w.pods {
		if p.Namespace == namespace && p.Name == name {
			return w.vertex(p), nil
		}
	}
	e := Endpoint{Namespace: namespace, NamespaceLabels: w.labels[namespace], Labels: map[string]string{}}
	if name != "plain" {
		e.Labels["app"] = name
	}
	return e, nil
}

// recipePacket reads "from -> to port/protocol verdict".
func (w *world) recipePacket(t *testing.T, line string) (p packet, open bool) {
	t.Helper()
	f := strings.Fields(line)
	if len(f) != 5 || f[1] != "->" || f[4] != "open" && f[4] != "closed" {
		t.Fatalf("%q is no verdict", line)
	}
	number, name, _ := strings.Cut(f[3], "/")
	var errs [3]error
	var ok bool
	p.from, errs[0] = w.recipeEnd(f[0])
	p.to, errs[1] = w.recipeEnd(f[2])
	p.port, errs[2] = strconv.Atoi(number)
	if p.protocol, ok = ParseProtocol(name); !ok || errs != [3]error{} {
		t.Fatalf("%q: %v", line, errs)
	}
	return p, f[4] == "open"
}

// readRecipe gives the policies of a recipe, and its verdicts line by line.
func readRecipe(t *testing.T, file string) (policies []*networkingv1.NetworkPolicy, verdicts []string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil || len(a.Files) != 2 || a.Files[0].Name != "policies.yaml" || a.Files[1].Name != "verdicts" {
		t.Fatalf("not policies.yaml and verdicts: %v", err)
	}
	for _, doc := range bytes.Split(a.Files[0].Data, []byte("---\n")) {
		p := &networkingv1.NetworkPolicy{}
		if err := yaml.UnmarshalStrict(doc, p); err != nil {
			t.Fatal(err)
		}
		policies = append(policies, p)
	}
	lines := bufio.NewScanner(bytes.NewReader(a.Files[1].Data))
	for lines.Scan() {
		verdicts = append(verdicts, lines.Text())
	}
	return policies, verdicts
}

// Recipes that everybody learns the language of policies from.
func TestRecipes(t *testing.T) {
	files, err := filepath.Glob("testdata/recipes/*.txtar")
	if err != nil || len(files) < 24 {
		t.Fatalf("%d recipes: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { testRecipe(t, file) })
	}
}

func testRecipe(t *testing.T, file string) {
	w := recipeWorld()
	policies, verdicts := readRecipe(t, file)
	w.rule(policies)
	g, err := Build(w.shown)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range verdicts {
		p, open := w.recipePacket(t, line)
		if w.isOpen(p) != open {
			t.Errorf("the witness does not say: %s", line)
		}
		if err := w.judge(g, p); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
