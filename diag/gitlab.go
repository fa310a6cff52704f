package diag

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// codeQuality is an entry of a Code Quality report, with which GitLab annotates
// the lines of a merge request (docs.gitlab.com, "Code Quality report format").
type codeQuality struct {
	Description string              `json:"description"`
	CheckName   Code                `json:"check_name"`
	Fingerprint string              `json:"fingerprint"`
	Severity    string              `json:"severity"`
	Location    codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
}

// writeGitLab writes a report. GitLab tells what is new by the fingerprint, so
// that it holds no line, and wants each but once.
func writeGitLab(b *bytes.Buffer, ds []Diagnostic) error {
	report := []codeQuality{}
	seen := map[string]int{}
	for _, d := range ds {
		c := codeQuality{Description: visible(d.Fact), CheckName: d.Code, Severity: "major", Location: codeQualityLocation{visible(d.Pos.Filename), codeQualityLines{max(d.Pos.Line, 1)}}}
		if d.Fix != "" {
			c.Description += "; " + visible(d.Fix)
		}
		if d.Severity == Warning {
			c.Severity = "minor"
		}
		of := fmt.Sprintf("%q %q %q %q", d.Code, d.Pos.Filename, d.Path, d.Fact)
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", of, seen[of]))
		seen[of]++
		c.Fingerprint = hex.EncodeToString(sum[:])
		report = append(report, c)
	}
	return encode(b, report)
}
