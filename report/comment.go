package report

import (
	"fmt"
	"io"
	"strings"
)

// The limits of a comment on a pull request: GitHub takes 65,536 characters.
const (
	longest = 60_000 // characters that may be written
	folded  = 20     // changes of a section beyond which it is folded
)

// A comment is Markdown that must not become too long. What does not fit is
// counted.
type comment struct {
	b       strings.Builder
	left    int // characters
	dropped int // changes that did not fit
}

// closing is kept free for what ends a section and the comment.
const closing = 500

// add writes a text if it fits.
func (c *comment) add(text string) bool {
	n := len([]rune(text))
	if c.dropped > 0 || n+closing > c.left {
		return false
	}
	c.b.WriteString(text)
	c.left -= n
	return true
}

func writeDiffMarkdown(w io.Writer, d *Difference) error {
	c := &comment{left: longest}
	c.add(fmt.Sprintf("### Connections: %s\n", d.summary()))
	for _, k := range d.Clusters {
		for _, s := range k.sections() {
			c.section(&s)
		}
		for _, s := range k.words() {
			c.item(s)
		}
	}
	for i := range d.Notes {
		c.item(d.Notes[i].String())
	}
	for _, s := range d.Reservations {
		c.item(s)
	}
	if c.dropped > 0 {
		fmt.Fprintf(&c.b, "\n…and %d more, which do not fit here: run `hedgerow diff` to see all.\n", c.dropped)
	}
	_, err := io.WriteString(w, c.b.String())
	return err
}

func (c *comment) item(s string) {
	if !c.add("\n- " + EscapeMarkdown(s) + "\n") {
		c.dropped++
	}
}

func (c *comment) section(s *section) {
	title := EscapeMarkdown(s.title())
	if title == "" {
		title = "changes"
	}
	head, foot := fmt.Sprintf("\n**%s**\n\n", title), ""
	if len(s.lines) > folded {
		head, foot = fmt.Sprintf("\n<details><summary>%s: %d changes</summary>\n\n", title, len(s.lines)), "\n</details>\n"
	}
	if !c.add(head + "| | from | to | ports | by | owners |\n| --- | --- | --- | --- | --- | --- |\n") {
		c.dropped += len(s.lines)
		return
	}
	for _, l := range s.lines {
		row := escapeAll([]string{l.verb, l.from, l.to, l.ports, l.by, l.owners})
		if !c.add("| " + strings.Join(row, " | ") + " |\n") {
			c.dropped++
		}
	}
	c.b.WriteString(foot)
	c.left -= len(foot)
}
