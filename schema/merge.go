package schema

import (
	"cuelang.org/go/cue/ast"
)

// merge writes the sections that a file of plain data opens more than once, such
// as flows for each of them, as one: CUE looks through all the places at which a
// struct is opened for each of its fields. What the file says is the same, and
// every entry stays where it was written; a team is where it is opened first.
func merge(file *ast.File) {
	if _, plain := plainPaths(file); plain && !shadowsImport(file) {
		file.Decls = mergeSections(file.Decls, nil)
	}
}

// isSection reports whether what stands at a path holds entries by name.
func isSection(path []string) bool {
	return len(path) == 1 || path[0] == "teams" && (len(path) == 2 || len(path) == 3 && path[2] == "namespaces")
}

func mergeSections(decls []ast.Decl, path []string) []ast.Decl {
	opened := map[sectionLabel]*ast.StructLit{}
	out := decls[:0]
	for _, d := range decls {
		label, section := section(d, path)
		if section == nil {
			out = append(out, d)
		} else if first := opened[label]; first != nil {
			first.Elts = append(first.Elts, section.Elts...)
		} else {
			opened[label] = section
			out = append(out, d)
		}
	}
	for label, section := range opened {
		section.Elts = mergeSections(section.Elts, append(path[:len(path):len(path)], label.name))
	}
	return out
}

// A sectionLabel is the name that a section is opened by. Other files may refer
// to an identifier, and never to a name in quotes.
type sectionLabel struct {
	name         string
	isIdentifier bool
}

// section gives the label and the struct of a declaration of plain data that
// opens a section; nil if it does not.
func section(d ast.Decl, path []string) (sectionLabel, *ast.StructLit) {
	field, ok := d.(*ast.Field)
	if !ok {
		return sectionLabel{}, nil
	}
	st, ok := field.Value.(*ast.StructLit)
	name, isIdentifier, err := ast.LabelName(field.Label)
	if !ok || err != nil || !isSection(append(path[:len(path):len(path)], name)) {
		return sectionLabel{}, nil
	}
	return sectionLabel{name, isIdentifier}, st
}

// shadowsImport reports whether a field has the name of something imported: in
// one struct with others they would mean the field by it.
func shadowsImport(file *ast.File) (shadows bool) {
	imported := map[string]bool{}
	for spec := range file.ImportSpecs() {
		imported[importName(spec)] = true
	}
	ast.Walk(file, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok {
			name, isIdent, err := ast.LabelName(field.Label)
			shadows = shadows || err == nil && isIdent && imported[name]
		}
		return !shadows
	}, nil)
	return shadows
}

func importName(s *ast.ImportSpec) string {
	if s.Name != nil {
		return s.Name.Name
	}
	return ast.ParseImportPath(unquote(s.Path.Value)).Qualifier
}
