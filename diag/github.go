package diag

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// The runner undoes exactly these; see UnescapeData and UnescapeProperty in
// src/Runner.Common/ActionCommand.cs of actions/runner.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes one workflow command in one line for each of ds. The runner
// looks for a command only at the start of a line, so that none can hide in the
// message.
func writeGitHub(b *bytes.Buffer, ds []Diagnostic) {
	for _, d := range ds {
		message := d.Fact
		if d.Fix != "" {
			message += "\n" + d.Fix
		}
		fmt.Fprintf(b, "::%s%s::%s\n", d.Severity, githubProperties(d), visible(githubData.Replace(message)))
	}
}

// githubProperties returns the properties of the command for d with a leading
// space, "" if it has none.
func githubProperties(d Diagnostic) string {
	var list []string
	add := func(key, value string) {
		list = append(list, key+"="+visible(githubProperty.Replace(value)))
	}
	if d.Pos.Filename != "" {
		add("file", d.Pos.Filename)
		if d.Pos.Line > 0 {
			add("line", strconv.Itoa(d.Pos.Line))
			if d.Pos.Column > 0 {
				add("col", strconv.Itoa(d.Pos.Column))
			}
		}
	}
	if d.Code != "" {
		add("title", string(d.Code))
	}
	if len(list) == 0 {
		return ""
	}
	return " " + strings.Join(list, ",")
}
