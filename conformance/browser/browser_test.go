package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hedgerow-dev/hedgerow/overview"
)

// A view is a page in a browser of its own. Whatever the browser complains of, asks
// for, or loads beside the page is an error of the test.
type view struct {
	t   *testing.T
	ctx context.Context

	mu  sync.Mutex
	saw []string
}

// look is how a view is seen.
type look struct {
	width, height int64
	dark          bool
	noScripts     bool
}

var desktop = look{width: 1440, height: 1000}

// open writes an overview as a page, and opens it.
func open(t *testing.T, o *overview.Overview, l look) *view {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is needed, of the package of the same name")
	}
	var b bytes.Buffer
	if err := overview.WriteHTML(&b, o); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.DisableGPU,
		chromedp.WindowSize(int(l.width), int(l.height)),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancelTab := chromedp.NewContext(ctx)
	t.Cleanup(cancelTab)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	v := &view{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, v.watch("file://"+file)); err != nil {
		t.Fatal(err)
	}
	call(v, network.Enable, network.EnableParams{})
	call(v, cdplog.Enable, cdp.Empty{})
	call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScripts})
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: l.width < 600,
	})
	v.media(l.dark)
	v.do(chromedp.Navigate("file://" + file))
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, s := range v.saw {
			t.Error(s)
		}
	})
	return v
}

// call has the browser do what chromedp has no words for.
func call[P, R any](v *view, command cdp.Command[P, R], parameters P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, command, parameters); err != nil {
		v.t.Fatal(err)
	}
}

// media asks for light or dark, and for calm.
func (v *view) media(dark bool) {
	v.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// watch remembers what must not happen.
func (v *view) watch(address string) func(event any) {
	return func(event any) {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if got, _, _ := strings.Cut(e.Request.URL, "#"); got != address {
				v.saw = append(v.saw, "the page asked for "+e.Request.URL)
			}
		case *page.EventJavascriptDialogOpening:
			v.saw = append(v.saw, "the page said "+e.Message)
		case *runtime.EventExceptionThrown:
			d := e.ExceptionDetails
			v.saw = append(v.saw, fmt.Sprintf("%s at %d:%d: %+v", d.Text, d.LineNumber, d.ColumnNumber, d.Exception))
		case *cdplog.EventEntryAdded:
			v.saw = append(v.saw, "the browser said "+e.Entry.Text)
		}
	}
}

func (v *view) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// ask evaluates a script, with arguments.
func ask[T any](v *view, script string, arguments ...any) (out T) {
	v.t.Helper()
	list, err := json.Marshal(append([]any{}, arguments...))
	if err != nil {
		v.t.Fatal(err)
	}
	out, err = chromedp.Run(
		v.ctx,
		chromedp.Evaluate[T](fmt.Sprintf("(async (...a) => { %s })(...%s)", script, list), chromedp.EvalAwaitPromise),
	)
	if err != nil {
		v.t.Fatalf("%s: %v", script, err)
	}
	return out
}

// settle waits until what is to be seen is seen.
func (v *view) settle() {
	v.t.Helper()
	ask[bool](v, `for (let i = 0; i < 3; i++) await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
		return true`)
}

// click presses what a selector selects first, as a mouse does: where it is.
func (v *view) click(selector string) {
	v.t.Helper()
	for range 2 { // what comes into sight may move what was there
		ask[bool](v, `document.querySelector(a[0]).scrollIntoView({ block: "center" }); return true`, selector)
		v.settle()
	}
	at := ask[[]float64](v, `const n = document.querySelector(a[0]), r = n.getClientRects()[0];
		const x = r.x + r.width / 2, y = r.y + r.height / 2, hit = document.elementFromPoint(x, y);
		return n.contains(hit) ? [x, y] : []`, selector)
	if len(at) != 2 {
		v.t.Fatalf("%s cannot be pressed", selector)
	}
	v.do(chromedp.MouseClickXY(at[0], at[1]))
	v.settle()
}

// choose sets a list to a value.
func (v *view) choose(id, value string) {
	v.t.Helper()
	ask[bool](
		v,
		`const s = document.getElementById(a[0]);
		s.value = a[1];
		s.dispatchEvent(new Event("change"));
		return true`,
		id,
		value,
	)
}

// search types a question, and Enter.
func (v *view) search(question string) {
	v.t.Helper()
	ask[bool](v, `const q = document.getElementById("q"); q.value = ""; q.focus(); return true`)
	v.do(chromedp.KeyEvent(question), chromedp.KeyEvent(kb.Enter))
}

func (v *view) text(selector string) string {
	v.t.Helper()
	return ask[string](v, `const n = document.querySelector(a[0]); return n ? n.innerText : ""`, selector)
}

// texts gives the text of each element that a selector selects.
func (v *view) texts(selector string) []string {
	v.t.Helper()
	return ask[[]string](v, `return [...document.querySelectorAll(a[0])].map((n) => n.textContent)`, selector)
}

func (v *view) count(selector string) int {
	v.t.Helper()
	return ask[int](v, `return document.querySelectorAll(a[0]).length`, selector)
}

// tools is the folder of what make fetches and builds.
func tools(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("HEDGEROW_TOOLS")
	if folder == "" {
		t.Fatal("HEDGEROW_TOOLS is not set: run this with make e2e-report")
	}
	return folder
}

// artefacts is the folder of what is to be looked at.
func artefacts(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(tools(t), "report-screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// shoot keeps a picture of what is seen.
func (v *view) shoot(name string) {
	v.t.Helper()
	png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(artefacts(v.t), name+".png"), png, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// toExplore scrolls to the map, as its link does.
func (v *view) toExplore() {
	v.t.Helper()
	ask[bool](v, `document.getElementById("explore").scrollIntoView(); return true`)
}

// same says what differs.
func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got: %s\nwant: %s", what, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}
