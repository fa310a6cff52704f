package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The places that the templates are kept for.
var ciPlaces = map[string]ciFacts{
	"own":       {Version: "v1.2.3", Branch: "main", Module: ".", Own: true, Overlays: "overlays"},
	"subfolder": {Version: "v1.2.3", Branch: "it's/#main", Dir: "net works/o'tenancy", Module: "net works", Own: true, Overlays: "net works/o'tenancy/overlays"},
	"two":       {Version: "latest", Branch: "trunk", Module: "."},
	"inline":    {Version: "v1.2.3", Branch: "main", Dir: "tenancy", Module: "tenancy", Own: true, Inline: true, Overlays: "policies"},
}

func TestCITemplates(t *testing.T) {
	for name, f := range ciPlaces {
		for ci, at := range map[string]string{ciGitHub: gitHubFile, ciGitLab: gitLabFile} {
			f.CI = at
			text, err := f.text(ci)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("..", "..", "testdata", "ci", ci+"-"+name+".yml")
			if os.Getenv("HEDGEROW_UPDATE") != "" {
				writeFiles(t, ".", map[string]string{golden: string(text)})
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(text, want) {
				t.Errorf("%s is not what init writes (%v); run make golden", golden, err)
			}
			var read map[string]any
			if err := yaml.UnmarshalStrict(text, &read); err != nil {
				t.Errorf("%s: %v", golden, err)
			}
			if bytes.Contains(text, []byte("[[")) || bytes.Contains(text, []byte("pull_request_target")) {
				t.Errorf("%s holds what it must not", golden)
			}
			if ci == ciGitHub {
				lint(t, golden)
			}
		}
	}
}

// lint holds a workflow against actionlint, without what else it would look for
// on the machine.
func lint(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command(filepath.Join(tools(t), "actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", file).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// This repository's own workflow is one that GitHub can read.
func TestOwnWorkflow(t *testing.T) {
	lint(t, repository+"/.github/workflows/nightly.yml")
}

// actionlint finds what is wrong, so that its silence says something.
func TestLintFindsMistakes(t *testing.T) {
	f := ciPlaces["own"]
	text, err := f.text(ciGitHub)
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yml")
	for old, new := range map[string]string{"contents: write": "content: write", "github.event_name": "github.event_nam", "cron: '17 0": "cron: '77 0"} {
		writeFiles(t, filepath.Dir(wrong), map[string]string{"wrong.yml": strings.Replace(string(text), old, new, 1)})
		if exec.Command(filepath.Join(tools(t), "actionlint"), wrong).Run() == nil {
			t.Errorf("%s is not found", new)
		}
	}
}

// Every action is pinned by the digest of a commit, with its version beside it,
// and Go is what the module needs.
func TestCIPins(t *testing.T) {
	f := ciPlaces["own"]
	text, err := f.text(ciGitHub)
	if err != nil {
		t.Fatal(err)
	}
	uses := regexp.MustCompile(`uses: .*`).FindAllString(string(text), -1)
	for _, u := range uses {
		if !regexp.MustCompile(`^uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(u) {
			t.Errorf("%s is not pinned", u)
		}
	}
	if len(uses) != 4 || strings.Count(string(text), "persist-credentials: false") != 2 {
		t.Errorf("%d actions", len(uses))
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	needs := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	lab, err := f.text(ciGitLab)
	if err != nil || !strings.Contains(string(lab), "image: golang:"+needs+" ") || !strings.Contains(string(text), "go-version: '"+needs+"'") {
		t.Errorf("CI installs another Go than %s (%v)", needs, err)
	}
}

func TestInstallable(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "v1.2.3", "v1.0.0-rc.1": "v1.0.0-rc.1", "v0.0.0-20261121055707-663e36b8a1f0": "v0.0.0-20261121055707-663e36b8a1f0",
		"(devel)": latest, "devel": latest, "": latest, "v1.2.3+dirty": latest, "v0.0.0-20261121055707-663e36b8a1f0+dirty": latest, "v1.2.3'\n": latest, "v1.2.3 x": latest,
	} {
		if got := installable(version); got != want {
			t.Errorf("%q is installed as %q", version, got)
		}
	}
}

// What is published or written elsewhere starts nothing, and what makes the
// tenancy starts a run.
func TestCIPaths(t *testing.T) {
	for name, want := range map[string]string{
		"own":       "ignore overlays/**, paths ",
		"subfolder": "ignore , paths net works/** ci !net works/o'tenancy/overlays/**",
		"two":       "ignore , paths ",
		"inline":    "ignore , paths tenancy/** ci policies/**",
	} {
		f := ciPlaces[name]
		f.CI = "ci"
		if got := "ignore " + f.Ignore() + ", paths " + strings.Join(f.Paths(), " "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestPlainNames(t *testing.T) {
	for _, good := range []string{"", "a", "net works", "o'brien", `say "x"`, "a: b", "#x", "- x", "ä/ö", "@a", "a;b", "`a`", "&a", "%a", "<<"} {
		if err := plainName("the folder", good); err != nil {
			t.Error(err)
		}
		var back map[string]string
		if err := yaml.UnmarshalStrict([]byte("k: "+quoteYAML(good)), &back); err != nil || back["k"] != good {
			t.Errorf("%q is read as %q (%v)", good, back["k"], err)
		}
	}
	for _, bad := range []string{"a\nb", "a\tb", "a*", "a?", "!a", "${{ secrets.X }}", "$(id)", "{a}", "[a]", `a\b`, "a+b", "\xff", "a\u202eb", "a\u2028b", "\ufeff", ":(top)a"} {
		if plainName("the folder", bad) == nil {
			t.Errorf("%q is let through", bad)
		}
	}
}

func TestSSHAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"git@github.com:acme/policies.git": true, "ssh://git@host/x": true, "host:x": true, "git@host:/x": true,
		"https://host/x": false, "http://127.0.0.1:80/x": false, "/srv/x.git": false, "file:///srv/x.git": false, "../x": false,
	} {
		if reSSH.MatchString(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}
