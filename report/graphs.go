package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// nodes numbers the ends of connections, cluster by cluster.
type nodes struct {
	ids   map[[2]string]int
	order [][2]string // cluster and label
}

func nodesOf(cs []Connection) *nodes {
	n := &nodes{ids: map[[2]string]int{}}
	for i := range cs {
		for _, e := range []End{cs[i].From, cs[i].To} {
			key := [2]string{plain(cs[i].Cluster), e.full}
			if _, ok := n.ids[key]; !ok {
				n.ids[key] = len(n.order)
				n.order = append(n.order, [2]string{key[0], e.String()})
			}
		}
	}
	return n
}

func (n *nodes) id(c *Connection, e End) int { return n.ids[[2]string{plain(c.Cluster), e.full}] }

// dot quotes a text for Graphviz.
var dot = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func writeDOT(w io.Writer, cs []Connection) error {
	out, n := bufio.NewWriter(w), nodesOf(cs)
	fmt.Fprintln(out, "digraph reach {\n\trankdir=LR\n\tnode [shape=box]")
	cluster := -1
	for i, node := range n.order {
		if i == 0 || n.order[i-1][0] != node[0] {
			if cluster++; cluster > 0 {
				fmt.Fprintln(out, "\t}")
			}
			fmt.Fprintf(out, "\tsubgraph cluster_%d {\n\t\tlabel=\"%s\"\n", cluster, dot.Replace(node[0]))
		}
		fmt.Fprintf(out, "\t\tn%d [label=\"%s\"]\n", i, dot.Replace(node[1]))
	}
	if cluster >= 0 {
		fmt.Fprintln(out, "\t}")
	}
	for i := range cs {
		c := &cs[i]
		fmt.Fprintf(out, "\tn%d -> n%d [label=\"%s\"]\n", n.id(c, c.From), n.id(c, c.To), dot.Replace(c.Ports.String()))
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

// mermaid writes as entities, in Mermaid's own form, what could end a quoted text
// or be taken for markup or, between two percent signs, for a directive.
var mermaid = strings.NewReplacer("%", "#37;", "&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;", "#", "#35;")

func writeMermaid(w io.Writer, cs []Connection) error {
	out, n := bufio.NewWriter(w), nodesOf(cs)
	fmt.Fprintln(out, "flowchart LR")
	for i, node := range n.order {
		if node[0] != "" && (i == 0 || n.order[i-1][0] != node[0]) {
			if i > 0 {
				fmt.Fprintln(out, "  end")
			}
			fmt.Fprintf(out, "  subgraph c%d [\"%s\"]\n", i, mermaid.Replace(node[0]))
		}
		fmt.Fprintf(out, "  n%d[\"%s\"]\n", i, mermaid.Replace(node[1]))
	}
	if len(n.order) > 0 && n.order[0][0] != "" {
		fmt.Fprintln(out, "  end")
	}
	for i := range cs {
		c := &cs[i]
		fmt.Fprintf(out, "  n%d -->|\"%s\"| n%d\n", n.id(c, c.From), mermaid.Replace(c.Ports.String()), n.id(c, c.To))
	}
	return out.Flush()
}
