package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/render"
)

func newVetCmd(w world, v *viper.Viper) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vet",
		Short: "Check the tenancy and everything that it generates; write nothing",
		Long: `Vet evaluates the tenancy, expands it, builds every overlay with kustomize in
memory, proves that exactly the declared flows are open, and reports all that is
wrong or would be, each with its position and a fix. It writes nothing.

It exits 1 if anything is wrong; warnings alone exit 0.`,
		Example: `  hedgerow vet
  hedgerow vet --format github      # annotations on the lines of a pull request
  hedgerow vet -C tenancies/acme -t region=eu`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runVet(w, cfg)
		},
	}
	configFlags(cmd.Flags())
	return cmd
}

func runVet(w world, cfg *config) error {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return err
	}
	defer j.close()
	if _, err := j.vet(); err != nil {
		return err
	}
	if err := j.report(); err != nil {
		return err
	}
	j.say(j.summaryWriter(), "the tenancy is right: %s\n", j.contents())
	j.sayReservations(j.summaryWriter())
	return nil
}

// vet takes the job through all stages and looks at what would come of writing;
// it reports whether the tenancy could be built.
func (j *job) vet() (bool, error) {
	ok, err := j.build(j.today())
	if err != nil || !ok {
		return false, err
	}
	if err := j.judgePullRequest(); err != nil {
		return false, err
	}
	if err := j.lookElsewhere(); err != nil {
		return false, failure{err}
	}
	dropped, err := render.CheckNamespaces(j.output, j.expansion, j.tree, j.cfg.MaxRemoved)
	if err != nil {
		return false, failure{err}
	}
	j.diags = append(j.diags, dropped...)
	if j.output.Inventory() != nil {
		j.diags = append(j.diags, render.CheckTransitions(j.output, j.expansion, j.tree)...)
	}
	return true, j.judge()
}
