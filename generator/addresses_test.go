package generator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func words(ss ...string) (out []tenancy.Word) {
	for _, s := range ss {
		out = append(out, tenancy.Word{Text: s})
	}
	return out
}

// TestExternalIsCut says what of an external is opened on a cluster.
func TestExternalIsCut(t *testing.T) {
	known := &tenancy.Cluster{Name: "main", Pods: words("10.244.0.0/16", "fd00:10:244::/56"), Services: words("10.96.0.0/12", "fd00:10:96::/108"), Nodes: words("172.18.0.0/24", "2001:db8:1::/64")}
	for _, c := range []struct {
		name    string
		cluster *tenancy.Cluster
		cidrs   []tenancy.Word
		except  []tenancy.Word
		want    string
	}{
		{"a public range", &tenancy.Cluster{}, words("203.0.113.0/24"), nil, "203.0.113.0/24"},
		{"its own exceptions", &tenancy.Cluster{}, words("203.0.113.0/24"), words("203.0.113.128/25", "203.0.113.130/32"), "203.0.113.0/24 except 203.0.113.128/25"},
		{"the whole internet", known, words("0.0.0.0/0"), nil,
			"0.0.0.0/0 except 10.96.0.0/12,10.244.0.0/16,100.100.100.200/32,168.63.129.16/32,169.254.0.0/16,172.18.0.0/24"},
		{"the whole internet of IPv6", known, words("::/0"), nil, "::/0 except 64:ff9b::6464:64c8/128,64:ff9b::a83f:8110/128,64:ff9b::a9fe:0/112,2001:db8:1::/64,fd00:10:96::/108,fd00:10:244::/56,fd00:ec2::/32,fe80::/10"},
		{"a private range beside the cluster's", known, words("10.0.0.0/16"), nil, "10.0.0.0/16"},
		{"a private range around the cluster's", known, words("10.0.0.0/8"), nil, "10.0.0.0/8 except 10.96.0.0/12,10.244.0.0/16"},
		{"exactly the metadata address", known, words("169.254.169.254/32"), nil, "169.254.169.254/32"},
		{"a range of metadata addresses", known, words("169.254.169.0/24"), nil,
			"external-cut: external \"x\": nothing of 169.254.169.0/24 is left on cluster \"main\" once these are cut out: link-local and metadata addresses (169.254.0.0/16)"},
		{"pods, as an address", known, words("10.244.1.1/32"), nil,
			"external-cut: external \"x\": nothing of 10.244.1.1/32 is left on cluster \"main\" once these are cut out: the cluster's pods (10.244.0.0/16)"},
		{"cut to nothing by halves", known, words("203.0.113.0/24"), words("203.0.113.0/25", "203.0.113.128/25"),
			"external-cut: external \"x\": nothing of 203.0.113.0/24 is left on cluster \"main\" once these are cut out: its own except (203.0.113.0/25), its own except (203.0.113.128/25)"},
		{"all of IPv4 through NAT64, and the cluster of IPv4 alone", &tenancy.Cluster{Name: "main", Pods: words("10.244.0.0/16"), Services: words("10.96.0.0/12"), Nodes: words("172.18.0.0/24")},
			words("64:ff9b::/96"), nil, "external-wide: external \"x\": 64:ff9b::/96 could hold addresses of cluster \"main\", which does not say the addresses of its pods, services, nodes"},
		{"private, and the cluster unknown", &tenancy.Cluster{Name: "main"}, words("10.1.0.0/24"), nil,
			"external-wide: external \"x\": 10.1.0.0/24 could hold addresses of cluster \"main\", which does not say the addresses of its pods, services, nodes"},
		{"wide, and the nodes unknown", &tenancy.Cluster{Name: "main", Pods: words("10.244.0.0/16"), Services: words("10.96.0.0/12")}, words("203.0.0.0/15"), nil,
			"external-wide: external \"x\": 203.0.0.0/15 could hold addresses of cluster \"main\", which does not say the addresses of its nodes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &expander{}
			var got []string
			for _, p := range x.external(&tenancy.External{Name: "x", CIDRs: c.cidrs, Except: c.except}, c.cluster) {
				s := p.Block.String()
				if len(p.Except) > 0 {
					s += " except " + strings.ReplaceAll(strings.Trim(fmt.Sprint(p.Except), "[]"), " ", ",")
				}
				got = append(got, s)
			}
			for _, d := range x.List {
				got = append(got, fmt.Sprintf("%s: %s", d.Code, d.Fact))
			}
			if g := strings.Join(got, "; "); g != c.want {
				t.Errorf("got  %s\nwant %s", g, c.want)
			}
		})
	}
}

// TestMergePeers joins whole namespaces, and keeps pods an item each.
func TestMergePeers(t *testing.T) {
	web := tenancy.Labels{"app": "web"}
	got := mergePeers([]Peer{
		{Namespaces: []string{"b"}}, {Namespaces: []string{"c"}, Pods: web}, {Namespaces: []string{"a"}},
		{Namespaces: []string{"c"}, Pods: web}, {Namespaces: []string{"b"}}, {Namespaces: []string{"a"}, Pods: web},
	})
	want := "[{[a] map[app:web] invalid Prefix []} {[a b] map[] invalid Prefix []} {[c] map[app:web] invalid Prefix []}]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
