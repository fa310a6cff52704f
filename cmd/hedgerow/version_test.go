package main

import (
	"bytes"
	"runtime/debug"
	"testing"
)

func TestBuildOf(t *testing.T) {
	platform := []debug.BuildSetting{{Key: "GOOS", Value: "plan9"}, {Key: "GOARCH", Value: "arm"}}
	stamps := func(modified string) []debug.BuildSetting {
		return append([]debug.BuildSetting{
			{Key: "vcs.revision", Value: "9c226d7a4f0e1b2c3d4e5f60718293a4b5c6d7e8"},
			{Key: "vcs.time", Value: "2026-11-21T20:58:01Z"}, {Key: "vcs.modified", Value: modified},
		}, platform...)
	}
	const commit = "commit 9c226d7a4f0e1b2c3d4e5f60718293a4b5c6d7e8 of 2026-11-21T20:58:01Z"
	for name, c := range map[string]struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		"a release by go install":   {"v1.2.3", platform, "hedgerow v1.2.3\n"},
		"a commit by go install":    {"v0.0.0-20261121205801-9c226d7a4f0e", platform, "hedgerow v0.0.0-20261121205801-9c226d7a4f0e\ncommit 9c226d7a4f0e of 2026-11-21T20:58:01Z\n"},
		"a clone":                   {"v1.2.3", stamps("false"), "hedgerow v1.2.3\n" + commit + "\n"},
		"a clone with changes":      {"v1.2.4-0.20261121205801-9c226d7a4f0e+dirty", stamps("true"), "hedgerow v1.2.4-0.20261121205801-9c226d7a4f0e+dirty\n" + commit + ", with changes that are not committed\n"},
		"a folder that is no clone": {"(devel)", platform, "hedgerow devel\n"},
		"a binary without a module": {"", platform, "hedgerow devel\n"},
	} {
		var got bytes.Buffer
		b := buildOf(&debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: c.version}, Settings: c.settings})
		if err := b.write(&got); err != nil || got.String() != c.want+"built with go1.26.8 for plan9/arm\n" {
			t.Errorf("%s (%v):\n%s", name, err, &got)
		}
	}
}
