package overview

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/hedgerow-dev/hedgerow/report"
)

// pageData is what the page's scripts read. Texts are written once and named by
// their index, and what is a struct elsewhere is a list here: assets/data.js knows
// the order. A report of a large company would be several times as long otherwise.
// The flows are not among it: the scripts read them from their table.
type pageData struct {
	AsOf         string      `json:"asOf"`
	Environments []any       `json:"environments"`
	Teams        []any       `json:"teams"`
	Namespaces   []any       `json:"namespaces"`
	Connections  []any       `json:"connections"`
	Change       *pageChange `json:"change"`
	Texts        []string    `json:"texts"`
}

type pageChange struct {
	Opened   []any `json:"opened"`
	Closed   []any `json:"closed"`
	Appeared []int `json:"appeared"`
	Vanished []int `json:"vanished"`
}

// interner gives texts their numbers.
type interner struct {
	texts []string
	known map[string]int
}

func (t *interner) id(s string) int {
	if n, ok := t.known[s]; ok {
		return n
	}
	n := len(t.texts)
	t.known[s], t.texts = n, append(t.texts, s)
	return n
}

func (t *interner) ids(list []string) []int {
	out := make([]int, len(list))
	for i, s := range list {
		out[i] = t.id(s)
	}
	return out
}

// encodeData gives an overview as the page's scripts read it. Angle brackets are
// escaped in it, so that it cannot end the element that holds it.
func encodeData(o *Overview) ([]byte, error) {
	t := &interner{known: map[string]int{}}
	d := pageData{
		AsOf: o.AsOf, Environments: []any{}, Teams: []any{}, Namespaces: []any{},
		Connections: t.connections(o.Connections),
	}
	for _, e := range o.Environments {
		d.Environments = append(d.Environments, t.ids([]string{e.Name, e.Cluster, e.Class}))
	}
	for _, m := range o.Teams {
		d.Teams = append(d.Teams, []any{t.id(m.Name), t.ids(m.Owners), t.id(m.At)})
	}
	for i := range o.Namespaces {
		d.Namespaces = append(d.Namespaces, t.namespace(&o.Namespaces[i]))
	}
	if c := o.Change; c != nil {
		d.Change = &pageChange{t.connections(c.Opened), t.connections(c.Closed), t.ids(c.Appeared), t.ids(c.Vanished)}
	}
	d.Texts = t.texts
	return json.Marshal(d)
}

func (t *interner) namespace(n *Namespace) any {
	exemptions, workloads := []any{}, []any{}
	for _, e := range n.Exemptions {
		exemptions = append(exemptions, t.ids([]string{e.Layer, e.Reason, e.At}))
	}
	for _, w := range n.Workloads {
		workloads = append(workloads, []any{t.id(w.Name), t.id(w.Pods), t.ids(w.Ports), t.id(w.At)})
	}
	return []any{
		t.id(n.Name), t.id(n.Kubernetes), t.id(n.Cluster), t.id(n.Environment), t.id(n.Team), t.ids(n.Owners),
		t.id(n.State), t.id(n.Reason), t.id(n.Until), exemptions, workloads, t.id(n.At),
		n.HostNetwork,
	}
}

func (t *interner) connections(cs []Connection) []any {
	out := make([]any, len(cs))
	for i := range cs {
		c := &cs[i]
		out[i] = []any{
			t.id(c.Cluster), t.id(c.From.Group), t.id(c.From.Label), t.id(c.To.Group), t.id(c.To.Label),
			t.id(c.Ports), t.ids(c.Flows), t.policies(c.Policies),
		}
	}
	return out
}

// policies gives the namespace and the name of each: of a flow, the names are the
// same in every environment.
func (t *interner) policies(list []string) []int {
	out := []int{}
	for _, p := range list {
		namespace, name, _ := strings.Cut(p, "/")
		out = append(out, t.id(namespace), t.id(name))
	}
	return out
}

// readable gives a copy in which every text is as report.Plain gives it.
func readable(o *Overview) *Overview {
	return mapped(reflect.ValueOf(o)).Interface().(*Overview)
}

// mapped copies a value of pointers, structs, lists and texts.
func mapped(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(report.Plain(strings.ToValidUTF8(v.String(), "\uFFFD")))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(mapped(v.Elem()))
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = reflect.Append(out, mapped(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(mapped(v.Field(i)))
		}
	default:
		out.Set(v)
	}
	return out
}
