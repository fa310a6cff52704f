package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// A violation is what axe-core objects to.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML, FailureSummary string
	}
}

// violations has axe-core judge what is seen.
func (v *view) violations() []violation {
	v.t.Helper()
	return ask[[]violation](v, `const r = await axe.run(document, { resultTypes: ["violations"] });
		return r.violations.map((x) => ({ ID: x.id, Impact: x.impact, Help: x.help,
			Nodes: x.nodes.slice(0, 3).map((n) => ({ HTML: n.html.slice(0, 300), FailureSummary: n.failureSummary })) }))`)
}

// Axe-core finds nothing that is serious, in whatever state the page is.
func TestAccessible(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(tools(t), "axe", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{desktop, {width: 1440, height: 1000, dark: true}, {width: 390, height: 844}} {
		v := open(t, sample.Company(), l)
		v.do(chromedp.Evaluate[chromedp.Void](string(script)))
		judge := func(state string) {
			t.Helper()
			for _, x := range v.violations() {
				say := t.Logf
				if x.Impact == "serious" || x.Impact == "critical" {
					say = t.Errorf
				}
				say("%+v, %s: %s: %s: %s", l, state, x.Impact, x.ID, x.Help)
				for _, n := range x.Nodes {
					fmt.Printf("    %s\n        %s\n", n.HTML, n.FailureSummary)
				}
			}
		}
		judge("at first")
		v.click(`#map [data-name="prod/warehouse"]`)
		v.search("what can checkout reach?")
		ask[bool](v, `for (const d of document.querySelectorAll("details")) d.open = true; return true`)
		judge("with an answer and details")
		v.choose("view", "matrix")
		judge("with the matrix")
	}
}
