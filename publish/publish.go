// Package publish commits a proved output folder to a branch of a Git
// repository, on this machine or elsewhere, and needs no git binary. It never
// forces, never goes backwards, and touches no index, no worktree and nothing
// outside of its folder.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/render"
)

// Options say where to publish, what, and in whose name.
type Options struct {
	Target Target
	Source Source
	// Files is the whole output as it shall be, the inventory included, by
	// slash-separated paths below the target's.
	Files   map[string][]byte
	Allowed []string // patterns of files below the target's path that are somebody else's

	Author, Committer Identity
	Date              time.Time
	Signer            Signer // nil: commits are not signed

	Credentials Credentials
	Timeout     time.Duration // of each exchange with a server
	PullRequest bool          // push a branch of its own for somebody to merge
	DryRun      bool          // make the commit, and push nothing
}

// Target is a folder on a branch of a repository.
type Target struct {
	URL    string // https, ssh, user@host:path, file, or a folder of this machine
	Name   string // as people know it; "" is the URL without credentials
	Branch string // "" is the one that the repository's HEAD names
	Path   string // slash-separated; "." is the repository's root
}

// String gives the repository as people know it.
func (t Target) String() string {
	if t.Name != "" {
		return t.Name
	}
	return Redacted(t.URL)
}

// Plan is what a caller wants to have done about what is published now.
type Plan struct {
	Write   map[string][]byte // by path below the target's
	Delete  []string
	Message string // subject, empty line, body
	Digest  string // of all that is then published, in hexadecimal
}

// Result is what came of it.
type Result struct {
	Commit  string // "" if there was nothing to do
	Parent  string // "" of the first commit of a repository
	Branch  string // that was, or would be, pushed
	Message string
	Write   []string // paths in the repository
	Delete  []string
	Tries   int  // pushes
	Already bool // the pull request's branch was there before, with the same output

	made *object.Commit
}

// Text shows the commit as git does.
func (r *Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "commit %s\n", r.Commit)
	if r.Parent != "" {
		fmt.Fprintf(&b, "parent %s\n", r.Parent)
	}
	fmt.Fprintf(&b, "branch %s\nauthor %s\ncommitter %s\ndate %s\n\n", r.Branch, r.made.Author.String(), r.made.Committer.String(), r.made.Author.When.Format(time.RFC3339))
	for line := range strings.Lines(r.Message) {
		b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
	}
	b.WriteString("\n")
	for _, file := range r.Write {
		b.WriteString("write " + file + "\n")
	}
	for _, file := range r.Delete {
		b.WriteString("delete " + file + "\n")
	}
	return b.String()
}

// Refusal is a reason not to publish that lies in what is published already or
// in where the tenancy stands: nothing was changed.
type Refusal struct {
	Code      diag.Code
	Fact, Fix string
	Published bool // all the same, before it was known
}

// Error implements error.
func (r *Refusal) Error() string { return r.Fact + "; " + r.Fix }

// tries bounds how often a commit is made again because somebody else pushed
// first. Of eight that do nothing else, one needs 20 at times, by chance alone.
const tries = 100

// A publisher is one run.
type publisher struct {
	Options
	store        *store
	remote, home remote
	want         *node
}

// Publish brings a branch to what shall be published. The planner is given what
// is there now and says what to do, or nil if nothing is; when somebody else
// pushes first, it is asked again about what they left.
func Publish(ctx context.Context, o Options, planner func(*render.Output) (*Plan, error)) (*Result, error) {
	if p := o.Target.Path; !fs.ValidPath(p) || slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool { return strings.EqualFold(s, ".git") }) {
		return nil, fmt.Errorf("%q is no folder of a repository: write it as in policies/overlays", p)
	}
	p, err := open(o)
	if err != nil {
		return nil, err
	}
	defer p.store.close()
	for n := 1; ; n++ {
		begin := time.Now()
		r, err := p.once(ctx, planner)
		if r != nil {
			r.Tries = n
		}
		if !errors.Is(err, errMoved) {
			return r, err
		}
		if n == tries && errors.As(err, &errLocked{}) {
			return nil, err
		} else if n == tries {
			return nil, fmt.Errorf("others pushed to %s first, %d times over: run it again; the last time: %w", o.Target.Branch, tries, err)
		}
		if err := pause(ctx, n, time.Since(begin)); err != nil {
			return nil, err
		}
	}
}

// The bounds of a pause before another try.
const (
	shortestPause = 20 * time.Millisecond
	longestPause  = 3 * time.Second
)

// pause waits by chance, up to some times as long as a try takes: those who
// waited long must not stand back behind those who only begin, and those who
// are many must not try all at once.
func pause(ctx context.Context, n int, try time.Duration) error {
	top := min(max(try, shortestPause)<<min(n, 3), longestPause)
	select {
	case <-time.After(rand.N(top)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open makes ready what a run needs.
func open(o Options) (*publisher, error) {
	s, err := newStore(o.Source.Dir)
	if err != nil {
		return nil, err
	}
	p := &publisher{Options: o, store: s, want: nodeOf(o.Files)}
	if p.remote, err = dial(o.Target, o.Credentials, o.Timeout, s, &s.target); err == nil && o.Source.Home.URL != "" {
		p.home, err = dial(o.Source.Home, o.Source.Credentials, o.Timeout, s, &s.home)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return p, nil
}

// once tries it once; errMoved says that somebody else was quicker.
func (p *publisher) once(ctx context.Context, planner func(*render.Output) (*Plan, error)) (*Result, error) {
	p.store.forget()
	tip, err := p.tip(ctx)
	if err != nil {
		return nil, err
	}
	output, err := p.output(tip)
	if err != nil {
		return nil, err
	}
	if err := p.judge(ctx, tip, output); err != nil {
		return nil, err
	}
	plan, err := planner(output)
	if err != nil {
		return nil, err
	}
	r := &Result{Branch: p.Target.Branch}
	if plan == nil {
		return r, nil
	}
	if err := p.commit(r, tip, plan); err != nil {
		return nil, err
	}
	if err := p.push(ctx, r, tip, plan); err != nil || p.DryRun || !p.apart() {
		return r, err
	}
	return r, p.judgeAgain(ctx, r)
}

// tip gives the commit that the branch is at; nil in an empty repository.
func (p *publisher) tip(ctx context.Context) (*object.Commit, error) {
	found, err := p.remote.fetch(ctx, p.Target.Branch)
	if err != nil {
		return nil, err
	}
	p.Target.Branch = found.branch
	switch {
	case found.branch == "":
		return nil, fmt.Errorf("%s does not say which branch is its first: name one with --branch", p.Target)
	case found.empty:
		return nil, nil
	case found.at.IsZero():
		return nil, fmt.Errorf("%s has no branch %q: create it first, so that a misspelt one is not published to, or name another with --branch", p.Target, p.Target.Branch)
	}
	return object.GetCommit(p.store, found.at)
}

// output reads what is published at a commit.
func (p *publisher) output(tip *object.Commit) (*render.Output, error) {
	var found []render.Found
	if tip != nil {
		tree, err := p.folder(tip)
		if err != nil {
			return nil, err
		}
		if found, err = p.store.found(tree, p.want); err != nil {
			return nil, err
		}
	}
	out, err := render.ReadOutput(found, p.Target.Path, p.Allowed)
	if err != nil || tip == nil || out.Inventory() != nil {
		return out, err
	}
	around := render.Surroundings{Inventories: map[string]render.File{}, Modules: map[string]bool{}}
	if err := p.store.surroundings(tip.TreeHash, ".", around); err != nil {
		return nil, err
	}
	return out, out.Elsewhere(around, p.Source.Module, p.Target.Path, func(folder string) string { return folder })
}

// folder gives the tree at the target's path; the zero hash if there is nothing.
func (p *publisher) folder(c *object.Commit) (plumbing.Hash, error) {
	e, err := p.store.entry(c.TreeHash, p.Target.Path)
	if err != nil || e == nil {
		return plumbing.ZeroHash, err
	}
	if !e.folder {
		return plumbing.ZeroHash, fmt.Errorf("%s of %s, commit %.10s, is no folder: remove it, or name another with --path", p.Target.Path, p.Target, c.Hash)
	}
	return e.hash, nil
}

// commit makes the commit in memory.
func (p *publisher) commit(r *Result, tip *object.Commit, plan *Plan) error {
	var edits []edit
	for file, data := range plan.Write {
		edits = append(edits, edit{path: path.Join(p.Target.Path, file), data: data})
		r.Write = append(r.Write, path.Join(p.Target.Path, file))
	}
	for _, file := range plan.Delete {
		edits = append(edits, edit{path: path.Join(p.Target.Path, file), gone: true})
		r.Delete = append(r.Delete, path.Join(p.Target.Path, file))
	}
	slices.Sort(r.Write)
	slices.Sort(r.Delete)
	c := &object.Commit{
		Author: p.Author.signature(p.Date), Committer: p.Committer.signature(p.Date),
		Message: withTrailers(plan.Message, p.Source.Commit, plan.Digest),
	}
	root := plumbing.ZeroHash
	if tip != nil {
		root, c.ParentHashes, r.Parent = tip.TreeHash, []plumbing.Hash{tip.Hash}, tip.Hash.String()
	}
	var err error
	if c.TreeHash, err = p.store.edit(root, edits); err != nil {
		return err
	}
	hash, err := p.store.sign(c, p.Signer)
	r.Commit, r.Message, r.made = hash.String(), c.Message, c
	return err
}

// push moves the branch from the tip to the new commit, if it is still there.
func (p *publisher) push(ctx context.Context, r *Result, tip *object.Commit, plan *Plan) error {
	old := plumbing.ZeroHash
	if tip != nil {
		old = tip.Hash
	}
	if p.PullRequest {
		r.Branch, old = "hedgerow/"+plan.Digest[:12], plumbing.ZeroHash
	}
	if p.DryRun {
		return nil
	}
	err := p.compareAndSwap(ctx, r.Branch, old, plumbing.NewHash(r.Commit))
	if p.PullRequest && errors.Is(err, errMoved) {
		return p.already(ctx, r, tip)
	}
	return err
}

// already accepts a pull request's branch that was there before only if it holds
// what ours would: one that was merged long ago can be merged by nobody.
func (p *publisher) already(ctx context.Context, r *Result, tip *object.Commit) error {
	found, err := p.remote.fetch(ctx, r.Branch)
	if err != nil {
		return err
	}
	there, err := object.GetCommit(p.store, found.at)
	if err != nil {
		return err
	}
	stands, err := p.stands(there, r.made, tip)
	if err != nil {
		return err
	}
	if !stands {
		return &Refusal{diag.BranchStands,
			fmt.Sprintf("branch %s of %s is there already, from an older pull request or with something else", r.Branch, p.Target), "delete it, and run this again", false}
	}
	r.Already = true
	return nil
}

// stands reports whether a commit of a pull request is what ours would be, and
// can still be merged: nothing of ours has changed since it was made.
func (p *publisher) stands(there, ours, tip *object.Commit) (bool, error) {
	a, err := p.folder(there)
	if err != nil {
		return false, err
	}
	b, err := p.folder(ours)
	if err != nil || a != b {
		return false, err
	}
	if tip == nil || len(there.ParentHashes) != 1 {
		return tip == nil, nil
	}
	if merged, _, err := p.store.follows(tip.Hash, there.Hash); err != nil || merged {
		return false, err
	}
	if on, _, err := p.store.follows(tip.Hash, there.ParentHashes[0]); err != nil || !on {
		return false, err
	}
	parent, err := object.GetCommit(p.store, there.ParentHashes[0])
	if err != nil {
		return false, err
	}
	was, err := p.inventory(parent)
	if err != nil {
		return false, err
	}
	is, err := p.inventory(tip)
	return was == nil && is == nil || was != nil && is != nil && was.hash == is.hash, err
}

// errMoved says that the branch is not where it was.
var errMoved = errors.New("the branch has moved")

// compareAndSwap pushes, and looks where the branch is when the push seems to
// have failed: an answer may be lost on its way.
func (p *publisher) compareAndSwap(ctx context.Context, branch string, old, commit plumbing.Hash) error {
	failed := p.remote.push(ctx, branch, old, commit)
	if failed == nil || failed == errMoved && !p.PullRequest {
		return failed
	}
	found, err := p.remote.find(ctx, branch)
	switch {
	case err != nil:
		return failed
	case found.at == commit:
		return nil
	case found.at != old:
		return fmt.Errorf("%w: %w", errMoved, failed)
	}
	return failed
}
