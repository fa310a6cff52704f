package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// editorFile recommends an extension to VS Code, which offers to install it.
const editorFile = ".vscode/extensions.json"

// extension is that of the CUE project, which starts "cue lsp".
const extension = "cuelangorg.vscode-cue"

// addEditor adds what VS Code reads in the folder that people open: the
// repository's, else the tenancy's own.
func (s *setup) addEditor(p *place, dir string) error {
	if p.root == "" && p.lost == nil {
		if err := p.find(dir); err != nil {
			return err
		}
	}
	at := filepath.Join(dir, filepath.FromSlash(editorFile))
	text := []byte("{\n  \"recommendations\": [\"" + extension + "\"]\n}\n")
	if p.root != "" {
		at = filepath.Join(p.root, filepath.FromSlash(editorFile))
		s.addAtRoot(p, editorFile, text)
	} else {
		s.add(at, text)
	}
	there, err := os.ReadFile(at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure{err}
	}
	if err == nil && !bytes.Contains(there, []byte(extension)) {
		s.next = append(s.next, "add \""+extension+"\" to the recommendations in "+editorFile+", which was there before")
	}
	return nil
}
