package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// The picture, in pixels: its margins hold the numbers of the axes, and at the
// right the names of the lines.
const (
	width, height          = 1000, 540
	left, edge, top, floor = 60, 620, 30, 490
	lineOfText             = 17
)

// A curve is a line of the picture, with its name at its end.
type curve struct {
	row
	points []string
	end, y float64 // of the line, and of its name
}

// picture draws wall time against namespaces, both as logarithms: what grows as
// a power of the namespaces is a straight line.
func (m *measurements) picture() []byte {
	x, y := m.axes()
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %[1]d %[2]d\" font-family=\"sans-serif\" font-size=\"13\">\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", alt)
	for _, s := range m.Sizes {
		at := x.at(float64(s.Namespaces))
		fmt.Fprintf(&b, "<path d=\"M%.1f %dV%d\" stroke=\"#dddddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#222222\">%s</text>\n",
			at, top, floor, at, floor+20, grouped(s.Namespaces))
	}
	for _, tick := range y.ticks() {
		at := y.at(tick)
		fmt.Fprintf(&b, "<path d=\"M%d %.1fH%d\" stroke=\"#dddddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#222222\">%g s</text>\n",
			left, at, edge, left-8, at+4, tick)
	}
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#222222\">namespaces</text>\n", (left+edge)/2, height-10)
	for _, c := range m.curves(x, y) {
		dash := ""
		if !c.ours() {
			dash = ` stroke-dasharray="6 4"`
		}
		fmt.Fprintf(&b, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", strings.Join(c.points, " "), c.curve, dash)
		fmt.Fprintf(&b, "<path d=\"M%d %.1fL%d %.1f\" stroke=\"%s\" stroke-width=\"0.7\"/><text x=\"%d\" y=\"%.1f\" fill=\"%[5]s\">%[8]s</text>\n",
			edge, c.end, edge+22, c.y, c.curve, edge+26, c.y+4, html.EscapeString(strings.ReplaceAll(c.label, "`", "")))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

const alt = "Wall seconds against namespaces, both as logarithms, for each command of Hedgerow and its peers"

// An axis takes numbers between two to pixels.
type axis struct{ low, high, from, to float64 }

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// ticks gives the powers of ten, and three times them, that are on the axis.
func (a axis) ticks() (out []float64) {
	for power := -3; power < 6; power++ {
		for _, times := range []float64{1, 3} {
			v := times * math.Pow10(power)
			if v >= a.low && v <= a.high {
				out = append(out, v)
			}
		}
	}
	return out
}

// axes gives the axes on which everything that is measured has a place.
func (m *measurements) axes() (x, y axis) {
	x = axis{float64(m.first().Namespaces), float64(m.last().Namespaces), left, edge}
	y = axis{math.Inf(1), 0, floor, top}
	for _, s := range m.Sizes {
		for _, r := range rows {
			if r.curve != "" {
				y.low, y.high = min(y.low, s.Costs[r.key].Wall), max(y.high, s.Costs[r.key].Wall)
			}
		}
	}
	y.low, y.high = y.low/1.2, y.high*1.2
	return x, y
}

// curves gives the lines, the slowest first, with names that do not stand on
// each other.
func (m *measurements) curves(x, y axis) (out []curve) {
	for _, r := range rows {
		if r.curve == "" {
			continue
		}
		c := curve{row: r}
		for _, s := range m.Sizes {
			c.end = y.at(s.Costs[r.key].Wall)
			c.points = append(c.points, fmt.Sprintf("%.1f,%.1f", x.at(float64(s.Namespaces)), c.end))
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b curve) int { return cmp.Compare(a.end, b.end) })
	for i := range out {
		if out[i].y = out[i].end; i > 0 {
			out[i].y = max(out[i].y, out[i-1].y+lineOfText)
		}
	}
	return out
}
