package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// variables are the variables of the environment that are no flags: what each is
// for. Those that only the tests read are not among them.
var variables = map[string]string{
	"HEDGEROW_TOKEN":              "opens the repository that is published to, over HTTPS",
	"HEDGEROW_SOURCE_TOKEN":       "opens the tenancy's own repository, where that is another",
	"HEDGEROW_SSH_PASSPHRASE":     "opens the key of `--ssh-key`",
	"HEDGEROW_SIGNING_PASSPHRASE": "opens the key of `--signing-key`",
	"SOURCE_DATE_EPOCH":           "the date of the commits that `publish` makes, in seconds since 1970",
	"NO_COLOR":                    "if it is set, nothing is coloured",
	"TERM":                        "if it is `dumb`, nothing is coloured",
	"GOGC":                        "if it is set, Go's garbage collector is paced by it alone",
	"GOMEMLIMIT":                  "if it is set, Go's garbage collector is paced by it alone",

	"GITHUB_BASE_REF":                     "on GitHub, where the branch of a pull request leads",
	"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "on GitLab, where the branch of a merge request leads",
	"BITBUCKET_PR_DESTINATION_BRANCH":     "on Bitbucket, where the branch of a pull request leads",
	"GITHUB_REF_NAME":                     "on GitHub, the branch that is checked out",
	"GITHUB_REF_TYPE":                     "on GitHub, whether that is a branch",
	"CI_COMMIT_BRANCH":                    "on GitLab, the branch that is checked out",
	"CI_DEFAULT_BRANCH":                   "on GitLab, the default branch",
}

const commandsPage = root + "docs/commands.md"

// TestCommandsDocument generates the page of the commands.
func TestCommandsDocument(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`# Commands

Generated from the program; ` + "`hedgerow COMMAND --help`" + ` says the same of each. Every command works in the folder that
` + "`-C`, `--dir`" + ` names, which is the current one if it is left out.

They exit with

| code | when |
|---|---|
`)
	for _, row := range []struct {
		code int
		when string
	}{
		{exitClean, "all is well"},
		{exitProblems, "the tenancy or the output has problems or differs; each is a [diagnostic](codes.md)"},
		{exitUsage, "it was called wrongly"},
		{exitFailure, "it could not do its work: files, network, limits"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", row.code, row.when)
	}
	hedgerow := newRootCmd(world{name: ownName})
	hedgerow.InitDefaultCompletionCmd("completion")
	for _, cmd := range hedgerow.Commands() {
		if cmd.IsAvailableCommand() {
			describeCommand(&b, cmd)
		}
	}
	b.WriteString("\n## Flags of every command\n\nOf every command that reads a tenancy. Each is also a key of `.hedgerow.yaml` and a variable of the environment ([how](configuration.md)).\n\n")
	flagTable(&b, flagsOf(configFlags), "variable", func(f *pflag.Flag) string {
		return "`HEDGEROW_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")) + "`"
	})
	b.WriteString("\n## Flags of publishing\n\nOf `publish` and `ci`, and likewise keys and variables.\n\n")
	flagTable(&b, flagsOf(publishFlags), "", nil)
	b.WriteString("\n## Variables\n\nBeside those of the flags:\n\n| variable | what it is for |\n|---|---|\n")
	for name, what := range tenancy.Sorted(variables) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, what)
	}
	checkGenerated(t, commandsPage, b.Bytes())
}

// describeCommand writes the section of one command.
func describeCommand(b *bytes.Buffer, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## `%s`\n\n`%s`\n\n", cmd.CommandPath(), cmd.UseLine())
	if cmd.Long == "" || cmd.HasSubCommands() {
		b.WriteString(cmd.Short + ".\n")
	} else {
		b.WriteString(paragraphs(cmd.Long))
	}
	if cmd.HasSubCommands() {
		b.WriteString("\nOne for each shell:")
		for _, c := range cmd.Commands() {
			fmt.Fprintf(b, " `%s`", c.Name())
		}
		b.WriteString("\n")
		return
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", dedent(cmd.Example))
	}
	var own []*pflag.Flag
	shared, publishing := hasAll(cmd, configFlags), hasAll(cmd, publishFlags)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !(shared && within(f, configFlags)) && !(publishing && within(f, publishFlags)) {
			own = append(own, f)
		}
	})
	if len(own) > 0 {
		b.WriteString("\n")
		flagTable(b, own, "", nil)
	}
	var further []string
	if publishing {
		further = append(further, "[flags of publishing](#flags-of-publishing)")
	}
	if shared {
		further = append(further, "[flags of every command](#flags-of-every-command)")
	}
	if len(further) > 0 {
		fmt.Fprintf(b, "\nIt takes the %s.\n", strings.Join(further, " and the "))
	}
}

// paragraphs writes the text of a help, its commands as blocks.
func paragraphs(text string) string {
	parts := strings.Split(text, "\n\n")
	for i, p := range parts {
		if strings.HasPrefix(p, "  ") {
			parts[i] = "```sh\n" + dedent(p) + "\n```"
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func dedent(text string) string {
	return strings.TrimPrefix(strings.ReplaceAll(text, "\n  ", "\n"), "  ")
}

// flagTable writes flags, with one column more if it is wanted.
func flagTable(b *bytes.Buffer, flags []*pflag.Flag, more string, cell func(*pflag.Flag) string) {
	head, rule := "| flag | default |", "|---|---|"
	if cell != nil {
		head, rule = head+" "+more+" |", rule+"---|"
	}
	fmt.Fprintf(b, "%s |\n%s---|\n", head, rule)
	for _, f := range flags {
		kind, usage := pflag.UnquoteUsage(f)
		kind = strings.Replace(kind, "Array", "…", 1) // it may be given several times
		name := "`--" + strings.TrimSpace(f.Name+" "+kind) + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		value := ""
		if d := f.DefValue; d != "" && d != "[]" && d != "false" {
			value = "`" + d + "`"
		}
		fmt.Fprintf(b, "| %s | %s |", name, value)
		if cell != nil {
			fmt.Fprintf(b, " %s |", cell(f))
		}
		fmt.Fprintf(b, " %s |\n", strings.NewReplacer("|", `\|`, "<", `\<`).Replace(usage))
	}
}

func flagsOf(add func(*pflag.FlagSet)) (flags []*pflag.Flag) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	add(set)
	set.VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
	return flags
}

func within(f *pflag.Flag, add func(*pflag.FlagSet)) bool {
	return slices.ContainsFunc(flagsOf(add), func(g *pflag.Flag) bool { return g.Name == f.Name && g.Usage == f.Usage })
}

func hasAll(cmd *cobra.Command, add func(*pflag.FlagSet)) bool {
	return !slices.ContainsFunc(flagsOf(add), func(f *pflag.Flag) bool { return cmd.Flags().Lookup(f.Name) == nil })
}

// TestVariables: the page names every variable that the program looks at, and no
// other.
func TestVariables(t *testing.T) {
	reEnv := regexp.MustCompile(`(?:\.env|os\.Getenv|os\.LookupEnv)\("([A-Z_]+)"\)`)
	found := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range reEnv.FindAllStringSubmatch(string(source), -1) {
			found[m[1]] = true
			if variables[m[1]] == "" {
				t.Errorf("%s looks at %s, of which docs/commands.md says nothing", file, m[1])
			}
		}
	}
	for name := range variables {
		if !found[name] {
			t.Errorf("nothing looks at %s", name)
		}
	}
}
