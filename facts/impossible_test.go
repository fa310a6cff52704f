package facts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/facts"
)

// TestNothingImpossibleIsAFact has objects say what no cluster has: it is
// unknown, with the reason and the command that shows it.
func TestNothingImpossibleIsAFact(t *testing.T) {
	endpoints := func(address, port string) string {
		return fmt.Sprintf(`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}},
			endpoints: [{addresses: [%q]}], ports: [{port: %s}]}`, address, port)
	}
	services := func(cidr string) string {
		return fmt.Sprintf("{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: kubernetes}, spec: {cidrs: [%q]}}", cidr)
	}
	node := func(address string) string {
		return fmt.Sprintf("{apiVersion: v1, kind: Node, metadata: {name: a}, status: {addresses: [{type: InternalIP, address: %q}]}}", address)
	}
	for _, c := range []struct{ field, object, want string }{
		{"apiServer", endpoints("10.1.0.4", "70000"), "the port 70000, which is none"},
		{"apiServer", endpoints("10.1.0.4", "-1"), "the port -1, which is none"},
		{"apiServer", endpoints("10.1.0.4", "0"), "the port 0, which is none"},
		{"apiServer", endpoints("127.0.0.1", "443"), "EndpointSlice default/kubernetes has 127.0.0.1, which is among loopback addresses (127.0.0.0/8)"},
		{"apiServer", endpoints("::ffff:127.0.0.1", "443"), "127.0.0.1, which is among loopback"},
		{"apiServer", endpoints("0.0.0.0", "443"), "0.0.0.0, which is among addresses of no host"},
		{"apiServer", endpoints("169.254.169.254", "443"), "which is among link-local"},
		{"apiServer", endpoints("fe80::1%eth0", "443"), "which is among link-local"},
		{"apiServer", endpoints("224.0.0.1", "443"), "which is among multicast"},
		{"services", services("0.0.0.0/0"), "ServiceCIDR kubernetes has 0.0.0.0/0, which is too wide"},
		{"services", services("::/0"), "::/0, which is too wide"},
		{"services", services("127.0.0.0/16"), "127.0.0.0/16, which is among loopback"},
		{"nodes", node("127.0.0.1"), "Node a has 127.0.0.1, which is among loopback"},
		{"nodes", node("ff02::1"), "ff02::1, which is among multicast"},
	} {
		var o facts.Objects
		if err := o.Read("x", []byte(c.object)); err != nil {
			t.Fatal(err)
		}
		var why string
		for _, m := range facts.Find(&o).Missing() {
			if m.Field == c.field {
				why = m.Why
			}
		}
		if !strings.Contains(why, c.want) || !strings.Contains(why, "shows them") && !strings.Contains(why, "show them") {
			t.Errorf("%s: %s: %q", c.object, c.field, why)
		}
	}
}
