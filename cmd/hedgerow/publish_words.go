package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
)

// sayPublished says what came of it.
func (j *job) sayPublished(o *publish.Options, r *publish.Result) {
	w := j.summaryWriter()
	where := fmt.Sprintf("%s of %s", r.Branch, o.Target)
	switch {
	case r.Commit == "":
		j.say(w, "nothing to publish: %s is what the tenancy says: %s\n", where, j.contents())
	case o.DryRun:
		fmt.Fprint(w, r.Text())
	case r.Already:
		j.say(w, "%s is there already, for somebody to merge\n", where)
		j.sayReservations(w)
		return
	case o.PullRequest:
		j.say(w, "pushed %.10s to %s: open a pull request to merge it\n", r.Commit, where)
	default:
		j.say(w, "published %.10s to %s: %s\n", r.Commit, where, j.contents())
	}
	if r.Commit != "" && !o.DryRun {
		j.say(w, "files: %s written, %s deleted\n", report.Number(len(r.Write)), report.Number(len(r.Delete)))
		subject, _, _ := strings.Cut(r.Message, "\n")
		j.say(w, "%s\n", subject)
	}
	for _, note := range deliveryNote(o, r) {
		j.say(w, "%s\n", note)
	}
	j.sayReservations(w)
	j.sayExceptions(w)
}

// deliveryNote says that the objects by which the overlays are delivered change,
// if they do.
func deliveryNote(o *publish.Options, r *publish.Result) []string {
	folder := path.Join(o.Target.Path, render.DeliveryFolder)
	if !slices.ContainsFunc(slices.Concat(r.Write, r.Delete), func(file string) bool { return strings.HasPrefix(file, folder+"/") }) {
		return nil
	}
	return []string{fmt.Sprintf("the objects in %s changed: unless Argo CD or Flux syncs that folder too, apply them: until then what opens, closes or begins is not in force everywhere", folder)}
}
