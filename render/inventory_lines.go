package render

import "strings"

// readLines reads an inventory line by line, as Format writes it: YAML takes ten
// times as long for the 60,000 lines of a large one. It gives nil for whatever
// is written otherwise, of which YAML may make more.
func readLines(s string) *Inventory {
	r := &lineReader{rest: s, good: true}
	r.expect(inventoryHead)
	inv := &Inventory{Expired: r.value("expired: ", "\n")}
	inv.Tags = entries(r, "tags", func() string { return r.value("- ", "\n") })
	inv.Namespaces = entries(r, "namespaces", func() NamespaceEntry {
		return NamespaceEntry{r.value("- {cluster: ", ""), r.value(", namespace: ", ""), r.value(", path: ", "}\n")}
	})
	inv.Files = entries(r, "files", func() FileEntry {
		return FileEntry{r.value("- {path: ", ""), r.value(", sha256: ", "}\n")}
	})
	if !r.good || r.rest != "" {
		return nil
	}
	return inv
}

// A lineReader takes what it expects, and is no longer good once that is not
// there.
type lineReader struct {
	rest string
	good bool
}

func (r *lineReader) expect(s string) {
	rest, found := strings.CutPrefix(r.rest, s)
	r.rest, r.good = rest, r.good && found
}

// value takes a plain string in quotes, with what stands before and behind it.
func (r *lineReader) value(before, behind string) string {
	r.expect(before + `"`)
	s, rest, found := strings.Cut(r.rest, `"`)
	r.rest, r.good = rest, r.good && found && strings.IndexFunc(s, odd) < 0
	r.expect(behind)
	return s
}

// odd reports what a string in quotes may not hold as it is, or may mean
// something to YAML.
func odd(c rune) bool { return c < ' ' || c > '~' || c == '\\' }

// entries takes a list.
func entries[T any](r *lineReader, key string, entry func() T) (out []T) {
	if empty := key + ": []\n"; strings.HasPrefix(r.rest, empty) {
		r.expect(empty)
		return []T{}
	}
	r.expect(key + ":\n")
	for r.good && strings.HasPrefix(r.rest, "- ") {
		out = append(out, entry())
	}
	return out
}
