package owners

import (
	"fmt"
	"go/token"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A Line of CODEOWNERS says who approves changes of what its pattern matches, if
// no later line does.
type Line struct {
	Pattern string   `json:"pattern"`
	Owners  []string `json:"owners"`
	Teams   []string `json:"teams,omitempty"` // whose it is; none: the platform's
}

// Lines gives the lines of CODEOWNERS for a tenancy that Judge finds right, the
// last of which counts that matches a file, and says of what there can be no
// line. A pattern that the hosts cannot read is written out as the files that it
// matches now.
func Lines(t *tenancy.Tenancy, p Place) ([]Line, []diag.Diagnostic) {
	w := &writer{t: t, p: p, exact: map[string]token.Position{}}
	w.platform()
	w.read()
	w.patterns()
	w.names()
	w.packages()
	return w.lines, w.List
}

type writer struct {
	diag.List
	t     *tenancy.Tenancy
	p     Place
	lines []Line

	team, own []wildcard                // patterns of teams, and of the platform
	exact     map[string]token.Position // names that get lines of their own, by the pattern that wants it
}

// A wildcard is a pattern that matches more than one name.
type wildcard struct {
	glob  glob
	text  string // as CODEOWNERS has it
	pos   token.Position
	teams []string // sorted; none: the platform's
	own   []string // those of them who wrote it
	depth int      // how many others contain it
}

func (w *writer) add(pattern string, teams []string) {
	w.lines = append(w.lines, Line{Pattern: pattern, Owners: approvers(w.t, teams), Teams: teams})
}

// path adds a line for a path of the repository, which ends with what is a
// pattern already.
func (w *writer) path(at, pattern string, teams []string, pos token.Position) {
	escaped, ok := escape(path.Join("/", at))
	if !ok {
		w.Error(diag.OwnersPattern, pos, "give it a name of letters, digits, spaces and -_.+=,~ alone",
			"%q holds a character that a line of CODEOWNERS cannot", at)
		return
	}
	w.add(strings.TrimSuffix(escaped, "/")+pattern, teams)
}

// platform adds what the platform's owners approve unless a later line says
// otherwise: all that a tenancy is made of.
func (w *writer) platform() {
	for _, at := range w.p.grounds() {
		w.path(at.path, at.pattern, nil, w.file())
	}
}

// file is the position of a diagnostic about the place.
func (w *writer) file() token.Position { return token.Position{Filename: w.p.Shown} }

// A ground is a folder of the repository, and the pattern of what is meant there.
type ground struct{ path, pattern string }

// grounds gives what the platform owns first.
func (p Place) grounds() (out []ground) {
	if p.Dir == "." {
		out = []ground{{".", "/*" + ending}, {".", "/" + configFile}}
	} else {
		out = []ground{{p.Dir, "/"}}
	}
	if p.Module != "" {
		out = p.outside(out, path.Join(p.Module, moduleFolder))
	}
	if p.Output != "" {
		out = p.outside(out, p.Output)
	}
	return out
}

// outside adds a folder, unless it is part of the tenancy's own.
func (p Place) outside(out []ground, folder string) []ground {
	if p.Dir != "." && within(folder, p.Dir) {
		return out
	}
	return append(out, ground{folder, "/"})
}

// packages adds a line for each folder of imported packages, and for each of its
// files that is another's. The platform's below the tenancy have one by then,
// unless a folder is called as a file is.
func (w *writer) packages() {
	for dir, files := range tenancy.Sorted(w.p.packageFolders()) {
		teams, mixed := oneOwner(files)
		if mixed {
			teams = nil
		}
		if len(teams) > 0 || w.p.Dir == "." || !within(dir, w.p.Dir) || strings.Contains(dir+"/", ending+"/") {
			w.path(dir, "/*"+ending, teams, w.file())
		}
		for file, teams := range tenancy.Sorted(files) {
			if mixed && len(teams) > 0 {
				w.path(file, "", teams, w.file())
			}
		}
	}
}

// oneOwner gives the teams whose all files are, or says that they differ.
func oneOwner(files map[string][]string) (teams []string, mixed bool) {
	first := true
	for _, t := range tenancy.Sorted(files) {
		mixed = mixed || !first && !slices.Equal(t, teams)
		teams, first = t, false
	}
	return teams, mixed
}

// read sorts the patterns of the tenancy into wildcards and names.
func (w *writer) read() {
	for name, team := range tenancy.Sorted(w.t.Teams) {
		for _, pattern := range team.Files {
			if wild, _, _ := w.classify(pattern); wild != nil {
				wild.own, wild.teams = []string{name}, []string{name}
				w.team = append(w.team, *wild)
			}
		}
	}
	for name, team := range tenancy.Sorted(w.t.Teams) {
		for _, pattern := range team.Files {
			w.readNames(pattern, w.meetsTeam(pattern, name))
		}
	}
	for _, pattern := range append([]tenancy.Word{{Text: tenancy.File}}, w.t.Platform.Files...) {
		if !w.meetsTeam(pattern, "") {
			continue // the first lines say so already
		}
		if wild, _, _ := w.classify(pattern); wild != nil {
			w.own = append(w.own, *wild)
		}
		w.readNames(pattern, true)
	}
}

// meetsTeam reports whether a pattern matches names that a wildcard of a team,
// but for one of them, matches too.
func (w *writer) meetsTeam(pattern tenancy.Word, but string) bool {
	g := parseGlob(pattern.Text)
	return slices.ContainsFunc(w.team, func(x wildcard) bool { return x.own[0] != but && x.glob.overlaps(g) })
}

// readNames lists the names that get lines of their own. Where no line can say
// what else a pattern matches, a wildcard of somebody else's must not say it.
func (w *writer) readNames(pattern tenancy.Word, shared bool) {
	_, names, all := w.classify(pattern)
	if !all && shared {
		w.Error(diag.OwnersPattern, pattern.Pos, "write it without brackets and backslashes, with an ending of .cue, or as several patterns",
			"a line of CODEOWNERS cannot say %q, which matches names that a team's patterns match too", pattern.Text)
	}
	for _, name := range names {
		if _, ok := w.exact[name]; !ok {
			w.exact[name] = pattern.Pos
		}
	}
}

// classify gives a pattern as a wildcard, or as the names that it matches: all
// that it ever will, or of a pattern that no line can say, those of now.
func (w *writer) classify(pattern tenancy.Word) (wild *wildcard, names []string, all bool) {
	g := parseGlob(pattern.Text)
	name, isName := g.isLiteral()
	if g, ok := g.ofTenancy(); ok && g == nil {
		return nil, nil, true // in CODEOWNERS it could be a folder
	} else if isName {
		return nil, []string{name}, true
	} else if text, written := g.written(); ok && written {
		return &wildcard{glob: g, text: text, pos: pattern.Pos}, nil, true
	}
	for _, file := range w.p.Files {
		if tenancy.Matches(pattern.Text, file) {
			names = append(names, file)
		}
	}
	return nil, names, false
}

// patterns adds the wildcards: those of teams, each behind what it is a part of,
// then those of the platform, which has what it shares with a team.
func (w *writer) patterns() {
	all := merge(w.team)
	for i := range all {
		for j := range all {
			w.meet(&all[i], &all[j], i < j)
		}
	}
	slices.SortStableFunc(all, func(a, b wildcard) int { return a.depth - b.depth })
	for _, x := range all {
		w.path(w.p.Dir, "/"+x.text, x.teams, x.pos)
	}
	for _, x := range w.own {
		w.path(w.p.Dir, "/"+x.text, nil, x.pos)
	}
}

// merge joins wildcards of the same text.
func merge(all []wildcard) (out []wildcard) {
	for _, x := range all {
		i := slices.IndexFunc(out, func(y wildcard) bool { return y.text == x.text })
		if i < 0 {
			out = append(out, x)
			continue
		}
		out[i].own = union(out[i].own, x.own)
		out[i].teams = out[i].own
	}
	return out
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// meet looks at two wildcards: what is a part of another belongs to that one's
// teams too, and comes after it. Where they only overlap there is no line for
// the names that both match.
func (w *writer) meet(x, y *wildcard, first bool) {
	switch {
	case x == y || !x.glob.overlaps(y.glob):
	case y.glob.contains(x.glob):
		x.depth++
		x.teams = union(x.teams, y.own)
	case first && !x.glob.contains(y.glob) && !slices.Equal(x.own, y.own):
		w.Error(diag.OwnersPattern, y.pos, "change one of them so that no name matches both, or so that one matches all that the other does",
			"%q of team %s matches names that %q of team %s matches too, and CODEOWNERS knows one line for each", y.text, strings.Join(y.own, ", "), x.text, strings.Join(x.own, ", "))
		w.Relate(x.pos, "the other pattern is here")
	}
}

// names adds a line for each name that needs one of its own.
func (w *writer) names() {
	for name, pos := range tenancy.Sorted(w.exact) {
		w.path(path.Join(w.p.Dir, name), "", teamsOf(w.t, name), pos)
	}
}

// Write writes lines as a CODEOWNERS file, with a comment on whose each is.
// Comments name no owners: GitLab reads some of them.
func Write(out io.Writer, dir string, lines []Line) error {
	where := "in " + dir + "/"
	if dir == "." {
		where = "at the root of the repository"
	}
	fmt.Fprintf(out, "# Who approves changes of the network tenancy %s. Of its lines the last that matches a file counts.\n"+
		"# Written by \"hedgerow owners\".\n", where)
	whose := ""
	for _, l := range lines {
		if now := l.whose(); now != whose {
			whose = now
			fmt.Fprintf(out, "\n# %s\n", whose)
		}
		if _, err := fmt.Fprintf(out, "%s %s\n", l.Pattern, strings.Join(l.Owners, " ")); err != nil {
			return err
		}
	}
	return nil
}

// whose says in words whose the line is.
func (l Line) whose() string {
	switch len(l.Teams) {
	case 0:
		return "the platform"
	case 1:
		return "team " + l.Teams[0]
	}
	return "teams " + strings.Join(l.Teams, ", ")
}
