package publish

import (
	"errors"
	"fmt"
	"path"
	"regexp"
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
	// File is the tenancy's in the repository, slash-separated, if it is published
	// to the repository that it stands in.
	File string
	// Accept is a commit that somebody says ours may follow, though nobody can see
	// that it does; "" for none.
	Accept string
}

// judge refuses to go backwards: a slow run for an older commit, or one from
// before midnight, must not open again what a newer one closed.
func (p *publisher) judge(tip *object.Commit, output *render.Output) error {
	if tip == nil {
		return nil
	}
	if err := p.judgeMerged(tip); err != nil {
		return err
	}
	last, err := p.last(tip)
	if err != nil || last == nil {
		return err
	}
	if err := p.judgeSource(last); err != nil {
		return err
	}
	return p.judgeDay(output)
}

// judgeMerged refuses a tenancy that is not on the branch on which the tenancy
// is: it was not merged.
func (p *publisher) judgeMerged(tip *object.Commit) error {
	if p.Source.File == "" {
		return nil
	}
	e, err := p.store.entry(tip.TreeHash, p.Source.File)
	if err != nil || e == nil {
		return err
	}
	merged, _, err := p.store.follows(tip.Hash, plumbing.NewHash(p.Source.Commit))
	if err != nil || merged {
		return err
	}
	return &Refusal{diag.PublishUnmerged,
		fmt.Sprintf("commit %.10s, at which the tenancy stands, is not on branch %s of %s", p.Source.Commit, p.Target.Branch, p.Target),
		"merge it first"}
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
				"leave it to the run for the newer commit; to go back, revert in the tenancy"}
		}
	}
	if a := p.Source.Accept; a != "" && strings.HasPrefix(published.String(), strings.ToLower(a)) {
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
		fmt.Sprintf("fetch the whole history of the tenancy's branch and run it on its newest commit; or, if ours is the newer one, accept it with --accept-source %s", published)}
}

// judgeDay refuses to open again what has expired since.
func (p *publisher) judgeDay(output *render.Output) error {
	inv := output.Inventory()
	if inv == nil || inv.LastExpired() < p.Source.Day {
		return nil
	}
	return &Refusal{diag.PublishOlderDay,
		fmt.Sprintf("what is published closed the flows that expired on %s, and this run judges expiry as of %s", inv.LastExpired(), p.Source.Day),
		"run it again, as of today"}
}

// last gives the last commit that changed the inventory at the path, and with it
// anything that is ours; nil if none ever did.
func (p *publisher) last(tip *object.Commit) (*object.Commit, error) {
	at, err := p.inventory(tip)
	if err != nil {
		return nil, err
	}
	for c := tip; ; {
		if p.store.shallow[c.Hash] {
			return nil, &Refusal{diag.PublishUnknown,
				fmt.Sprintf("the history of %s ends, in this shallow clone, before the last commit in %s", p.Target.Branch, p.Target.Path),
				"fetch all of it, as with \"git fetch --unshallow\""}
		}
		same, err := p.sameParent(c, at)
		if err != nil {
			return nil, err
		}
		switch {
		case same != nil:
			c = same
		case len(c.ParentHashes) == 0 && at == nil:
			return nil, nil
		default:
			return c, nil
		}
	}
}

// inventory gives what a commit has in its place; nil if there is nothing.
func (p *publisher) inventory(c *object.Commit) (*entry, error) {
	return p.store.entry(c.TreeHash, path.Join(p.Target.Path, render.InventoryFile))
}

// sameParent gives the first parent that has the same inventory.
func (p *publisher) sameParent(c *object.Commit, at *entry) (*object.Commit, error) {
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
			return parent, nil
		}
	}
	return nil, nil
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

// sourceOf reads of which commit's tenancy a commit is: from the last paragraph
// of its message, where no reason or other free text stands.
func sourceOf(c *object.Commit) (plumbing.Hash, bool) {
	paragraphs := strings.Split(strings.TrimSpace(c.Message), "\n\n")
	for _, line := range strings.Split(paragraphs[len(paragraphs)-1], "\n") {
		if hash, ok := strings.CutPrefix(line, trailerSource); ok && reHash.MatchString(hash) {
			return plumbing.NewHash(hash), true
		}
	}
	return plumbing.ZeroHash, false
}

func withTrailers(message, source, digest string) string {
	return strings.TrimRight(message, "\n") + "\n\n" + trailerSource + source + "\n" + trailerDigest + digest + "\n"
}
