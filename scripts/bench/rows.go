package main

// What is measured, in the order in which it is shown.
const (
	cueVet        = "cue vet"
	helmTemplate  = "helm template"
	kustomizeOne  = "kustomize build"
	firstVet      = "vet, the first"
	vet           = "vet"
	generate      = "generate"
	generateAgain = "generate, changed"
	generateCheck = "generate --check"
	diff          = "diff"
)

// A row says what is measured, and against what.
type row struct {
	key, label, peer string
	cache            string // of what kustomize built: what it holds when the command begins
	curve            string // the colour of its line in the picture; none has no line
}

// Ours reports whether the row is of a command of Hedgerow.
func (r row) ours() bool { return r.cache != "" }

var rows = []row{
	{key: cueVet, label: "`cue vet -c`", curve: "#111111"},
	{key: helmTemplate, label: "`helm template` of an equivalent chart", curve: "#777777"},
	{key: kustomizeOne, label: "`kustomize build` of one overlay, a process of its own"},
	{firstVet, "the first `hedgerow vet`", cueVet, "empty", "#9e5fb8"},
	{vet, "`hedgerow vet`", cueVet, "warm", "#1b7f3b"},
	{generate, "`hedgerow generate` from nothing", helmTemplate, "empty", "#d1495b"},
	{generateAgain, "`hedgerow generate` after a change of one flow", cueVet, "warm but for that change", "#b35900"},
	{generateCheck, "`hedgerow generate --check` with nothing changed", cueVet, "warm", "#1f77b4"},
	{diff, "`hedgerow diff` of two tenancies", cueVet, "warm for both", "#8a6d1d"},
}
