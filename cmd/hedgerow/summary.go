package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/reach"
	"github.com/hedgerow-dev/hedgerow/render"
	"github.com/hedgerow-dev/hedgerow/report"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// say writes for people, unless they want quiet.
func (j *job) say(w io.Writer, format string, args ...any) {
	if !j.cfg.Quiet {
		fmt.Fprintf(w, format, args...)
	}
}

// summaryWriter keeps the summary out of output that programs read.
func (j *job) summaryWriter() io.Writer {
	if j.cfg.Format == string(diag.Text) {
		return j.w.out
	}
	return j.w.err
}

// contents says in numbers what is generated.
func (j *job) contents() string {
	policies, flows := 0, map[string]bool{}
	overlays := j.expansion.Overlays()
	for _, o := range overlays {
		policies += len(o.Layers) + len(o.Policies)
		if o.Rollout != nil {
			policies++
		}
		for _, p := range o.Policies {
			flows[p.Cause.Flow.Name] = true
		}
	}
	out := fmt.Sprintf("%s on %s, %s, %s open", report.Count(len(overlays), "namespace"), report.Count(len(j.expansion.Clusters), "cluster"),
		report.Count(policies, "policy"), report.Count(len(flows), "flow"))
	if j.guards.Held > 0 {
		out += fmt.Sprintf(", %s kept", report.Count(j.guards.Held, "guard"))
	}
	return out
}

// sayReservations names what says less than it seems to: guards, ports and lints.
func (j *job) sayReservations(w io.Writer) {
	j.sayGuards(w)
	j.sayMeshes(w)
	j.saySilenced(w)
}

// sayGuards names the guards that say less than they seem to.
func (j *job) sayGuards(w io.Writer) {
	for _, name := range j.guards.Apart {
		j.say(w, "guard %q holds because its ends are on different clusters\n", name)
	}
	for _, name := range j.guards.Suspended {
		j.say(w, "guard %q is suspended: what it forbids is open as long as a roll-out is\n", name)
	}
}

// summarize says what a run has written, opened and closed.
func (j *job) summarize(plan *render.Plan) {
	w := j.summaryWriter()
	j.say(w, "%s: %s\n", j.cfg.Output, j.contents())
	j.sayGuards(w)
	if len(plan.Add)+len(plan.Change)+len(plan.Delete) == 0 && !plan.Finishes() {
		j.say(w, "nothing has changed\n")
	} else {
		j.say(w, "files: %s added, %s changed, %s deleted\n", report.Number(len(plan.Add)), report.Number(len(plan.Change)), report.Number(len(plan.Delete)))
	}
	if plan.Finishes() {
		j.say(w, "finished an interrupted run: what it had opened and closed is not listed here\n")
	}
	flows := plan.Flows()
	j.sayFlows(w, "opened", flows.Opened)
	j.sayFlows(w, "closed", flows.Closed)
	j.sayFlows(w, "changed", flows.Changed)
	begun, ended := plan.Rollouts()
	for _, o := range begun {
		j.say(w, "roll-out begun: %s is kept open\n", o.Place())
	}
	for _, namespace := range ended {
		j.say(w, "roll-out ended: what no flow opens in %s is closed\n", namespace)
	}
	j.sayMeshes(w)
	j.sayExceptions(w)
	j.saySilenced(w)
}

// saySilenced names what lints would say, and why they do not.
func (j *job) saySilenced(w io.Writer) {
	for _, note := range j.silenced() {
		j.say(w, "%s\n", note)
	}
}

// silenced says what lints would say, and why they do not.
func (j *job) silenced() (out []string) {
	for _, s := range j.silences() {
		out = append(out, fmt.Sprintf("silenced: %s at %s: %s", s.Code, s.Path, s.Reason))
	}
	return out
}

// sayMeshes names the clusters on which ports are not for policies to tell apart.
func (j *job) sayMeshes(w io.Writer) {
	for _, k := range tenancy.Sorted(j.tenancy.Clusters) {
		if _, ok := k.MeshPort(); ok {
			j.say(w, "%s\n", meshNote(meshIs, k))
		}
	}
}

// What is said of a cluster with a mesh, and of one that had it.
const (
	meshIs  = "mesh: where TCP is open between pods of %s, so is %s, over which %s carries every port"
	meshWas = "mesh: where TCP was open between pods of %s, so was %s, over which %s carried every port"
)

func meshNote(format string, k *tenancy.Cluster) string {
	port, _ := k.MeshPort()
	return fmt.Sprintf(format, k.Name, port, k.Mesh.Text)
}

// meshesShown gives the clusters on which a connection shows the port of a mesh;
// none without a tenancy.
func meshesShown(t *tenancy.Tenancy, cs []report.Connection) (out []*tenancy.Cluster) {
	if t == nil {
		return nil
	}
	for name, k := range tenancy.Sorted(t.Clusters) {
		port, ok := k.MeshPort()
		if ok && slices.ContainsFunc(cs, func(c report.Connection) bool { return c.Cluster == name && showsPort(&c, port) }) {
			out = append(out, k)
		}
	}
	return out
}

// showsPort reports whether a connection between pods has a port of TCP, and not
// all of them.
func showsPort(c *report.Connection, port tenancy.Port) bool {
	everyTCP := reach.NewPorts(reach.Range{Protocol: reach.TCP, First: 1, Last: 65535})
	return c.From.CIDR == "" && c.To.CIDR == "" && c.Ports.Has(reach.TCP, port.Number) && !everyTCP.Minus(c.Ports.Ports).Empty()
}

// keptUntilReleased says how a namespace leaves for good.
const keptUntilReleased = "keeps its deny; delete the entry and then the policy to release it"

// sayExceptions names the namespaces that are not as most are.
func (j *job) sayExceptions(w io.Writer) {
	for _, o := range j.expansion.Overlays() {
		for _, e := range o.Exemptions {
			j.say(w, "exempt: %s on %s has no %s: %s\n", o.Namespace, o.Cluster, e.Layer, e.Reason)
		}
	}
	for _, o := range j.expansion.Overlays() {
		if r := o.Rollout; r != nil {
			j.say(w, "open: %s on %s until %s: %s\n", o.Namespace, o.Cluster, dated(j.today(), r.Cause.Until.Text), r.Cause.Reason)
		}
	}
	for _, o := range j.expansion.Overlays() {
		if o.Kind == generator.Retired {
			j.say(w, "retired: %s on %s %s\n", o.Namespace, o.Cluster, keptUntilReleased)
		}
	}
}

// sayFlows lists flows, a line each with the environments.
func (j *job) sayFlows(w io.Writer, verb string, refs []render.FlowRef) {
	for i := 0; i < len(refs); {
		k := i
		var environments []string
		for ; k < len(refs) && refs[k].Flow == refs[i].Flow; k++ {
			environments = append(environments, refs[k].Environment)
		}
		j.say(w, "%s: %s in %s\n", verb, refs[i].Flow, strings.Join(environments, ", "))
		i = k
	}
}
