package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// tiles gives what stands on the map.
func (v *view) tiles() []string {
	v.t.Helper()
	out := ask[[]string](v, `return [...document.querySelectorAll("#map .tile")].map((t) => t.dataset.name)`)
	slices.Sort(out)
	return out
}

// lines gives the lines of the map, in words.
func (v *view) lines() []string {
	v.t.Helper()
	out := ask[[]string](v, `return [...document.querySelectorAll("#map .hit")].map((p) => p.dataset.pair)`)
	slices.Sort(out)
	return out
}

func TestFilters(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	if n := len(v.tiles()); n != 31 {
		t.Errorf("%d tiles: %s", n, v.tiles())
	}
	v.choose("environment", "staging")
	for _, name := range v.tiles() {
		if strings.HasPrefix(name, "prod/") || name == "legacy-cron" {
			t.Errorf("staging has %s", name)
		}
	}
	v.choose("environment", "prod")
	in := func(name string) bool { return slices.Contains(v.tiles(), name) }
	if !in("legacy-cron") || !in("prod/warehouse") || in("staging/search") {
		t.Errorf("prod has %s", v.tiles())
	}
	v.choose("team", "insight")
	same(t, "insight in prod", v.tiles(),
		"prod/checkout", "prod/events", "prod/orders", "prod/payments", "prod/reports")
	v.choose("direction", "in")
	same(t, "into insight in prod", v.lines(),
		"+ prod/checkout → prod/events: 8080/TCP", "prod/orders → prod/events: 8080/TCP")
	v.choose("direction", "out")
	same(t, "out of insight in prod", v.lines(),
		"prod/reports → prod/orders: 5432/TCP", "− prod/reports → prod/payments: 5432/TCP")
	v.choose("show", "only")
	same(t, "what changes out of insight in prod", v.lines(),
		"− prod/reports → prod/payments: 5432/TCP")
	v.choose("show", "open")
	same(t, "what is open out of insight in prod", v.lines(),
		"prod/reports → prod/orders: 5432/TCP")
	v.click("#baseline")
	if got := v.lines(); len(got) != 3 || !slices.Contains(got, "prod/events → kube-system: 53/TCP, 53/UDP") {
		t.Errorf("with the baseline: %s", got)
	}
	if status := v.text("#status"); !strings.HasPrefix(status, "4 namespaces and places, 3 open connections.") {
		t.Errorf("the status says %q", status)
	}
	v.click("#reset")
	if n := len(v.tiles()); n != 31 {
		t.Errorf("%d tiles after the reset", n)
	}
}

// Namespaces differ by more than a colour.
func TestStatesStandOut(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	for name, want := range map[string]string{
		"prod/warehouse": "OPEN until 2026-12-04", "legacy-cron": "UNMANAGED", "staging/search": "retired",
		"prod/fraud": "+ fraud", "prod/coupons": "gone",
	} {
		got := ask[string](v, `const tiles = [...document.querySelectorAll("#map .tile")];
			const d = tiles.findIndex((t) => t.dataset.name === a[0]);
			return document.querySelectorAll("#map .text")[d].textContent`, name)
		if !strings.Contains(got, want) {
			t.Errorf("%s says %q", name, got)
		}
	}
	style := func(name string) string {
		return ask[string](v, `const s = getComputedStyle(document.querySelector('#map [data-name="' + a[0] + '"] rect'));
			return [s.fill, s.strokeDasharray, s.strokeWidth].join(" ")`, name)
	}
	seen := map[string]string{}
	for _, name := range []string{
		"prod/payments", "prod/warehouse", "legacy-cron", "staging/search", "prod/coupons", "prod/fraud",
	} {
		if other, known := seen[style(name)]; known {
			t.Errorf("%s looks like %s", name, other)
		}
		seen[style(name)] = name
	}
}

// press clicks where a line of the map can be seen.
func (v *view) press(pair string) {
	v.t.Helper()
	at := ask[[]float64](v, `const p = [...document.querySelectorAll("#map .hit")].find((p) => p.dataset.pair === a[0]);
		p.scrollIntoView({ block: "center" });
		for (let i = 1; i < 100; i++) {
			const q = p.getPointAtLength(p.getTotalLength() * i / 100).matrixTransform(p.getScreenCTM());
			if (document.elementFromPoint(q.x, q.y) === p) return [q.x, q.y];
		}
		return []`, pair)
	if len(at) != 2 {
		v.t.Fatalf("%s cannot be pressed", pair)
	}
	v.do(chromedp.MouseClickXY(at[0], at[1]))
}

func TestClicks(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	v.press("prod/payments → banks: 443/TCP")
	shows(t, v, "prod/payments → banks",
		"payments-banks", "settlement with the banks", "@shop/payments", "PAY-3", "443/TCP", "flows.cue:52:8")
	v.click(`#map [data-name="prod/warehouse"]`)
	shows(t, v, "prod/warehouse",
		"kept open by a roll-out until 2026-12-04", "its flows are collected", "@shop/fulfilment", "teams/fulfilment.cue:6:3",
		"any other namespace")
	v.click(`#map [data-name="prod/card-vault"]`)
	shows(t, v, "prod/card-vault",
		"enforced", "allow-same-namespace: PCI DSS 1.3", "prod/payments/api", "payments-vault")
	v.click(`table[data-table="flows"] tbody tr:nth-child(12) button`)
	shows(t, v, "reports-orders",
		"expiring, last day 2026-12-01", "monthly numbers", "BI-77", "Opens 2 connections")
	same(t, "the map sets apart", v.lit(),
		"prod/orders", "prod/reports", "staging/orders", "staging/reports")
	v.choose("direction", "in")
	v.click(`#map [data-name="prod/orders"]`)
	if got := v.texts("#details h4"); !slices.Equal(got, []string{"Reached by 2"}) {
		t.Errorf("into prod/orders: %s", got)
	}
	same(t, "into prod/orders", v.lit(), "prod/checkout", "prod/orders", "prod/reports")
	v.choose("view", "matrix")
	v.click(`#matrix td[data-mark="closed"] button`)
	shows(t, v, "staging/reports → staging/payments",
		"− staging/reports/api", "reports-payments", "a comparison of two closings")
}

// shows says what the details lack.
func shows(t *testing.T, v *view, heading string, texts ...string) {
	t.Helper()
	if got := v.text("#details h3"); got != heading {
		t.Errorf("the details are of %q, not of %q", got, heading)
	}
	all := v.text("#details")
	for _, s := range texts {
		if !strings.Contains(all, s) {
			t.Errorf("the details of %s lack %q:\n%s", heading, s, all)
		}
	}
}

// By keyboard alone one comes to the map, to a namespace, to its flow, and away.
func TestKeyboard(t *testing.T) {
	v := open(t, sample.Company(), desktop)
	focused := func() string {
		return ask[string](v, `const f = document.activeElement;
			return [f.id, f.dataset.name, f.textContent].find(Boolean) || f.tagName`)
	}
	until := func(key, what string, most int) {
		t.Helper()
		for range most {
			v.do(chromedp.KeyEvent(key))
			if strings.HasPrefix(focused(), what) {
				return
			}
		}
		t.Fatalf("%s is out of reach, after %q", what, focused())
	}
	until(kb.Tab, "Skip to the map", 1)
	v.do(chromedp.KeyEvent(kb.Enter))
	until(kb.Tab, "q", 3)
	until(kb.Tab, "staging/frontend", 20)
	until(kb.ArrowRight, "staging/payments", 1)
	until(kb.ArrowDown, "staging/card-vault", 1)
	v.do(chromedp.KeyEvent(kb.Enter))
	shows(t, v, "staging/card-vault", "payments-vault")
	until(kb.Tab, "payments-vault", 3)
	v.do(chromedp.KeyEvent(kb.Enter))
	shows(t, v, "payments-vault", "payments exchange tokens for cards", "PAY-9")
	until(kb.Tab, "Close", 20)
	v.do(chromedp.KeyEvent(kb.Enter))
	shows(t, v, "Details")
	if got := focused(); got != "staging/card-vault" {
		t.Errorf("the focus comes back to %q", got)
	}
	until(kb.Tab, "in", 1)
	until(kb.Tab, "The map as text", 5)
	v.do(chromedp.KeyEvent(kb.Enter))
	v.settle()
	if got := v.text("#outline"); !strings.Contains(got, "prod/card-vault enforced; reached by prod/payments") {
		t.Errorf("the map as text: %s", got)
	}
}
