package tenancy

import "testing"

func TestParsePort(t *testing.T) {
	for in, want := range map[string]string{
		"53/UDP": "53/UDP", "30000-30100/TCP": "30000-30100/TCP", "1/SCTP": "1/SCTP", "65535/TCP": "65535/TCP", "90-80/TCP": "90-80/TCP",
		"": "", "53": "", "0/TCP": "", "65536/TCP": "", "53/udp": "", "53/ICMP": "", "053/TCP": "", "1-/TCP": "", "-1/TCP": "", " 53/TCP": "", "1-2-3/TCP": "",
	} {
		got, ok := ParsePort(in)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("ParsePort(%q) = %v, %v; want %q", in, got, ok, want)
		}
	}
}

// FuzzParsePort sees to it that what is printed is read again as the same port.
func FuzzParsePort(f *testing.F) {
	for _, s := range []string{"53/UDP", "30000-30100/TCP", "90-80/TCP", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ParsePort(s)
		if !ok {
			return
		}
		if q, ok := ParsePort(p.String()); !ok || q != p {
			t.Errorf("%q is %v, and that is %v", s, p, q)
		}
	})
}
