package deptest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A step is a box of the picture: what a package does, and what it gives on.
type step struct {
	pkg   string
	does  string // the function or method that does it, as the package declares it
	gives string // the type that it gives, "package.Type", or what it is in words
	at    [2]int // column and row
	after int    // the step before it
	edge  bool   // it touches files, Git or the network
}

// The way of the data from bytes to overlays. Whoever changes it changes the
// picture: the test holds each name against the code.
var way = []step{
	{"schema", "Load", "tenancy.Tenancy", [2]int{0, 0}, 0, true},
	{"check", "Tenancy", "diag.Diagnostic", [2]int{1, 0}, 0, false},
	{"generator", "Expand", "generator.Expansion", [2]int{2, 0}, 1, false},
	{"render", "Files", "render.Tree", [2]int{3, 0}, 2, false},
	{"render", "Build", "render.Built", [2]int{3, 1}, 3, false},
	{"reach", "Build", "reach.Graph", [2]int{2, 1}, 4, false},
	{"proof", "Check", "diag.Diagnostic", [2]int{1, 1}, 5, false},
	{"render", "NewPlan", "render.Plan", [2]int{0, 1}, 6, false},
	{"render", "Write", "the output folder", [2]int{0, 2}, 7, true},
	{"publish", "Publish", "a commit", [2]int{1, 2}, 7, true},
}

// TestArchitecture: the picture shows what the code declares, and the page names
// every package and no other.
func TestArchitecture(t *testing.T) {
	root := os.DirFS("../..")
	declared := declarations(t, root)
	for _, s := range way {
		if !declared["./"+s.pkg][s.does] {
			t.Errorf("the picture shows %s.%s, which nobody declares", s.pkg, s.does)
		}
		if pkg, name, ok := strings.Cut(s.gives, "."); ok && !declared["./"+pkg][name] {
			t.Errorf("the picture shows %s, which nobody declares", s.gives)
		}
	}
	const picture, page = "../../docs/architecture.svg", "../../docs/architecture.md"
	want := draw()
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(picture, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(picture); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is drawn (%v); run make golden", picture, err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		named = append(named, "./"+m[1])
	}
	for pkg := range declared {
		if !slices.Contains(named, pkg) {
			t.Errorf("%s has no row for %s", page, pkg)
		}
	}
	for _, pkg := range named {
		if declared[pkg] == nil {
			t.Errorf("%s has a row for %s, which is no package", page, pkg)
		}
	}
}

// declarations gives what each package of the module declares at its top.
func declarations(t *testing.T, fsys fs.FS) map[string]map[string]bool {
	files, err := sources(fsys)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, name := range files {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		pkg := "./" + path.Dir(name)
		if out[pkg] == nil {
			out[pkg] = map[string]bool{}
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				out[pkg][d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						out[pkg][s.Name.Name] = true
					}
				}
			}
		}
	}
	return out
}

// Where things stand in the picture, in pixels.
const (
	boxWidth, boxHeight = 170, 64
	gapX, gapY          = 60, 60
	margin              = 30
	width               = 2*margin + 4*boxWidth + 3*gapX
	height              = 2*margin + 3*boxHeight + 2*gapY + 70
)

// style is legible on light and on dark.
const style = `<style>
.card{fill:#ffffff}.box{fill:#eef3f8;stroke:#44617d}.edge{fill:#fdf1e3;stroke:#b4681f}text{fill:#1c2733}.soft{fill:#4a5a6a}
.arrow{stroke:#44617d;fill:none;stroke-width:1.5}.head{fill:#44617d}
@media (prefers-color-scheme:dark){.card{fill:#0f1720}.box{fill:#1b2a39;stroke:#7fa3c7}.edge{fill:#33261a;stroke:#e0a15c}
text{fill:#e6edf3}.soft{fill:#a9b8c6}.arrow{stroke:#7fa3c7}.head{fill:#7fa3c7}}
</style>`

// draw draws the picture.
func draw() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", width, height, width, height)
	b.WriteString("<title>The way of the data through the packages: from tenants.cue to a commit</title>\n" + style + "\n")
	fmt.Fprintf(&b, `<rect class="card" width="%d" height="%d" rx="8"/>`+"\n", width, height)
	for i, s := range way {
		x, y := place(s)
		class := "box"
		if s.edge {
			class = "edge"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, class, x, y, boxWidth, boxHeight)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s.%s</text>`, x+boxWidth/2, y+26, s.pkg, s.does)
		fmt.Fprintf(&b, `<text class="soft" x="%d" y="%d" text-anchor="middle" font-size="11">gives %s</text>`+"\n", x+boxWidth/2, y+46, s.gives)
		if i > 0 {
			arrow(&b, way[s.after], s)
		}
	}
	legend := height - margin - 20
	fmt.Fprintf(&b, `<rect class="edge" x="%d" y="%d" width="16" height="12" rx="2"/><text x="%d" y="%d">touches files, Git or the network; cmd/hedgerow alone reads flags, terminal and clock</text>`+"\n", margin, legend, margin+24, legend+11)
	fmt.Fprintf(&b, `<rect class="box" x="%d" y="%d" width="16" height="12" rx="2"/><text x="%d" y="%d">a function of what it is given; of these, reach shares no code with generator and render</text>`+"\n", margin, legend+20, margin+24, legend+31)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func place(s step) (x, y int) {
	return margin + s.at[0]*(boxWidth+gapX), margin + s.at[1]*(boxHeight+gapY)
}

// arrow leads from one box to another: to one beside it, or to one below, round
// a corner if that is not straight below.
func arrow(b *bytes.Buffer, from, to step) {
	x, y := place(from)
	u, v := place(to)
	switch {
	case v > y:
		x, u = x+boxWidth/2, u+boxWidth/2
		fmt.Fprintf(b, `<path class="arrow" d="M%d %dV%dH%dV%d"/>`, x, y+boxHeight, y+boxHeight+gapY/2, u, v-8)
		fmt.Fprintf(b, `<path class="head" d="M%d %dl-4 -8h8Z"/>`+"\n", u, v)
	case u > x:
		fmt.Fprintf(b, `<path class="arrow" d="M%d %dH%d"/>`, x+boxWidth, y+boxHeight/2, u-8)
		fmt.Fprintf(b, `<path class="head" d="M%d %dl-8 -4v8Z"/>`+"\n", u, y+boxHeight/2)
	default:
		fmt.Fprintf(b, `<path class="arrow" d="M%d %dH%d"/>`, x, y+boxHeight/2, u+boxWidth+8)
		fmt.Fprintf(b, `<path class="head" d="M%d %dl8 -4v8Z"/>`+"\n", u+boxWidth, y+boxHeight/2)
	}
}
