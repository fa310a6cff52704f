package publish

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

// oddNames sort in another order as files than as folders.
var oddNames = []string{"a", "a-b", "a.b", "a0", "a b", "ab", "A", "ä", "z", "-"}

// randomPath is a path of up to three names.
func randomPath(r *rand.Rand) string {
	names := make([]string, 1+r.IntN(3))
	for i := range names {
		names[i] = oddNames[r.IntN(len(oddNames))]
	}
	return strings.Join(names, "/")
}

// fits reports whether a path can stand beside others: no file is also a folder.
func fits(files map[string][]byte, file string) bool {
	for other := range files {
		if strings.HasPrefix(other, file+"/") || strings.HasPrefix(file, other+"/") {
			return false
		}
	}
	return true
}

func randomFiles(r *rand.Rand) map[string][]byte {
	out := map[string][]byte{}
	for range r.IntN(30) {
		if file := randomPath(r); fits(out, file) {
			out[file] = []byte(fmt.Sprint(r.IntN(5)))
		}
	}
	return out
}

// randomEdits are to files, and what comes of them.
func randomEdits(r *rand.Rand, files map[string][]byte) ([]edit, map[string][]byte) {
	after := maps.Clone(files)
	var edits []edit
	for _, file := range slices.Sorted(maps.Keys(files)) {
		switch r.IntN(4) {
		case 0:
			edits = append(edits, edit{path: file, gone: true})
			delete(after, file)
		case 1:
			after[file] = []byte("changed")
			edits = append(edits, edit{path: file, data: after[file]})
		}
	}
	for file, data := range randomFiles(r) {
		if _, is := files[file]; !is && fits(after, file) && fits(files, file) {
			after[file] = data
			edits = append(edits, edit{path: file, data: data})
		}
	}
	return edits, after
}

// gitTree gives the tree that git makes of the files.
func gitTree(t *testing.T, repo string, files map[string][]byte) string {
	t.Helper()
	var lines strings.Builder
	for file, data := range files {
		fmt.Fprintf(&lines, "100644 %s\t%s\n", named("blob", data), file)
	}
	index := "GIT_INDEX_FILE=" + t.TempDir() + "/index"
	for _, args := range [][]string{{"update-index", "--index-info"}, {"write-tree", "--missing-ok"}} {
		cmd := exec.Command("git", append([]string{"-c", "core.quotePath=false"}, args...)...)
		cmd.Dir, cmd.Env, cmd.Stdin = repo, append(os.Environ(), index), strings.NewReader(lines.String())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		lines.Reset()
		lines.Write(out)
	}
	return strings.TrimSpace(lines.String())
}

// Whatever is edited, the tree is the one that git makes, and so is the one that
// a run wants to have.
func TestTreesAreThoseOfGit(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	repo := gitserver.Bare(t)
	for range 60 {
		s, err := newStore(repo)
		if err != nil {
			t.Fatal(err)
		}
		before := randomFiles(r)
		var all []edit
		for file, data := range before {
			all = append(all, edit{path: file, data: data})
		}
		tree := edited(t, s, plumbing.ZeroHash, all)
		edits, after := randomEdits(r, before)
		tree = edited(t, s, tree, edits)
		want := gitTree(t, repo, after)
		if got := tree.String(); got != want {
			t.Errorf("%q edited with %v is %s, want %s", before, edits, got, want)
		}
		if got := nodeOf(after).hash.String(); got != want {
			t.Errorf("%q is %s, want %s", after, got, want)
		}
	}
}

func edited(t *testing.T, s *store, tree plumbing.Hash, edits []edit) plumbing.Hash {
	t.Helper()
	out, err := s.edit(tree, edits)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
