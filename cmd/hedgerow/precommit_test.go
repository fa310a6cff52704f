package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Every hook of pre-commit is a command that exists, with flags that exist, and
// runs for the files that it is about.
func TestPreCommitHooks(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID            string `json:"id"`
		Name          string `json:"name"`
		Description   string `json:"description"`
		Entry         string `json:"entry"`
		Language      string `json:"language"`
		Files         string `json:"files"`
		PassFilenames *bool  `json:"pass_filenames"`
	}
	if err := yaml.UnmarshalStrict(text, &hooks); err != nil {
		t.Fatal(err)
	}
	about := map[string][]string{
		"hedgerow-vet":            {"tenants.cue", "net/billing.cue", ".hedgerow.yaml", "net/.hedgerow.yaml"},
		"hedgerow-generate-check": {"tenants.cue", ".hedgerow.yaml", "overlays/inventory.yaml", "policies/main/prod/kustomization.yaml"},
	}
	for _, h := range hooks {
		words := strings.Fields(h.Entry)
		cmd, rest, err := newRootCmd(world{name: ownName}).Find(words[1:])
		if err != nil || words[0] != "hedgerow" || !cmd.HasParent() || cmd.ParseFlags(rest) != nil || len(cmd.Flags().Args()) > 0 {
			t.Errorf("%s: %q is no command (%v)", h.ID, h.Entry, err)
		}
		if h.Language != "golang" || h.PassFilenames == nil || *h.PassFilenames {
			t.Errorf("%s: it is run otherwise", h.ID)
		}
		files := regexp.MustCompile(h.Files)
		if len(about[h.ID]) == 0 || slices.ContainsFunc(about[h.ID], func(f string) bool { return !files.MatchString(f) }) || files.MatchString("main.go") {
			t.Errorf("%s: it is not about %q alone", h.ID, about[h.ID])
		}
		delete(about, h.ID)
	}
	if len(about) > 0 {
		t.Errorf("no hooks: %v", about)
	}
}
