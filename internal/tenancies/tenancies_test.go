package tenancies

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// TestTenanciesOfTheRepository sees to it that each is read with its tags, and
// that one which lacks them is refused.
func TestTenanciesOfTheRepository(t *testing.T) {
	dirs, err := Folders("../..")
	if err != nil {
		t.Fatal(err)
	}
	tagged := 0
	for _, dir := range dirs {
		tags, err := tagsOf(dir)
		if err != nil {
			t.Fatal(err)
		}
		tagged += len(tags)
		if _, x, diags, err := Expand(dir); err != nil || diag.HasErrors(diags) || len(x.Clusters) == 0 {
			t.Errorf("%s: %v %v", dir, err, diags)
		}
	}
	if tagged == 0 {
		t.Error("no tenancy needs tags")
	}
	if _, err := Folders(t.TempDir()); err == nil {
		t.Error("an empty folder has tenancies")
	}
}

func TestWhatIsRefused(t *testing.T) {
	for file, wrong := range map[string]string{
		"tenants.cue":    "package tenancy\n\nclusters: main: cni: \"none\"\n",
		".hedgerow.yaml": "tag: {",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(wrong), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, x, diags, err := Expand(dir); x != nil || err == nil && !diag.HasErrors(diags) {
			t.Errorf("%s is taken: %v %v", file, diags, err)
		}
	}
}

func TestNumber(t *testing.T) {
	const name = "HEDGEROW_TEST_NUMBER"
	if n := Number(t, name, 7); n != 7 {
		t.Errorf("without any, the number is %d", n)
	}
	t.Setenv(name, "8")
	if n := Number(t, name, 7); n != 8 {
		t.Errorf("the number is %d", n)
	}
}
