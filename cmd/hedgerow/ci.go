package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/revision"
)

// ciOptions are what ci is told for one run.
type ciOptions struct{ as, file string }

func newCICmd(w world, v *viper.Viper) *cobra.Command {
	var o ciOptions
	formats := []string{string(report.Text), string(report.JSON), string(report.Markdown)}
	cmd := &cobra.Command{
		Use:   "ci",
		Short: "Do all that a pull request needs, in one run with one report",
		Long: `Ci is vet, generate --check, diff and publish --dry-run in one run: the tenancy
is evaluated, built and proved once. In mode inline the output folder is
checked; else what publish would commit is shown, but in the checks of a pull
request, where nobody has the right to, and publish runs after the merge.
Connections are compared with those where the branch left its target, or with
the output folder.

Problems are reported as vet reports them. The report says what is right, and
what opens and closes; as markdown it holds the problems as well.`,
		Example: `  hedgerow ci
  hedgerow ci --as markdown > report.md
  hedgerow ci --format github --as markdown --report "$GITHUB_STEP_SUMMARY"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(formats, o.as) {
				return fmt.Errorf("unknown format %q; %s", o.as, nearest.Hint(o.as, "formats", formats))
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runCI(cmd.Context(), w, cfg, o)
		},
	}
	configFlags(cmd.Flags())
	publishFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.as, "as", "text", "how the report is written: text, json or markdown")
	choices(cmd, "as", formats...)
	cmd.Flags().StringVar(&o.file, "report", "", "file to write the report to (default standard output)")
	return cmd
}

func runCI(ctx context.Context, w world, cfg *config, o ciOptions) error {
	j, err := newJob(w, cfg, false)
	if err != nil {
		return err
	}
	defer j.close()
	parts, stopped := j.ci(ctx)
	if stopped != nil && len(parts) == 0 && len(j.found()) == 0 {
		return stopped
	}
	// What one part could not do hides nothing of what the others found.
	found := j.report()
	if err := j.writeCI(parts, o); err != nil {
		return failure{err}
	}
	return cmp.Or(stopped, found)
}

// A ciPart is what one of the commands has to say.
type ciPart struct {
	title string
	lines []string
	diff  *report.Difference // nil of a part that compares nothing
}

// ci gives what the commands say of a tenancy that is right; what is wrong is
// among the diagnostics.
func (j *job) ci(ctx context.Context) (parts []ciPart, err error) {
	ok, err := j.vet()
	if err != nil || !ok || diag.HasErrors(j.found()) {
		return nil, err
	}
	parts = append(parts, ciPart{title: "tenancy", lines: append([]string{"the tenancy is right: " + j.contents()}, j.reservations()...)})
	for _, command := range []func(context.Context) (*ciPart, error){j.ciCheck, j.ciDiff, j.ciPublish} {
		part, err := command(ctx)
		if err != nil {
			return parts, err
		}
		if part != nil {
			parts = append(parts, *part)
		}
	}
	return parts, nil
}

// reservations gives the lines that say what is less, or otherwise, than it seems.
func (j *job) reservations() (lines []string) {
	aloud, cfg := *j, *j.cfg
	cfg.Quiet, aloud.cfg = false, &cfg
	var out bytes.Buffer
	aloud.sayReservations(&out)
	aloud.sayExceptions(&out)
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}

// ciCheck is generate --check, where the overlays are committed with the tenancy.
func (j *job) ciCheck(context.Context) (*ciPart, error) {
	if j.cfg.Mode != modeInline {
		return nil, nil
	}
	// What has expired since the output was generated is the nightly run's to close.
	if inv := j.output.Inventory(); inv != nil && inv.LastExpired() != j.expansion.LastExpired {
		return j.ciCheckAsOf(j.dayOfOutput())
	}
	plan, err := j.planBuilt(false)
	if err != nil {
		return nil, err
	}
	j.checkOutput(plan)
	if diag.HasErrors(j.diags) {
		return nil, nil
	}
	return &ciPart{title: "overlays", lines: []string{j.isCurrent()}}, nil
}

// ciCheckAsOf is generate --check as of another day than the rest.
func (j *job) ciCheckAsOf(day string) (*ciPart, error) {
	k := &job{w: j.w, cfg: j.cfg, sources: j.sources, output: j.output, cache: j.cache}
	plan, err := k.plan(day, false)
	if err != nil {
		return nil, err
	}
	k.checkOutput(plan)
	for _, d := range k.diags {
		if !slices.ContainsFunc(j.diags, func(e diag.Diagnostic) bool { return e.Code == d.Code && e.Pos == d.Pos && e.Fact == d.Fact }) {
			j.diags = append(j.diags, d)
		}
	}
	if diag.HasErrors(k.diags) {
		return nil, nil
	}
	return &ciPart{title: "overlays", lines: []string{k.isCurrent()}}, nil
}

// ciDiff is diff, with where the branch left its target in the checks of a pull
// request, and else with the output folder.
func (j *job) ciDiff(context.Context) (*ciPart, error) {
	part := &ciPart{title: "connections"}
	var old *state
	var err error
	switch {
	case comparesOutput(j.w, j.cfg):
		old, err = j.stateOfOutput()
	case targetBranch(j.w) == "":
		return nil, nil
	default:
		quiet := j.w // what is wrong there is not this tenancy's
		quiet.out, quiet.err = io.Discard, io.Discard
		old, err = stateBefore(quiet, j.cfg)
	}
	var f failure
	switch {
	case errors.As(err, &f) && errors.Is(f.error, revision.ErrNoTenancy):
		part.lines = []string{"this is the first tenancy: there is none to compare it with"}
		return part, nil
	case errors.Is(err, errProblems):
		part.lines = []string{"the tenancy was wrong before: there is nothing to compare this one with"}
		return part, nil
	case err != nil:
		return nil, err
	}
	if part.diff, err = compareWithReservations(old, j.state()); err != nil {
		return nil, err
	}
	said := j.reservations()
	part.diff.Reservations = slices.DeleteFunc(part.diff.Reservations, func(s string) bool { return slices.Contains(said, s) })
	return part, nil
}

// ciPublish is publish --dry-run, but in the checks of a pull request.
func (j *job) ciPublish(ctx context.Context) (*ciPart, error) {
	part := &ciPart{title: "publish"}
	if j.cfg.Mode == modeInline || diag.HasErrors(j.diags) {
		return nil, nil
	}
	if targetBranch(j.w) != "" {
		part.lines = []string{"publish commits the overlays after the merge"}
		return part, nil
	}
	repo, err := revision.Open(j.cfg.dir)
	if err != nil {
		return nil, failure{err}
	}
	opts, err := publishTo(j.w, j.cfg, repo)
	if err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	opts.DryRun = true
	if err := j.committed(repo, opts); err != nil || diag.HasErrors(j.diags) {
		return nil, err
	}
	result, err := j.push(ctx, opts)
	var refusal *publish.Refusal
	if errors.As(err, &refusal) || errors.Is(err, errProblems) {
		return nil, nil // which is among the diagnostics
	} else if err != nil {
		return nil, err
	}
	where := fmt.Sprintf("%s of %s", result.Branch, opts.Target)
	if result.Commit == "" {
		part.lines = []string{"there is nothing to publish: " + where + " is what the tenancy says"}
		return part, nil
	}
	part.lines = []string{fmt.Sprintf("publish would commit to %s, %s written and %s deleted:", where, report.Count(len(result.Write), "file"), report.Number(len(result.Delete)))}
	for line := range strings.Lines(result.Message) {
		part.lines = append(part.lines, strings.TrimSpace(line))
	}
	part.lines = append(part.lines, deliveryNote(opts, result)...)
	return part, nil
}

// writeCI writes the report to where it is wanted.
func (j *job) writeCI(parts []ciPart, o ciOptions) error {
	var out bytes.Buffer
	write := map[string]func(io.Writer, []ciPart) error{
		string(report.Text): j.ciText, string(report.JSON): j.ciJSON, string(report.Markdown): j.ciMarkdown,
	}[o.as]
	if err := write(&out, parts); err != nil {
		return err
	}
	if o.file != "" {
		if len(parts) > 0 {
			j.say(j.summaryWriter(), "%s\n", parts[0].lines[0])
		}
		return os.WriteFile(o.file, out.Bytes(), 0o644)
	}
	if j.cfg.Quiet && o.as != string(report.JSON) {
		return nil
	}
	_, err := j.summaryWriter().Write(out.Bytes())
	return err
}

func (j *job) ciText(w io.Writer, parts []ciPart) error {
	for _, p := range parts {
		var body bytes.Buffer
		for _, line := range p.lines {
			fmt.Fprintln(&body, line)
		}
		if p.diff != nil {
			if err := report.WriteDiff(&body, report.Text, p.diff); err != nil {
				return err
			}
		}
		fmt.Fprintln(w, p.title)
		for line := range strings.Lines(body.String()) {
			fmt.Fprintln(w, strings.TrimRight("  "+line, " \n"))
		}
	}
	return nil
}

// longestList is how many problems a report lists: more do not help a reader.
const longestList = 50

func (j *job) ciMarkdown(w io.Writer, parts []ciPart) error {
	ds := diag.Sort(j.found())
	errs, warns := diag.Count(ds)
	fmt.Fprintf(w, "## Hedgerow: %s, %s\n", report.Count(errs, "error"), report.Count(warns, "warning"))
	ds = slices.DeleteFunc(ds, func(d diag.Diagnostic) bool { return d.Silenced != "" })
	slices.SortStableFunc(ds, func(a, b diag.Diagnostic) int { return warnings(&a) - warnings(&b) }) // errors first
	for _, d := range ds[:min(len(ds), longestList)] {
		fmt.Fprintf(w, "\n- %s\n", report.EscapeMarkdown(inALine(&d)))
	}
	if more := len(ds) - longestList; more > 0 {
		fmt.Fprintf(w, "\n…and %d more\n", more)
	}
	for _, p := range parts {
		if p.diff != nil {
			fmt.Fprintln(w)
			if err := report.WriteDiff(w, report.Markdown, p.diff); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "\n### %s%s\n", strings.ToUpper(p.title[:1]), p.title[1:])
		for _, line := range p.lines {
			if line != "" {
				fmt.Fprintf(w, "\n- %s\n", report.EscapeMarkdown(line))
			}
		}
	}
	return nil
}

// warnings gives 1 for a warning, and 0 for an error.
func warnings(d *diag.Diagnostic) int {
	if d.Severity == diag.Warning {
		return 1
	}
	return 0
}

// inALine gives a diagnostic without its excerpt.
func inALine(d *diag.Diagnostic) string {
	out := []string{"error", "warning"}[warnings(d)]
	if d.Pos.Filename != "" {
		out += " at " + d.Pos.String()
	}
	out += ": " + d.Fact
	if d.Fix != "" {
		out += "; fix: " + d.Fix
	}
	return out + " (" + string(d.Code) + ")"
}
