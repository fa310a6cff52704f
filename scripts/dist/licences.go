package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// reLicence matches the names of files that say under what their folder is
// given away, and what must be said with it.
var reLicence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|authors)([-.].*)?$`)

// A listed package, as "go list" gives it.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// thirdParty gives the licences of all that a binary for the platform holds of
// others, in full, each with the module that it is of.
func thirdParty(source, platform string) ([]byte, error) {
	root, err := goCommand(source, platform, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	goRoot, goVersion, _ := strings.Cut(strings.TrimSpace(string(root)), "\n")
	found := map[string]string{goVersion + ": LICENSE": filepath.Join(goRoot, "LICENSE")}
	list, err := goCommand(source, platform, "list", "-deps", "-json=Dir,Standard,Module", "./cmd/hedgerow")
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(list)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		if err := p.licences(found); err != nil {
			return nil, err
		}
	}
	return joined(found)
}

// writeThirdParty writes the licences to a file.
func writeThirdParty(source, platform, file string) error {
	text, err := thirdParty(source, platform)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// licences finds those of a package: in its folder, and in every one above it
// in the module.
func (p *listed) licences(found map[string]string) error {
	any := false
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !reLicence.MatchString(e.Name()) {
				continue
			}
			any = any || !strings.HasPrefix(strings.ToUpper(e.Name()), "AUTHORS")
			at, err := filepath.Rel(p.Module.Dir, filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			found[p.Module.Path+" "+p.Module.Version+": "+filepath.ToSlash(at)] = filepath.Join(dir, e.Name())
		}
		if dir == p.Module.Dir || len(dir) < len(p.Module.Dir) {
			break
		}
	}
	if !any {
		return fmt.Errorf("%s of %s has no licence: nobody may hand it on", p.Dir, p.Module.Path)
	}
	return nil
}

func joined(found map[string]string) ([]byte, error) {
	var titles []string
	for title := range found {
		titles = append(titles, title)
	}
	slices.Sort(titles)
	var b bytes.Buffer
	b.WriteString("This binary holds code of others. What each is given away under:\n")
	rule := strings.Repeat("-", 80)
	for _, title := range titles {
		text, err := os.ReadFile(found[title])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", rule, title, rule, bytes.TrimRight(text, "\n"))
	}
	return b.Bytes(), nil
}

func goCommand(source, platform string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env, cmd.Stderr = source, environment(platform), os.Stderr
	return cmd.Output()
}
