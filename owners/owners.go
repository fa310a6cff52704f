// Package owners says in the words of a code host, as a CODEOWNERS file, who
// approves changes of the files of a tenancy, and holds such a file against the
// tenancy. It reads no files.
package owners

import (
	"path"
	"regexp"
	"slices"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A Place is where a tenancy stands in its repository. Its paths are of files
// and folders there, slash-separated, from the root, which is ".".
type Place struct {
	Dir      string    // the tenancy's folder
	Shown    string    // its tenants.cue, as it is shown to people
	Module   string    // the folder of its CUE module; "" if it is not in the repository
	Output   string    // the folder of the overlays; "" likewise
	Inline   bool      // pull requests hold the overlays, and are held to what the tenancy generates
	Files    []string  // the names of the tenancy's files in Dir
	Packages []Package // the local packages that it imports
}

// A Package is a CUE package that the tenancy imports.
type Package struct {
	Files []string // with their paths
	Teams []string // whose it is; none: the platform's
}

// Judge says what of a tenancy's owners no code host can go by: who owns files
// and has no owners, and owners that are none. The diagnostics have no order.
func Judge(t *tenancy.Tenancy) []diag.Diagnostic {
	var l diag.List
	if len(t.Platform.Owners) == 0 {
		pos := t.Pos
		if len(t.Platform.Files) > 0 {
			pos = t.Platform.Files[0].Pos
		}
		l.Error(diag.OwnersMissing, pos, `add owners: ["@acme/platform"] to platform, in `+tenancy.File,
			"nobody is named who approves the platform's files")
	}
	judgeNames(&l, t.Platform.Owners)
	for name, team := range tenancy.Sorted(t.Teams) {
		if len(team.Files) == 0 {
			continue
		}
		if len(team.Owners) == 0 {
			l.Error(diag.OwnersMissing, team.Files[0].Pos, `add owners: ["@acme/`+name+`"] to the team`,
				"team %q owns files, and nobody is named who approves them", name)
		}
		judgeNames(&l, team.Owners)
	}
	return l
}

func judgeNames(l *diag.List, owners []tenancy.Word) {
	for _, o := range owners {
		if !isOwner(o.Text) {
			l.Error(diag.BadOwner, o.Pos, `write a user as "@ada", a group as "@acme/payments", or a user's e-mail address`,
				"%q is no owner that a code host knows", o.Text)
		}
	}
}

var (
	// Users and groups; those of GitLab are nested.
	reHandle = regexp.MustCompile(`^@[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?(/[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?)*$`)
	// Members of the project with a role, on GitLab.
	reRole = regexp.MustCompile(`^@@(developer|maintainer|owner)$`)
	reMail = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?[.][A-Za-z]{2,}$`)
)

// isOwner reports whether GitHub or GitLab can take a word for an owner.
func isOwner(s string) bool {
	return reHandle.MatchString(s) || reRole.MatchString(s) || reMail.MatchString(s)
}

// approvers gives the owners of teams; without one, those of the platform.
func approvers(t *tenancy.Tenancy, teams []string) []string {
	words := t.Platform.Owners
	if len(teams) > 0 {
		words = nil
	}
	for _, name := range teams {
		words = append(words, t.Teams[name].Owners...)
	}
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w.Text) {
			out = append(out, w.Text)
		}
	}
	return out
}

// teamsOf gives the teams whose a file in the tenancy's folder is, none if it is
// the platform's. What nobody has is the platform's to take in.
func teamsOf(t *tenancy.Tenancy, file string) []string {
	_, teams := t.OwnersOf(file)
	return teams
}

// packageFolders gives the teams of each file of the packages that are not below
// cue.mod, by folder and path. What packages of different owners hold at once is
// the platform's.
func (p Place) packageFolders() map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for _, pkg := range p.Packages {
		for _, file := range pkg.Files {
			dir := path.Dir(file)
			if p.inModuleFolder(file) {
				continue
			}
			if out[dir] == nil {
				out[dir] = map[string][]string{}
			}
			if other, ok := out[dir][file]; ok && !slices.Equal(other, pkg.Teams) {
				out[dir][file] = nil
			} else {
				out[dir][file] = pkg.Teams
			}
		}
	}
	return out
}

// inModuleFolder reports whether a file is in the folder cue.mod.
func (p Place) inModuleFolder(file string) bool {
	return p.Module != "" && within(file, path.Join(p.Module, moduleFolder))
}

// What a tenancy is made of besides its files: the folder in which CUE keeps what
// a module is, and Hedgerow's configuration.
const (
	moduleFolder = "cue.mod"
	configFile   = ".hedgerow.yaml"
)

// within reports whether a path is a folder, or below it.
func within(p, folder string) bool {
	return folder == "." || p == folder || len(p) > len(folder) && p[:len(folder)] == folder && p[len(folder)] == '/'
}
