package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/report"
)

func newLintCmd(w world, v *viper.Viper) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Say what is right and worth a look, and what is silenced",
		Long: `Say what is right in the tenancy and worth a look, and what of that is silenced,
with the reason. A tenancy says in "lints" which of them are errors, and where
they are silent; docs/lints has a page on each.`,
		Example: `  hedgerow lint
  hedgerow lint --list                  # the lints that there are
  hedgerow lint --list --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := cmd.Flags().GetBool("list")
			if err != nil {
				return err
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			if list {
				return listLints(w, diag.Format(cfg.Format))
			}
			return runLint(w, cfg)
		},
	}
	cmd.Flags().Bool("list", false, "list the lints that there are, as text or json, and read no tenancy")
	configFlags(cmd.Flags())
	return cmd
}

// A listedLint is a lint as programs read it.
type listedLint struct {
	Code     diag.Code `json:"code"`
	Severity string    `json:"severity"` // where no tenancy says another
	Summary  string    `json:"summary"`
	Page     string    `json:"page"` // in Hedgerow's repository
}

// listLints lists every lint with what it means.
func listLints(w world, f diag.Format) error {
	switch f {
	case diag.Text:
		out := report.InColumns(w.screen())
		for _, code := range diag.Lints() {
			fmt.Fprintf(out, "%s\t%s\n", code, code.Summary())
		}
		return out.Flush()
	case diag.JSON:
		out := struct {
			Lints []listedLint `json:"lints"`
		}{}
		for _, code := range diag.Lints() {
			out.Lints = append(out.Lints, listedLint{code, diag.Warning.String(), code.Summary(), "docs/lints/" + string(code) + ".md"})
		}
		return report.WriteJSON(w.out, out)
	}
	return fmt.Errorf("a list of lints is text or json, not %s", f)
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
