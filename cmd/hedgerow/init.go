package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// starter is the tenancy that init writes where there is none.
//
//go:embed starter.cue
var starter []byte

func newInitCmd(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Make a first tenancy, and vendor the schema for editors and \"cue vet\"",
		Long: `Init writes tenants.cue, cue.mod/module.cue and the schema below cue.mod/pkg.
It changes no file that is there: a second run changes nothing.`,
		Example: `  mkdir tenancy && cd tenancy && hedgerow init && hedgerow vet`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("dir")
			if err != nil {
				return err
			}
			return runInit(w, dir)
		},
	}
}

func runInit(w world, dir string) error {
	if above, err := schema.TenancyAbove(dir); err != nil {
		return failure{err}
	} else if above != "" {
		return fmt.Errorf("there is a tenancy in %s already, and CUE would join the two", above)
	}
	files, err := schema.Vendoring(dir)
	if err != nil {
		return failure{err}
	}
	if files == nil {
		files = map[string][]byte{}
	}
	files[filepath.Join(dir, schema.TenancyFile)] = starter
	for path, data := range tenancy.Sorted(files) {
		verb, err := create(path, data)
		if err != nil {
			return failure{err}
		}
		fmt.Fprintf(w.out, "%s %s\n", verb, filepath.ToSlash(path))
	}
	_, err = fmt.Fprintln(w.out, "next: edit tenants.cue, then run \"hedgerow vet\" and \"hedgerow generate\"")
	return err
}

// create writes a file unless there is one, and says which.
func create(path string, data []byte) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return "kept", nil
	} else if err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // the first error counts
		return "", err
	}
	return "wrote", f.Close()
}
