package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/schema"
)

func newFmtCmd(w world, v *viper.Viper) *cobra.Command {
	check := false
	cmd := &cobra.Command{
		Use:   "fmt [FILE...]",
		Short: "Format the tenancy's files as CUE's formatter does",
		Long: `Fmt formats the files of the tenancy, or those that are named, as "cue fmt"
does, and prints the names of those that it changed. "-" stands for standard
input, which is written to standard output. What a file says stays the same, and
so do its comments; if one file cannot be read as CUE, none is changed.`,
		Example: `  hedgerow fmt
  hedgerow fmt --check              # is every file formatted?
  hedgerow fmt payments.cue common/ports.cue
  hedgerow fmt - < payments.cue`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "-") && len(args) > 1 {
				return errors.New(`"-" stands for standard input, and goes with no file`)
			}
			for _, a := range args {
				if a != "-" && !strings.HasSuffix(a, ".cue") {
					return fmt.Errorf("%q is not the name of a file of CUE: it has no .cue at its end", a)
				}
			}
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			return runFmt(w, cfg, args, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit 1 if a file is not formatted")
	cmd.Flags().String("format", "text", "format of the diagnostics: text, json, sarif, github or gitlab")
	return cmd
}

// A formatted file is one as it is, and as it should be.
type formattedFile struct {
	at, shown    string
	mode         fs.FileMode
	before, want []byte
}

func runFmt(w world, cfg *config, args []string, check bool) error {
	j := &job{w: w, cfg: cfg, sources: map[string][]byte{}}
	files, err := j.formatted(args)
	switch {
	case err != nil:
		return failure{err}
	case diag.HasErrors(j.diags):
		return j.reportOn(j.diags)
	case check:
		return j.checkFormat(files)
	case len(args) == 1 && args[0] == "-":
		if _, err := w.out.Write(files[0].want); err != nil {
			return failure{err}
		}
		return nil
	}
	return writeFormatted(w.out, files)
}

// formatted formats what is asked for, without writing anything.
func (j *job) formatted(args []string) ([]formattedFile, error) {
	if len(args) == 0 {
		names, sources, found, err := schema.Files(j.cfg.dir)
		if err != nil {
			return nil, err
		}
		if maps.Copy(j.sources, sources); diag.HasErrors(found) {
			j.diags = append(j.diags, found...)
			return nil, nil
		}
		for _, name := range names {
			args = append(args, filepath.Join(j.cfg.dir, name))
		}
	}
	var out []formattedFile
	for _, at := range distinctPaths(args) {
		f, err := j.readFormatted(at)
		if err != nil {
			return nil, err
		}
		var found []diag.Diagnostic
		f.want, found = schema.Format(f.shown, f.before)
		j.sources[f.shown] = f.before
		j.diags = append(j.diags, found...)
		out = append(out, f)
	}
	return out, nil
}

func distinctPaths(paths []string) (out []string) {
	for _, p := range paths {
		out = append(out, filepath.Clean(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readFormatted reads a file that can be written again, or standard input.
func (j *job) readFormatted(at string) (formattedFile, error) {
	f := formattedFile{at: at, shown: filepath.ToSlash(at)}
	in := j.w.in
	if at != "-" {
		info, err := os.Lstat(at)
		if err != nil {
			return f, err
		}
		if !info.Mode().IsRegular() {
			return f, fmt.Errorf("%s is no regular file: name the file itself", f.shown)
		}
		file, err := os.Open(at)
		if err != nil {
			return f, err
		}
		defer file.Close()
		f.mode, in = info.Mode().Perm(), file
	}
	var err error
	if f.before, err = io.ReadAll(io.LimitReader(in, schema.MaxFileSize+1)); err == nil && len(f.before) > schema.MaxFileSize {
		err = fmt.Errorf("%s is larger than a file of a tenancy can be", f.shown)
	}
	return f, err
}

// checkFormat reports the files that are not formatted.
func (j *job) checkFormat(files []formattedFile) error {
	for _, f := range files {
		if !bytes.Equal(f.before, f.want) {
			j.diags.Error(diag.NotFormatted, token.Position{Filename: f.shown, Line: firstDifference(f.before, f.want), Column: 1},
				`run "hedgerow fmt"`, "the file is not formatted")
		}
	}
	return j.reportOn(j.diags)
}

// firstDifference gives the number of the first line that differs.
func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return 1 + bytes.Count(a[:n], []byte("\n"))
}

// writeFormatted writes what has changed, and says so.
func writeFormatted(out io.Writer, files []formattedFile) error {
	for _, f := range files {
		if bytes.Equal(f.before, f.want) {
			continue
		}
		if err := f.write(); err != nil {
			return failure{fmt.Errorf("%s: %w", f.shown, err)}
		}
		fmt.Fprintln(out, report.Plain(f.shown))
	}
	return nil
}

// write puts the formatted file in the place of the old one, by way of a file
// beside it: whoever stops it leaves one or the other.
func (f *formattedFile) write() error {
	root, err := os.OpenRoot(filepath.Dir(f.at))
	if err != nil {
		return err
	}
	defer root.Close()
	return putInPlace(root, filepath.Base(f.at), f.want, f.mode)
}
