package overview

import (
	"fmt"
	"strings"
)

// A library is a file of somebody else's that the page holds.
type library struct {
	Name, Version, Licence, Archive, Source, File, Sum string
	Text                                               string // of the licence, in the entry of its file
}

// vendored gives the libraries of assets/vendor.txt.
func vendored() (out []library, err error) {
	for line := range strings.Lines(asset("vendor.txt")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 7 {
			return nil, fmt.Errorf("vendor.txt: %q has %d words instead of 7", line, len(f))
		}
		l := library{Name: f[0], Version: f[1], Licence: f[2], Archive: f[3], Source: f[4], File: f[5], Sum: f[6]}
		if strings.HasSuffix(l.File, "LICENSE") {
			l.Text = asset("vendor/" + l.File)
		}
		out = append(out, l)
	}
	return out, nil
}
