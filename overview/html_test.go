package overview_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/hedgerow-dev/hedgerow/overview"
	"github.com/hedgerow-dev/hedgerow/overview/sample"
)

// elements gives every element of a page.
func elements(t *testing.T, page string) (out []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// names gives the elements with their attributes' names, without texts.
func names(of []*html.Node) (out []string) {
	for _, n := range of {
		s := n.Data
		for _, a := range n.Attr {
			s += " " + a.Key
		}
		out = append(out, s)
	}
	return out
}

// Hostile texts change no element and no attribute of the page; they stand in it as
// the texts that they are.
func TestHostileTextsAddNoMarkup(t *testing.T) {
	calm, hostile := sample.Company(), sample.Company()
	calm.Reservations = make([]string, len(sample.Hostile))
	sample.Deface(hostile)
	page := written(t, overview.WriteHTML, hostile)
	got := elements(t, page)
	if want := names(elements(t, written(t, overview.WriteHTML, calm))); !slices.Equal(names(got), want) {
		t.Error("hostile texts change the elements of the page")
	}
	if strings.ContainsAny(page, "\u202e\u2066") {
		t.Error("the page turns the direction of writing")
	}
	var whole strings.Builder
	for _, n := range got {
		if n.Data == "td" || n.Data == "th" {
			whole.WriteString(text(n) + "\n")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" ||
				a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, s := range append([]string{`\u202egnp.exe\u2066`}, sample.Hostile[:4]...) {
		if !strings.Contains(whole.String(), s) {
			t.Errorf("%q is not in the page's tables", s)
		}
	}
}

// The policy of the page names what stands in it, and lets nothing else in.
func TestContentSecurityPolicy(t *testing.T) {
	var policy string
	var want []string
	for _, n := range elements(t, written(t, overview.WriteHTML, sample.Company())) {
		switch {
		case n.Data == "meta" && attribute(n, "http-equiv") == "Content-Security-Policy":
			policy = attribute(n, "content")
		case n.Data == "style", n.Data == "script" && attribute(n, "type") == "":
			sum := sha256.Sum256([]byte(text(n)))
			want = append(want, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if n := strings.Count(policy, "'sha256-"); n != len(want) {
		t.Errorf("the policy has %d hashes for %d elements", n, len(want))
	}
	for _, hash := range want {
		if !strings.Contains(policy, hash) {
			t.Errorf("the policy lacks %s", hash)
		}
	}
}

// The page stays small enough to be sent around.
func TestSize(t *testing.T) {
	for _, c := range []struct{ namespaces, most int }{{200, 1_000_000}, {1000, 5_000_000}} {
		o := sample.Large(c.namespaces)
		size := len(written(t, overview.WriteHTML, o))
		t.Logf(
			"%d namespaces, %d flows, %d connections: %d bytes",
			c.namespaces,
			len(o.Flows),
			len(o.Connections),
			size,
		)
		if size > c.most {
			t.Errorf("%d namespaces take %d bytes, more than %d", c.namespaces, size, c.most)
		}
	}
}

// What is in vendor/ is what its list says, and the page names it.
func TestVendored(t *testing.T) {
	list, err := os.ReadFile("assets/vendor.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	page := written(t, overview.WriteHTML, &overview.Overview{})
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		data, err := os.ReadFile("assets/vendor/" + f[5])
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(data)); sum != f[6] {
			t.Errorf("vendor/%s has the sum %s, and %s is listed", f[5], sum, f[6])
		}
		if want := f[0] + " " + f[1] + ", licence " + f[2]; !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
		listed = append(listed, f[5])
	}
	files, err := os.ReadDir("assets/vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(listed, f.Name()) {
			t.Errorf("vendor/%s is not listed", f.Name())
		}
	}
}

// The scripts of this package build elements, and write no markup.
func TestScriptsWriteNoMarkup(t *testing.T) {
	files, err := filepath.Glob("assets/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{
			"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", ".html(", "eval(", "Function(", "fetch(",
			"XMLHttpRequest", "import(", `setAttribute("on`,
		} {
			if strings.Contains(string(data), s) {
				t.Errorf("%s has %s", file, s)
			}
		}
	}
}
