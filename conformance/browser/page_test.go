package browser

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// Whatever people write stays text, wherever the page shows it. That nothing is
// loaded, said or thrown is held for every view.
func TestHostileTexts(t *testing.T) {
	o := sample.Company()
	sample.Deface(o)
	v := open(t, o, desktop)
	v.click(`#map [data-name="prod/payments"]`)
	v.click(`table[data-table="flows"] tbody tr:nth-child(2) button`)
	reason := o.Flows[1].Reason
	if !slices.Contains(sample.Hostile, reason) || !slices.Contains(v.texts("#details dd"), reason) {
		t.Errorf("the details do not show %q: %q", reason, v.texts("#details dd"))
	}
	for _, s := range append([]string{"from:<svg", `to:"><img>"`}, sample.Hostile...) {
		v.search(s)
	}
	v.search("onerror")
	if len(v.answers()) == 0 {
		t.Error("what is hostile is not found")
	}
	v.choose("view", "matrix")
	ask[bool](v, `document.getElementById("outline").open = true; return true`)
	for _, selector := range []string{
		"img", "iframe", "object", "embed", "link", "[onload]", "[onerror]", "a:not([href^='#'])", "svg svg", "body > svg",
	} {
		if n := v.count(selector); n != 0 {
			t.Errorf("the page has %d %s", n, selector)
		}
	}
	if n := v.count("script"); n != ask[int](v, `return document.querySelectorAll("body > script").length`) {
		t.Error("there are scripts in the page")
	}
}

// What opens and what closes differ by colour, by line and by sign, in light and
// dark.
func TestBeforeAndAfter(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	for _, dark := range []bool{false, true} {
		v.media(dark)
		stroke := func(kind string) []string {
			return ask[[]string](
				v,
				`const s = getComputedStyle(document.querySelector("#map .line." + a[0] + " .stroke"));
					return [s.stroke, s.strokeDasharray]`,
				kind,
			)
		}
		open, opened, closed, loose := stroke("flow"), stroke("opened"), stroke("closed"), stroke("loose")
		for _, pair := range [][2][]string{
			{open, opened}, {open, closed}, {opened, closed}, {opened, loose}, {closed, loose},
		} {
			if pair[0][0] == pair[1][0] {
				t.Errorf("two lines have the colour %s", pair[0][0])
			}
		}
		if opened[1] != "none" || closed[1] == "none" || closed[1] == loose[1] {
			t.Errorf("lines %s, %s and %s", opened[1], closed[1], loose[1])
		}
	}
	if got, want := v.texts("#map .mark .sign"), []string{"+", "+", "+", "−", "−", "−"}; !slices.Equal(
		slices.Sorted(slices.Values(got)),
		want,
	) {
		t.Errorf("the signs %s", got)
	}
	if got := v.text("#change"); !strings.Contains(got, "3 opened (+), 3 closed (−)") ||
		!strings.Contains(got, "prod/coupons/api") {
		t.Errorf("before and after: %s", got)
	}
}

func TestLightAndDark(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	seen := map[string]bool{}
	for _, dark := range []bool{false, true} {
		v.media(dark)
		seen[ask[string](v, `const s = getComputedStyle(document.body); return s.backgroundColor + s.color`)] = true
	}
	if len(seen) != 2 {
		t.Errorf("light and dark are the same: %v", seen)
	}
}

// On paper there is everything, and nothing to press.
func TestPrint(t *testing.T) {
	v := open(t, sample.Company(), look{width: 1440, height: 1000, dark: true})
	pdf, err := chromedp.Run(
		v.ctx,
		chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()),
	)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 10_000 {
		t.Errorf("%d bytes are no PDF", len(pdf))
	}
	if err := os.WriteFile(filepath.Join(artefacts(t), "print.pdf"), pdf, 0o644); err != nil {
		t.Fatal(err)
	}
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	shown := func(selector string) bool {
		return ask[bool](
			v,
			`return [...document.querySelectorAll(a[0])].some((n) => n.getClientRects().length > 0)`,
			selector,
		)
	}
	for _, selector := range []string{"#filters", "#search", ".zoom", ".bar", "#map button"} {
		if shown(selector) {
			t.Errorf("%s is printed", selector)
		}
	}
	for _, selector := range []string{
		"#map svg", "table[data-table=flows]", "#evidence table", "#change table", ".caveats",
	} {
		if !shown(selector) {
			t.Errorf("%s is not printed", selector)
		}
	}
	if ask[bool](
		v,
		`return [...document.querySelectorAll(".scroll")].some((n) => n.scrollHeight > n.clientHeight + 2)`,
	) {
		t.Error("a table is cut off")
	}
}

// Without scripts there are the tables, and no promise of more.
func TestWithoutScripts(t *testing.T) {
	v := open(t, sample.Company(), look{width: 1440, height: 1000, noScripts: true})
	call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	if got := v.text("#explore"); !strings.Contains(got, "need JavaScript") || strings.Contains(got, "Search") {
		t.Errorf("the map's place says %s", got)
	}
	for _, table := range []string{"flows", "namespaces", "guards", "rollouts", "opened"} {
		if v.count(`table[data-table="`+table+`"] tbody tr`) == 0 {
			t.Errorf("there is no table of %s", table)
		}
	}
}

// Whatever there is not, the page opens, and answers.
func TestNearlyNothing(t *testing.T) {
	outside := overview.Overview{AsOf: "2026-11-21", Connections: []overview.Connection{{
		Cluster: "main", Ports: "443/TCP", From: overview.End{Group: "a", Label: "a"}, To: overview.End{Group: "b", Label: "b"},
	}}}
	unknown := overview.Overview{AsOf: "2026-11-21", Change: &overview.Change{
		Since: "yesterday", Closed: outside.Connections, Vanished: []string{"prod/a", "c"}, Appeared: []string{"prod/b"},
	}}
	for i, o := range []*overview.Overview{{AsOf: "2026-11-21"}, &outside, &unknown} {
		v := open(t, o, desktop)
		want := []string{"Nothing here is called b.", "1 connection is open to b.", "Nothing is open to b. 1 connection closed since then."}[i]
		v.search("to:b")
		if got := v.text("#answer-note"); got != want {
			t.Errorf("%d: %s", i, got)
		}
		v.choose("view", "matrix")
		ask[bool](v, `document.getElementById("outline").open = true; return true`)
		v.settle()
	}
}

// A thousand namespaces can be used. How long that takes is printed.
func TestLarge(t *testing.T) {
	start := time.Now()
	lap := func(what string) {
		t.Logf("%s after %.1f s", what, time.Since(start).Seconds())
		start = time.Now()
	}
	o := sample.Large(1000)
	lap("made up")
	v := open(t, o, desktop)
	lap("the page is open")
	v.toExplore()
	v.shoot("large-map")
	if n := len(v.tiles()); n < 1000 {
		t.Errorf("%d tiles", n)
	}
	start = time.Now()
	v.search("who can reach payments-api/db?")
	if n := len(v.answers()); n == 0 {
		t.Error("nobody reaches payments-api/db")
	}
	lap("a question is answered")
	v.toExplore()
	v.shoot("large-search")
	v.click("#clear")
	start = time.Now()
	v.choose("environment", "prod")
	lap("filtered by environment")
	v.choose("team", "payments")
	lap("filtered by team")
	v.toExplore()
	v.shoot("large-team")
	v.choose("team", "")
	v.choose("environment", "")
	start = time.Now()
	v.choose("view", "matrix")
	lap("the matrix of everything is drawn")
	v.shoot("large-matrix")
	if n := v.count("#matrix td"); n == 0 || n > 20_000 {
		t.Errorf("%d cells", n)
	}
	v.choose("view", "map")
	start = time.Now()
	v.click(`#map [data-name="prod/payments-api"]`)
	lap("a namespace is chosen")
	shows(t, v, "prod/payments-api", "team", "payments")
	v.shoot("large-namespace")
	v.click("#in")
	start = time.Now()
	ask[bool](v, `document.getElementById("outline").open = true; return true`)
	v.settle()
	if n := v.count("#outline li button"); n < 1000 {
		t.Errorf("the map as text has %d places", n)
	}
	lap("the map as text is written")
}

// Pictures to look at, of every part in every look.
func TestPictures(t *testing.T) {
	for name, l := range map[string]look{
		"light": desktop, "dark": {width: 1440, height: 1000, dark: true}, "mobile": {width: 390, height: 844},
	} {
		v := open(t, sample.Company(), l)
		v.shoot(name)
		v.toExplore()
		v.shoot(name + "-map")
		v.click(`#map [data-name="prod/payments"]`)
		v.toExplore()
		v.shoot(name + "-namespace")
		v.search("who can reach orders?")
		v.toExplore()
		v.shoot(name + "-search")
		v.click("#clear")
		v.choose("view", "matrix")
		v.toExplore()
		v.shoot(name + "-matrix")
		for _, part := range []string{"change", "attention", "flows", "evidence"} {
			ask[bool](v, `document.getElementById(a[0]).scrollIntoView(); return true`, part)
			v.shoot(name + "-" + part)
		}
	}
}
