package kube_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/kube"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// offline reaches nothing, as the default transport of the program does.
type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is fetched")
}

func TestMain(m *testing.M) {
	http.DefaultTransport = offline{}
	m.Run()
}

// An apiServer answers as the real one does, as far as reading goes.
type apiServer struct {
	answers map[string]any // by path: JSON of a value, an int for an error of this code, or a function
	lock    sync.Mutex
	asked   []string
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	s.lock.Unlock()
	answer, ok := s.answers[r.URL.Path]
	if !ok {
		answer = http.StatusNotFound
	}
	if f, ok := answer.(func(*http.Request) any); ok {
		answer = f(r)
	}
	w.Header().Set("Content-Type", "application/json")
	if code, ok := answer.(int); ok {
		answer = metav1.Status{Status: metav1.StatusFailure, Code: int32(code), Reason: reasons[code], Message: fmt.Sprintf("%s is refused", r.URL.Path)}
	}
	if status, ok := answer.(metav1.Status); ok {
		status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
		w.WriteHeader(int(status.Code))
		answer = status
	}
	_ = json.NewEncoder(w).Encode(answer)
}

var reasons = map[int]metav1.StatusReason{
	http.StatusUnauthorized: metav1.StatusReasonUnauthorized, http.StatusForbidden: metav1.StatusReasonForbidden,
	http.StatusNotFound: metav1.StatusReasonNotFound, http.StatusGone: metav1.StatusReasonExpired,
	http.StatusServiceUnavailable: metav1.StatusReasonServiceUnavailable,
}

type object = map[string]any

// list is a list of objects of a kind, each a namespace and a name.
func list(kind string, next string, names ...string) object {
	items := []object{}
	for _, n := range names {
		namespace, name, ok := strings.Cut(n, "/")
		if !ok {
			namespace, name = "", namespace
		}
		items = append(items, object{"metadata": object{"namespace": namespace, "name": name}, "spec": object{"template": object{}, "podSelector": object{}, "jobTemplate": object{"spec": object{"template": object{}}}}})
		if kind == "NetworkPolicy" {
			items[len(items)-1]["spec"] = object{"podSelector": object{}, "policyTypes": []string{"Ingress"}}
		}
	}
	return object{"kind": kind + "List", "metadata": object{"continue": next}, "items": items}
}

func listOf(version, kind string, names ...string) object {
	out := list(kind, "", names...)
	out["apiVersion"] = version
	return out
}

// cluster answers for one of every kind.
func cluster() map[string]any {
	return map[string]any{
		"/version": object{"major": "1", "minor": "36", "gitVersion": "v1.36.3"},
		"/apis": object{"groups": []object{
			group("metrics.k8s.io", "v1beta1"), group("networking.k8s.io", "v1"), group("cilium.io", "v2", "v2alpha1"),
		}},
		"/apis/networking.k8s.io/v1":                    kinds("networkpolicies NetworkPolicy"),
		"/apis/metrics.k8s.io/v1beta1":                  http.StatusServiceUnavailable,
		"/apis/cilium.io/v2":                            kinds("ciliumnetworkpolicies CiliumNetworkPolicy", "ciliumnetworkpolicies/status CiliumNetworkPolicy", "ciliumnodes CiliumNode"),
		"/apis/cilium.io/v2alpha1":                      kinds("ciliumnetworkpolicies CiliumNetworkPolicy", "ciliumfuturepolicies CiliumFuturePolicy"),
		"/apis/cilium.io/v2/ciliumnetworkpolicies":      listOf("cilium.io/v2", "CiliumNetworkPolicy", "shop/open"),
		"/apis/cilium.io/v2alpha1/ciliumfuturepolicies": listOf("cilium.io/v2alpha1", "CiliumFuturePolicy", "all"),
		"/api/v1/namespaces":                            listOf("v1", "Namespace", "shop", "bank"),
		"/api/v1/pods":                                  listOf("v1", "Pod", "shop/web-1"),
		"/api/v1/replicationcontrollers":                listOf("v1", "ReplicationController"),
		"/apis/apps/v1/deployments":                     listOf("apps/v1", "Deployment", "shop/web"),
		"/apis/apps/v1/statefulsets":                    listOf("apps/v1", "StatefulSet"),
		"/apis/apps/v1/daemonsets":                      listOf("apps/v1", "DaemonSet"),
		"/apis/batch/v1/jobs":                           listOf("batch/v1", "Job"),
		"/apis/batch/v1/cronjobs":                       listOf("batch/v1", "CronJob", "bank/nightly"),
		"/apis/networking.k8s.io/v1/networkpolicies":    listOf("networking.k8s.io/v1", "NetworkPolicy", "shop/deny"),
	}
}

func group(name string, versions ...string) object {
	var all []object
	for _, v := range versions {
		all = append(all, object{"groupVersion": name + "/" + v, "version": v})
	}
	return object{"name": name, "versions": all, "preferredVersion": all[0]}
}

func kinds(names ...string) object {
	var all []object
	for _, n := range names {
		name, kind, _ := strings.Cut(n, " ")
		all = append(all, object{"name": name, "kind": kind, "verbs": []string{"get", "list"}, "namespaced": true})
	}
	return object{"resources": all}
}

// connected gives a client of a server with these answers.
func connected(t *testing.T, answers map[string]any) (*kube.Client, *apiServer) {
	t.Helper()
	s := &apiServer{answers: answers}
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	c, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig(t, at.URL), Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func kubeconfig(t *testing.T, url string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "kubeconfig")
	data := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: here,
clusters: [{name: one, cluster: {server: %q}}],
users: [{name: me, user: {}}],
contexts: [{name: here, context: {cluster: one, user: me}}, {name: there, context: {cluster: none, user: me}}]}`, url)
	if err := os.WriteFile(at, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestObjects(t *testing.T) {
	c, s := connected(t, cluster())
	o, unanswered, err := c.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Namespaces) != 2 || len(o.Policies) != 1 || o.Policies[0].Namespace != "shop" || o.Policies[0].Name != "deny" {
		t.Errorf("%v, %v", o.Namespaces, o.Policies)
	}
	var workloads []string
	for _, w := range o.Workloads {
		workloads = append(workloads, w.Kind+" "+w.Namespace+"/"+w.Name)
	}
	if want := []string{"Pod shop/web-1", "Deployment shop/web", "CronJob bank/nightly"}; !slices.Equal(workloads, want) {
		t.Errorf("workloads are %q, not %q", workloads, want)
	}
	want := map[string][]reach.Name{"CiliumNetworkPolicy.cilium.io": {{Namespace: "shop", Name: "open"}}, "CiliumFuturePolicy.cilium.io": {{Name: "all"}}}
	if !maps.EqualFunc(o.Unjudged, want, slices.Equal) {
		t.Errorf("unjudged are %v, not %v", o.Unjudged, want)
	}
	if !slices.Equal(unanswered, []string{"metrics.k8s.io"}) {
		t.Errorf("unanswered are %q", unanswered)
	}
	for _, a := range s.asked {
		if !strings.HasPrefix(a, "GET ") {
			t.Errorf("it does more than to read: %s", a)
		}
	}
}

// TestEveryGroupAtOnce has a server answer only when it was asked for the kinds of
// every group: where it hangs, it takes the time of one exchange.
func TestEveryGroupAtOnce(t *testing.T) {
	answers := cluster()
	var asked sync.WaitGroup
	groups := []object{}
	for i := range 20 {
		name := fmt.Sprintf("g%d.example.com", i)
		groups = append(groups, group(name, "v1"))
		asked.Add(1)
		answers["/apis/"+name+"/v1"] = func(*http.Request) any {
			asked.Done()
			asked.Wait()
			return kinds("things Thing")
		}
	}
	answers["/apis"] = object{"groups": groups}
	c, _ := connected(t, answers)
	if _, unanswered, err := c.Objects(t.Context()); err != nil || len(unanswered) > 0 {
		t.Errorf("no answer came of %q: %v", unanswered, err)
	}
}

func TestEveryRightThatIsMissingIsNamed(t *testing.T) {
	answers := cluster()
	answers["/api/v1/namespaces"] = http.StatusForbidden
	answers["/api/v1/pods"] = http.StatusForbidden
	answers["/apis/apps/v1/deployments"] = http.StatusForbidden
	answers["/apis/cilium.io/v2/ciliumnetworkpolicies"] = http.StatusForbidden
	delete(answers, "/apis/batch/v1/cronjobs")
	c, _ := connected(t, answers)
	_, _, err := c.Objects(t.Context())
	wantError(t, err, `namespaces cannot be read: the user lacks the right to the verb "list" on them; "kubectl auth can-i list namespaces" asks for it
pods cannot be read: the user lacks the right to the verb "list" on them in every namespace; "kubectl auth can-i list pods --all-namespaces" asks for it
deployments.apps cannot be read: the user lacks the right to the verb "list" on them in every namespace; "kubectl auth can-i list deployments.apps --all-namespaces" asks for it
cronjobs.batch cannot be read: the cluster does not serve version v1 of them; "kubectl api-resources --api-group=batch" lists what it serves
ciliumnetworkpolicies.cilium.io cannot be read: the user lacks the right to the verb "list" on them in every namespace; "kubectl auth can-i list ciliumnetworkpolicies.cilium.io --all-namespaces" asks for it`)
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nnot\n%s", err, want)
	}
}

func TestAServerThatKnowsNobodyOrDoesNotAnswer(t *testing.T) {
	answers := cluster()
	answers["/apis"] = http.StatusUnauthorized
	c, s := connected(t, answers)
	_, _, err := c.Objects(t.Context())
	if want := `does not know the user of the kubeconfig: log in again; "kubectl auth whoami" says whether that helped`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Error(err)
	}
	answers = cluster()
	answers["/apis/cilium.io/v2"] = http.StatusServiceUnavailable
	c, _ = connected(t, answers)
	if _, _, err := c.Objects(t.Context()); err == nil || !strings.Contains(err.Error(), `, listing the kinds of cilium.io ("kubectl api-resources --api-group=cilium.io" does the same): `) {
		t.Error(err)
	}
	s.answers = map[string]any{"/version": "rubbish", "/apis": []int{1}}
	c, _ = connected(t, s.answers)
	if _, err := c.Version(t.Context()); err == nil || !strings.Contains(err.Error(), "reading its version: it does not answer as Kubernetes does") {
		t.Error(err)
	}
	if _, _, err := c.Objects(t.Context()); err == nil || !strings.Contains(err.Error(), "listing its APIs: it does not answer as Kubernetes does") {
		t.Error(err)
	}
}

// TestWhatAServerAnswers sees to it that what a server says is shown, on one line
// of bounded length.
func TestWhatAServerAnswers(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"application/json", `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "etcd is\nslow \u001b[31m"}`, `etcd is slow \x1b[31m`},
		{"application/json", `{"error": "the gateway knows no such cluster"}`, `it answers 500: {"error": "the gateway knows no such cluster"}`},
		{"text/html", "<b>bad\ngateway</b>", "it answers 500: <b>bad gateway</b>"},
		{"text/plain", strings.Repeat("é", 1000), "it answers 500: " + strings.Repeat("é", 384) + "…"},
		{"text/plain", "", "it answers 500"},
	} {
		at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(c.body))
		}))
		client, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig(t, at.URL), Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Version(t.Context())
		wantError(t, err, "the API server at "+at.URL+", reading its version: "+c.want)
		at.Close()
	}
}

// TestPages reads a list in chunks, the second of which comes too late.
func TestPages(t *testing.T) {
	answers := cluster()
	answers["/api/v1/namespaces"] = func(r *http.Request) any {
		if r.URL.Query().Get("limit") != "500" {
			return http.StatusBadRequest
		}
		switch r.URL.Query().Get("continue") {
		case "":
			return list("Namespace", "late", "a")
		case "late":
			return metav1.Status{Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired, ListMeta: metav1.ListMeta{Continue: "anew"}}
		case "anew":
			return list("Namespace", "", "b")
		}
		return http.StatusGone
	}
	c, _ := connected(t, answers)
	var found []string
	read := func(page []byte) error {
		var list corev1.NamespaceList
		err := json.Unmarshal(page, &list)
		for _, n := range list.Items {
			found = append(found, n.Name)
		}
		return err
	}
	if err := c.Pages(t.Context(), kube.Namespaces, "", read); err != nil || !slices.Equal(found, []string{"a", "b"}) {
		t.Errorf("%v, %v", found, err)
	}
	answers["/api/v1/namespaces"] = func(*http.Request) any { return list("Namespace", "again", "a") }
	if err := c.Pages(t.Context(), kube.Namespaces, "", read); err == nil {
		t.Error("a list that never ends is read")
	}
	answers["/api/v1/namespaces"] = http.StatusGone // without a token that goes on
	if err := c.Pages(t.Context(), kube.Namespaces, "", read); err == nil {
		t.Error("a list that expires is read")
	}
}

func TestGet(t *testing.T) {
	answers := cluster()
	answers["/api/v1/namespaces/kube-system/configmaps/here"] = object{"metadata": object{"name": "here"}, "data": object{"a": "b"}}
	answers["/api/v1/namespaces/kube-system/configmaps/gone"] = metav1.Status{Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound, Details: &metav1.StatusDetails{Name: "gone"}}
	answers["/api/v1/namespaces/kube-system/configmaps/secret"] = http.StatusForbidden
	c, _ := connected(t, answers)
	get := func(name string) (*corev1.ConfigMap, error) {
		return kube.Get[corev1.ConfigMap](t.Context(), c, kube.ConfigMaps, "kube-system", name)
	}
	if m, err := get("here"); err != nil || m == nil || m.Data["a"] != "b" {
		t.Errorf("%v, %v", m, err)
	}
	if m, err := get("gone"); err != nil || m != nil {
		t.Errorf("%v, %v", m, err)
	}
	_, err := get("secret")
	wantError(t, err, `configmaps cannot be read: the user lacks the right to the verb "get" on them in namespace "kube-system"; "kubectl auth can-i get configmaps -n kube-system" asks for it`)
	if v, err := c.Version(t.Context()); err != nil || v.GitVersion != "v1.36.3" {
		t.Errorf("%v, %v", v, err)
	}
}

// TestAdmission reads a guard: both parts of it, one, or none, and of a cluster
// that is too old.
func TestAdmission(t *testing.T) {
	const group = "/apis/admissionregistration.k8s.io/v1"
	answers := cluster()
	c, _ := connected(t, answers)
	if found, err := c.Admission(t.Context(), "hedgerow"); err != nil || len(found.Admission) != 0 {
		t.Errorf("of a cluster that is too old: %v, %v", found, err)
	}
	answers[group] = kinds("validatingadmissionpolicies ValidatingAdmissionPolicy", "validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding")
	gone := metav1.Status{Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound, Details: &metav1.StatusDetails{Name: "hedgerow"}}
	answers[group+"/validatingadmissionpolicies/hedgerow"] = gone
	answers[group+"/validatingadmissionpolicybindings/hedgerow"] = object{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": object{"name": "hedgerow"},
	}
	found, err := c.Admission(t.Context(), "hedgerow")
	if err != nil || len(found.Admission) != 1 || found.Admission[0].Kind != "ValidatingAdmissionPolicyBinding" || found.Admission[0].Name != "hedgerow" {
		t.Errorf("%v, %v", found, err)
	}
	answers[group+"/validatingadmissionpolicies/hedgerow"] = http.StatusForbidden
	answers[group+"/validatingadmissionpolicybindings/hedgerow"] = http.StatusForbidden
	_, err = c.Admission(t.Context(), "hedgerow")
	wantError(t, err, `validatingadmissionpolicies.admissionregistration.k8s.io cannot be read: the user lacks the right to the verb "get" on them; "kubectl auth can-i get validatingadmissionpolicies.admissionregistration.k8s.io" asks for it
validatingadmissionpolicybindings.admissionregistration.k8s.io cannot be read: the user lacks the right to the verb "get" on them; "kubectl auth can-i get validatingadmissionpolicybindings.admissionregistration.k8s.io" asks for it`)
}

func TestKubeconfig(t *testing.T) {
	at := kubeconfig(t, "http://127.0.0.1:1")
	for _, k := range []string{"KUBECONFIG", "KUBERNETES_SERVICE_HOST"} {
		t.Setenv(k, "")
	}
	_, err := kube.Connect(kube.Options{Kubeconfig: at, Context: "ther"})
	wantError(t, err, `kubeconfig: there is no context "ther"; did you mean "there"?`)
	_, err = kube.Connect(kube.Options{Kubeconfig: at, Context: "there"})
	wantError(t, err, `kubeconfig: context "there" is of cluster "none", which is not there; did you mean "one"?`)
	empty := filepath.Join(t.TempDir(), "empty")
	_, err = kube.Connect(kube.Options{Kubeconfig: empty})
	wantError(t, err, "kubeconfig: stat "+empty+": no such file or directory")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = kube.Connect(kube.Options{Kubeconfig: empty})
	wantError(t, err, "there is no kubeconfig, or it has no current context: set KUBECONFIG or --kubeconfig, and --context")
	t.Setenv("KUBECONFIG", at)
	c, err := kube.Connect(kube.Options{})
	if err != nil || c.Name() != "here" {
		t.Fatal(c, err)
	}
	if _, err := c.Version(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "the API server at http://127.0.0.1:1, reading its version: ") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}
