package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
)

// What VS Code reads in the folder that people open: extensions that it offers
// to install, and tasks, of which "hedgerow vet" is the one that builds.
const (
	extensionsFile = ".vscode/extensions.json"
	tasksFile      = ".vscode/tasks.json"
)

// extension is that of the CUE project, which starts "cue lsp".
const extension = "cuelangorg.vscode-cue"

// vetTask is what shows the diagnostics of vet where they are.
const vetTask = "hedgerow vet"

type (
	vsExtensions struct {
		Recommendations []string `json:"recommendations"`
	}
	vsTasks struct {
		Version string   `json:"version"`
		Tasks   []vsTask `json:"tasks"`
	}
	vsTask struct {
		Label          string    `json:"label"`
		Type           string    `json:"type"`
		Command        string    `json:"command"`
		Args           []string  `json:"args"`
		Group          vsGroup   `json:"group"`
		ProblemMatcher vsMatcher `json:"problemMatcher"`
	}
	vsGroup struct {
		Kind      string `json:"kind"`
		IsDefault bool   `json:"isDefault"`
	}
	vsMatcher struct {
		Owner        string    `json:"owner"`
		FileLocation []string  `json:"fileLocation"`
		Pattern      vsPattern `json:"pattern"`
	}
	vsPattern struct {
		Regexp   string `json:"regexp"`
		File     int    `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Severity int    `json:"severity"`
		Message  int    `json:"message"`
	}
)

// editorFiles gives the files of VS Code, for a tenancy in a folder of the one
// that people open.
func editorFiles(tenancy string) (extensions, tasks []byte) {
	task := vsTask{
		Label: vetTask, Type: "process", Command: "hedgerow", Args: []string{"vet", "-C", tenancy},
		Group: vsGroup{"build", true},
		ProblemMatcher: vsMatcher{
			Owner: "hedgerow", FileLocation: []string{"relative", "${workspaceFolder}"},
			Pattern: vsPattern{`^(.+?):(\d+):(\d+): (error|warning): (.*)$`, 1, 2, 3, 4, 5},
		},
	}
	return indented(vsExtensions{[]string{extension}}), indented(vsTasks{"2.0.0", []vsTask{task}})
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // structs of strings and numbers
	}
	return b.Bytes()
}

// addEditor adds what VS Code reads: in the repository, which people open, else
// in the tenancy's own folder.
func (s *setup) addEditor(p *place, dir string) error {
	folder, tenancy := dir, "."
	if p.root != "" {
		folder, tenancy = p.root, p.dir
	}
	extensions, tasks := editorFiles(tenancy)
	for _, f := range []struct {
		name string
		text []byte
		has  string
		add  string
	}{
		{extensionsFile, extensions, extension, "to its recommendations"},
		{tasksFile, tasks, vetTask, "as a task"},
	} {
		if p.root != "" {
			s.addAtRoot(p, f.name, f.text)
		} else {
			s.add(dir, f.name, f.text)
		}
		if lacks(filepath.Join(folder, filepath.FromSlash(f.name)), f.has) {
			s.next = append(s.next, f.name+" was there before: add \""+f.has+"\" "+f.add)
		}
	}
	return nil
}
