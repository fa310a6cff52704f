package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// The names by which the program is called: its own, or as a plugin of kubectl,
// which runs it as kubectl-hedgerow.
const (
	ownName    = "hedgerow"
	pluginName = "kubectl hedgerow"
)

// calledName gives the name of the program by the path under which it runs.
func calledName(path string) string {
	file := path[strings.LastIndexAny(path, `/\`)+1:]
	if strings.TrimSuffix(file, ".exe") == "kubectl-hedgerow" {
		return pluginName
	}
	return ownName
}

var reOwnName = regexp.MustCompile(`(^|[\s"(])hedgerow( )`)

// renameHelp has every text of help say the name by which the program was called.
func renameHelp(root *cobra.Command, name string) {
	if name == ownName {
		return
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: name}
	for _, c := range root.Commands() {
		c.Long = reOwnName.ReplaceAllString(c.Long, "${1}"+name+"${2}")
		c.Example = reOwnName.ReplaceAllString(c.Example, "${1}"+name+"${2}")
	}
	root.Example = reOwnName.ReplaceAllString(root.Example, "${1}"+name+"${2}")
}

// fitHelp has help fit a terminal of 80 columns, which nobody's is below.
func fitHelp(root *cobra.Command) {
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages ", "FlagUsagesWrapped 80 "))
}

func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		Long:  `Help explains a command and its flags, as the command's own --help does.`,
		Example: `  hedgerow help
  hedgerow help publish`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				if c.IsAvailableCommand() && len(args) == 0 {
					out = append(out, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.Root()
		words:
			for _, name := range args {
				for _, c := range at.Commands() {
					if c.Name() == name {
						at = c
						continue words
					}
				}
				return unknownCommand(at, name)
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}
