package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newManCmd makes the command that packages are made with; it is not listed, for
// who has a package has the pages.
func newManCmd(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages",
		Long: `Man writes a manual page for each command into a folder. The pages carry the day
of the commit that the binary was built from, or that of SOURCE_DATE_EPOCH.`,
		Example: `  hedgerow man ~/.local/share/man/man1`,
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("man takes one folder, as in: hedgerow man ~/.local/share/man/man1")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			day, err := manDay(w, ownBuild())
			if err != nil {
				return err
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return failure{err}
			}
			for name, page := range manPages(cmd.Root(), day, version()) {
				if err := os.WriteFile(filepath.Join(args[0], name), page, 0o644); err != nil {
					return failure{err}
				}
			}
			return nil
		},
	}
}

// manDay gives the day of the pages: no clock's, so that the same binary writes
// the same pages; "" if none is known.
func manDay(w world, b *build) (string, error) {
	if w.env("SOURCE_DATE_EPOCH") != "" {
		at, err := dateOf(w)
		return at.Format(time.DateOnly), err
	}
	day, _, _ := strings.Cut(b.Date, "T")
	return day, nil
}

// manPages gives a page for each command that help lists, by their files' names.
func manPages(root *cobra.Command, day, version string) map[string][]byte {
	pages := map[string][]byte{}
	for _, c := range append(root.Commands(), root) {
		if c == root || c.IsAvailableCommand() {
			pages[manName(c)+".1"] = manPage(c, day, version)
		}
	}
	return pages
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage writes the help of a command in the language of man. That is not done
// by way of Markdown, as Cobra would: help is plain text, and is to stay as it is.
func manPage(c *cobra.Command, day, version string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %q 1 %q %q \"Hedgerow\"\n", strings.ToUpper(manName(c)), day, "hedgerow "+version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(c)), roff(strings.ToLower(c.Short[:1])+c.Short[1:]))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(c.UseLine()))
	b.WriteString(".SH DESCRIPTION\n")
	manText(&b, c.Long)
	manFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manFlags(&b, "OPTIONS OF EVERY COMMAND", c.InheritedFlags())
	b.WriteString(".SH EXIT STATUS\n0 when all is well, 1 when problems were found,\n" +
		"2 when it was called wrongly, 3 when it could not do its work.\n")
	b.WriteString(".SH EXAMPLES\n.nf\n")
	for line := range strings.Lines(c.Example) {
		b.WriteString(roff(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  ")) + "\n")
	}
	b.WriteString(".fi\n.SH SEE ALSO\n")
	var also []string
	for _, other := range append([]*cobra.Command{c.Root()}, c.Root().Commands()...) {
		if other != c && (other == c.Root() || !c.HasParent() && other.IsAvailableCommand()) {
			also = append(also, fmt.Sprintf("\\fB%s\\fR(1)", roff(manName(other))))
		}
	}
	b.WriteString(strings.Join(also, ",\n") + "\n")
	return b.Bytes()
}

// manText writes paragraphs; lines that are indented stay as they are.
func manText(b *bytes.Buffer, text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		literal := strings.HasPrefix(paragraph, " ")
		if literal {
			b.WriteString(".nf\n")
		}
		for line := range strings.Lines(paragraph) {
			b.WriteString(roff(strings.TrimSuffix(line, "\n")) + "\n")
		}
		if literal {
			b.WriteString(".fi\n")
		}
	}
}

func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
		}
		fmt.Fprintf(b, "\\fB%s\\fR", roff("--"+f.Name))
		if name != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(name))
		}
		b.WriteString("\n" + roff(usage))
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
			b.WriteString(roff(" (default " + f.DefValue + ")"))
		}
		b.WriteString("\n")
	})
}

// roff writes a line of text so that man shows it as it is.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`).Replace(line)
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
