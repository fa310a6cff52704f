package facts

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Write writes the facts as the clusters block of a tenancy, for the cluster of
// the name, which is a DNS label. Comments say where each was found; what is not
// known is a comment as well. cue fmt would not change it.
func (f *Facts) Write(w io.Writer, cluster string) error {
	var b block
	fmt.Fprintf(&b.text, "clusters: %s: {\n", label(cluster))
	write(&b, "cni", f.CNI, strconv.Quote)
	write(&b, "cniAcknowledged", f.Enforces, strconv.Quote)
	write(&b, "cniVersion", f.CNIVersion, strconv.Quote)
	write(&b, "kubernetes", f.Kubernetes, strconv.Quote)
	write(&b, "ipFamilies", f.Families, list)
	write(&b, "dns", f.DNS, dnsText)
	write(&b, "apiServer", f.APIServer, apiServerText)
	write(&b, "webhooks", f.Webhooks, callersText)
	for _, r := range []struct {
		field string
		fact  Fact[[]netip.Prefix]
	}{{"pods", f.Pods}, {"services", f.Services}, {"nodes", f.Nodes}} {
		write(&b, r.field+": cidrs", r.fact, func(ps []netip.Prefix) string { return list(texts(ps)) })
	}
	write(&b, "mesh", f.Mesh, strconv.Quote)
	b.text.WriteString("}\n")
	_, err := io.WriteString(w, b.text.String())
	return err
}

// A block is what is written of a cluster.
type block struct{ text strings.Builder }

// write writes one fact: nothing of what the cluster does not have.
func write[T any](b *block, field string, f Fact[T], text func(T) string) {
	switch f.State {
	case Unknown:
		name, _, _ := strings.Cut(field, ":")
		b.comment(name + ": unknown: " + f.Why)
	case Known:
		b.comment(f.From)
		b.comment(f.Note)
		fmt.Fprintf(&b.text, "\t%s: %s\n", field, text(f.Value))
	}
}

// comment writes a comment of one line, whatever an object is called.
func (b *block) comment(text string) {
	if text != "" {
		fmt.Fprintf(&b.text, "\t// %s\n", OneLine(text))
	}
}

// OneLine gives a text that may hold parts of objects as one line of printable
// characters.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// label gives a name as CUE takes it for a field: with quotes where it could be
// read as something else.
func label(name string) string {
	plain := !slices.Contains([]string{"for", "if", "in", "let", "true", "false", "null", "import", "package"}, name)
	for i, r := range name {
		plain = plain && ('a' <= r && r <= 'z' || i > 0 && '0' <= r && r <= '9')
	}
	if plain {
		return name
	}
	return strconv.Quote(name)
}

// longest is how many values stand on one line.
const longest = 4

func list(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	if len(quoted) <= longest {
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return "[\n\t\t" + strings.Join(quoted, ",\n\t\t") + ",\n\t]"
}

func texts(ps []netip.Prefix) (out []string) {
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

func dnsText(d DNS) string {
	if !d.NodeLocal.IsValid() {
		return fmt.Sprintf("provider: %q", d.Provider)
	}
	return fmt.Sprintf("{provider: %q, nodeLocal: %q, clusterIP: %q}", d.Provider, d.NodeLocal, d.ClusterIP)
}

func apiServerText(a APIServer) string {
	return fmt.Sprintf("{cidrs: %s, port: %d}", list(texts(a.prefixes())), a.Port)
}

func (a APIServer) prefixes() (out []netip.Prefix) {
	for _, x := range a.Addresses {
		out = append(out, netip.PrefixFrom(x, x.BitLen()))
	}
	return out
}

func callersText(c Callers) string {
	return fmt.Sprintf("{namespace: %q, pods: %s: %q}", c.Namespace, label(c.Label), c.Value)
}
