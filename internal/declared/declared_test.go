package declared_test

import (
	"net/netip"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/declared"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func pod(namespace, app string) declared.End {
	return declared.End{Namespace: namespace, Labels: map[string]string{"app": app}}
}

func address(a string) declared.End { return declared.End{Address: netip.MustParseAddr(a)} }

// TestOpen asks what people who read the tenancy of a mobile network would
// answer.
func TestOpen(t *testing.T) {
	res, err := schema.Load("../../testdata/tenancies/platform-managed", nil, nil)
	if err != nil || res.Tenancy == nil {
		t.Fatal(err, res)
	}
	for _, c := range []struct {
		from, to declared.End
		port     string
		want     bool
	}{
		// Baseline.
		{pod("ims", "sip"), pod("ims", "nobody"), "1/TCP", true},
		{pod("subscriber-data", "udm"), pod("subscriber-data", "nobody"), "7778/TCP", false},
		{pod("subscriber-data", "udm"), pod("subscriber-data", "udr"), "7778/TCP", true},
		{declared.End{Namespace: "ims"}, declared.End{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}}, "53/UDP", true},
		{declared.End{Namespace: "observability"}, declared.End{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}}, "53/UDP", false},
		{pod("hss", "hss"), pod("hss", "hss"), "1/TCP", false},
		// One environment and another.
		{pod("smf", "smf"), pod("upf", "upf"), "8805/UDP", true},
		{pod("smf", "smf"), pod("upf", "upf"), "8805/TCP", false},
		{pod("lab-smf", "smf"), pod("upf", "upf"), "8805/UDP", false},
		{pod("lab-amf", "amf"), pod("field-udm", "udm"), "7777/TCP", true},
		{pod("field-amf", "amf"), pod("field-udm", "udm"), "7777/TCP", true},
		{pod("lab-amf", "amf"), pod("subscriber-data", "udm"), "7777/TCP", false},
		// A namespace as a source, and every pod as a destination.
		{pod("lab-probes", "nobody"), address("192.0.2.200"), "7/UDP", true},
		{pod("field-probes", "nobody"), address("192.0.2.200"), "7/UDP", false},
		{pod("ims", "media"), pod("voicemail", "nobody"), "40050/UDP", true},
		{pod("ims", "media"), pod("voicemail", "nobody"), "40100/UDP", false},
		// Addresses.
		{address("10.96.0.1"), pod("amf", "amf"), "38412/SCTP", true},
		{address("10.99.255.1"), pod("amf", "amf"), "38412/SCTP", false},
		{address("10.66.8.1"), pod("observability", "collector"), "5514/UDP", true},
		{address("10.66.8.1"), pod("observability", "ui"), "3000/TCP", true},
		{pod("edge-proxies", "haproxy"), pod("observability", "ui"), "3000/TCP", false},
		// Expired, and nobody's business.
		{pod("field-probes", "prober"), pod("field-ims", "media"), "30005/UDP", false},
		{pod("stranger", "x"), pod("edge-proxies", "y"), "1/TCP", true},
	} {
		p, _ := tenancy.ParsePort(c.port)
		conn := declared.Connection{Cluster: "core", From: c.from, To: c.to, Protocol: p.Protocol, Port: p.Number}
		if got := declared.Open(res.Tenancy, conn, "2026-11-20"); got != c.want {
			t.Errorf("%v -> %v %s: %t, want %t", c.from, c.to, c.port, got, c.want)
		}
	}
}

// TestExpiry sees to it that the day itself is the last one.
func TestExpiry(t *testing.T) {
	res, err := schema.Load("../../testdata/tenancies/platform-managed", nil, nil)
	if err != nil || res.Tenancy == nil {
		t.Fatal(err, res)
	}
	conn := declared.Connection{Cluster: "core", From: pod("field-probes", "prober"), To: pod("field-ims", "media"), Protocol: tenancy.UDP, Port: 30005}
	for day, want := range map[string]bool{"2026-10-30": true, "2026-10-31": true, "2026-11-01": false} {
		if got := declared.Open(res.Tenancy, conn, day); got != want {
			t.Errorf("%s: %t, want %t", day, got, want)
		}
	}
}
