// Package tenancies is for tests of whole tenancies: it knows those of this
// repository, and reads one as every command does.
package tenancies

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/check"
	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// Day is the day that all tests live on.
const Day = "2026-11-20"

// Folders gives the folders of the tenancies of the repository at a path.
func Folders(repository string) ([]string, error) {
	dirs, err := filepath.Glob(filepath.Join(repository, "testdata/tenancies/*"))
	if err != nil {
		return nil, err
	}
	if len(dirs) < 5 {
		return nil, fmt.Errorf("%s has only the tenancies %q", repository, dirs)
	}
	return append(dirs, repository), nil
}

// Expand reads a tenancy and expands it; the diagnostics hold errors if it is
// refused.
func Expand(dir string) (*tenancy.Tenancy, *generator.Expansion, []diag.Diagnostic, error) {
	tags, err := tagsOf(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	res, err := schema.Load(dir, tags, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	if res.Tenancy == nil || diag.HasErrors(res.Diags) {
		return nil, nil, res.Diags, nil
	}
	x, diags := generator.Expand(res.Tenancy, generator.Options{AsOf: Day, Today: Day, Soon: Day})
	return res.Tenancy, x, append(check.Tenancy(res.Tenancy), diags...), nil
}

// tagsOf gives the tags that the configuration of a tenancy sets.
func tagsOf(dir string) ([]string, error) {
	file := filepath.Join(dir, ".hedgerow.yaml")
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c struct {
		Tag []string `json:"tag"`
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c.Tag, nil
}
