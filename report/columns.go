package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// A Screen is where people read, in lines of so many columns; 0 is no limit.
type Screen struct {
	io.Writer
	Columns int
}

// Columns lines up what is written to it, once it is flushed.
type Columns interface {
	io.Writer
	Flush() error
}

// InColumns gives a writer whose lines hold cells, parted by tabs, which it lines
// up as text/tabwriter does. On a Screen the cells of the widest columns are
// wrapped, so that lines fit as far as they can; nothing is left out.
func InColumns(w io.Writer) Columns {
	out := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	if s, ok := w.(Screen); ok && s.Columns > 0 {
		return &wrapping{to: out, width: s.Columns}
	}
	return out
}

const (
	gap      = 2  // spaces between columns
	narrowed = 12 // columns are not wrapped to less
	hanging  = 4  // spaces before what continues the first cell
)

// wrapping wraps cells before they are lined up.
type wrapping struct {
	bytes.Buffer
	to    *tabwriter.Writer
	width int
}

// Flush implements Columns.
func (w *wrapping) Flush() error {
	var rows [][]string
	for line := range strings.Lines(w.String()) {
		if cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(cells) > 1 {
			rows = append(rows, cells)
			continue
		}
		w.lineUp(rows)
		rows = nil
		_, _ = io.WriteString(w.to, line) // an error comes with Flush
	}
	w.lineUp(rows)
	return w.to.Flush()
}

// lineUp writes rows whose columns are as wide as there is room for.
func (w *wrapping) lineUp(rows [][]string) {
	var widths []int
	for _, cells := range rows {
		for i, c := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	narrow(widths, w.width-gap*(len(widths)-1))
	for _, cells := range rows {
		wrapped, height := make([][]string, len(cells)), 0
		for i, c := range cells {
			wrapped[i] = wrap(c, widths[i])
			height = max(height, len(wrapped[i]))
		}
		for line := range height {
			for i := range wrapped {
				if i > 0 {
					_, _ = io.WriteString(w.to, "\t")
				}
				if line < len(wrapped[i]) {
					_, _ = io.WriteString(w.to, wrapped[i][line])
				}
			}
			_, _ = io.WriteString(w.to, "\n")
		}
	}
}

// narrow makes the widest columns narrower until all fit into the room. Where they
// cannot, a table that is wrapped is worse than one that is too wide.
func narrow(widths []int, room int) {
	narrower, total := slices.Clone(widths), 0
	for _, n := range widths {
		total += n
	}
	for ; total > room; total-- {
		widest := slices.Index(narrower, slices.Max(narrower))
		if narrower[widest] <= narrowed {
			return
		}
		narrower[widest]--
	}
	copy(widths, narrower)
}

// wrap cuts a cell into lines of at most so many columns, where that hurts least.
func wrap(cell string, width int) (lines []string) {
	indent := strings.Repeat(" ", len(cell)-len(strings.TrimLeft(cell, " ")))
	if indent != "" {
		indent += strings.Repeat(" ", hanging)
	}
	rest := []rune(cell)
	for len(rest) > width {
		cut := cutOf(rest[:width])
		lines = append(lines, strings.TrimRight(string(rest[:cut]), " "))
		rest = append([]rune(indent), []rune(strings.TrimLeft(string(rest[cut:]), " "))...)
	}
	return append(lines, string(rest))
}

// cutOf gives how much of a line that is full stands on it: up to what parts
// texts, or else up to what parts a name, if that is not too little.
func cutOf(line []rune) int {
	for _, marks := range []string{" ,/", "-"} {
		for i := len(line); i > len(line)/2; i-- {
			if strings.ContainsRune(marks, line[i-1]) {
				return i
			}
		}
	}
	return len(line)
}
