package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The Dockerfile is one that BuildKit takes without a warning, and each of these
// it would not.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, edit := range [][2]string{
		{"", ""}, {"COPY . .", "COPYY . ."}, {`["--help"]`, "--help"}, {"WORKDIR /work", "WORKDIR work"}, {"AS build", "as build"},
		{"USER 65532", "ENV HEDGEROW_TOKEN=x\nUSER 65532"},
	} {
		file := filepath.Join(t.TempDir(), "Dockerfile")
		if err := os.WriteFile(file, []byte(strings.Replace(text, edit[0], edit[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(filepath.Join(tools(t), "dockerlint"), file).CombinedOutput()
		if (err == nil) != (edit[0] == "") {
			t.Errorf("with %q for %q: %v\n%s", edit[1], edit[0], err, out)
		}
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	needs := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))[1]
	last := text[strings.LastIndex(text, "\nFROM "):]
	if !strings.Contains(text, " golang:"+needs+"-") ||
		!strings.Contains(last, ":nonroot\n") || !strings.Contains(last, "\nUSER 65532:65532\n") {
		t.Errorf("the image is built with another Go than %s, or runs as root", needs)
	}
}
