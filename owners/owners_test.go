package owners

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// declared is a tenancy whose owners are called as the teams are.
func declared(platform []string, teams map[string][]string) *tenancy.Tenancy {
	t := &tenancy.Tenancy{Teams: map[string]*tenancy.Team{}}
	t.Platform = tenancy.Platform{Files: words(platform), Owners: words([]string{"@platform"})}
	for name, files := range teams {
		t.Teams[name] = &tenancy.Team{Name: name, Owners: words([]string{"@" + name}), Files: words(files)}
	}
	return t
}

func words(texts []string) (out []tenancy.Word) {
	for _, s := range texts {
		out = append(out, tenancy.Word{Text: s})
	}
	return out
}

// owned gives the owners of a file that CODEOWNERS has for each host.
func owned(t *testing.T, lines []Line, file string) map[Host][]string {
	var b bytes.Buffer
	if err := Write(&b, ".", lines); err != nil {
		t.Fatal(err)
	}
	out := map[Host][]string{}
	for _, h := range []Host{GitHub, GitLab} {
		for _, v := range judge(parse(b.Bytes(), h), file) {
			if v.unclear != "" {
				t.Fatalf("%s cannot read line %d: %s\n%s", h, v.line, v.unclear, b.String())
			}
			out[h] = folded(v.owners)
		}
	}
	return out
}

// TestLinesMeanTheTenancy makes CODEOWNERS of random patterns. A file that is
// there has the owners that the tenancy gives it, and a new one has some of them
// or the platform's: never anybody else's.
func TestLinesMeanTheTenancy(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	right, refused := 0, 0
	for range 600 {
		x := declared(randomPatterns(r, r.IntN(3)), map[string][]string{"ants": randomPatterns(r, 2), "bees": randomPatterns(r, r.IntN(3))})
		p := Place{Dir: []string{".", "net"}[r.IntN(2)], Module: ".", Output: "overlays"}
		all := append(shortNames(3), "tenants")
		for _, name := range all {
			if r.IntN(3) == 0 && !nobodys(x, name+ending) {
				p.Files = append(p.Files, name+ending)
			}
		}
		lines, found := Lines(x, p)
		if len(found) > 0 {
			refused++
			continue
		}
		right++
		for _, name := range all {
			holdName(t, x, p, lines, name+ending)
		}
		var b bytes.Buffer
		if err := Write(&b, p.Dir, lines); err != nil {
			t.Fatal(err)
		}
		for _, h := range []Host{GitHub, GitLab} {
			if found := Check(x, p, File{Name: "CODEOWNERS", Data: b.Bytes(), Hosts: []Host{h}}); len(found) > 0 {
				t.Fatalf("%s: %v\n%s", h, found, b.String())
			}
		}
	}
	t.Logf("%d right, %d refused", right, refused)
	if right < 150 || refused < 50 {
		t.Error("too few tenancies say anything")
	}
}

func nobodys(t *tenancy.Tenancy, file string) bool {
	platform, teams := t.OwnersOf(file)
	return !platform && len(teams) == 0
}

func holdName(t *testing.T, x *tenancy.Tenancy, p Place, lines []Line, name string) {
	at := name
	if p.Dir != "." {
		at = p.Dir + "/" + name
	}
	want, platforms := folded(approvers(x, teamsOf(x, name))), []string{"@platform"}
	for h, got := range owned(t, lines, at) {
		some := len(got) > 0 && !slices.ContainsFunc(got, func(o string) bool { return !slices.Contains(want, o) })
		if slices.Equal(got, want) || !slices.Contains(p.Files, name) && (some || slices.Equal(got, platforms)) {
			continue
		}
		t.Fatalf("%s gives %s to %v, want %v (there: %v)\n%v\n%+v", h, name, got, want, slices.Contains(p.Files, name), lines, x.Teams)
	}
}

func randomPatterns(r *rand.Rand, n int) (out []string) {
	for range n {
		p := randomPattern(r)
		if r.IntN(4) > 0 {
			p += ending
		}
		out = append(out, p)
	}
	return out
}

// TestLines shows what is written for whom.
func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name     string
		platform []string
		teams    map[string][]string
		place    Place
		want     string // lines, or what is refused
	}{
		{"nobody owns files", nil, nil, Place{Dir: ".", Module: ".", Output: "overlays"},
			"/*.cue @platform; /.hedgerow.yaml @platform; /cue.mod/ @platform; /overlays/ @platform"},
		{"in a folder", nil, map[string][]string{"ants": {"ants*.cue"}}, Place{Dir: "net", Module: "net", Output: "net/overlays"},
			"/net/ @platform; /net/ants*.cue @ants"},
		{"module above, overlays beside", nil, nil, Place{Dir: "a/net", Module: "a", Output: "out"},
			"/a/net/ @platform; /a/cue.mod/ @platform; /out/ @platform"},
		{"one pattern of two teams", nil, map[string][]string{"ants": {"x*.cue", "y.cue"}, "bees": {"x*.cue", "y.cue"}}, Place{Dir: "net"},
			"/net/ @platform; /net/x*.cue @ants @bees; /net/y.cue @ants @bees"},
		{"a part of another's", nil, map[string][]string{"ants": {"x*.cue"}, "bees": {"xy*.cue", "xz.cue"}}, Place{Dir: "net"},
			"/net/ @platform; /net/x*.cue @ants; /net/xy*.cue @ants @bees; /net/xz.cue @ants @bees"},
		{"the platform has what it shares", []string{"xp*.cue", "q*.cue"}, map[string][]string{"ants": {"x*.cue"}}, Place{Dir: "net"},
			"/net/ @platform; /net/x*.cue @ants; /net/xp*.cue @platform"},
		{"tenants.cue is the platform's", nil, map[string][]string{"ants": {"*"}}, Place{Dir: "net"},
			"/net/ @platform; /net/*.cue @ants; /net/tenants.cue @platform"},
		{"brackets are written out", nil, map[string][]string{"ants": {"[xy]*.cue"}}, Place{Dir: "net", Files: []string{"x1.cue", "z.cue"}},
			"/net/ @platform; /net/x1.cue @ants"},
		{"brackets of the platform elsewhere", []string{"[^x]*.cue"}, map[string][]string{"ants": {"x*.cue"}}, Place{Dir: "net"},
			"/net/ @platform; /net/x*.cue @ants"},
		{"brackets of the platform in a team's", []string{"x[0-9]*.cue"}, map[string][]string{"ants": {"x*.cue"}}, Place{Dir: "net"},
			`a line of CODEOWNERS cannot say "x[0-9]*.cue", which matches names that a team's patterns match too`},
		{"patterns that cross", nil, map[string][]string{"ants": {"x*.cue"}, "bees": {"*y.cue"}}, Place{Dir: "net"},
			`"*y.cue" of team bees matches names that "x*.cue" of team ants matches too, and CODEOWNERS knows one line for each`},
		{"a name that no line can hold", nil, map[string][]string{"ants": {"x#*.cue"}}, Place{Dir: "net", Files: []string{"x#1.cue"}},
			`"net/x#1.cue" holds a character that a line of CODEOWNERS cannot`},
		{"a folder that no line can hold", nil, nil, Place{Dir: "n[e]t"},
			`"n[e]t" holds a character that a line of CODEOWNERS cannot`},
		{"folders are nobody's but the platform's", nil, map[string][]string{"ants": {"overlays", "cue.mod", "docs*.md", "x.cue"}}, Place{Dir: "net"},
			"/net/ @platform; /net/x.cue @ants"},
		{"spaces", nil, map[string][]string{"ants": {"x y*.cue"}}, Place{Dir: "my net"},
			`/my\ net/ @platform; /my\ net/x\ y*.cue @ants`},
		{"packages", nil, map[string][]string{"ants": {"x.cue"}}, Place{Dir: "net", Module: ".", Packages: []Package{
			{Files: []string{"lib/a.cue", "lib/b.cue"}}, {Files: []string{"net/ants/a.cue"}, Teams: []string{"ants"}},
			{Files: []string{"net/common/a.cue"}}, {Files: []string{"cue.mod/pkg/x.example/a.cue"}, Teams: []string{"ants"}},
		}}, "/net/ @platform; /cue.mod/ @platform; /net/x.cue @ants; /lib/*.cue @platform; /net/ants/*.cue @ants"},
		{"a package in a folder that is called as a file", nil, map[string][]string{"ants": {"x*.cue"}}, Place{Dir: "net",
			Packages: []Package{{Files: []string{"net/xy.cue/a.cue"}}}},
			"/net/ @platform; /net/x*.cue @ants; /net/xy.cue/*.cue @platform"},
		{"packages that share a folder", nil, nil, Place{Dir: "net", Packages: []Package{
			{Files: []string{"lib/a.cue", "lib/c.cue"}, Teams: []string{"ants"}}, {Files: []string{"lib/b.cue", "lib/c.cue"}},
		}}, "/net/ @platform; /lib/*.cue @platform; /lib/a.cue @ants"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.teams["ants"] == nil {
				tt.teams = map[string][]string{"ants": nil}
			}
			lines, found := Lines(declared(tt.platform, tt.teams), tt.place)
			var got []string
			for _, d := range found {
				got = append(got, d.Fact)
			}
			for _, l := range lines {
				if len(found) == 0 {
					got = append(got, l.Pattern+" "+strings.Join(l.Owners, " "))
				}
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

// TestOwnerNames: owners come from people, and stand in a line of their own.
func TestOwnerNames(t *testing.T) {
	for owner, want := range map[string]bool{
		"@ada": true, "@acme/payments": true, "@acme/eu/payments": true, "@ada_acme": true, "@@maintainer": true,
		"ada@acme.example": true, "a.b+c@mail.acme.example": true,
		"ada": false, "@": false, "@/x": false, "@acme/": false, "@acme//x": false, "@a b": false, "@a\n@b": false, "@a#b": false,
		"@-a": false, "@a.": false, "@@boss": false, "@@": false, "ada@localhost": false, "@a*": false, "[x]": false, "@ä": false, "": false,
	} {
		x := declared(nil, nil)
		x.Platform.Owners = words([]string{owner})
		found := Judge(x)
		if (len(found) == 0) != want {
			t.Errorf("%q: %v, want %v", owner, found, want)
		}
	}
}

// TestCheck holds files that say otherwise against one tenancy.
func TestCheck(t *testing.T) {
	x := declared([]string{"tenants.cue"}, map[string][]string{"ants": {"ants*.cue"}})
	p := Place{Dir: "net", Module: "net", Output: "net/overlays", Files: []string{"ants.cue", "tenants.cue"},
		Packages: []Package{{Files: []string{"net/cue.mod/pkg/x.example/x.cue"}, Teams: []string{"ants"}}}}
	x.Environments = map[string]*tenancy.Environment{"prod": {Cluster: tenancy.Word{Text: "main"}}}
	x.Teams["ants"].Namespaces = map[string]*tenancy.Namespace{"shop": {Name: "shop"}}
	const right = "/net/ @platform\n/net/ants*.cue @ants\n"
	for _, tt := range []struct {
		name, file string
		hosts      []Host
		want       string // facts, with lines
	}{
		{"right", right, nil, ""},
		{"in other words", "/net/** @PLATFORM # all\n/net/ants*.cue @Ants\n", []Host{GitHub}, ""},
		{"in other words", "[Net] @platform\n/net/\n/net/ants*.cue @ants\n", []Host{GitLab}, ""},
		{"other lines", "* @everybody\n" + right + "/docs/[x] nobody @writers\n!\n", nil, ""},
		{"nothing", "", nil, "0: no line gives net/.hedgerow.yaml, net/a-new-one, net/a-new-one.cue and 10 more to anybody; the tenancy gives them to @platform"},
		{"the module", right + "/net/cue.mod/module.cue @mallory\n", nil, "3: this line gives net/cue.mod/module.cue to @mallory"},
		{"what is vendored", right + "/net/cue.mod/pkg/x.example/ @ants\n", nil, "3: this line gives net/cue.mod/pkg/x.example/a-new-one and net/cue.mod/pkg/x.example/x.cue to @ants"},
		{"the configuration", right + ".hedgerow.yaml @mallory\n", nil, "3: this line gives net/.hedgerow.yaml to @mallory"},
		{"the overlays", right + "/net/overlays/\n", nil, "3: this line gives net/overlays/a-new-one, net/overlays/inventory.yaml and net/overlays/main/prod/shop/a-new-one.yaml to nobody"},
		{"the overlays of a pull request", right + "/net/overlays/\n", []Host{GitHub}, ""},
		{"a later line", right + "* @mallory\n", nil, "3: this line gives net/ants-a-new-one.cue and net/ants.cue to @mallory; the tenancy gives them to @ants"},
		{"without a leading slash", right + "ants*.cue @mallory\n", nil, "3: this line gives net/ants-a-new-one.cue and net/ants.cue to @mallory; the tenancy"},
		{"nobody's", right + "/net/ants.cue\n", nil, "3: this line gives net/ants.cue to nobody; the tenancy gives it to @ants"},
		{"for one host only", right + "x/../net/ants.cue @mallory\nlib/net/ @x\nnet @platform\n", nil, "5: as GitHub reads it, this line gives net/ants-a-new-one.cue and net/ants.cue to @platform"},
		{"brackets", right + "/net/[a]nts.cue @mallory\n", []Host{GitHub}, "3: nobody can say to whom this line gives net/ants.cue: GitHub knows no brackets"},
		{"brackets", right + "/net/[a]nts.cue @mallory\n", []Host{GitLab}, "3: this line gives net/ants.cue to @mallory"},
		{"not", right + "!/net/ants.cue\n", []Host{GitHub}, `3: nobody can say to whom this line gives net/ants.cue: GitHub knows no "!"`},
		{"not", right + "!/net/ants.cue\n", []Host{GitLab}, "0: no line gives net/ants.cue to anybody"},
		{"no owner", right + "/net/ants.cue @ants mallory%d\n", []Host{GitHub}, `"mallory%d" is no owner`},
		{"optional", "^[Net]\n" + right, nil, "in a section that nobody waits for"},
		{"no approvals", "[Net][0]\n" + right, nil, "in a section that nobody waits for"},
		{"another section", right + "[Security] @sec\n*\n", []Host{GitLab}, ""},
		{"another section is none for GitHub", right + "[Security]\n* @mallory\n", nil, "4: as GitHub reads it, this line gives net/ants-a-new-one.cue and net/ants.cue to @mallory"},
		{"a section again", right + "[net] @a\n/net/ @platform\n[x]\n[Net]\n/net/ants*.cue\n* @y", []Host{GitLab}, ""},
		{"no owners are not those of the section", "[Net] @platform\n/net/ mallory\n/net/ants*.cue @ants\n", []Host{GitLab}, "2: this line gives net/.hedgerow.yaml, net/a-new-one, net/a-new-one.cue and 10 more to nobody"},
		{"no space", right + "/net/ants.cue @ants\u00a0@platform\n", nil, `"@ants\u00a0@platform" is no owner`},
		{"a part of a pattern", right + "/net/ants-b?*.cue @mallory\n", nil, "3: this line gives net/ants-bx-a-new-one.cue to @mallory; the tenancy gives it to @ants"},
		{"a part of a pattern anywhere", right + "ants-[bc].cue @mallory\n", []Host{GitLab}, "3: this line gives net/ants-b.cue to @mallory; the tenancy gives it to @ants"},
		{"a file that is to come", right + "/net/ants-9.cue @bees\n", nil, "3: this line gives net/ants-9.cue to @bees; the tenancy gives it to @ants"},
		{"a file that no tenancy takes", right + "/net/x.cue @ants\n", nil, ""},
		{"a part of the overlays", right + "/net/overlays/*/prod/ @mallory\n", nil, "3: this line gives net/overlays/a-new-one/prod/a-new-one and net/overlays/main/prod/shop/a-new-one.yaml to @mallory"},
		{"the overlays of an environment", right + "prod/ @mallory\n", nil, "3: this line gives net/overlays/main/prod/shop/a-new-one.yaml to @mallory"},
		{"the overlays of a cluster", right + "**/main/ @mallory\n", nil, "3: this line gives net/overlays/main/prod/shop/a-new-one.yaml to @mallory"},
		{"a file of the overlays", right + "kustomization.yaml @mallory\n", nil, "3: this line gives net/overlays/kustomization.yaml to @mallory"},
		{"a part of what is vendored", right + "/net/cue.mod/pkg/y.example/ @ants\n", nil, "3: this line gives net/cue.mod/pkg/y.example/a-new-one to @ants"},
		{"what is not the tenancy's", right + "*.md @w\ndocs/ @w\n/net/README @w\n_x.cue @w\n/net/docs/x.cue @w\n", nil, ""},
		{"too large", strings.Repeat("#", Largest+1), nil, "0: the file has more than 3 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hosts := tt.hosts
			if hosts == nil {
				hosts = []Host{GitHub, GitLab}
			}
			p.Inline = tt.name == "the overlays of a pull request"
			var got []string
			for _, d := range Check(x, p, File{Name: "CODEOWNERS", Data: []byte(tt.file), Hosts: hosts}) {
				got = append(got, fmt.Sprintf("%d: %s", d.Pos.Line, d.Fact))
				if d.Code != diag.OwnersDiffer || d.Fix == "" {
					t.Errorf("%+v", d)
				}
			}
			if s := strings.Join(got, "\n"); !strings.Contains(s, tt.want) {
				t.Errorf("got\n%s\nwant %s", s, tt.want)
			}
			if tt.want == "" && len(got) > 0 {
				t.Error(got)
			}
		})
	}
}
