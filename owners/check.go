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
	Hosts []Host // that read it; only GitLab if it has sections
}

// Largest is the size in bytes of the largest CODEOWNERS that GitHub loads.
const Largest = 3_000_000 - 1

// Check holds a CODEOWNERS file against a tenancy that Judge finds right: for
// every file of the tenancy, and for new ones that its patterns would match, it
// must give the owners that the tenancy gives. What else it holds is its own
// business.
func Check(t *tenancy.Tenancy, p Place, f File) []diag.Diagnostic {
	if len(f.Data) > Largest {
		var l diag.List
		l.Error(diag.OwnersDiffer, token.Position{Filename: f.Name}, "write fewer lines, with patterns", "the file has more than 3 MB, and GitHub loads none so large")
		return l
	}
	c := &checker{found: map[difference]map[Host][]string{}}
	subjects := p.subjects(t)
	hosts := f.Hosts
	if len(hosts) > 1 && len(parse(f.Data, GitLab)) > 1 {
		hosts = []Host{GitLab}
	}
	for _, h := range hosts {
		sections := parse(f.Data, h)
		for file, teams := range tenancy.Sorted(subjects) {
			c.check(h, sections, file, approvers(t, teams))
		}
	}
	return c.diagnostics(f.Name, hosts)
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
	for _, file := range p.platforms() {
		out[file] = nil
	}
	for dir, files := range p.packageFolders() {
		teams, mixed := oneOwner(files)
		if mixed {
			teams = nil
		}
		out[path.Join(dir, "a-new-one"+ending)] = teams
		for f, teams := range files {
			out[f] = teams
		}
	}
	return out
}

// platforms gives paths of what is always the platform's.
func (p Place) platforms() []string {
	out := []string{path.Join(p.Dir, configFile)}
	if p.Dir != "." {
		out = append(out, path.Join(p.Dir, "a-new-one"))
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
		out = append(out, path.Join(p.Output, "inventory.yaml"), path.Join(p.Output, "a-new-one"))
	}
	return out
}

// samples gives names of new files that patterns match, and one that none does:
// but none of which a pattern says something that no line of CODEOWNERS can.
func (p Place) samples(t *tenancy.Tenancy) []string {
	w := &writer{t: t, p: p}
	all := slices.Clone(t.Platform.Files)
	for _, team := range tenancy.Sorted(t.Teams) {
		all = append(all, team.Files...)
	}
	out := []string{"a-new-one" + ending}
	var unsayable []string
	for _, pattern := range all {
		if wild, _, sayable := w.classify(pattern); wild != nil {
			out = append(out, wild.glob.sample())
		} else if !sayable {
			unsayable = append(unsayable, pattern.Text)
		}
	}
	return slices.DeleteFunc(out, func(name string) bool {
		return slices.ContainsFunc(unsayable, func(pattern string) bool { return tenancy.Matches(pattern, name) })
	})
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
