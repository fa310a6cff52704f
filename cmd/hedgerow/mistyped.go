package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
)

// unknownCommand names the nearest command.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s", name, suggestion(name, names))
}

// flagError names the nearest flag, or says what a flag takes.
func flagError(cmd *cobra.Command, err error) error {
	var notExist *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		return invalidValue(invalid)
	case !errors.As(err, &notExist):
		return err
	}
	if args := cmd.Flags().Args(); !cmd.HasParent() && len(args) > 0 {
		return unknownCommand(cmd, args[0]) // whose flag it may be
	}
	if letters := notExist.GetSpecifiedShortnames(); letters != "" {
		return fmt.Errorf("unknown flag \"-%s\"%s", letters, didYouMean(nearestToLetters(cmd.Flags(), letters)))
	}
	name := notExist.GetSpecifiedName()
	for _, c := range cmd.Commands() {
		if c.Name() == name {
			return fmt.Errorf("unknown flag %q; did you mean the command %q?", "--"+name, c.CommandPath())
		}
	}
	if owners := ownersOfFlag(cmd.Root(), name); owners != "" {
		return fmt.Errorf("unknown flag %q; it is a flag of %s", "--"+name, owners)
	}
	near := nearestFlag(cmd.Flags(), name)
	for _, c := range cmd.Commands() { // of the root, whose command may have been forgotten
		near = cmp.Or(near, nearestFlag(c.Flags(), name))
	}
	return fmt.Errorf("unknown flag %q%s", "--"+name, didYouMean(near))
}

func nearestFlag(flags *pflag.FlagSet, word string) string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if n := nearest.Name(word, names); n != "" {
		return "--" + n
	}
	return ""
}

func didYouMean(flag string) string {
	if flag == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", flag)
}

// nearestToLetters gives what was probably meant by letters after a single dash:
// a long flag that lacks one, a letter in the other case, or the only flag that
// begins with it.
func nearestToLetters(flags *pflag.FlagSet, letters string) string {
	word, _, _ := strings.Cut(letters, "=")
	var begins []string
	swapped := ""
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Shorthand != "" && f.Shorthand != word && strings.EqualFold(f.Shorthand, word):
			swapped = "-" + f.Shorthand
		case strings.HasPrefix(f.Name, word):
			begins = append(begins, "--"+f.Name)
		}
	})
	switch {
	case swapped != "":
		return swapped
	case len(begins) == 1:
		return begins[0]
	case len(word) > 1:
		return nearestFlag(flags, word)
	}
	return ""
}

// ownersOfFlag names the commands that have a flag.
func ownersOfFlag(root *cobra.Command, flag string) string {
	var have []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Flags().Lookup(flag) != nil {
			have = append(have, c.Name())
		}
	}
	switch len(have) {
	case 0:
		return ""
	case 1:
		return have[0]
	}
	return strings.Join(have[:len(have)-1], ", ") + " and " + have[len(have)-1]
}

// invalidValue says what a flag takes, by its type.
func invalidValue(err *pflag.InvalidValueError) error {
	takes := map[string]string{
		"bool": "true or false", "int": "a whole number", "duration": "a number with a unit, as in 30s or 2m",
	}[err.GetFlag().Value.Type()]
	if takes == "" {
		return err
	}
	return fmt.Errorf("--%s takes %s, not %q", err.GetFlag().Name, takes, err.GetValue())
}
