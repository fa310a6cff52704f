package schema

import (
	"fmt"
	"strconv"
	"strings"

	"cuelang.org/go/cue"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// fieldExamples show how required fields are written.
var fieldExamples = map[string]string{
	"clusters":     `clusters: main: cni: "calico"`,
	"environments": `environments: prod: cluster: "main"`,
	"teams":        `teams: shop: namespaces: web: {}`,
	"cni":          `cni: "calico", or what else runs there`,
	"cidrs":        `cidrs: ["10.0.0.0/16"], with the addresses that it has`,
	"port":         `port: 6443, or where else it listens`,
	"cluster":      `cluster: and the name of a cluster`,
	"off":          `off: true`,
	"open":         `open: {reason: "…", until: "2027-06-30"}`,
	"until":        `until: "2027-06-30"`,
	"reason":       `reason: "…"`,
	"from":         `from: {namespace: "…"}`,
	"to":           `to: {namespace: "…"}`,
	"pods":         `pods: app: "…"`,
	"repository":   `repository: "https://git.example.com/acme/policies.git", or what else holds the overlays`,
}

// structExamples show what a struct holds, by how the decoder calls it.
var structExamples = map[string]string{
	"apiServer":        `{cidrs: ["172.20.0.2/32"], port: 6443}`,
	"dns":              `{provider: "coredns"}`,
	"webhooks":         `{cidrs: ["172.20.0.2/32"]} or {namespace: "kube-system", pods: app: "konnectivity-agent"}`,
	"a lint":           `{severity: "error"} or {silenced: {"flows.…": "why"}}`,
	"silenced":         `{"flows.…": "why"}`,
	"servicePort":      `{http: 80}`,
	"services":         `{cidrs: ["10.96.0.0/16"]}`,
	"nodes":            `{cidrs: ["172.18.0.0/24"]}`,
	"a peer":           `{namespace: "…", workload: "…"}`,
	"a guard's peer":   `{namespace: "…", workload: "…"}`,
	"baseline":         `{intraNamespace: {off: true, reason: "…"}}`,
	"an exemption":     `{off: true, reason: "…"}`,
	"names":            `{prod: "…"}`,
	"a roll-out":       `{open: {reason: "…", until: "2027-06-30"}}`,
	"an open roll-out": `{reason: "…", until: "2027-06-30"}`,
	"ports":            `{http: 8080}`,
	"delivery":         `{repository: "…", argocd: {}}`,
	"argocd":           `{}, or {namespace: "argocd"}`,
	"flux":             `{}, or {namespace: "flux-system"}`,
	"destinations":     `{prod: {server: "https://…"}}`,
	"a destination":    `{server: "https://…"} or {name: "…"}`,
	"admissionGuard":   `{}, or {controller: "…"}`,
	"an exception":     `{group: "…", reason: "…"}`,
	"tags":             `{exposed: true}`,
	"flows":            `{"…": {from: {…}, to: {…}, reason: "…"}}, a struct with a key for each`,
}

// typeHint says how to write a value of the type that is wanted, from the one
// that somebody wrote.
func (d *decoder) typeHint(v cue.Value, what string, want cue.Kind) string {
	switch got := v.IncompleteKind(); {
	case want == cue.StructKind && what == "pods" && d.path[0] == "clusters" && d.path[len(d.path)-2] != "dns":
		return `write {cidrs: ["10.244.0.0/16"]}`
	case want == cue.StructKind && what == "pods":
		return `write {app: "…"}, the labels of the pods`
	case want == cue.StructKind:
		if e := structExamples[what]; e != "" {
			return "write " + e
		}
		return ""
	case want == cue.ListKind && got&(cue.StringKind|cue.IntKind) != 0 && v.IsConcrete():
		return "write [" + oneLine(fmt.Sprint(v)) + "]"
	case want == cue.StringKind && what == "expires":
		return `write "2027-06-30"`
	case want == cue.StringKind && got&cue.NumberKind != 0:
		return "write " + strconv.Quote(oneLine(fmt.Sprint(v)))
	case want == cue.StringKind && got == cue.ListKind:
		return "write one string, without brackets"
	case want == cue.BoolKind:
		return "write true or false, without quotes"
	}
	if what == "a port" {
		return portForms
	}
	return numberHint(v, want)
}

// numberHint is for a number in quotes.
func numberHint(v cue.Value, want cue.Kind) string {
	s, err := v.String()
	if err != nil || want != cue.IntKind {
		return ""
	}
	if n, err := strconv.Atoi(s); err == nil {
		return fmt.Sprintf("write %d, without quotes", n)
	}
	return ""
}

// shapeHint says how to write what somebody probably meant: if white space or
// the case of letters is all that is wrong, that; else the rule of the shape.
func shapeHint(text string, s shape) string {
	if hint := trimHint(text, s); hint != "" {
		return hint
	}
	if n := len([]rune(text)); s.code == diag.BadLine && n > maxLine {
		return fmt.Sprintf("shorten it to %d characters; it has %d", maxLine, n)
	}
	return s.rule
}

// maxLine is the length of a line in characters, as #Line has it.
const maxLine = 200

func trimHint(text string, s shape) string {
	trimmed := strings.TrimSpace(text)
	meant := []string{trimmed, strings.ToLower(trimmed), strings.ToUpper(trimmed)}
	if s.code == diag.BadDelivery { // there the case of letters means something
		meant = meant[:1]
	}
	for _, t := range meant {
		if t != text && s.accepts(t) {
			return fmt.Sprintf("write %q", t)
		}
	}
	return ""
}

func kindName(k cue.Kind) string {
	switch k {
	case cue.StringKind:
		return "a string"
	case cue.IntKind:
		return "a whole number"
	case cue.FloatKind, cue.NumberKind:
		return "a number with a fraction"
	case cue.BoolKind:
		return "true or false"
	case cue.StructKind:
		return "a struct {…}"
	case cue.ListKind:
		return "a list […]"
	case cue.NullKind:
		return "null"
	case cue.BytesKind:
		return "bytes"
	}
	return "one of several types"
}
