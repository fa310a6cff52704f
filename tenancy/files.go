package tenancy

import (
	"path"
	"slices"
)

// File is the file that every tenancy has; it is always the platform team's.
const File = "tenants.cue"

// OwnersOf says whose a file in the tenancy's folder is: the platform team's, or
// else that of the teams, sorted, with a pattern that matches it. Where the
// platform names no files, it has what no team has; else such a file is nobody's.
//
// What the platform and a team both match is the platform's alone: its files are
// taken at their word about everything.
func (t *Tenancy) OwnersOf(file string) (platform bool, teams []string) {
	if file == File || matchesAny(t.Platform.Files, file) {
		return true, nil
	}
	for name, team := range t.Teams {
		if matchesAny(team.Files, file) {
			teams = append(teams, name)
		}
	}
	slices.Sort(teams)
	return len(teams) == 0 && len(t.Platform.Files) == 0, teams
}

func matchesAny(patterns []Word, file string) bool {
	return slices.ContainsFunc(patterns, func(p Word) bool { return Matches(p.Text, file) })
}

// Matches reports whether a pattern of file names, as path.Match reads it,
// matches a name. One that cannot be read matches nothing.
func Matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
