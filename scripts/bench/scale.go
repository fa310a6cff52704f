package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

// scale measures whole commands on a tenancy of so many namespaces, with three
// flows for each and fifty of them in a file, beside what people would take
// instead.
func scale(bin string, namespaces int) error {
	dir, err := os.MkdirTemp("", "hedgerow-scale")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	size := synthetic.Size{Teams: max(namespaces/50, 1), Namespaces: namespaces, Flows: 3 * namespaces, Owned: true}
	old, now, chart := filepath.Join(dir, "old"), filepath.Join(dir, "new"), filepath.Join(dir, "chart")
	hedgerow := filepath.Join(bin, "hedgerow")
	if err := errors.Join(write(old, synthetic.Files(size)), write(now, synthetic.Files(size)), write(chart, synthetic.Chart(size))); err != nil {
		return err
	}
	for _, tenancy := range []string{old, now} {
		if _, err := measure(tenancy, hedgerow, "init"); err != nil {
			return err
		}
	}
	if namespaces <= compared {
		if err := chartIsTheSame(bin, now, chart); err != nil {
			return err
		}
	}
	fmt.Printf("\n%d namespaces, %d flows, %d files\n", namespaces, size.Flows, size.Teams+1)
	cue, err := row(cost{}, "cue vet -c", now, filepath.Join(bin, "cue"), "vet", "-c", ".")
	if err != nil {
		return err
	}
	helm, err := row(cost{}, "helm template", dir, filepath.Join(bin, "helm"), "template", "x", chart)
	if err != nil {
		return err
	}
	for _, r := range []struct {
		what    string
		peer    cost
		before  func() error
		command []string
	}{
		{"hedgerow vet, against cue vet", cue, nil, []string{"vet", "-q"}},
		{"hedgerow generate, from nothing, against helm template", helm, nil, []string{"generate", "-q"}},
		{"hedgerow generate, one flow changed, against cue vet", cue, func() error { return changeFlow(now) }, []string{"generate", "-q"}},
		{"hedgerow generate --check, against cue vet", cue, nil, []string{"generate", "-q", "--check"}},
		{"hedgerow diff of two tenancies, against cue vet", cue, nil, []string{"diff", "-q", old, now}},
	} {
		if r.before != nil {
			if err := r.before(); err != nil {
				return err
			}
		}
		if _, err := row(r.peer, r.what, now, hedgerow, r.command...); err != nil {
			return err
		}
	}
	return nil
}

// compared is the largest number of namespaces at which it is seen to that what
// Helm makes opens the same connections.
const compared = 1000

func chartIsTheSame(bin, tenancy, chart string) error {
	var manifests bytes.Buffer
	helm := exec.Command(filepath.Join(bin, "helm"), "template", "x", chart)
	helm.Stdout, helm.Stderr = &manifests, os.Stderr
	if err := helm.Run(); err != nil {
		return err
	}
	file := chart + ".yaml"
	if err := os.WriteFile(file, manifests.Bytes(), 0o644); err != nil {
		return err
	}
	out, err := exec.Command(filepath.Join(bin, "hedgerow"), "diff", "-C", tenancy, file, tenancy).Output()
	if err == nil && !bytes.Contains(out, []byte("nothing opens or closes")) {
		err = errors.New("the chart opens something else than the tenancy")
	}
	return err
}

// row prints what a command takes, and the ratio to its peer.
func row(peer cost, what, dir, program string, args ...string) (cost, error) {
	c, err := measure(dir, append([]string{program}, args...)...)
	if err != nil {
		return c, err
	}
	ratio := ""
	if peer.wall > 0 {
		ratio = fmt.Sprintf("%6.2f times", c.wall.Seconds()/peer.wall.Seconds())
	}
	fmt.Printf("%-56s %v %s\n", what, c, ratio)
	return c, nil
}

// changeFlow opens another port with the first flow of a tenancy.
func changeFlow(dir string) error {
	file := filepath.Join(dir, "team-0.cue")
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := bytes.Replace(data, []byte(`ports: ["https"]`), []byte(`ports: ["admin"]`), 1)
	if bytes.Equal(data, changed) {
		return fmt.Errorf("%s has no flow", file)
	}
	return os.WriteFile(file, changed, 0o644)
}

// write writes files below a folder.
func write(dir string, files map[string]string) error {
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
