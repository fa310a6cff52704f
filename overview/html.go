package overview

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
)

//go:embed assets
var assets embed.FS

// styles and scripts stand in the page in this order.
var (
	styles  = []string{"page.css", "explore.css", "map.css", "print.css"}
	scripts = []string{
		"vendor/d3.min.js", "dom.js", "data.js", "search.js", "layout.js", "edges.js", "titles.js", "map.js",
		"matrix.js", "details.js", "legend.js", "outline.js", "app.js",
	}
)

// page is what the template shows.
type page struct {
	*Overview
	Summary    string
	Eye        []table // what somebody should look at
	Changes    []table
	Tables     []table // all that is declared
	Frameworks []framework
	Caveats    []string
	Libraries  []library
	Policy     string // of Content-Security-Policy
	Styles     []template.CSS
	Scripts    []template.JS
	Data       template.JS
}

// framework is the controls of one, for a table of its own.
type framework struct {
	Name string
	Of   []Evidence
}

// WriteHTML writes the overview as a page that needs nothing else: no network, no
// files beside it. Texts stay texts, whatever they hold; what would steer a
// terminal or turn the direction of writing is shown as report.Plain gives it.
// Errors are those of w.
func WriteHTML(w io.Writer, o *Overview) error {
	o = readable(o)
	data, err := encodeData(o)
	if err != nil {
		return err
	}
	libraries, err := vendored()
	if err != nil {
		return err
	}
	p := page{
		Overview: o, Summary: summary(o), Eye: attention(o), Changes: changes(o),
		Tables:     []table{register(o, ""), namespaces(o), guards(o), clusters(o)},
		Frameworks: frameworks(), Caveats: Caveats(), Libraries: libraries, Data: template.JS(data),
	}
	var styleHashes, scriptHashes string
	for _, name := range styles {
		text := asset(name)
		p.Styles, styleHashes = append(p.Styles, template.CSS(text)), styleHashes+" "+hash(text)
	}
	for _, name := range scripts {
		text := asset(name)
		p.Scripts, scriptHashes = append(p.Scripts, template.JS(text)), scriptHashes+" "+hash(text)
	}
	p.Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src" + styleHashes +
		"; script-src" + scriptHashes
	t, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return err
	}
	return t.Execute(w, &p)
}

// asset gives a file that is compiled into the program.
func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the test that writes a page would have failed
	}
	return string(data)
}

// hash is how a Content-Security-Policy names a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func frameworks() (out []framework) {
	for _, e := range Controls() {
		i := slices.IndexFunc(out, func(f framework) bool { return f.Name == e.Framework })
		if i < 0 {
			i, out = len(out), append(out, framework{Name: e.Framework})
		}
		out[i].Of = append(out[i].Of, e)
	}
	return out
}
