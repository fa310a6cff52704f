package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	reFence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	reInlineCode = regexp.MustCompile("`[^`\n]*`")
	reAddress    = regexp.MustCompile(`[a-z]+://[^\s)>|]+`)
	reLink       = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	reHeading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	reVerb       = regexp.MustCompile("`(?:[A-Z_]+=\\S+ )*make ([a-z0-9-]+)[ `]")
	reMarkup     = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)|` + "`")
	reNoSlug     = regexp.MustCompile(`[^\pL\pM\pN\p{Pc} -]`)
)

// TestDocumentLinks follows every relative link of the documents, to its heading
// too; that every other one is an address; and that make has what they name.
func TestDocumentLinks(t *testing.T) {
	links := 0
	for _, file := range documentsOf(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		prose := reFence.ReplaceAllString(string(source), "")
		words := reInlineCode.ReplaceAllString(prose, "``")
		targets := reAddress.FindAllString(words, -1)
		for _, m := range reLink.FindAllStringSubmatch(words, -1) {
			targets = append(targets, m[1])
		}
		for _, target := range targets {
			if problem := broken(file, target); problem != "" {
				t.Errorf("%s links to %q: %s", file, target, problem)
			}
		}
		links += len(targets)
		for _, m := range reVerb.FindAllStringSubmatch(prose, -1) {
			if !slices.Contains(makeTargets(t), m[1]) {
				t.Errorf("%s names make %s, and the Makefile has no such target", file, m[1])
			}
		}
		for _, problem := range unvetted(prose) {
			t.Errorf("%s: %s", file, problem)
		}
	}
	if links < 200 {
		t.Errorf("only %d links were found", links)
	}
}

// TestDocumentsAreFound: whoever follows links from the README comes to every
// page.
func TestDocumentsAreFound(t *testing.T) {
	found := map[string]bool{root + "README.md": true}
	for todo := []string{root + "README.md"}; len(todo) > 0; todo = todo[1:] {
		source, err := os.ReadFile(todo[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reLink.FindAllStringSubmatch(string(source), -1) {
			path, _, _ := strings.Cut(m[1], "#")
			page := filepath.Join(filepath.Dir(todo[0]), path)
			if strings.HasSuffix(path, ".md") && !strings.Contains(path, ":") && !found[page] {
				found[page] = true
				todo = append(todo, page)
			}
		}
	}
	for _, page := range documentsOf(t) {
		if !found[page] {
			t.Errorf("no link leads to %s", page)
		}
	}
}

// TestGuides: the index has every guide, and each says the way back.
func TestGuides(t *testing.T) {
	index, err := os.ReadFile(root + "docs/howto/README.md")
	if err != nil {
		t.Fatal(err)
	}
	guides, err := filepath.Glob(root + "docs/howto/*.md")
	if err != nil || len(guides) < 16 {
		t.Fatal(err, guides)
	}
	reBack := regexp.MustCompile(`\b(go|come) back\b`)
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		if !reBack.Match(text) {
			t.Errorf("%s does not say how to go back", guide)
		}
		if name := filepath.Base(guide); name != "README.md" && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("the index has no %s", name)
		}
	}
}

// broken says what is wrong with a link, or nothing.
func broken(file, link string) string {
	if strings.Contains(link, ":") {
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") || u.User != nil {
			return "that is no address of a page"
		}
		return ""
	}
	path, anchor, hasAnchor := strings.Cut(link, "#")
	target := file
	if path != "" {
		target = filepath.Join(filepath.Dir(file), path)
	}
	if _, err := os.Stat(target); err != nil || path == "" && !hasAnchor {
		return "it is not there"
	}
	if !hasAnchor {
		return ""
	}
	source, err := os.ReadFile(target)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(anchors(string(source)), anchor) {
		return "there is no such heading"
	}
	return ""
}

// anchors gives the names of a page's headings, as GitHub makes them.
func anchors(source string) (names []string) {
	count := map[string]int{}
	for _, m := range reHeading.FindAllStringSubmatch(reFence.ReplaceAllString(source, ""), -1) {
		name := reNoSlug.ReplaceAllString(strings.ToLower(reMarkup.ReplaceAllString(m[1], "$1")), "")
		name = strings.ReplaceAll(name, " ", "-")
		if n := count[name]; n > 0 {
			names = append(names, fmt.Sprintf("%s-%d", name, n))
		} else {
			names = append(names, name)
		}
		count[name]++
	}
	return names
}

// unvetted finds code that stands between paragraphs, in no block that
// TestDocuments knows.
func unvetted(prose string) (problems []string) {
	before := ""
	for line := range strings.Lines(prose) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			problems = append(problems, "a block does not end: "+line)
		}
		if strings.TrimSpace(before) == "" && strings.TrimSpace(line) != "" && (strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")) {
			problems = append(problems, "code without a fence is vetted by nobody: "+line)
		}
		before = line
	}
	return problems
}

// TestBrokenLinks: what is wrong with a link is found.
func TestBrokenLinks(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	text := "# `vet`, and [more](x.md)!\n\n## Two words\n\n## Two words\n\n```console\n# no heading\n```\n"
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, problem := range map[string]string{
		"page.md": "", "#vet-and-more": "", "page.md#two-words-1": "", "https://example.com/a#b": "",
		"pages.md": "it is not there", "": "it is not there", "#no-heading": "there is no such heading",
		"http://example.com": "that is no address of a page", "https:example": "that is no address of a page",
		"https://me@example.com/": "that is no address of a page",
	} {
		if got := broken(page, link); got != problem {
			t.Errorf("%q: %q, not %q", link, got, problem)
		}
	}
	if got := unvetted("words\n\n    make it\n\nwords\n    go on\n\n```sh\n"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
