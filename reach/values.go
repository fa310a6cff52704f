package reach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Values gives what the documents of a manifest hold, as JSON: YAML and JSON are
// read as Read does. The error names every document that cannot be read.
func Values(name string, data []byte) (out []json.RawMessage, err error) {
	var errs []error
	for i, doc := range split(data) {
		values, err := jsonOf(doc)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: document %d: %s", name, i+1, oneLine(err)))
		}
		for _, v := range values {
			if !bytes.Equal(v, []byte("null")) { // only comments
				out = append(out, v)
			}
		}
	}
	return out, errors.Join(errs...)
}

// Decode reads one value that Values gave as the API server would: by the names
// of fields as they are written. The error says which field holds what it cannot.
func Decode(data []byte, into any) error { return decode(data, into) }
