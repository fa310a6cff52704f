package owners

import (
	"cmp"
	"fmt"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A File is a CODEOWNERS file.
type File struct {
	Name  string // as it is shown to people
	Data  []byte
	Hosts []Host // that read it
}

// Largest is the size in bytes of the largest CODEOWNERS that GitHub loads.
const Largest = 3_000_000 - 1

// Check holds a CODEOWNERS file against a tenancy that Judge finds right: for
// every file of the tenancy, and for new ones that its patterns would match, or
// those of the file, it must give the owners that the tenancy gives. What else it
// holds is its own business.
func Check(t *tenancy.Tenancy, p Place, f File) []diag.Diagnostic {
	if len(f.Data) > Largest {
		var l diag.List
		l.Error(diag.OwnersDiffer, token.Position{Filename: f.Name}, "write fewer lines, with patterns", "the file has more than 3 MB, and GitHub loads none so large")
		return l
	}
	c := &checker{found: map[difference]map[Host][]string{}}
	subjects := p.subjects(t)
	for _, h := range f.Hosts {
		sections := parse(f.Data, h)
		files := maps.Clone(subjects)
		maps.Copy(files, p.witnesses(t, sections))
		for file, teams := range tenancy.Sorted(files) {
			c.check(h, sections, file, approvers(t, teams))
		}
	}
	return c.diagnostics(f.Name, f.Hosts)
}

// subjects gives the teams of every path that is looked at, none if it is the
// platform's: those that are there, and of every pattern a new one.
func (p Place) subjects(t *tenancy.Tenancy) map[string][]string {
	out := map[string][]string{}
	file := func(name string) { out[path.Join(p.Dir, name)] = teamsOf(t, name) }
	for _, name := range p.Files {
		file(name)
	}
	for _, name := range p.samples(t) {
		file(name)
	}
	for _, file := range p.platforms(t) {
		out[file] = nil
	}
	for dir, files := range p.packageFolders() {
		teams, mixed := oneOwner(files)
		if mixed {
			teams = nil
		}
		out[path.Join(dir, newOne+ending)] = teams
		for f, teams := range files {
			out[f] = teams
		}
	}
	return out
}

// witnesses gives, as subjects does, a new file of the tenancy for each line of
// CODEOWNERS that could match one: a line for a part of a pattern, or for a part
// of a folder, matches none of the others.
func (p Place) witnesses(t *tenancy.Tenancy, sections []*section) map[string][]string {
	out := map[string][]string{}
	unsayable := p.unsayable(t)
	for _, s := range sections {
		for _, r := range s.rules {
			for _, folder := range []string{".", p.Dir, p.Output} {
				at := path.Join(folder, r.sample)
				teams, known := p.ofNew(t, at, folder == ".")
				if known && r.matches.MatchString(at) && !matchesAny(unsayable, path.Base(at)) {
					out[at] = teams
				}
			}
		}
	}
	return out
}

// ofNew says whose a new file is, if the tenancy says it. A pattern without a
// folder matches in every one; of the overlays it means their own kind.
func (p Place) ofNew(t *tenancy.Tenancy, at string, named bool) (teams []string, known bool) {
	switch {
	case p.Output != "" && within(at, p.Output):
		return nil, !p.Inline && (named || path.Ext(at) == ".yaml" && path.Base(at) != configFile)
	case p.inModuleFolder(at):
		return nil, named
	case path.Dir(at) == p.Dir && path.Ext(at) == ending && !strings.ContainsAny(path.Base(at)[:1], "._"): // CUE skips these
		platforms, teams := t.OwnersOf(path.Base(at))
		return teams, platforms || len(teams) > 0 // what is nobody's, no tenancy takes
	}
	return nil, false
}

// platforms gives paths of what is always the platform's.
func (p Place) platforms(t *tenancy.Tenancy) []string {
	out := []string{path.Join(p.Dir, configFile)}
	if p.Dir != "." {
		out = append(out, path.Join(p.Dir, newOne))
	}
	if p.Module != "" {
		for _, file := range []string{"module.cue", "a-new-one", "gen/a-new-one", "pkg/a-new-one", "usr/a-new-one"} {
			out = append(out, path.Join(p.Module, moduleFolder, file))
		}
	}
	for _, pkg := range p.Packages {
		for _, file := range pkg.Files {
			if p.inModuleFolder(file) {
				out = append(out, file)
			}
		}
	}
	if p.Output != "" && !p.Inline {
		out = append(out, path.Join(p.Output, "inventory.yaml"), path.Join(p.Output, newOne))
		for _, folder := range overlays(t) {
			out = append(out, path.Join(p.Output, folder, newOne+".yaml"))
		}
	}
	return out
}

// overlays gives the folders of the overlays of the teams' namespaces.
func overlays(t *tenancy.Tenancy) (out []string) {
	for name, e := range tenancy.Sorted(t.Environments) {
		for _, n := range t.Namespaces() {
			if n.In(name) {
				out = append(out, path.Join(e.Cluster.Text, name, n.Name))
			}
		}
	}
	return out
}

// samples gives names of new files that patterns match, and one that none does:
// but none of which a pattern says something that no line of CODEOWNERS can.
func (p Place) samples(t *tenancy.Tenancy) []string {
	w := &writer{t: t, p: p}
	out := []string{newOne + ending}
	for _, pattern := range patternsOf(t) {
		if wild, _, _ := w.classify(pattern); wild != nil {
			out = append(out, wild.glob.sample())
		}
	}
	unsayable := p.unsayable(t)
	return slices.DeleteFunc(out, func(name string) bool { return matchesAny(unsayable, name) })
}

// newOne is a name that nobody is likely to have.
const newOne = "a-new-one"

func patternsOf(t *tenancy.Tenancy) []tenancy.Word {
	out := slices.Clone(t.Platform.Files)
	for _, team := range tenancy.Sorted(t.Teams) {
		out = append(out, team.Files...)
	}
	return out
}

// unsayable gives the patterns that no line of CODEOWNERS can say.
func (p Place) unsayable(t *tenancy.Tenancy) (out []string) {
	w := &writer{t: t, p: p}
	for _, pattern := range patternsOf(t) {
		if wild, _, sayable := w.classify(pattern); wild == nil && !sayable {
			out = append(out, pattern.Text)
		}
	}
	return out
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return tenancy.Matches(pattern, name) })
}

type checker struct {
	found map[difference]map[Host][]string // the files of which it is so
}

// A difference is what a line does to files that the tenancy gives to others.
type difference struct {
	line          int
	before, after string // the words around the files
	expected      string
	optional      bool // it stands in an optional section
}

func (c *checker) check(h Host, sections []*section, file string, expected []string) {
	d := difference{expected: strings.Join(expected, " "), before: "no line gives ", after: " to anybody"}
	for _, v := range judge(sections, file) {
		if v.unclear == "" && !v.optional && sameOwners(v.owners, expected) {
			return // what other sections ask for comes on top
		}
		d.line, d.optional = v.line, v.optional
		d.before, d.after = v.words()
	}
	if c.found[d] == nil {
		c.found[d] = map[Host][]string{}
	}
	c.found[d][h] = append(c.found[d][h], file)
}

// words says what the verdict's line does, around the files.
func (v verdict) words() (before, after string) {
	switch {
	case v.unclear != "":
		return "nobody can say to whom this line gives ", ": " + v.unclear
	case len(v.owners) == 0:
		return "this line gives ", " to nobody"
	case v.optional:
		return "this line gives ", " to " + strings.Join(v.owners, " ") + ", in a section that nobody waits for"
	}
	return "this line gives ", " to " + strings.Join(v.owners, " ")
}

// sameOwners compares owners as the hosts do, by their letters in any case and
// in any order.
func sameOwners(a, b []string) bool {
	return slices.Equal(folded(a), folded(b))
}

func folded(owners []string) (out []string) {
	for _, o := range owners {
		out = append(out, strings.ToLower(o))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// diagnostics words what was found in a file, in the order of its lines. What
// all hosts make of it alike is said once.
func (c *checker) diagnostics(file string, hosts []Host) []diag.Diagnostic {
	var l diag.List
	for _, d := range slices.SortedFunc(maps.Keys(c.found), difference.compare) {
		pos, fix := token.Position{Filename: file}, `add the lines that "hedgerow owners" prints`
		if d.line > 0 {
			pos.Line, pos.Column = d.line, 1
			fix = `let the lines that "hedgerow owners" prints stand below all others that match these files`
		}
		if d.optional {
			fix = `let the lines that "hedgerow owners" prints stand above the first section, or in one that is not optional`
		}
		alike := !slices.ContainsFunc(hosts, func(h Host) bool { return !slices.Equal(c.found[d][h], c.found[d][hosts[0]]) })
		for _, h := range hosts {
			files, reading := c.found[d][h], ""
			if !alike {
				reading = "as " + string(h) + " reads it, "
			}
			if len(files) == 0 || alike && h != hosts[0] {
				continue
			}
			l.Error(diag.OwnersDiffer, pos, fix,
				"%s%s%s%s; the tenancy gives %s to %s", reading, d.before, some(files), d.after, them(files), d.expected)
		}
	}
	return l
}

func (d difference) compare(e difference) int {
	return cmp.Or(cmp.Compare(d.line, e.line), cmp.Compare(d.before, e.before), cmp.Compare(d.after, e.after), cmp.Compare(d.expected, e.expected))
}

func them(files []string) string {
	if len(files) == 1 {
		return "it"
	}
	return "them"
}

// some names a few files, and how many more there are.
func some(files []string) string {
	const few = 3
	switch n := len(files); {
	case n == 1:
		return files[0]
	case n <= few:
		return strings.Join(files[:n-1], ", ") + " and " + files[n-1]
	default:
		return fmt.Sprintf("%s and %d more", strings.Join(files[:few], ", "), n-few)
	}
}
