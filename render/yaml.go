package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// marshal writes an object byte for byte as sigs.k8s.io/yaml does, which writes
// JSON, reads that as YAML, and writes it again: for ten thousand overlays that
// is most of the time. What is not simple is left to it, so that no rule of YAML
// is here that a name in a cluster would not meet.
func marshal(object any) ([]byte, error) {
	value, err := plain(object)
	if err != nil {
		return nil, err
	}
	w := yamlWriter{}
	if m, ok := value.(map[string]any); ok && len(m) > 0 && w.mapping(m, 0) {
		return w.out, nil
	}
	return yaml.Marshal(object)
}

// plain gives an object as what JSON knows. Policies are most of what there is,
// and need not become JSON for that.
func plain(object any) (value any, err error) {
	if p, ok := object.(*networkingv1.NetworkPolicy); ok {
		return runtime.DefaultUnstructuredConverter.ToUnstructured(p)
	}
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

// A yamlWriter writes values in block style, as far as they are simple.
type yamlWriter struct{ out []byte }

// mapping writes a mapping that is not empty, from where the line is on, with its
// further lines so many columns in. It reports whether all of it was simple.
func (w *yamlWriter) mapping(m map[string]any, indent int) bool {
	keys := slices.Sorted(maps.Keys(m))
	for i, key := range keys {
		sortable := len(keys) == 1 || !strings.ContainsAny(key, "0123456789") // which are sorted as numbers
		if !isSimple(key, "./-") || len(key) > 100 || !sortable {
			return false
		}
		if i > 0 {
			w.line(indent)
		}
		w.out = append(append(w.out, key...), ':')
		if !w.entry(m[key], indent, indent+len(key)+2) {
			return false
		}
	}
	if indent == 0 {
		w.out = append(w.out, '\n')
	}
	return true
}

// entry writes the value of a key, which would begin at a column.
func (w *yamlWriter) entry(value any, indent, column int) bool {
	switch v := value.(type) {
	case map[string]any:
		if len(v) > 0 {
			w.line(indent + 2)
			return w.mapping(v, indent+2)
		}
	case []any:
		if len(v) > 0 {
			w.line(indent) // items stand below their key
			return w.sequence(v, indent)
		}
	}
	w.out = append(w.out, ' ')
	return w.scalar(value, indent+2, column)
}

func (w *yamlWriter) sequence(items []any, indent int) bool {
	for i, item := range items {
		if i > 0 {
			w.line(indent)
		}
		w.out = append(w.out, "- "...)
		var ok bool
		switch v := item.(type) {
		case map[string]any:
			ok = len(v) > 0 && w.mapping(v, indent+2) || len(v) == 0 && w.scalar(v, indent+2, indent+2)
		case []any:
			ok = len(v) == 0 && w.scalar(v, indent+2, indent+2)
		default:
			ok = w.scalar(v, indent+2, indent+2)
		}
		if !ok {
			return false
		}
	}
	return true
}

// scalar writes what has no parts, from a column on; a long one goes on in
// further lines, so many columns in.
func (w *yamlWriter) scalar(value any, indent, column int) bool {
	switch v := value.(type) {
	case map[string]any:
		w.out = append(w.out, "{}"...)
	case []any:
		w.out = append(w.out, "[]"...)
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = append(w.out, map[bool]string{true: "true", false: "false"}[v]...)
	case int64:
		if v < 0 || v > 1<<31 {
			return false
		}
		w.out = strconv.AppendInt(w.out, v, 10)
	case json.Number:
		if n, err := v.Int64(); err != nil || v[0] == '-' || n > 1<<31 {
			return false
		}
		w.out = append(w.out, v...)
	case string:
		return w.text(v, indent, column)
	default:
		return false
	}
	return true
}

func (w *yamlWriter) text(s string, indent, column int) bool {
	switch {
	case isLine(s):
		w.folded(s, indent, column)
		return true
	case strings.HasPrefix(s, "../") && isSimple(strings.TrimLeft(s, "./"), "./-"): // a folder beside this one
		w.out = append(w.out, s...)
		return true
	case strings.HasPrefix(s, "@") && isSimple(s[1:], "./-"): // a team, by the word of code hosts
		w.out = append(append(append(w.out, '\''), s...), '\'')
		return true
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return false
	}
	// Without a place to break the line, where it stands does not matter.
	data, err := yaml.Marshal(s)
	w.out = append(w.out, bytes.TrimSuffix(data, []byte("\n"))...)
	return err == nil
}

// folded writes words, and breaks the line at the first blank behind the width.
func (w *yamlWriter) folded(s string, indent, column int) {
	const width = 80
	for i, word := range strings.Split(s, " ") {
		switch {
		case i == 0:
		case column > width:
			w.line(indent)
			column = indent
		default:
			w.out = append(w.out, ' ')
			column++
		}
		w.out = append(w.out, word...)
		column += len(word)
	}
}

func (w *yamlWriter) line(indent int) {
	w.out = append(w.out, '\n')
	for range indent {
		w.out = append(w.out, ' ')
	}
}

// isSimple reports whether a text needs no quotes, and is nothing but a string,
// whatever else is in it of some characters.
func isSimple(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && strings.IndexByte(others, c) < 0) {
			return false
		}
	}
	return s != "" && !isWord(s)
}

// isLine reports whether a text is words with a blank between any two.
func isLine(s string) bool {
	return isSimple(s, " .,()/_-") && !strings.Contains(s, "  ") && !strings.Contains(s, " -") && !strings.HasSuffix(s, " ")
}

// isWord reports whether YAML 1.1 has a meaning for a word of its own.
func isWord(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}
