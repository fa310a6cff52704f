package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/report"
)

// The exit codes.
const (
	exitClean    = 0
	exitProblems = 1 // the tenancy or the output has problems or differs
	exitUsage    = 2 // the command was called wrongly
	exitFailure  = 3 // the tool could not do its work: files, limits
)

// errProblems says that diagnostics were written that are errors.
var errProblems = errors.New("problems were found")

// failure marks an error as one of the tool's work, not of its call.
type failure struct{ error }

// world is what a command touches besides files.
type world struct {
	name                     string // by which the program was called; "" is its own
	in                       io.Reader
	out, err                 io.Writer
	inTerminal               bool
	outTerminal, errTerminal bool
	color                    bool // colour is welcome on a terminal
	width                    int  // of the terminal that out is, in columns; 0 is no limit
	now                      func() time.Time
	env                      func(name string) string
	cacheDir                 string                            // of the user; "" if there is none
	program                  func() ([sha256.Size]byte, error) // the digest of the executable
	keepFrom                 int                               // how many overlays make it worth keeping what was built of them
}

// screen is the standard output for people: as wide as the terminal, if it is one.
func (w *world) screen() report.Screen { return report.Screen{Writer: w.out, Columns: w.width} }

// run is the whole program: it gives the exit code.
func run(args []string, w world) int {
	out, errs := &checkedWriter{to: w.out}, &checkedWriter{to: w.err}
	w.out, w.err = out, errs
	w.name = cmp.Or(w.name, ownName)
	start := w.now() // a run is of one moment, also across midnight
	w.now = func() time.Time { return start }
	code := execute(args, w, out)
	if out.err != nil || errs.err != nil {
		fmt.Fprintln(w.err, w.name+":", errors.Join(out.err, errs.err))
		return exitFailure
	}
	return code
}

// A checkedWriter remembers that something could not be written.
type checkedWriter struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

func execute(args []string, w world, out *checkedWriter) int {
	root := newRootCmd(w)
	root.SetArgs(args)
	root.SetOut(w.out)
	root.SetErr(w.err)
	cmd, err := root.ExecuteC()
	var f failure
	switch {
	case err == nil:
		return exitClean
	case out.err != nil && errors.Is(err, out.err): // which run says
		return exitFailure
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.As(err, &f):
		fmt.Fprintln(w.err, w.name+":", strings.TrimSpace(f.Error()))
		return exitFailure
	}
	help := fmt.Sprintf(`"%s --help" for the commands`, w.name)
	if cmd.HasParent() {
		help = fmt.Sprintf(`"%s %s --help" for what it takes`, w.name, cmd.Name())
	}
	fmt.Fprintf(w.err, "%s: %v\nrun %s\n", w.name, err, help)
	return exitUsage
}

func newRootCmd(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hedgerow",
		Short: "Network isolation of every namespace, from one reviewed file",
		Long: `Hedgerow turns a tenancy, written in CUE, into the NetworkPolicies of every
namespace that it declares, as Kustomize overlays for Argo CD or Flux.`,
		Example: `  hedgerow init              # a first tenancy in an empty folder
  hedgerow vet               # is it right?
  hedgerow generate          # write overlays/
  hedgerow generate --check  # is overlays/ what the tenancy says?`,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(_ *cobra.Command, args []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	v := viper.New()
	cmd.PersistentFlags().StringP("dir", "C", ".", "`folder` of the tenancy")
	cmd.AddCommand(
		newAuditCmd(w, v), newCICmd(w, v), newCompletionCmd(w), newDiffCmd(w, v), newExplainCmd(w, v), newFactsCmd(w, v), newFmtCmd(w, v),
		newGenerateCmd(w, v), newInitCmd(w, v), newLintCmd(w, v), newManCmd(w), newOwnersCmd(w, v), newPublishCmd(w, v),
		newReachCmd(w, v), newReportCmd(w, v), newRolloutCmd(w, v), newSchemaCmd(w), newVersionCmd(w), newVetCmd(w, v),
	)
	cmd.SetHelpCommand(newHelpCmd())
	cmd.InitDefaultHelpCmd()
	cmd.SetFlagErrorFunc(flagError)
	completeShared(cmd, v)
	fitHelp(cmd)
	renameHelp(cmd, w.name)
	return cmd
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("%s takes no arguments, and %q is one", cmd.Name(), args[0])
	if info, noFile := os.Stat(args[0]); noFile == nil && info.IsDir() {
		err = fmt.Errorf("%w; a folder is named with --dir", err)
	}
	return err
}
