package addresses_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/addresses"
)

func TestReserved(t *testing.T) {
	for _, c := range []struct{ prefix, ranges, endpoints string }{
		{"10.0.0.0/16", "", ""},
		{"172.18.0.2/32", "", ""},
		{"fd12::/64", "", ""},
		{"0.0.0.0/32", "no host", "no host"},
		{"::/128", "no host", "no host"},
		{"127.0.0.1/32", "loopback", "loopback"},
		{"::1/128", "loopback", "loopback"},
		{"169.254.169.254/32", "link-local", "link-local"},
		{"fe80::1/128", "link-local", "link-local"},
		{"fd00:ec2::254/128", "metadata", "metadata"},
		{"168.63.129.16/32", "metadata", "metadata"},
		{"168.63.0.0/16", "", "metadata"},
		{"100.64.0.0/10", "", "metadata"}, // which pods of EKS rightly have
		{"224.0.0.1/32", "multicast", "multicast"},
		{"ff02::1/128", "multicast", "multicast"},
		{"255.255.255.255/32", "broadcast", "broadcast"},
	} {
		p := netip.MustParsePrefix(c.prefix)
		for _, x := range []struct {
			use  addresses.Use
			want string
		}{{addresses.Ranges, c.ranges}, {addresses.Endpoints, c.endpoints}, {addresses.Resolvers, ""}} {
			if got := x.use.Reserved(p); (got == "") != (x.want == "") || !strings.Contains(got, x.want) {
				t.Errorf("%s: %q, not %q", p, got, x.want)
			}
		}
	}
}
