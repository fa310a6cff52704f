package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
)

// A rewording turns a kind of CUE's messages into a fact with a fix.
type rewording struct {
	pattern *regexp.Regexp
	code    diag.Code
	fact    string // in the form of regexp.Expand; "" keeps CUE's words
	fix     string
}

var rewordings = []rewording{
	{regexp.MustCompile(`^conflicting values`), diag.Conflict, "",
		"keep one of them: every place that declares a value must agree"},
	{regexp.MustCompile(`^incompatible list lengths`), diag.Conflict, "",
		"write the list in one place: CUE joins lists entry by entry"},
	{regexp.MustCompile(`^incomplete value`), diag.NoValue, "this has no value, since something that it refers to has none",
		"give a value to what it refers to"},
	{regexp.MustCompile(`^invalid value (.*) \(out of bound (.*)\)$`), diag.Evaluation, "$1 does not fit $2",
		"write a value that fits; the tenancy itself asks for it"},
	{regexp.MustCompile(`^reference "(.*)" not found`), diag.Evaluation, "",
		"put a name in quotes, or declare what it refers to"},
	{regexp.MustCompile(`^undefined field`), diag.Evaluation, "", "check its spelling, or declare it"},
	{regexp.MustCompile(`^field not allowed`), diag.Evaluation, "the definition that it is unified with has no such field",
		"remove the field, or add it to the definition"},
	{regexp.MustCompile(`^structural cycle`), diag.Evaluation, "the struct holds itself, and so never ends", "break the circle"},
	{regexp.MustCompile(`^invalid interpolation`), diag.Evaluation, "what stands in \\(…) cannot be written as text",
		"name a string, a number, or true and false there, and check what it refers to"},
	{regexp.MustCompile(`^builtin package (.*) undefined`), diag.BadImport, "CUE has no package $1 of its own", "check its spelling"},
	{regexp.MustCompile(`^imported and not used`), diag.Evaluation, "", "remove the import"},
	{regexp.MustCompile(`^missing ',' in struct literal`), diag.Syntax, "",
		`put a name with a hyphen in quotes, and a comma between two fields of one line`},
	{regexp.MustCompile(`^missing ',' in list literal`), diag.Syntax, "", "put a comma between two entries"},
	{regexp.MustCompile(`^string literal not terminated`), diag.Syntax, "", "end it with a quote on the same line"},
	{regexp.MustCompile(`^expected '(.)', found 'EOF'`), diag.Syntax, "the file ends before a $1", "close what was opened: each {, [ and ( needs its end"},
}

// madeUp is what CUE appends to names of a module that was made up.
var madeUp = regexp.MustCompile(`\(hedgerow\.invalid/[^)]*\)`)

// reDefinition is what CUE says of a definition that a package does not have.
var reDefinition = regexp.MustCompile(`^undefined field: (#.*)$`)

// reword gives the code, fact and fix for a message of CUE's.
func reword(message string) (diag.Code, string, string) {
	message = madeUp.ReplaceAllString(message, "")
	if m := reDefinition.FindStringSubmatch(message); m != nil {
		if near := nearest.Name(m[1], append(definitions(Source), definitions(Ready)...)); near != "" {
			return diag.Evaluation, message, fmt.Sprintf("did you mean schema.%s?", near)
		}
	}
	for _, r := range rewordings {
		if m := r.pattern.FindStringSubmatchIndex(message); m != nil {
			fact := message
			if r.fact != "" {
				fact = string(r.pattern.ExpandString(nil, r.fact, message, m))
			}
			return r.code, fact, r.fix
		}
	}
	return diag.Evaluation, strings.TrimSpace(message), ""
}
