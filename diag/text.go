package diag

import (
	"bytes"
	"fmt"
	"go/token"
	"strconv"
	"strings"
)

// The ANSI styles of the text format.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	yellow = "1;33"
	cyan   = "36"
)

// textWriter writes diagnostics for people.
type textWriter struct {
	*bytes.Buffer
	Options
}

func writeText(b *bytes.Buffer, ds []Diagnostic, o Options) {
	t := textWriter{b, o}
	for i, d := range ds {
		if i > 0 {
			t.WriteByte('\n')
		}
		t.headline(d)
		t.excerpt(d)
		if d.Fix != "" {
			fmt.Fprintf(t, "  %s %s\n", t.style(cyan, "fix:"), visible(d.Fix))
		}
		for _, r := range d.Related {
			fmt.Fprintf(t, "  %s %s%s\n", t.style(cyan, "also:"), t.place(r.Pos), visible(r.Note))
		}
	}
}

func (t textWriter) headline(d Diagnostic) {
	t.WriteString(t.place(d.Pos))
	t.WriteString(t.style(hue(d.Severity), d.Severity.String()+":"))
	t.WriteString(" " + visible(d.Fact))
	if d.Code != "" {
		t.WriteString(" " + t.style(dim, "["+visible(string(d.Code))+"]"))
	}
	t.WriteByte('\n')
}

// excerpt quotes the line of d with a caret under the column, as far as the
// source and the position are known.
func (t textWriter) excerpt(d Diagnostic) {
	s, ok := find(t.source(d.Pos.Filename), d.Pos)
	if !ok {
		return
	}
	line, indent := draw(s)
	number := strconv.Itoa(d.Pos.Line)
	fmt.Fprintf(t, "  %s\n", strings.TrimRight(t.style(dim, number+" |")+" "+line, " \t"))
	if s.at >= 0 {
		gutter := strings.Repeat(" ", len(number)) + " |"
		fmt.Fprintf(t, "  %s %s%s\n", t.style(dim, gutter), indent, t.style(hue(d.Severity), "^"))
	}
}

// place returns "file:line:column: " as far as pos goes, "" without a file.
func (t textWriter) place(pos token.Position) string {
	if pos.Filename == "" {
		return ""
	}
	s := visible(pos.Filename)
	if pos.Line > 0 {
		s += ":" + strconv.Itoa(pos.Line)
		if pos.Column > 0 {
			s += ":" + strconv.Itoa(pos.Column)
		}
	}
	return t.style(bold, s+":") + " "
}

func (t textWriter) style(ansi, s string) string {
	if !t.Color {
		return s
	}
	return "\x1b[" + ansi + "m" + s + "\x1b[0m"
}

func hue(s Severity) string {
	if s == Warning {
		return yellow
	}
	return red
}
