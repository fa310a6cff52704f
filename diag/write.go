package diag

import (
	"bytes"
	"fmt"
	"io"
)

// Format is the name of a way to write diagnostics.
type Format string

// The formats that Write knows.
const (
	Text   Format = "text"   // for people, with the source line and a caret
	JSON   Format = "json"   // one object, for scripts
	SARIF  Format = "sarif"  // SARIF 2.1.0, for code scanning
	GitHub Format = "github" // workflow commands, for annotations on a pull request
	GitLab Format = "gitlab" // a Code Quality report, for annotations on a merge request
)

// Formats returns every format that Write knows, the default first.
func Formats() []Format {
	return []Format{Text, JSON, SARIF, GitHub, GitLab}
}

// Options is all that Write needs beside the diagnostics. The zero value is
// valid.
type Options struct {
	// Color asks for ANSI colours. Only Text has any.
	Color bool
	// Source returns the bytes of a file by the name that is shown, nil if
	// unknown. Text quotes from it and SARIF counts columns with it. May be nil.
	Source func(filename string) []byte
	// Version is the version of the tool, for SARIF.
	Version string
}

// source returns the bytes of a shown file, nil if they are unknown.
func (o Options) source(filename string) []byte {
	if o.Source == nil || filename == "" {
		return nil
	}
	return o.Source(filename)
}

// Write writes ds to w in the format f, in the order given (see Sort), in one
// piece. It touches nothing but w, and fails only for an unknown format, with
// nothing written, or with the error of w.
//
// Text from outside (names, source lines) cannot act on what reads the output:
// whatever does not print is written as an escape in all formats. What is
// silenced stands in JSON and SARIF alone, with its reason.
func Write(w io.Writer, f Format, ds []Diagnostic, o Options) error {
	var b bytes.Buffer
	var err error
	switch f {
	case Text:
		writeText(&b, spoken(ds), o)
	case JSON:
		err = writeJSON(&b, ds)
	case SARIF:
		err = writeSARIF(&b, ds, o)
	case GitHub:
		writeGitHub(&b, spoken(ds))
	case GitLab:
		err = writeGitLab(&b, spoken(ds))
	default:
		err = fmt.Errorf("format %q is not one of %v", f, Formats())
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
