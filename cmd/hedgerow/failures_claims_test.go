package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/bruteforce"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// Claims are what the folder of a row must bear out, whatever its session says.
type claims struct {
	Codes   []string      `json:"codes"`   // of diagnostics that the session shows
	Shows   []string      `json:"shows"`   // lines, or parts of lines, that the session's commands print
	Packets []packetClaim `json:"packets"` // judged one by one, by the witness
}

// A packetClaim is a connection, and whether it can be opened by what people
// write and by what Hedgerow writes: "allowed" or "denied".
type packetClaim struct {
	From      string `json:"from"` // a namespace with labels and perhaps the pod's address, or an address
	To        string `json:"to"`
	Port      string `json:"port"`
	Careless  string `json:"careless"`
	Generated string `json:"generated"`
}

// check gives what is not as claimed: it judges what a session printed, and the
// manifests in the folder that it left.
func (c *claims) check(t *testing.T, dir, session string) (problems []string) {
	printed := outputOf(session)
	for _, code := range c.Codes {
		if diag.Code(code).Summary() == "" || !strings.Contains(printed, "["+code+"]") {
			problems = append(problems, fmt.Sprintf("the session shows no diagnostic %q", code))
		}
	}
	for _, text := range c.Shows {
		if !strings.Contains(printed, text) {
			problems = append(problems, fmt.Sprintf("the session does not print %q", text))
		}
	}
	told := len(c.Codes)+len(c.Shows) > 0
	if len(c.Packets) > 0 {
		wrong, differ := judgePackets(t, c.Packets, dir)
		problems, told = append(problems, wrong...), told || differ
	}
	if !told {
		problems = append(problems, "nothing would tell whether the row is true: no diagnostic, no line and no connection that differs")
	}
	return problems
}

// outputOf gives a session without its commands.
func outputOf(session string) string {
	var out strings.Builder
	for line := range strings.Lines(session) {
		if !strings.HasPrefix(line, "$ ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// judgePackets holds packets against both kinds of manifests, and says whether
// one of them tells the two apart.
func judgePackets(t *testing.T, packets []packetClaim, dir string) (problems []string, differ bool) {
	written := carelessIn(t, dir)
	runTenancy(t, "generate", "--quiet", "-C", dir)
	generated := objectsIn(t, filepath.Join(dir, "overlays"))
	for _, p := range packets {
		differ = differ || p.Careless != p.Generated
		for _, side := range []struct {
			name, want string
			objects    *reach.Objects
		}{{"careless", p.Careless, written}, {"generated", p.Generated, generated}} {
			if got := verdictOn(t, side.objects, written.Workloads, p); got != side.want {
				problems = append(problems, fmt.Sprintf("%s → %s on %s: %s by the %s policies, not %s", p.From, p.To, p.Port, got, side.name, side.want))
			}
		}
	}
	return problems, differ
}

// carelessIn gives what people write: careless.yaml, or the folder careless.
func carelessIn(t *testing.T, dir string) *reach.Objects {
	for _, name := range []string{"careless.yaml", "careless"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return objectsIn(t, filepath.Join(dir, name))
		}
	}
	t.Fatal("there is neither careless.yaml nor a folder careless")
	return nil
}

func objectsIn(t *testing.T, path string) *reach.Objects {
	clusters, err := readClusters(nil, []string{path})
	if err != nil || len(clusters) != 1 {
		t.Fatalf("%s: %d clusters, %v", path, len(clusters), err)
	}
	return clusters[0].objects
}

// verdictOn asks the witness, which shares no code with reach. The workloads say
// which ports the pods name.
func verdictOn(t *testing.T, o *reach.Objects, workloads []*reach.Workload, p packetClaim) string {
	c := &bruteforce.Cluster{Namespaces: map[string]map[string]string{}, Policies: o.Policies}
	for _, n := range o.Namespaces {
		c.Namespaces[n.Name] = n.Labels
	}
	number, protocol, _ := strings.Cut(p.Port, "/")
	port, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("%q is no port", p.Port)
	}
	if c.Allows(packetEnd(t, p.From, workloads), packetEnd(t, p.To, workloads), corev1.Protocol(protocol), int32(port)) {
		return "allowed"
	}
	return "denied"
}

// packetEnd reads an end: "203.0.113.7", or "shop app=web 10.244.1.5".
func packetEnd(t *testing.T, text string, workloads []*reach.Workload) bruteforce.End {
	words := strings.Fields(text)
	if a, err := netip.ParseAddr(words[0]); err == nil {
		return bruteforce.End{Address: a}
	}
	pod := &bruteforce.Pod{Namespace: words[0], Labels: map[string]string{}}
	for _, word := range words[1:] {
		if key, value, ok := strings.Cut(word, "="); ok {
			pod.Labels[key] = value
			continue
		}
		a, err := netip.ParseAddr(word)
		if err != nil {
			t.Fatalf("%q is neither a label nor an address: %v", word, err)
		}
		pod.Addresses = append(pod.Addresses, a)
	}
	for _, w := range workloads {
		if w.Namespace == pod.Namespace && fmt.Sprint(w.Labels) == fmt.Sprint(pod.Labels) {
			for _, n := range w.Ports {
				pod.Ports = append(pod.Ports, bruteforce.Port{Name: n.Name, Protocol: corev1.Protocol(n.Protocol.String()), Number: int32(n.Number)})
			}
		}
	}
	return bruteforce.End{Pod: pod}
}

// write gives the packets as a table.
func (c *claims) write(b *bytes.Buffer) {
	if len(c.Packets) == 0 {
		return
	}
	b.WriteString("\n| from | to | port | what people write | Hedgerow |\n|---|---|---|---|---|\n")
	for _, p := range c.Packets {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", p.From, p.To, p.Port, p.Careless, p.Generated)
	}
}

// TestFailureClaims gives claims that nothing bears out: each must be noticed.
func TestFailureClaims(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"tenants.cue":   "package tenancy\n\nclusters: main: cni: \"calico\"\nenvironments: prod: cluster: \"main\"\nteams: shop: namespaces: shop: {}\n",
		"careless.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n",
	})
	packet := packetClaim{From: "203.0.113.7", To: "shop", Port: "80/TCP", Careless: "denied", Generated: "denied"}
	out := packetClaim{From: "shop", To: "203.0.113.7", Port: "80/TCP", Careless: "allowed", Generated: "denied"}
	turned := out
	turned.Careless, turned.Generated = turned.Generated, turned.Careless
	for _, tt := range []struct {
		name   string
		claims claims
		want   int
	}{
		{"a code that is shown", claims{Codes: []string{"bad-name"}}, 0},
		{"a code in a command alone", claims{Codes: []string{"bad-port"}}, 1},
		{"a code that there is not", claims{Codes: []string{"oops"}}, 1},
		{"a line that is printed", claims{Shows: []string{"a line"}}, 0},
		{"a line that is not", claims{Shows: []string{"echo"}}, 1},
		{"nothing", claims{}, 1},
		{"a packet that both judge alike", claims{Packets: []packetClaim{packet}}, 1},
		{"a packet that tells them apart", claims{Packets: []packetClaim{packet, out}}, 0},
		{"a packet the other way round", claims{Packets: []packetClaim{turned}}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.claims.check(t, dir, "$ echo [bad-port]\na line [bad-name] [oops]\n"); len(got) != tt.want {
				t.Errorf("%d problems, not %d: %q", len(got), tt.want, got)
			}
		})
	}
}
