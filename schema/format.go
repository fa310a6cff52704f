package schema

import (
	"bytes"
	"fmt"
	gotoken "go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// Files gives the names of the tenancy's files in dir. Whatever is wrong with
// them as files of CUE is in the diagnostics, with their bytes by the names that
// positions show; the error is one of reading the folder.
func Files(dir string) (names []string, sources map[string][]byte, found []diag.Diagnostic, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	sources = map[string][]byte{}
	for _, s := range f.files {
		sources[f.show(filepath.Join(f.dir, s.name))] = s.data
	}
	return f.names(), sources, f.diags, nil
}

// Format gives a file of CUE as CUE's formatter writes it, shown under the name
// given. What it gives says the same, keeps every comment, and is left alone by
// another Format; a file of which that cannot be had has a diagnostic instead.
func Format(shown string, data []byte) ([]byte, []diag.Diagnostic) {
	dir, name := filepath.Split(shown)
	f := &folder{dir: "/", shown: dir, files: []sourceFile{{name: name, data: data}}}
	at := gotoken.Position{Filename: shown}
	if !f.isText(data, at) {
		return nil, f.diags
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return data, nil // a file that is not there yet
	}
	f.parse()
	if len(f.diags) > 0 {
		return nil, f.diags
	}
	var out []byte
	err := attempt(func() (err error) { out, err = settle(data); return err })
	if err != nil {
		f.report(diag.NotFormatted, at, "write it plainer where it is unusual, or leave it as it is",
			"CUE's formatter cannot be trusted with the file: %s", oneLine(err.Error()))
		return nil, f.diags
	}
	return out, nil
}

// mostRounds is how often the formatter may change its mind.
const mostRounds = 8

// settle formats until nothing changes, and sees to it that nothing is lost.
func settle(data []byte) ([]byte, error) {
	out := data
	for range mostRounds {
		next, err := format.Source(out)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(next, out) {
			return out, keeps(data, out)
		}
		out = next
	}
	return nil, fmt.Errorf("it changes what it wrote %d times over", mostRounds)
}

// keeps holds two files against each other: the syntax trees must be the same,
// and so must the comments be.
func keeps(before, after []byte) error {
	a, err := parser.ParseFile("", before, parser.ParseComments)
	if err != nil {
		return err
	}
	b, err := parser.ParseFile("", after, parser.ParseComments)
	if err != nil {
		return err
	}
	treeOfA, commentsOfA := outline(a)
	treeOfB, commentsOfB := outline(b)
	switch {
	case !slices.Equal(treeOfA, treeOfB):
		return fmt.Errorf("it would say something else")
	case !slices.Equal(commentsOfA, commentsOfB):
		return fmt.Errorf("it would lose a comment")
	}
	return nil
}

// outline gives what a file says, node after node, and its comments, sorted.
func outline(file *ast.File) (tree, comments []string) {
	ast.Walk(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CommentGroup:
			for _, c := range x.List {
				comments = append(comments, strings.TrimSpace(c.Text))
			}
			return false
		case *ast.BasicLit:
			tree = append(tree, spelling(x))
		default:
			tree = append(tree, kindOf(n))
		}
		return true
	}, func(ast.Node) { tree = append(tree, "end") })
	slices.Sort(comments)
	return tree, comments
}

// spelling gives a string by its value, whose lines the formatter may move; any
// other literal, and the parts of a string with expressions in it, as written.
func spelling(x *ast.BasicLit) string {
	if s, err := literal.Unquote(x.Value); err == nil && x.Kind == token.STRING {
		return "string " + s
	}
	return x.Value
}

// kindOf gives the type of a node with its own words: names, operators, and
// whether a field is optional, but for positions.
func kindOf(n ast.Node) string {
	v := reflect.ValueOf(n).Elem()
	out := v.Type().Name()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i).Interface().(type) {
		case string:
			out += " " + f
		case token.Token:
			out += " " + f.String()
		}
	}
	return out
}
