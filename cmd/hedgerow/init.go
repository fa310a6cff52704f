package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// starter is the tenancy that init writes where there is none.
//
//go:embed starter.cue
var starter []byte

// initOptions are what init is told besides where.
type initOptions struct {
	ci, delivery       string
	repo, branch, path string
}

func newInitCmd(w world, v *viper.Viper) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a first tenancy, its CI, and the schema for editors",
		Long: `Init writes tenants.cue, cue.mod/module.cue and the schema below cue.mod/pkg.
With --ci it writes what checks pull requests, publishes after the merge and
closes at night what has expired; with --delivery, what Argo CD or Flux reads.
With --repo, --branch or --path it also writes .hedgerow.yaml, which says so to
every other command. It changes no file that is there: a second run changes
nothing.`,
		Example: `  mkdir tenancy && cd tenancy && hedgerow init && hedgerow vet
  hedgerow init --ci github
  hedgerow init --ci gitlab --delivery flux --branch main \
    --repo https://git.example.com/acme/policies.git`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("dir")
			if err != nil {
				return err
			}
			if err := o.validate(cmd); err != nil {
				return err
			}
			s, err := newSetup(cmd, v, dir, o)
			if err != nil {
				return err
			}
			return s.write(w)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.ci, "ci", "", "write the checks and the publishing of a CI: github or gitlab")
	f.StringVar(&o.delivery, "delivery", "", "write delivery.cue, for argocd or flux")
	choices(cmd, "ci", ciGitHub, ciGitLab)
	choices(cmd, "delivery", withArgoCD, withFlux)
	f.StringVar(&o.repo, "repo", "", "address of the repository to publish to (default the tenancy's own)")
	f.StringVar(&o.branch, "branch", "", "branch to publish to")
	f.StringVar(&o.path, "path", "", "folder of that repository for the overlays (default as here)")
	return cmd
}

// The values of init's flags.
const (
	ciGitHub   = "github"
	ciGitLab   = "gitlab"
	withArgoCD = "argocd"
	withFlux   = "flux"
)

// validate refuses flags that make no sense, alone or together.
func (o *initOptions) validate(cmd *cobra.Command) error {
	for name, known := range tenancy.Sorted(map[string][]string{"ci": {ciGitHub, ciGitLab}, "delivery": {withArgoCD, withFlux}}) {
		if given := cmd.Flags().Lookup(name); given.Changed && !slices.Contains(known, given.Value.String()) {
			return fmt.Errorf("unknown --%s %q; %s", name, given.Value, nearest.Hint(given.Value.String(), "they", known))
		}
	}
	for _, name := range []string{"repo", "branch", "path"} {
		given := cmd.Flags().Lookup(name)
		switch {
		case given.Changed && o.ci == "" && o.delivery == "":
			return fmt.Errorf("--%s is about what --ci and --delivery write: add one of them, or leave it out", name)
		case given.Changed && given.Value.String() == "":
			return fmt.Errorf("--%s is empty: name one, or leave it out", name)
		}
	}
	return nil
}

// A setup is what init writes, and what it says to do then.
type setup struct {
	files []setupFile
	next  []string
}

// A setupFile is written to a place that is shown as people know it.
type setupFile struct {
	at, shown string
	data      []byte
}

func (s *setup) add(at string, data []byte) {
	s.files = append(s.files, setupFile{at, at, data})
}

// newSetup plans everything before anything is written.
func newSetup(cmd *cobra.Command, v *viper.Viper, dir string, o initOptions) (*setup, error) {
	s := &setup{}
	if above, err := schema.TenancyAbove(dir); err != nil {
		return nil, failure{err}
	} else if above != "" {
		return nil, fmt.Errorf("there is a tenancy in %s already, and CUE would join the two", above)
	}
	files, err := schema.Vendoring(dir)
	if err != nil {
		return nil, failure{err}
	}
	for at, data := range files {
		s.add(at, data)
	}
	s.add(filepath.Join(dir, schema.TenancyFile), starter)
	s.next = []string{"edit tenants.cue, then run \"hedgerow vet\" and \"hedgerow generate\""}
	if o.ci == "" && o.delivery == "" {
		return s, nil
	}
	p, err := newPlace(cmd, v, dir, o)
	if err != nil {
		return nil, err
	}
	if p.cfg.Mode == modePublish {
		s.next = []string{"edit tenants.cue, then run \"hedgerow vet\""}
	}
	if p.configure {
		s.add(filepath.Join(dir, configFile), p.configuration())
	}
	if o.ci != "" {
		if err := s.addCI(p, o.ci); err != nil {
			return nil, err
		}
	}
	if o.delivery != "" {
		return s, s.addDelivery(p, o.delivery)
	}
	return s, nil
}

// write writes the files that are not there.
func (s *setup) write(w world) error {
	slices.SortFunc(s.files, func(a, b setupFile) int { return strings.Compare(a.shown, b.shown) })
	for _, f := range s.files {
		verb, err := create(f.at, f.data)
		if err != nil {
			return failure{err}
		}
		fmt.Fprintf(w.out, "%s %s\n", verb, filepath.ToSlash(f.shown))
	}
	for _, n := range s.next {
		fmt.Fprintf(w.out, "next: %s\n", n)
	}
	return nil
}

// create writes a file unless there is one, and says which.
func create(path string, data []byte) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return "kept", nil
	} else if err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // the first error counts
		return "", err
	}
	return "wrote", f.Close()
}
