package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/internal/regular"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// starter is the tenancy that init writes where there is none.
//
//go:embed starter.cue
var starter []byte

// initOptions are what init is told besides where.
type initOptions struct {
	yes, upgrade       bool
	ci, delivery       string
	repo, branch, path string
	cni                string
	first              firstOptions
}

func newInitCmd(w world, v *viper.Viper) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a first tenancy, its CI, and the schema for editors",
		Long: `Init writes tenants.cue, cue.mod/module.cue and the schema below cue.mod/pkg,
recommends CUE's extension to VS Code and gives it a task that runs vet. With
--ci it writes what checks pull requests, publishes after the merge and closes
at night what has expired; with --delivery, what Argo CD or Flux reads. With
--repo, --branch or --path it also writes .hedgerow.yaml, which says so to every
other command.

The first tenancy is an example. With --from-manifests or --from-cluster it is
what is there: the namespaces, the workloads by their labels, their ports, and
what "hedgerow facts" finds. A roll-out keeps each namespace open, but for those
that policies of others rule: for these, nothing is written yet.

On a terminal, init asks for what no flag says; with --yes it takes what it
would propose. It changes no file that is there: a second run changes nothing,
and where there is a tenancy nothing is asked. With --upgrade it does nothing
but replace the schema below cue.mod/pkg by that of this version.`,
		Example: `  mkdir tenancy && cd tenancy && hedgerow init && hedgerow vet
  hedgerow init --ci github
  hedgerow init --ci gitlab --delivery flux --branch main \
    --repo https://git.example.com/acme/policies.git
  hedgerow init --from-cluster --context prod-eu --team-label team
  hedgerow init --upgrade`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("dir")
			if err != nil {
				return err
			}
			if err := o.validate(cmd); err != nil {
				return err
			}
			if o.upgrade {
				return upgradeSchema(w, dir)
			}
			s, err := newSetup(cmd, v, w, dir, &o)
			if err != nil {
				return err
			}
			return s.write(w)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.yes, "yes", "y", false, "ask nothing: take what would be proposed")
	f.BoolVar(&o.upgrade, "upgrade", false, "replace the schema below cue.mod/pkg by this version's, and do nothing else")
	f.StringVar(&o.ci, "ci", "", "write the checks and the publishing of a CI: github, gitlab or none")
	f.StringVar(&o.delivery, "delivery", "", "write delivery.cue, for argocd, flux or none")
	choices(cmd, "ci", ciGitHub, ciGitLab, nothing)
	choices(cmd, "delivery", withArgoCD, withFlux, nothing)
	f.StringVar(&o.repo, "repo", "", "address of the repository to publish to (default the tenancy's own)")
	f.StringVar(&o.branch, "branch", "", "branch to publish to")
	f.StringVar(&o.path, "path", "", "folder of that repository for the overlays (default as here)")
	f.StringVar(&o.cni, "cni", "", "network plugin of the cluster (default calico in the example, else what is found)")
	o.first.flags(f)
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
	choices := map[string][]string{"ci": {ciGitHub, ciGitLab, nothing}, "delivery": {withArgoCD, withFlux, nothing}, "cni": plugins()}
	for name, known := range tenancy.Sorted(choices) {
		if given := cmd.Flags().Lookup(name); given.Changed && !slices.Contains(known, given.Value.String()) {
			return fmt.Errorf("unknown --%s %q; %s", name, given.Value, nearest.Hint(given.Value.String(), "they", known))
		}
	}
	for _, chosen := range []*string{&o.ci, &o.delivery} {
		if *chosen == nothing {
			*chosen = "" // and nothing is asked, for the flag was given
		}
	}
	for _, name := range []string{"repo", "branch", "path"} {
		if given := cmd.Flags().Lookup(name); given.Changed && given.Value.String() == "" {
			return fmt.Errorf("--%s is empty: name one, or leave it out", name)
		}
	}
	if o.upgrade {
		return aloneButFor(cmd, "upgrade", "dir")
	}
	return o.first.validate(cmd)
}

// aloneButFor refuses every flag beside one, and those that go with it.
func aloneButFor(cmd *cobra.Command, name string, others ...string) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Name != name && !slices.Contains(others, f.Name) {
			err = fmt.Errorf("--%s does nothing else: leave out --%s", name, f.Name)
		}
	})
	return err
}

// judgeTarget refuses to be told where to publish when nothing is written that
// publishes.
func (o *initOptions) judgeTarget(cmd *cobra.Command) error {
	for _, name := range []string{"repo", "branch", "path"} {
		if cmd.Flags().Lookup(name).Changed && o.ci == "" && o.delivery == "" {
			return fmt.Errorf("--%s is about what --ci and --delivery write: add one of them, or leave it out", name)
		}
	}
	return nil
}

// A setup is what init writes, and what it says to do then.
type setup struct {
	files []setupFile
	found []string // about the first tenancy
	next  []string
}

// A setupFile is written below a folder, and shown as people know it.
type setupFile struct {
	folder, name string // the name with slashes
	shown        string
	data         []byte
}

func (s *setup) add(folder, name string, data []byte) {
	s.files = append(s.files, setupFile{folder, name, path.Join(filepath.ToSlash(folder), name), data})
}

// newSetup plans everything before anything is written.
func newSetup(cmd *cobra.Command, v *viper.Viper, w world, dir string, o *initOptions) (*setup, error) {
	s, here := &setup{}, &place{}
	if err := here.find(dir); err != nil {
		return nil, err
	}
	if above, err := schema.TenancyAbove(dir, here.top()); err != nil {
		return nil, failure{err}
	} else if above != "" {
		return nil, fmt.Errorf("there is a tenancy in %s already, and CUE would join the two: edit that one, or name a folder that is not below it with --dir", above)
	}
	files, err := schema.Vendoring(dir, here.top())
	if err != nil {
		return nil, failure{err}
	}
	for at, data := range files {
		module, name := inModule(at)
		s.add(module, name, data)
	}
	if err := s.addTenancy(cmd, v, w, dir, o); err != nil {
		return nil, err
	}
	if err := o.judgeTarget(cmd); err != nil {
		return nil, err
	}
	if o.ci == "" && o.delivery == "" {
		s.next = append([]string{"edit tenants.cue, then run \"hedgerow vet\" and \"hedgerow generate\""}, s.next...)
		return s, s.addEditor(here, dir)
	}
	p, err := newPlace(cmd, v, dir, *o)
	if err != nil {
		return nil, err
	}
	edit := "edit tenants.cue, then run \"hedgerow vet\""
	if p.cfg.Mode == modeInline {
		edit += " and \"hedgerow generate\""
	}
	s.next = append([]string{edit}, s.next...)
	if p.configure {
		s.add(dir, configFile, p.configuration())
		if slices.ContainsFunc(p.target(), func(t setting) bool { return lacks(filepath.Join(dir, deliveryFile), t.value) }) {
			s.next = append(s.next, "see that "+deliveryFile+", which was there before, names what "+configFile+" now publishes to")
		}
	}
	if err := s.addEditor(p, dir); err != nil {
		return nil, err
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

// addTenancy adds the first tenancy, unless there is one, with what is asked.
func (s *setup) addTenancy(cmd *cobra.Command, v *viper.Viper, w world, dir string, o *initOptions) error {
	if _, err := os.Lstat(filepath.Join(dir, schema.TenancyFile)); err == nil {
		if o.first.wanted() {
			s.found = []string{"nothing was read: there is a tenancy, which stays as it is"}
		}
		s.add(dir, schema.TenancyFile, nil)
		return nil
	}
	if file, name, err := schema.OtherPackage(dir); err != nil {
		return failure{err}
	} else if name != "" {
		return fmt.Errorf("%s is of package %s, and a tenancy is a package of its own: name a folder for it with --dir", filepath.ToSlash(filepath.Join(dir, file)), name)
	}
	text, err := s.firstTenancy(cmd, v, w, dir, o)
	if err != nil {
		return err
	}
	s.add(dir, schema.TenancyFile, text)
	return nil
}

// write writes the files that are not there, the tenancy last: as long as it is
// not there, the next run does what is left to do.
func (s *setup) write(w world) error {
	slices.SortFunc(s.files, func(a, b setupFile) int { return strings.Compare(a.shown, b.shown) })
	slices.SortStableFunc(s.files, func(a, b setupFile) int { return isTenancy(a) - isTenancy(b) })
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.obstacle())
	}
	if err := onceEach(errs); err != nil {
		return failure{fmt.Errorf("%w\nnothing was written", err)}
	}
	for _, f := range s.found {
		fmt.Fprintln(w.out, f)
	}
	for _, f := range s.files {
		verb, err := f.create()
		if err != nil {
			return failure{fmt.Errorf("%s: %w", f.shown, err)}
		}
		fmt.Fprintf(w.out, "%s %s\n", verb, f.shown)
	}
	for _, n := range s.next {
		fmt.Fprintf(w.out, "next: %s\n", n)
	}
	return nil
}

func isTenancy(f setupFile) int {
	if f.name == schema.TenancyFile {
		return 1
	}
	return 0
}

// obstacle says what stands where a file is to be, or its folder: nothing is
// written while anything is in the way.
func (f *setupFile) obstacle() error {
	root, err := os.OpenRoot(f.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer root.Close() // nothing is written
	_, err = root.Lstat(f.name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for i, r := range f.name {
		if r != '/' {
			continue
		}
		shown := strings.TrimSuffix(f.shown, f.name[i:])
		switch info, err := root.Lstat(f.name[:i]); {
		case err != nil:
		case info.Mode()&fs.ModeSymlink != 0:
			return fmt.Errorf("%s is a link, and init follows none that leads out: put a folder in its place", shown)
		case !info.IsDir():
			return fmt.Errorf("%s is no folder, and init writes into one of this name: move it away", shown)
		}
	}
	return fmt.Errorf("%s: %w", f.shown, err)
}

// create writes a file unless there is one, and says which. It follows no link out
// of the file's folder.
func (f *setupFile) create() (string, error) {
	if err := os.MkdirAll(f.folder, 0o755); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return "", err
	}
	defer root.Close() // every write is checked
	if _, err := root.Lstat(f.name); err == nil {
		return "kept", nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return "wrote", put(root, f.name, f.data)
}

// lacks reports whether there is a file that does not hold a word. What cannot be
// read, is no regular file or no small one, may lack anything.
func lacks(file, word string) bool {
	data, err := regular.Read(file, 1<<20)
	return !errors.Is(err, fs.ErrNotExist) && !bytes.Contains(data, []byte(word))
}

// put writes a file, in the place of one that is there.
func put(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return putFile(root, name, data, 0o644)
}
