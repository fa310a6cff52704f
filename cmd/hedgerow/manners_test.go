package main

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand gives the root and all that is below it, as they are when the
// program runs, by their paths.
func everyCommand(name string) map[string]*cobra.Command {
	root := newRootCmd(world{name: name, out: io.Discard, err: io.Discard, now: time.Now, env: func(string) string { return "" }})
	root.InitDefaultHelpCmd()
	out := map[string]*cobra.Command{root.CommandPath(): root}
	for _, c := range root.Commands() {
		out[c.CommandPath()] = c
	}
	return out
}

func TestEveryCommandExplainsItself(t *testing.T) {
	commands := everyCommand(ownName)
	if len(commands) < 15 {
		t.Errorf("%d commands", len(commands))
	}
	for path, c := range commands {
		for what, text := range map[string]string{"a short text": c.Short, "a long text": c.Long, "examples": c.Example} {
			if text == "" {
				t.Errorf("%s has no %s", path, what)
			}
		}
		if first, _ := utf8.DecodeRuneInString(c.Short); !unicode.IsUpper(first) || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: %q is no title", path, c.Short)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if first, _ := utf8.DecodeRuneInString(f.Usage); unicode.IsUpper(first) || strings.HasSuffix(f.Usage, ".") {
				t.Errorf("%s: --%s: %q is no phrase", path, f.Name, f.Usage)
			}
		})
		var help bytes.Buffer
		c.SetOut(&help)
		c.InitDefaultHelpFlag()
		if err := c.Help(); err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(help.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%s --help: %d columns: %s", path, n, line)
			}
		}
	}
}

// reBetween is what stands between the commands of a line of shell.
var reBetween = regexp.MustCompile(`\|\|?|&&|;|<?\(|\)|>`)

// calls gives the arguments of each call of the program in a line of shell.
func calls(line string) (out [][]string) {
	line, _, _ = strings.Cut(line, " # ")
	for _, command := range reBetween.Split(line, -1) {
		words := strings.Fields(strings.NewReplacer(`"`, "", "'", "").Replace(command))
		if len(words) > 0 && words[0] == ownName {
			out = append(out, words[1:])
		}
	}
	return out
}

// TestExamples holds every example against the commands and flags that there
// are.
func TestExamples(t *testing.T) {
	examples := 0
	for path, c := range everyCommand(ownName) {
		shown := false
		for line := range strings.Lines(strings.ReplaceAll(c.Example, "\\\n", "")) {
			called := calls(strings.TrimSpace(line))
			if len(called) == 0 && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				t.Errorf("%s: the example calls no hedgerow: %s", path, line)
			}
			for _, args := range called {
				examples++
				own, err := parsed(args)
				if err != nil {
					t.Errorf("%s: %s: %v", path, line, err)
				}
				shown = shown || own == path || path == ownName
			}
		}
		if !shown {
			t.Errorf("no example of %s shows it", path)
		}
	}
	if examples < 40 {
		t.Errorf("only %d examples were found", examples)
	}
}

// parsed reads a command line as the program would, up to where it would begin
// its work, and gives the path of the command.
func parsed(args []string) (string, error) {
	commands := everyCommand(ownName)
	cmd, rest, err := commands[ownName].Find(args)
	if err != nil {
		return "", err
	}
	if !cmd.HasParent() && len(rest) > 0 {
		return "", unknownCommand(cmd, rest[0])
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return "", err
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return "", err
	}
	return cmd.CommandPath(), valuesKnown(cmd)
}

// valuesKnown holds the values of flags against those that they complete to.
func valuesKnown(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := completed(cmd, f.Name)
		if len(values) > 0 && !slices.Contains(values, f.Value.String()) {
			err = &unknownValue{f.Name, f.Value.String()}
		}
	})
	return err
}

type unknownValue struct{ flag, value string }

func (e *unknownValue) Error() string { return "--" + e.flag + " has no value " + e.value }

func completed(cmd *cobra.Command, flag string) []string {
	f, ok := cmd.GetFlagCompletionFunc(flag)
	if !ok {
		return nil
	}
	values, _ := f(cmd, nil, "")
	return values
}

// A wrong example is found, so that silence says something.
func TestExamplesAreJudged(t *testing.T) {
	for _, wrong := range []string{
		"hedgerow vett", "hedgerow vet --fromat json", "hedgerow vet more", "hedgerow reach --as jsn", "hedgerow explain one",
		"cat x | hedgerow ci --as pdf", "hedgerow vet --timeout 30", "hedgerow completion ksh",
	} {
		for _, args := range calls(wrong) {
			if _, err := parsed(args); err == nil {
				t.Errorf("%q passes", wrong)
			}
		}
	}
}

// What a flag completes to is what its help says, and the other way round.
func TestChoices(t *testing.T) {
	checked := 0
	for path, c := range everyCommand(ownName) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			values := completed(c, f.Name)
			for _, v := range values {
				checked++
				if !strings.Contains(f.Usage, v) {
					t.Errorf("%s --%s completes to %s, of which its help says nothing", path, f.Name, v)
				}
			}
			usage, _, _ := strings.Cut(f.Usage, " (default")
			if _, list, ok := strings.Cut(usage, ": "); ok && strings.Contains(list, " or ") && len(values) == 0 {
				t.Errorf("%s --%s: %q, and it completes to none of them", path, f.Name, f.Usage)
			}
		})
	}
	if checked < 50 {
		t.Errorf("only %d values were found", checked)
	}
}

// On a terminal tables fit its width, and elsewhere lines are as long as they are.
func TestTablesFit(t *testing.T) {
	for width, fits := range map[int]bool{60: true, 100: true, 0: false} {
		var out bytes.Buffer
		if code := run([]string{"lint", "--list"}, world{out: &out, err: io.Discard, width: width, now: time.Now, env: func(string) string { return "" }}); code != exitClean {
			t.Fatalf("exit code %d", code)
		}
		longest := 0
		for line := range strings.Lines(out.String()) {
			longest = max(longest, utf8.RuneCountInString(strings.TrimRight(line, " \n")))
		}
		if fits && longest > width || !fits && longest < 80 {
			t.Errorf("in %d columns the longest line has %d:\n%s", width, longest, &out)
		}
	}
}

// Called by kubectl, all of help says so.
func TestHelpOfThePlugin(t *testing.T) {
	for path, c := range everyCommand(pluginName) {
		var help bytes.Buffer
		c.SetOut(&help)
		if err := c.Help(); err != nil || !strings.HasPrefix(path, pluginName) {
			t.Error(path, err)
		}
		for line := range strings.Lines(help.String()) {
			if len(calls(strings.TrimSpace(line))) > 0 {
				t.Errorf("%s --help: %s", path, line)
			}
		}
	}
	for path, want := range map[string]string{
		"hedgerow": ownName, "/usr/bin/hedgerow": ownName, "kubectl-hedgerow": pluginName, "/x/kubectl-hedgerow": pluginName,
		`C:\krew\bin\kubectl-hedgerow.exe`: pluginName, "/kubectl-hedgerow/hedgerow": ownName, "": ownName,
	} {
		if got := calledName(path); got != want {
			t.Errorf("%q is called %q", path, got)
		}
	}
}
