package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
)

type jsonReport struct {
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Severity string        `json:"severity"`
	Code     Code          `json:"code"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Path     string        `json:"path"`
	Fact     string        `json:"fact"`
	Fix      string        `json:"fix"`
	Related  []jsonRelated `json:"related"`
	Silenced string        `json:"silenced,omitempty"`
}

type jsonRelated struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Note   string `json:"note"`
}

func writeJSON(b *bytes.Buffer, ds []Diagnostic) error {
	report := jsonReport{Diagnostics: make([]jsonDiagnostic, len(ds))}
	for i, d := range ds {
		report.Diagnostics[i] = toJSON(d)
	}
	return encode(b, report)
}

func toJSON(d Diagnostic) jsonDiagnostic {
	j := jsonDiagnostic{
		Severity: d.Severity.String(),
		Code:     d.Code,
		File:     d.Pos.Filename,
		Line:     d.Pos.Line,
		Column:   d.Pos.Column,
		Path:     d.Path,
		Fact:     d.Fact,
		Fix:      d.Fix,
		Related:  make([]jsonRelated, len(d.Related)),
		Silenced: d.Silenced,
	}
	for i, r := range d.Related {
		j.Related[i] = jsonRelated{r.Pos.Filename, r.Pos.Line, r.Pos.Column, r.Note}
	}
	return j
}

// encode writes v as indented JSON. Beyond what JSON asks for it escapes every
// character that does not print, since people read JSON on terminals too; the
// value stays the same.
func encode(b *bytes.Buffer, v any) error {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	for _, r := range plain.String() {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	return nil
}
