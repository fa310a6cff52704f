package publish

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/render"
)

// Source is where the tenancy stands, and as of when it was judged.
type Source struct {
	Dir    string // of its repository
	Commit string
	Day    string // as 2006-01-02
	// Module is the folder of all that makes the tenancy in its repository,
	// slash-separated.
	Module string
	// Home is the branch to which the tenancy is merged: only what it holds is
	// published. It has no address for a tenancy that is pushed nowhere.
	Home        Target
	Credentials Credentials // for its home, if that is not published to
	// Accept is a commit that somebody says ours may follow, though nobody can see
	// that it does; "" for none.
	Accept string
}

// judge refuses to go backwards: a slow run for an older commit, or one from
// before midnight, must not open again what a newer one closed.
func (p *publisher) judge(ctx context.Context, tip *object.Commit, output *render.Output) error {
	if err := p.judgeHome(ctx, tip); err != nil {
		return err
	}
	if tip == nil {
		return nil
	}
	last, err := p.last(tip)
	if err != nil {
		return err
	}
	at, err := p.inventory(tip)
	if err != nil {
		return err
	}
	for _, c := range last {
		if at == nil && !p.accepts(c.Hash) {
			return p.lost(c)
		}
		if err := p.judgeSource(c); err != nil {
			return err
		}
	}
	return p.judgeDay(output)
}

// judgeHome refuses a tenancy that was not merged, and one that was changed
// since. What is published does not tell the second: a newer run may have had
// nothing to do.
func (p *publisher) judgeHome(ctx context.Context, tip *object.Commit) error {
	home := p.Source.Home
	if home.URL == "" {
		return nil
	}
	if p.apart() {
		found, err := p.home.fetch(ctx, home.Branch)
		if err != nil {
			return err
		}
		if tip = nil; !found.at.IsZero() {
			if tip, err = object.GetCommit(p.store, found.at); err != nil {
				return err
			}
		}
	}
	unmerged := &Refusal{diag.PublishUnmerged,
		fmt.Sprintf("commit %.10s, at which the tenancy stands, is not on branch %s of %s", p.Source.Commit, home.Branch, home),
		"merge and push it first", false}
	if tip == nil {
		return unmerged
	}
	source, err := object.GetCommit(p.store, plumbing.NewHash(p.Source.Commit))
	if err != nil {
		return err
	}
	merged, _, err := p.store.follows(tip.Hash, source.Hash)
	if err != nil {
		return err
	}
	if !merged {
		return unmerged
	}
	newer, err := p.store.otherTenancy(source.TreeHash, tip.TreeHash, p.Source.Module)
	if err != nil || !newer {
		return err
	}
	return &Refusal{diag.PublishOlder,
		fmt.Sprintf("branch %s of %s has a newer tenancy, of commit %.10s, and this one is of %.10s", home.Branch, home, tip.Hash, source.Hash),
		"leave it to the run for the newer commit; to go back, revert in the tenancy", false}
}

// apart reports whether the tenancy has a home that is not what is published to,
// so that a push does not fail when somebody merges meanwhile.
func (p *publisher) apart() bool {
	home := p.Source.Home
	return home.URL != "" && (home.URL != p.Target.URL || home.Branch != p.Target.Branch)
}

// judgeAgain looks, after a push, whether a newer tenancy was merged meanwhile:
// its run may be over, and have found nothing to do.
func (p *publisher) judgeAgain(ctx context.Context, r *Result) error {
	var older *Refusal
	if err := p.judgeHome(ctx, nil); !errors.As(err, &older) {
		return err
	}
	return &Refusal{older.Code, fmt.Sprintf("commit %.10s was published, and meanwhile: %s", r.Commit, older.Fact), "publish the newest commit now, as by running its job again", true}
}

// lost refuses to begin anew where something was published: nobody could say
// which namespaces have left since.
func (p *publisher) lost(last *object.Commit) error {
	return &Refusal{diag.InventoryLost,
		fmt.Sprintf("commit %.10s left %s without an inventory, and with it went what was published", last.Hash, p.Target.Path),
		fmt.Sprintf("restore the folder, as with \"git revert %.10s\"; or begin anew with --accept-source %s", last.Hash, last.Hash), false}
}

// accepts reports whether somebody says that ours may follow a commit.
func (p *publisher) accepts(c plumbing.Hash) bool {
	return p.Source.Accept != "" && strings.HasPrefix(c.String(), strings.ToLower(p.Source.Accept))
}

// judgeSource refuses to follow a commit that ours does not stand on.
func (p *publisher) judgeSource(last *object.Commit) error {
	source := plumbing.NewHash(p.Source.Commit)
	published, ok := sourceOf(last)
	if !ok {
		published = last.Hash // who changes the folder by hand does so in the tenancy's repository, if there is but one
	}
	yes, complete, err := p.store.follows(source, published)
	if err != nil || yes {
		return err
	}
	if _, err := object.GetCommit(p.store, published); ok && err == nil {
		if older, _, err := p.store.follows(published, source); err != nil {
			return err
		} else if older {
			return &Refusal{diag.PublishOlder,
				fmt.Sprintf("a newer tenancy, of commit %.10s, is published already, and this one is of %.10s", published, source),
				"leave it to the run for the newer commit; to go back, revert in the tenancy", false}
		}
	}
	if p.accepts(published) {
		return nil
	}
	why := fmt.Sprintf("what is published is of commit %.10s, which is not in the history of %.10s", published, source)
	switch {
	case !ok:
		why = fmt.Sprintf("the last commit in %s, %.10s, does not say of which tenancy it is", p.Target.Path, published)
	case !complete:
		why += " as far as that is here: the clone is shallow"
	}
	return &Refusal{diag.PublishUnknown, why,
		fmt.Sprintf("fetch the whole history of the tenancy's branch and run it on its newest commit; or, if ours is the newer one, accept it with --accept-source %s", published), false}
}

// judgeDay refuses to open again what has expired since.
func (p *publisher) judgeDay(output *render.Output) error {
	inv := output.Inventory()
	if inv == nil || inv.LastExpired() < p.Source.Day {
		return nil
	}
	return &Refusal{diag.PublishOlderDay,
		fmt.Sprintf("what is published closed the flows that expired on %s, and this run judges expiry as of %s", inv.LastExpired(), p.Source.Day),
		"run it again, as of today; if that is today, what is published was judged by a wrong clock: take it back with \"git revert\"", false}
}

// last gives the last commits that changed the inventory at the path, and with
// it anything that is ours: one for each line of history that has come to the
// same, none if there never was anything.
func (p *publisher) last(tip *object.Commit) (out []*object.Commit, err error) {
	at, err := p.inventory(tip)
	if err != nil {
		return nil, err
	}
	seen, next := map[plumbing.Hash]bool{tip.Hash: true}, []*object.Commit{tip}
	for len(next) > 0 {
		c := next[0]
		next = next[1:]
		if p.store.shallow[c.Hash] {
			return nil, &Refusal{diag.PublishUnknown,
				fmt.Sprintf("the history of %s ends, in this shallow clone, before the last commit in %s", p.Target.Branch, p.Target.Path),
				"fetch all of it, as with \"git fetch --unshallow\"", false}
		}
		same, err := p.sameParents(c, at)
		if err != nil {
			return nil, err
		}
		if len(same) < len(c.ParentHashes) && (len(same) == 0 || at == nil) || len(c.ParentHashes) == 0 && at != nil {
			out = append(out, c) // also a merge that has dropped what one side had
		}
		for _, parent := range same {
			if !seen[parent.Hash] {
				seen[parent.Hash] = true
				next = append(next, parent)
			}
		}
	}
	return out, nil
}

// inventory gives what a commit has in its place; nil if there is nothing.
func (p *publisher) inventory(c *object.Commit) (*entry, error) {
	return p.store.entry(c.TreeHash, path.Join(p.Target.Path, render.InventoryFile))
}

// sameParents gives the parents that have the same inventory.
func (p *publisher) sameParents(c *object.Commit, at *entry) (out []*object.Commit, err error) {
	for _, h := range c.ParentHashes {
		parent, err := object.GetCommit(p.store, h)
		if err != nil {
			return nil, fmt.Errorf("the history of %s cannot be read at %.10s: %w", p.Target.Branch, h, err)
		}
		was := at
		if parent.TreeHash != c.TreeHash {
			if was, err = p.inventory(parent); err != nil {
				return nil, err
			}
		}
		if (was == nil) == (at == nil) && (was == nil || was.hash == at.hash) {
			out = append(out, parent)
		}
	}
	return out, nil
}

// follows reports whether a commit is another, or stands on it, and whether all
// of its history was there to be seen.
func (s *store) follows(commit, other plumbing.Hash) (yes, complete bool, err error) {
	complete = true
	seen, next := map[plumbing.Hash]bool{commit: true}, []plumbing.Hash{commit}
	for len(next) > 0 {
		h := next[0]
		next = next[1:]
		if h == other {
			return true, complete, nil
		}
		c, err := object.GetCommit(s, h)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			complete = false
			continue
		} else if err != nil {
			return false, complete, err
		}
		if s.shallow[h] {
			complete = false
			continue
		}
		for _, parent := range c.ParentHashes {
			if !seen[parent] {
				seen[parent] = true
				next = append(next, parent)
			}
		}
	}
	return false, complete, nil
}

// The trailers of the commits that publish makes.
const (
	trailerSource = "Tenancy-Source: "
	trailerDigest = "Tenancy-Digest: "
)

var reHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// reTrailer is a line of a trailer; what publish says has none but its own.
var reTrailer = regexp.MustCompile(`^[A-Za-z][A-Za-z-]*: \S`)

// sourceOf reads of which commit's tenancy a commit is: from the last paragraphs
// of its message, if they hold trailers alone, where no reason or other free
// text stands. Whoever merges may have added some.
func sourceOf(c *object.Commit) (plumbing.Hash, bool) {
	paragraphs := strings.Split(strings.TrimSpace(strings.ReplaceAll(c.Message, "\r\n", "\n")), "\n\n")
	for _, p := range slices.Backward(paragraphs) {
		lines := strings.Split(strings.TrimSpace(p), "\n")
		for _, line := range lines {
			if hash, ok := strings.CutPrefix(line, trailerSource); ok && reHash.MatchString(hash) {
				return plumbing.NewHash(hash), true
			}
		}
		if slices.ContainsFunc(lines, func(l string) bool { return !reTrailer.MatchString(l) }) {
			break
		}
	}
	return plumbing.ZeroHash, false
}

func withTrailers(message, source, digest string) string {
	return strings.TrimRight(message, "\n") + "\n\n" + trailerSource + source + "\n" + trailerDigest + digest + "\n"
}
