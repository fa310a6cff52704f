package main

import (
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
)

func newLintCmd(w world, v *viper.Viper) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Say what is right and worth a look, and what is silenced",
		Long: `Say what is right in the tenancy and worth a look, and what of that is silenced,
with the reason. A tenancy says in "lints" which of them are errors, and where
they are silent; docs/lints has a page on each.`,
		Example: `  hedgerow lint
  hedgerow lint --list      # the lints that there are`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list, err := cmd.Flags().GetBool("list"); err != nil || list {
				return errors.Join(err, listLints(w))
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runLint(w, cfg)
		},
	}
	cmd.Flags().Bool("list", false, "list the lints that there are, and read no tenancy")
	configFlags(cmd.Flags())
	return cmd
}

// listLints lists every lint with what it means.
func listLints(w world) error {
	out := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, code := range diag.Lints() {
		fmt.Fprintf(out, "%s\t%s\n", code, code.Summary())
	}
	return out.Flush()
}

// runLint reports what lints say. With an error in the tenancy it reports all
// that is wrong: what lints would say then is not known.
func runLint(w world, cfg *config) error {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return err
	}
	defer j.close()
	if _, err := j.expand(j.today()); err != nil {
		return err
	}
	if !slices.ContainsFunc(j.diags, func(d diag.Diagnostic) bool { return d.Severity == diag.Error && !d.Code.IsLint() }) {
		j.diags = slices.DeleteFunc(j.diags, func(d diag.Diagnostic) bool { return !d.Code.IsLint() && d.Code != diag.UnusedSilence })
	}
	if err := j.report(); err != nil {
		return err
	}
	if _, warnings := diag.Count(j.diags); warnings == 0 {
		j.say(j.summaryWriter(), "no lint says anything\n")
	}
	j.saySilenced(j.summaryWriter())
	return nil
}
