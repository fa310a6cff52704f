package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/publish"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// ciJSON writes the report for programs: the problems as --format json has them,
// and what each of the commands has to say.
func (j *job) ciJSON(w io.Writer, parts []ciPart) error {
	var b bytes.Buffer
	if err := diag.Write(&b, diag.JSON, diag.Sort(j.found()), diag.Options{}); err != nil {
		return err
	}
	type part struct {
		Name       string             `json:"name"`
		Lines      []string           `json:"lines,omitempty"`
		Difference *report.Difference `json:"difference,omitempty"`
	}
	out := struct {
		Errors      int             `json:"errors"`
		Warnings    int             `json:"warnings"`
		Diagnostics json.RawMessage `json:"diagnostics"`
		Parts       []part          `json:"parts"`
	}{Parts: []part{}}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		return err
	}
	out.Errors, out.Warnings = diag.Count(j.found())
	for _, p := range parts {
		out.Parts = append(out.Parts, part{p.title, p.lines, p.diff})
	}
	return report.WriteJSON(w, out)
}

// publishJSON writes what was published, or would be.
func (j *job) publishJSON(w io.Writer, o *publish.Options, r *publish.Result) error {
	return report.WriteJSON(w, struct {
		Repository string   `json:"repository"`
		Branch     string   `json:"branch"`
		Commit     string   `json:"commit,omitempty"` // none if there was nothing to publish
		Message    string   `json:"message,omitempty"`
		Written    []string `json:"written"`
		Deleted    []string `json:"deleted"`
		DryRun     bool     `json:"dryRun,omitempty"`
		Already    bool     `json:"already,omitempty"` // the branch was there for somebody to merge
		Notes      []string `json:"notes,omitempty"`
	}{fmt.Sprint(o.Target), r.Branch, r.Commit, r.Message, listOf(r.Write), listOf(r.Delete), o.DryRun, r.Already, deliveryNote(o, r)})
}

// generateJSON writes what a run has written, opened and closed.
func (j *job) generateJSON(w io.Writer, plan *render.Plan) error {
	type ref struct {
		Cluster     string `json:"cluster"`
		Environment string `json:"environment"`
		Flow        string `json:"flow"`
	}
	refs := func(in []render.FlowRef) []ref {
		out := []ref{}
		for _, r := range in {
			out = append(out, ref(r))
		}
		return out
	}
	flows := plan.Flows()
	begun, ended := plan.Rollouts()
	begins := []string{}
	for _, o := range begun {
		begins = append(begins, o.Place())
	}
	return report.WriteJSON(w, struct {
		Output        string   `json:"output"`
		Added         []string `json:"added"`
		Changed       []string `json:"changed"`
		Deleted       []string `json:"deleted"`
		Opened        []ref    `json:"opened"`
		Closed        []ref    `json:"closed"`
		Altered       []ref    `json:"altered"` // open as before, by other policies
		RolloutsBegun []string `json:"rolloutsBegun"`
		RolloutsEnded []string `json:"rolloutsEnded"`
		Finished      bool     `json:"finished,omitempty"` // an interrupted run, whose changes are not listed
	}{
		j.cfg.Output, listOf(plan.Add), listOf(plan.Change), listOf(plan.Delete),
		refs(flows.Opened), refs(flows.Closed), refs(flows.Changed), begins, listOf(ended), plan.Finishes(),
	})
}

// factsAsJSON writes the clusters block of a tenancy, and what is not known of it.
func factsAsJSON(w io.Writer, found *facts.Facts, cluster string) error {
	var block bytes.Buffer
	if err := found.Write(&block, cluster); err != nil {
		return err
	}
	data, err := schema.JSON(block.Bytes())
	if err != nil {
		return err
	}
	type unknown struct {
		Field string `json:"field"`
		Why   string `json:"why"`
	}
	out := struct {
		Clusters json.RawMessage `json:"clusters"`
		Unknown  []unknown       `json:"unknown"`
	}{Unknown: []unknown{}}
	if err := json.Unmarshal(data, &out); err != nil {
		return err
	}
	for _, m := range found.Missing() {
		out.Unknown = append(out.Unknown, unknown{m.Field, facts.OneLine(m.Why)})
	}
	return report.WriteJSON(w, out)
}

// listOf gives a list that programs can take as one, also where it is empty.
func listOf(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
