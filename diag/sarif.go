package diag

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"go/token"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/hedgerow-dev/hedgerow"
)

// semver is the expression that semver.org suggests, without its groups.
var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?` +
	`(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`)

// sarifText escapes what means something in a SARIF message: the braces of
// placeholders (SARIF 2.1.0, 3.11.5), and embedded links (3.11.6), for which the
// standard has no escape.
var sarifText = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (")

func writeSARIF(b *bytes.Buffer, ds []Diagnostic, o Options) error {
	rules := sarifRules(ds)
	results := make([]sarifResult, len(ds))
	for i, d := range ds {
		results[i] = o.sarifResult(d, rules)
	}
	driver := sarifDriver{Name: "hedgerow", InformationURI: homepage, Rules: rules}
	if v := strings.TrimPrefix(o.Version, "v"); semver.MatchString(v) {
		driver.SemanticVersion = v
	}
	return encode(b, sarifLog{
		Schema:  sarifSchema,
		Version: "2.1.0",
		Runs:    []sarifRun{{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: results}},
	})
}

// sarifRules returns a rule for each code that ds use, sorted.
func sarifRules(ds []Diagnostic) []sarifRule {
	var ids []string
	for _, d := range ds {
		if d.Code != "" {
			ids = append(ids, visible(string(d.Code)))
		}
	}
	slices.Sort(ids)
	rules := []sarifRule{}
	for _, id := range slices.Compact(ids) {
		summary := Code(id).Summary()
		if summary == "" {
			summary = id
		}
		rules = append(rules, sarifRule{ID: id, ShortDescription: message(summary)})
	}
	return rules
}

func (o Options) sarifResult(d Diagnostic, rules []sarifRule) sarifResult {
	r := sarifResult{
		RuleID:              visible(string(d.Code)),
		Level:               d.Severity.String(),
		Message:             message(sentences(d.Fact, d.Fix)),
		PartialFingerprints: map[string]string{"codePathFact/v1": fingerprint(d)},
	}
	i := slices.IndexFunc(rules, func(rule sarifRule) bool { return rule.ID == r.RuleID })
	if i >= 0 {
		r.RuleIndex = &i
	}
	if place := o.sarifPlace(d.Pos); place != nil {
		r.Locations = []sarifLocation{{PhysicalLocation: place, LogicalLocations: logical(d.Path)}}
	}
	r.RelatedLocations = o.sarifRelated(d.Related)
	if d.Silenced != "" {
		r.Suppressions = []sarifSuppression{{Kind: "external", Justification: visible(d.Silenced)}}
	}
	return r
}

// sarifRelated leaves out what was said before: the schema wants the items of
// relatedLocations unique.
func (o Options) sarifRelated(related []Related) []sarifLocation {
	var locations []sarifLocation
	for _, r := range related {
		note := message(r.Note)
		l := sarifLocation{PhysicalLocation: o.sarifPlace(r.Pos), Message: &note}
		same := func(other sarifLocation) bool { return reflect.DeepEqual(l, other) }
		if !slices.ContainsFunc(locations, same) {
			locations = append(locations, l)
		}
	}
	return locations
}

// sarifPlace returns pos as a physical location, nil if it has no file.
func (o Options) sarifPlace(pos token.Position) *sarifPhysical {
	if pos.Filename == "" {
		return nil
	}
	p := &sarifPhysical{ArtifactLocation: sarifArtifact{uri(pos.Filename)}}
	if pos.Line > 0 {
		p.Region = &sarifRegion{StartLine: pos.Line, StartColumn: o.codePoint(pos)}
	}
	return p
}

// uri returns a file name as a URI reference, which two slashes at its start
// would make the name of a host.
func uri(filename string) string {
	if strings.HasPrefix(filename, "//") {
		filename = "/" + strings.TrimLeft(filename, "/")
	}
	u := url.URL{Path: filename}
	return u.String()
}

// codePoint returns the column of pos counted in code points, in bytes if the
// source is not known, and 0 if there is none.
func (o Options) codePoint(pos token.Position) int {
	s, ok := find(o.source(pos.Filename), pos)
	switch {
	case !ok:
		return max(pos.Column, 0)
	case s.at < 0:
		return 0
	}
	return utf8.RuneCount(s.line[:s.at]) + 1
}

// message returns s as a plain text message.
func message(s string) sarifMessage {
	return sarifMessage{sarifText.Replace(visible(s))}
}

// logical returns the path in the tenancy as a place, nil if there is none.
func logical(path string) []sarifLogical {
	if path == "" {
		return nil
	}
	return []sarifLogical{{visible(path)}}
}

// sentences joins a fact and its fix, if any, to two sentences.
func sentences(fact, fix string) string {
	if fix == "" {
		return fact
	}
	return stop(fact) + " " + stop(fix)
}

// stop ends s with a full stop unless it ends like a sentence.
func stop(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// fingerprint stays the same when the lines of the file move.
func fingerprint(d Diagnostic) string {
	sum := sha256.Sum256([]byte(string(d.Code) + "\x00" + d.Path + "\x00" + d.Fact))
	return hex.EncodeToString(sum[:])
}
