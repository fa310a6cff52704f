package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func newCompletionCmd(w world) *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print what has a shell complete commands, flags and names",
		Long: `Completion prints a script for bash, zsh, fish or PowerShell. With it the shell
completes commands and flags, the values of flags, and the names that the
tenancy declares. docs/install.md says where each shell looks for it.`,
		Example: `  source <(hedgerow completion bash)
  hedgerow completion zsh > "${fpath[1]}/_hedgerow"
  hedgerow completion fish > ~/.config/fish/completions/hedgerow.fish
  hedgerow completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) != 1:
				return fmt.Errorf("completion takes one shell; %s", nearest.Hint("", "shells", shells))
			case !slices.Contains(shells, args[0]):
				return fmt.Errorf("unknown shell %q; %s", args[0], nearest.Hint(args[0], "shells", shells))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w.out, true)
			case "fish":
				return root.GenFishCompletion(w.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w.out)
			}
			return root.GenZshCompletion(w.out)
		},
	}
}

// choices has a flag of a command complete to its values.
func choices(cmd *cobra.Command, flag string, values ...string) {
	complete(cmd, flag, oneOf(values...))
}

// oneOf completes to those values that begin as the word does.
func oneOf(values ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, word string) (out []string, _ cobra.ShellCompDirective) {
		for _, v := range values {
			if strings.HasPrefix(v, word) {
				out = append(out, v)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the command has no such flag, or two functions for it
	}
}

// completeShared has the flags complete that mean the same wherever they are.
func completeShared(root *cobra.Command, v *viper.Viper) {
	fixed := map[string]cobra.CompletionFunc{
		"format": oneOf(formatNames()...),
		"mode":   oneOf(modeInline, modePublish),
		"dir":    cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		"output": cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	}
	names := map[string]func(*tenancy.Tenancy) []string{
		"environment": func(t *tenancy.Tenancy) []string { return tenancy.Keys(t.Environments) },
		"team":        func(t *tenancy.Tenancy) []string { return tenancy.Keys(t.Teams) },
		"cluster":     func(t *tenancy.Tenancy) []string { return tenancy.Keys(t.Clusters) },
		"from":        endNames, "to": endNames,
	}
	for name, f := range names {
		fixed[name] = completeNames(v, f)
	}
	for _, c := range append(root.Commands(), root) {
		c.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if _, own := c.GetFlagCompletionFunc(flag.Name); fixed[flag.Name] != nil && !own {
				complete(c, flag.Name, fixed[flag.Name])
			}
		})
	}
}

// completeNames completes to names that the tenancy declares. What is wrong with
// the tenancy is for other commands to say: then there is nothing to complete to.
func completeNames(v *viper.Viper, names func(*tenancy.Tenancy) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		cfg, err := readConfig(cmd, v)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		t := decodedSoon(cfg)
		if t == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		// Nothing has judged the names yet, and shells give meaning to much.
		known := slices.DeleteFunc(names(t), func(name string) bool {
			return !strings.HasPrefix(name, word) || !rePlainWord.MatchString(name)
		})
		return known, cobra.ShellCompDirectiveNoFileComp
	}
}

var rePlainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./-]*$`)

// completeEnds completes to the two ends that explain takes.
func completeEnds(v *viper.Viper) cobra.CompletionFunc {
	ends := completeNames(v, endNames)
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) < 2 {
			return ends(cmd, args, word)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// keyPatience is how long somebody who pressed a key waits.
const keyPatience = 2 * time.Second

// decodedSoon reads the tenancy as far as its names are known; nil if that is not
// soon, or not at all.
func decodedSoon(cfg *config) *tenancy.Tenancy {
	hurried := *cfg
	hurried.Timeout = min(cfg.Timeout, keyPatience)
	t, err := watched(&hurried, func() (*tenancy.Tenancy, error) {
		decoded := make(chan *tenancy.Tenancy, 2)
		go func() {
			// What is wrong, and whether it is, is not asked.
			_, _ = schema.Load(cfg.dir, cfg.Tags, func(t *tenancy.Tenancy) { decoded <- t })
			decoded <- nil
		}()
		return <-decoded, nil
	})
	if err != nil {
		return nil
	}
	return t
}

// endNames gives the ends of connections, as explain and reach take them.
func endNames(t *tenancy.Tenancy) []string {
	out := []string{"apiServer", "nodes"}
	with := func(end string, workloads map[string]*tenancy.Workload) {
		out = append(out, end)
		for name := range workloads {
			out = append(out, end+"/"+name)
		}
	}
	for name, s := range t.Shared {
		with("shared/"+name, s.Workloads)
	}
	for name := range t.Externals {
		out = append(out, "external/"+name)
	}
	for environment := range t.Environments {
		for _, team := range t.Teams {
			for name, n := range team.Namespaces {
				if n.In(environment) {
					with(environment+"/"+name, n.Workloads)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
