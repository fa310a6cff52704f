package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
)

func newGenerateCmd(w world, v *viper.Viper) *cobra.Command {
	var check, adopt bool
	var as string
	formats := []string{string(report.Text), string(report.JSON)}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write the overlays that the tenancy declares",
		Long: `Generate checks the tenancy, builds every overlay with kustomize in memory, and
writes what has changed. Nothing is written when anything is wrong.`,
		Example: `  hedgerow generate
  hedgerow generate --check          # write nothing; exit 1 if it differs
  hedgerow generate --adopt          # after the inventory was lost
  hedgerow generate --as-of 2027-07-01`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			switch {
			case !slices.Contains(formats, as):
				return fmt.Errorf("unknown format %q; %s", as, nearest.Hint(as, "formats", formats))
			case check && as != string(report.Text):
				return errors.New("--as is about what is written, and --check writes nothing: leave one out, or ask for --format json")
			case check && adopt:
				return errors.New("--check writes nothing, and --adopt is about writing: leave one out")
			case check:
				return runCheck(w, cfg)
			}
			return runGenerate(w, cfg, adopt, as)
		},
	}
	configFlags(cmd.Flags())
	cmd.Flags().StringVar(&as, "as", "text", "how what is written is listed: text or json")
	choices(cmd, "as", formats...)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 1 if the output differs")
	cmd.Flags().BoolVar(&adopt, "adopt", false, "accept existing files that equal what would be written, without an inventory")
	return cmd
}

func runGenerate(w world, cfg *config, adopt bool, as string) error {
	j, err := newJob(w, cfg, true)
	if err != nil {
		return err
	}
	defer j.close()
	plan, err := j.plan(j.today(), adopt)
	if err != nil {
		return err
	}
	found := j.report()
	// What the calendar alone broke stops no writing: closings are written.
	if found != nil && (diag.HasErrors(j.diags) || !errors.Is(found, errProblems)) {
		j.say(w.err, "nothing was written\n")
		return found
	}
	if err := j.write(plan); err != nil {
		return failure{err}
	}
	if as == string(report.JSON) {
		return cmp.Or(j.generateJSON(j.summaryWriter(), plan), found)
	}
	j.summarize(plan)
	return found
}

func runCheck(w world, cfg *config) error {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return err
	}
	defer j.close()
	plan, err := j.plan(j.dayOfOutput(), false)
	if err != nil {
		return err
	}
	j.checkOutput(plan)
	if err := j.report(); err != nil {
		return err
	}
	j.say(j.summaryWriter(), "%s\n", j.isCurrent())
	j.sayReservations(j.summaryWriter())
	return nil
}

// checkOutput reports how the output folder differs from a plan, which is nil if
// the tenancy is wrong.
func (j *job) checkOutput(plan *render.Plan) {
	j.diags = append(j.diags, j.output.Unfinished()...)
	if plan != nil && !diag.HasErrors(j.diags) {
		j.diags = append(j.diags, plan.Differences()...)
	}
}

// isCurrent says that the output folder needs no change.
func (j *job) isCurrent() string {
	return fmt.Sprintf("%s is what the tenancy says: %s", j.cfg.Output, j.contents())
}

// plan takes the job through all stages up to what must change; the plan is nil
// if the tenancy is wrong.
func (j *job) plan(asOf string, adopt bool) (*render.Plan, error) {
	ok, err := j.build(asOf)
	if err != nil || !ok {
		return nil, err
	}
	if err := j.judge(); err != nil {
		return nil, err
	}
	if err := j.lookElsewhere(); err != nil {
		return nil, failure{err}
	}
	return j.planBuilt(adopt)
}

// planBuilt gives what must change in the output folder.
func (j *job) planBuilt(adopt bool) (*render.Plan, error) {
	plan, diags, err := render.NewPlan(j.output, j.expansion, j.tree, render.PlanOptions{
		Tags: j.cfg.Tags, Adopt: adopt, MaxRemovedNamespaces: j.cfg.MaxRemoved,
	})
	if err != nil {
		return nil, failure{err}
	}
	j.diags = slices.Concat(j.diags, diags, j.begunTooLate(plan))
	return plan, nil
}

// begunTooLate refuses to begin a roll-out that should be over. One that began in
// time is reported alone: only people may end it.
func (j *job) begunTooLate(plan *render.Plan) []diag.Diagnostic {
	var l diag.List
	begun, _ := plan.Rollouts()
	for _, o := range begun {
		if until := o.Rollout.Cause.Until; until.Text < j.today() {
			l.Error(diag.RolloutOverdue, until.Pos, "give it a later day", "a roll-out of %s cannot begin: it should have ended on %s", o.Place(), until.Text)
		}
	}
	return l
}

func (j *job) write(plan *render.Plan) error {
	if j.root == nil {
		if err := os.MkdirAll(filepath.Dir(j.cfg.output()), 0o755); err != nil {
			return err
		}
		// Another run may have made it since this one looked.
		if err := os.Mkdir(j.cfg.output(), 0o755); err != nil {
			return err
		}
		var err error
		if j.root, err = render.OpenOutput(j.cfg.output()); err != nil {
			return err
		}
		if err := j.lock(); err != nil {
			return err
		}
	}
	return plan.Write(j.root)
}
