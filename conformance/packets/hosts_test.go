package packets

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// A host is a pod, or an address outside of the cluster.
type host struct {
	namespace, name string // no namespace: it is outside
	labels          map[string]string
	fixed           string     // the address of one outside
	address         netip.Addr // what it has
}

// hosts are one pod of each workload of the tenancy, pods that it does not know,
// and addresses: one that is opened, one that is excepted beside it, and one
// that nobody declared.
var hosts = []*host{
	{namespace: "frontend", name: "web", labels: app("web")},
	{namespace: "frontend", name: "admin", labels: app("admin")},
	{namespace: "orders", name: "api", labels: app("orders")},
	{namespace: "orders", name: "worker", labels: app("worker")},
	{namespace: "payments", name: "api", labels: app("payments")},
	{namespace: "payments", name: "db", labels: app("postgres")},
	{namespace: "media", name: "relay", labels: app("relay")},
	{namespace: "monitoring", name: "prometheus", labels: app("prometheus")},
	{namespace: "gateway", name: "proxy", labels: app("envoy")},
	{namespace: "kube-system", name: "coredns", labels: map[string]string{"k8s-app": "kube-dns"}},
	{namespace: "frontend", name: "unknown", labels: app("unknown")},
	{namespace: "strangers", name: "pod", labels: app("web")},
	{name: "bank", fixed: "203.0.113.10"},
	{name: "excepted", fixed: "203.0.113.77"},
	{name: "internet", fixed: "198.51.100.5"},
}

func app(name string) map[string]string { return map[string]string{"app": name} }

func (h *host) String() string { return strings.TrimPrefix(h.namespace+"/"+h.name, "/") }

// netns is the network namespace that the host is in.
func (h *host) netns() string {
	if h.namespace == "" {
		return outside
	}
	return h.namespace + "-" + h.name
}

// endpoint is what the host is to reach.
func (h *host) endpoint() reach.Endpoint {
	if h.namespace == "" {
		return reach.Endpoint{Address: h.address}
	}
	return reach.Endpoint{Namespace: h.namespace, Labels: h.labels, NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": h.namespace}}
}

// object is the pod as its cluster has it.
func (h *host) object(t *testing.T) string {
	data, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": h.name, "namespace": h.namespace, "labels": h.labels},
		"spec": map[string]any{
			"nodeName": nodeName, "automountServiceAccountToken": false,
			"containers": []any{map[string]any{"name": "main", "image": "none.example/none"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// attachHosts makes the network namespaces of the pods, and has Cilium's plugin
// attach them as a container runtime would.
func attachHosts(t *testing.T, c *cluster) {
	var objects strings.Builder
	for _, h := range hosts {
		if h.namespace != "" {
			objects.WriteString("---\n" + h.object(t) + "\n")
		}
	}
	c.kubectl(t, objects.String(), "create", "-f", "-")
	for _, h := range hosts {
		if h.namespace == "" {
			h.address = netip.MustParseAddr(h.fixed)
			continue
		}
		run(t, "ip", "netns", "add", h.netns())
		run(t, "ip", "-n", h.netns(), "link", "set", "lo", "up")
		h.attach(t)
	}
}

// attach asks the plugin for a network interface, in the words of CNI.
func (h *host) attach(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), tool(t, "e2e/cilium-cni"))
	cmd.Env = []string{
		"CNI_COMMAND=ADD", "CNI_CONTAINERID=" + h.netns(), "CNI_NETNS=/run/netns/" + h.netns(), "CNI_IFNAME=eth0", "CNI_PATH=/",
		fmt.Sprintf("CNI_ARGS=K8S_POD_NAMESPACE=%s;K8S_POD_NAME=%s", h.namespace, h.name), "CILIUM_SOCK=" + socket,
	}
	cmd.Stdin = strings.NewReader(`{"cniVersion":"0.3.1","name":"cilium","type":"cilium-cni","log-file":"/run/cilium/cni.log"}`)
	var result struct {
		IPs []struct{ Address netip.Prefix }
	}
	if err := json.Unmarshal([]byte(runWith(t, cmd)), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.IPs) != 1 {
		t.Fatalf("%s has the addresses %v", h, result.IPs)
	}
	h.address = result.IPs[0].Address.Addr()
}
