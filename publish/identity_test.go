package publish_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

func TestIdentitiesThatNameNobody(t *testing.T) {
	for _, s := range []string{"", "Ann", "<a@b>", " <a@b>", "Ann <>", "Ann <a@b", "Ann a@b>", "Ann <a b@c>", "Ann <a@b> x",
		"A\nnn <a@b>", "An<n <a@b>", "An>n <a@b>", "Ann <a@b\x00>", "Ann <a\n@b>", "Ann <<a@b>>"} {
		if i, err := publish.ParseIdentity(s); err == nil {
			t.Errorf("%q is taken for %+v", s, i)
		}
	}
}

// FuzzIdentity commits in the name of whoever is accepted: git fsck must accept
// it too, and show the same name.
func FuzzIdentity(f *testing.F) {
	for _, s := range []string{"Ann <ann@example.com>", "Ann O'Hara, Jr. <a+b@x>", "Änne 雪 <ä@b>", "a <b>", "; <;>", ". <a@b>", "'Ann' <a@b>",
		"Ann. <a@b>", "\"Ann\" <a@b>", "Ann  B <.>", "Ann\u00a0B <a@b>", "Ann \u202e <a@b>", "\xff <a@b>", "x <\xff>", "1 <1> 2 <3>", "Ann <a@b,>"} {
		f.Add(s)
	}
	bare := gitserver.Bare(f)
	o := options(f, tenancy(f), bare, several(1, "prod", "one"))
	f.Fuzz(func(t *testing.T, s string) {
		who, err := publish.ParseIdentity(s)
		if err != nil {
			return
		}
		o.Author, o.Committer = who, who
		r := published(t, o)
		clean(t, bare)
		if got := gitserver.Git(t, bare, "show", "--no-patch", "--encoding=UTF-8", "--format=%an <%ae>", r.Commit); got != who.Name+" <"+who.Email+">" {
			t.Errorf("git reads %q, want %q", got, who)
		}
		empty(t, bare)
	})
}

// empty takes everything out of a repository, so that fsck stays quick.
func empty(t *testing.T, bare string) {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(bare, "objects", "??"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(objects, filepath.Join(bare, "refs", "heads", "main")) {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
}
