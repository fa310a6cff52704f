package publish_test

import (
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/publish"
)

// Of an address, nothing is shown that could open anything.
func TestRedacted(t *testing.T) {
	for address, want := range map[string]string{
		"https://git.example.com/acme/x.git":         "",
		"https://bob:SECRET@git.example.com/x.git":   "https://git.example.com/x.git",
		"https://SECRET@git.example.com/x.git":       "https://git.example.com/x.git",
		"https://bob:SEC@RET@git.example.com/x.git":  "https://git.example.com/x.git",
		"https://git.example.com/x.git?token=SECRET": "https://git.example.com/x.git",
		"https://git.example.com/a@b.git":            "",
		"http://%zz:SECRET@git.example.com/x":        "http://git.example.com/x",
		"https:bob:SECRET@git.example.com/x":         "git.example.com/x",
		"bob:SECRET@git.example.com:x":               "git.example.com:x",
		"ssh://git@git.example.com/x.git":            "",
		"ssh://git:SECRET@git.example.com/x.git":     "ssh://git.example.com/x.git",
		"git@git.example.com:acme/x.git":             "",
		"../policies.git":                            "",
		"/srv/git/policies.git":                      "",
	} {
		secret := want != ""
		if want == "" {
			want = address
		}
		if got := publish.Redacted(address); got != want || strings.Contains(got, "SECRET") {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
		if publish.HasPassword(address) != secret {
			t.Errorf("%s: a password is seen: %v", address, !secret)
		}
	}
}
