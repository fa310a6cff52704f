package schema

import (
	"cuelang.org/go/cue"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

func (d *decoder) admissionGuard(v cue.Value) *tenancy.AdmissionGuard {
	g := &tenancy.AdmissionGuard{Except: map[string]*tenancy.AdmissionException{}}
	g.Node = d.object(v, "admissionGuard", fields{
		"controller": func(v cue.Value) { g.Controller = d.word(v, "controller", lineShape) },
		"except": func(v cue.Value) {
			d.entries(v, "except", lineShape, func(k string, v cue.Value) { g.Except[k] = d.admissionException(v) })
		},
	})
	return g
}

func (d *decoder) admissionException(v cue.Value) *tenancy.AdmissionException {
	x := &tenancy.AdmissionException{}
	x.Node = d.object(v, "an exception", fields{
		"user":   func(v cue.Value) { x.User = d.word(v, "user", lineShape) },
		"group":  func(v cue.Value) { x.Group = d.word(v, "group", lineShape) },
		"reason": func(v cue.Value) { x.Reason = d.word(v, "reason", lineShape).Text },
	}, "reason")
	return x
}
