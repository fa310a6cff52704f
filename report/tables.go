package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeText groups connections by cluster and by their source.
func writeText(w io.Writer, cs []Connection) error {
	out := InColumns(w)
	cluster, from := "", ""
	for i := range cs {
		c := &cs[i]
		if c.Cluster != cluster {
			if i > 0 {
				fmt.Fprintln(out)
			}
			fmt.Fprintf(out, "cluster %s\n", plain(c.Cluster))
			cluster, from = c.Cluster, ""
		}
		if c.From.full != from {
			fmt.Fprintf(out, "%s\n", c.From)
			from = c.From.full
		}
		fmt.Fprintf(out, "  → %s\t%s\t%s\n", c.To, c.Ports, c.via())
	}
	return out.Flush()
}

var columns = []string{"cluster", "from", "to", "ports", "opened by"}

func (c *Connection) row() []string {
	return []string{plain(c.Cluster), c.From.String(), c.To.String(), c.Ports.String(), c.via()}
}

func writeCSV(w io.Writer, cs []Connection) error {
	rows := [][]string{columns}
	for i := range cs {
		row := cs[i].row()
		row[1], row[2] = cs[i].From.full, cs[i].To.full // programs read it
		rows = append(rows, row)
	}
	return WriteCSV(w, rows)
}

// WriteCSV writes rows as every report in CSV is written: each text as Plain
// gives it, and none that a spreadsheet takes for a formula. Errors are those of w.
func WriteCSV(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	for _, row := range rows {
		if err := out.Write(inert(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inert keeps spreadsheets from taking a text for a formula.
func inert(row []string) []string {
	out := make([]string, len(row))
	for i, s := range row {
		out[i] = plain(s)
		if strings.HasPrefix(s, "=") || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "@") {
			out[i] = "'" + out[i]
		}
	}
	return out
}

func writeMarkdown(w io.Writer, cs []Connection) error {
	out := bufio.NewWriter(w)
	markdownRow(out, columns)
	markdownRow(out, []string{"---", "---", "---", "---", "---"})
	for i := range cs {
		markdownRow(out, escapeAll(cs[i].row()))
	}
	return out.Flush()
}

func markdownRow(w io.Writer, cells []string) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

func escapeAll(cells []string) []string {
	for i, s := range cells {
		cells[i] = EscapeMarkdown(s)
	}
	return cells
}

// markdown writes as entities what Markdown could take for markup, for a
// mention of somebody or for a link.
var markdown = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "*", "&#42;", "_", "&#95;", "`", "&#96;",
	"[", "&#91;", "]", "&#93;", "@", "&#64;", "#", "&#35;", "\\", "&#92;", "~", "&#126;", "!", "&#33;",
	"$", "&#36;", "://", "&#58;//", "www.", "www&#46;")

// EscapeMarkdown writes a text so that Markdown shows it as it is.
func EscapeMarkdown(s string) string { return markdown.Replace(plain(s)) }

// A matrix is which group reaches which.
type matrix struct {
	groups []string          // in the order in which they come up
	titles map[string]string // of groups, for people
	cells  map[[2]string][]string
}

// WriteMatrix writes which namespaces and addresses reach which, as text, CSV or
// Markdown.
func WriteMatrix(w io.Writer, f Format, cs []Connection) error {
	clusters := map[string]*matrix{}
	var names []string
	for i := range cs {
		c := &cs[i]
		if clusters[c.Cluster] == nil {
			clusters[c.Cluster] = &matrix{titles: map[string]string{}, cells: map[[2]string][]string{}}
			names = append(names, c.Cluster)
		}
		clusters[c.Cluster].add(c)
	}
	for i, name := range names {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := clusters[name].write(w, f, name); err != nil {
			return err
		}
	}
	return nil
}

func (m *matrix) add(c *Connection) {
	for _, e := range []End{c.From, c.To} {
		if _, known := m.titles[e.Group]; !known {
			m.groups = append(m.groups, e.Group)
			m.titles[e.Group] = e.title
		}
	}
	at := [2]string{c.From.Group, c.To.Group}
	if ports := c.Ports.String(); !slices.Contains(m.cells[at], ports) {
		m.cells[at] = append(m.cells[at], ports)
	}
}

func (m *matrix) write(w io.Writer, f Format, cluster string) error {
	corner := `from \ to`
	if cluster != "" {
		corner = plain(cluster) + ": " + corner
	}
	title := func(group string) string {
		if f == CSV {
			return group
		}
		return m.titles[group]
	}
	head := []string{corner}
	for _, g := range m.groups {
		head = append(head, title(g))
	}
	rows := [][]string{head}
	for _, from := range m.groups {
		row := []string{title(from)}
		for _, to := range m.groups {
			row = append(row, strings.Join(m.cells[[2]string{from, to}], ", "))
		}
		rows = append(rows, row)
	}
	switch f {
	case CSV:
		return WriteCSV(w, rows)
	case Markdown:
		for i, r := range rows {
			markdownRow(w, escapeAll(r))
			if i == 0 {
				markdownRow(w, strings.Split(strings.Repeat("--- ", len(r)-1)+"---", " "))
			}
		}
		return nil
	case Text:
		out := InColumns(w)
		for _, r := range rows {
			fmt.Fprintln(out, strings.Join(r, "\t"))
		}
		return out.Flush()
	}
	return fmt.Errorf("a matrix is text, csv or markdown, not %s", f)
}
