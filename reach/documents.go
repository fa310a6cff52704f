package reach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	goyaml "go.yaml.in/yaml/v2" // what sigs.k8s.io/yaml reads with, which stops after one document
	kjson "sigs.k8s.io/json"
)

var mark = []byte("\ufeff")

// split gives the documents of a manifest, each from its separator on, if it has one. What
// stands before a separator and says nothing, like a comment or a directive,
// stays with what follows.
func split(data []byte) (out [][]byte) {
	// Files that were put together may each start with a byte order mark.
	data = bytes.TrimPrefix(data, mark)
	data = bytes.ReplaceAll(data, append([]byte("\n"), mark...), []byte("\n"))
	start, says := 0, false
	for at := 0; at < len(data); {
		end := at + lineLength(data[at:])
		line := data[at:end]
		if says && marks(line, "---") {
			out = append(out, data[start:at])
			start, says = at, false
		}
		says = says || saysSomething(line)
		at = end
		if says && marks(line, "...") {
			out = append(out, data[start:at])
			start, says = at, false
		}
	}
	if says {
		out = append(out, data[start:])
	}
	return out
}

// lineLength counts the bytes of the first line; a line ends as on any system.
func lineLength(data []byte) int {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0:
		return len(data)
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// marks reports whether a line starts or ends a document. Behind the mark may
// stand a part of the document that it starts.
func marks(line []byte, mark string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(mark))
	return ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

func saysSomething(line []byte) bool {
	if marks(line, "---") || marks(line, "...") {
		line = line[len("---"):]
	}
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#' && line[0] != '%'
}

// jsonOf gives what stands between two separators as JSON: one value, or several
// that end by themselves.
func jsonOf(doc []byte) (out []json.RawMessage, err error) {
	if out, err := jsonValues(doc); err == nil {
		return out, nil
	}
	decoder := goyaml.NewDecoder(bytes.NewReader(doc))
	decoder.SetStrict(true)
	for {
		var v any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		room := largestGrowth + len(doc)
		if v, err = jsonable(v, &room); err != nil {
			return out, err
		}
		data, err := json.Marshal(v)
		if err != nil {
			return out, err
		}
		out = append(out, data)
	}
}

var errNoJSON = errors.New("not JSON")

// jsonValues reads JSON, which is faster than reading it as YAML. What is not
// JSON may still be YAML, also where it has a key twice: then YAML's error says so.
func jsonValues(doc []byte) (out []json.RawMessage, err error) {
	rest := bytes.TrimSpace(doc)
	if len(rest) == 0 || rest[0] != '{' && rest[0] != '[' || !utf8.Valid(rest) {
		return nil, errNoJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(doc))
	for {
		var v json.RawMessage
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		var all any
		if twice, err := kjson.UnmarshalStrict(v, &all); err != nil || len(twice) > 0 {
			return nil, errNoJSON
		}
		out = append(out, v)
	}
}

// largestGrowth is how many bytes a document may grow by where aliases stand for
// what is written once: few aliases of a long text could take all memory.
const largestGrowth = 16 << 20

var errGrows = errors.New("its aliases stand for too much")

// jsonable gives a value of YAML as JSON knows it: every key is a text.
func jsonable(v any, room *int) (any, error) {
	if *room--; *room < 0 {
		return nil, errGrows
	}
	switch v := v.(type) {
	case string:
		if *room -= len(v); *room < 0 {
			return nil, errGrows
		}
	case []any:
		for i := range v {
			e, err := jsonable(v[i], room)
			if err != nil {
				return nil, err
			}
			v[i] = e
		}
	case map[any]any:
		return jsonableMap(v, room)
	}
	return v, nil
}

func jsonableMap(m map[any]any, room *int) (any, error) {
	out := make(map[string]any, len(m))
	for k, e := range m {
		name, err := key(k)
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("key %q is there twice", name)
		}
		if *room -= len(name); *room < 0 {
			return nil, errGrows
		}
		if out[name], err = jsonable(e, room); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// key writes a key of YAML as Kubernetes does.
func key(k any) (string, error) {
	switch k := k.(type) {
	case string:
		return k, nil
	case int:
		return strconv.Itoa(k), nil
	case float64:
		return strconv.FormatFloat(k, 'g', -1, 32), nil
	case bool:
		return strconv.FormatBool(k), nil
	}
	return "", fmt.Errorf("key %v is not a text", k)
}
