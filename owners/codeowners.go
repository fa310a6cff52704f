package owners

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Host reads CODEOWNERS in its own way.
type Host string

// The hosts.
const (
	GitHub Host = "GitHub"
	GitLab Host = "GitLab"
)

// Places gives where a host looks for CODEOWNERS, in its order.
func (h Host) Places() []string {
	if h == GitHub {
		return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
	}
	return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}
}

// A rule is a line with a pattern.
type rule struct {
	line    int
	sample  string // a path that it is likely to match
	matches *regexp.Regexp
	owners  []string
	unclear string // why nobody can say what the host makes of it
	bare    bool   // nothing follows the pattern
	exclude bool   // what it matches is nobody's in this section (GitLab)
}

// A section is lines that are read by themselves. GitHub has one.
type section struct {
	name     string
	optional bool // its owners are asked, and nobody waits for them
	owners   []string
	rules    []rule
}

// A verdict is whose a file is by one section.
type verdict struct {
	line     int // 0: no line matches
	owners   []string
	unclear  string
	optional bool
}

// parse reads CODEOWNERS as a host does: a line that it cannot read is one of
// which nobody knows what it does.
//
// The best-kept parser for Go, github.com/hmarr/codeowners, is not used: it stops
// at the first line that it does not know, which may be about anything, knows
// letters of ASCII alone, no sections and GitHub's reading only, and a line "/"
// makes it panic.
func parse(data []byte, h Host) []*section {
	sections := []*section{{}}
	at := sections[0]
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		text = strings.TrimSpace(text)
		switch {
		case text == "" || text[0] == '#':
		case h == GitLab && reSection.MatchString(text):
			at, sections = heading(reSection.FindStringSubmatch(text), sections)
		default:
			r := parseRule(text, h)
			r.line = n
			if r.bare && !r.exclude {
				r.owners = at.owners
			}
			at.rules = append(at.rules, r)
		}
	}
	return sections
}

// reSection is the heading of a section: "^" makes it optional, the number is of
// the approvals that it asks for, and the rest are the owners of lines without.
var reSection = regexp.MustCompile(`^(\^?)\[([^\]]+)\](?:\[(\d+)\])?(.*)$`)

// heading gives the section that a heading begins, or goes on with.
func heading(parts []string, sections []*section) (*section, []*section) {
	i := slices.IndexFunc(sections, func(s *section) bool { return strings.EqualFold(s.name, parts[2]) })
	if i < 0 {
		i = len(sections)
		sections = append(sections, &section{name: parts[2]})
	}
	s := sections[i]
	approvals, err := strconv.Atoi(parts[3])
	s.optional = parts[1] != "" || err == nil && approvals == 0
	if owners := mentions(parts[4]); len(owners) > 0 {
		s.owners = owners
	}
	return s, sections
}

func mentions(s string) (out []string) {
	for word := range strings.FieldsFuncSeq(s, blank) {
		if isOwner(word) {
			out = append(out, word)
		}
	}
	return out
}

func parseRule(text string, h Host) (r rule) {
	pattern, rest := cutPattern(text)
	r.bare = strings.TrimSpace(rest) == ""
	if after, ok := strings.CutPrefix(pattern, "!"); ok {
		pattern, r.exclude = after, h == GitLab
		if h == GitHub {
			r.unclear = `GitHub knows no "!"`
		}
	}
	if h == GitHub {
		r.owners, r.unclear = ownersOnGitHub(rest, r.unclear)
		if strings.ContainsAny(pattern, "[]") {
			r.unclear = "GitHub knows no brackets"
		}
		if strings.HasPrefix(pattern, `\#`) {
			r.unclear = `GitHub knows no escaped "#"`
		}
	} else {
		r.owners = mentions(rest)
	}
	r.matches, r.sample = compile(pattern, h), samplePath(pattern)
	return r
}

// samplePath gives a path that a pattern matches, from where it counts.
func samplePath(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			for i+1 < len(pattern) && pattern[i+1] == '*' {
				i++
			}
			if i := b.Len(); i > 0 && !strings.ContainsAny(b.String()[i-1:], "/-") {
				b.WriteByte('-') // as in the name that a glob gives
			}
			b.WriteString(newOne)
		case c == '?':
			b.WriteByte('x')
		case c == '[' && strings.IndexByte(pattern[i:], ']') > 1:
			set := strings.TrimLeft(pattern[i+1:i+strings.IndexByte(pattern[i:], ']')], "!^")
			i += strings.IndexByte(pattern[i:], ']')
			b.WriteString(set[:min(1, len(set))])
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		default:
			b.WriteByte(c)
		}
	}
	if strings.HasSuffix(pattern, "/") {
		b.WriteString(newOne)
	}
	return strings.TrimPrefix(b.String(), "/")
}

// ownersOnGitHub gives what stands before a comment.
func ownersOnGitHub(rest, unclear string) (owners []string, why string) {
	for word := range strings.FieldsFuncSeq(rest, blank) {
		if word[0] == '#' {
			break
		}
		if !isOwner(word) {
			unclear = strconv.Quote(word) + " is no owner"
		}
		owners = append(owners, word)
	}
	return owners, unclear
}

// blank reports whether a character separates words. What only looks like a space
// is a part of a word, which then is no owner.
func blank(r rune) bool { return r == ' ' || r == '\t' }

// cutPattern cuts a line at the first white space that is not escaped.
func cutPattern(text string) (pattern, rest string) {
	escaped := false
	for i, r := range text {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case blank(r):
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// compile gives a pattern as an expression for paths without a leading slash.
// GitHub reads it nearly as .gitignore is read; GitLab as File::fnmatch of Ruby
// with FNM_PATHNAME and FNM_DOTMATCH, behind "**/" where it has no leading slash.
func compile(pattern string, h Host) *regexp.Regexp {
	folder := strings.HasSuffix(pattern, "/")
	body := strings.Trim(pattern, "/")
	rooted := strings.HasPrefix(pattern, "/") || h == GitHub && strings.Contains(body, "/")
	start, end := "^", "$"
	if !rooted {
		start = "^(?:.*/)?"
	}
	switch last := body[strings.LastIndexByte(body, '/')+1:]; {
	case h == GitLab && (pattern == "*" || pattern == "/"), h == GitHub && body == "**" && !folder:
		return reEverything
	case body == "":
		return reNothing
	case h == GitHub && last == "**":
		for end = "/.+$"; strings.HasSuffix(body, "/**"); {
			body = strings.TrimSuffix(body, "/**")
		}
	case folder:
		end = "/.+$"
	case h == GitHub && last != "*":
		end = "(?:/.+)?$" // a folder's name stands for what is below it
	}
	re, err := regexp.Compile(start + "(?:" + expression(body) + ")" + end)
	if err != nil {
		return reNothing // such as [z-a]
	}
	return re
}

var (
	reEverything = regexp.MustCompile(``)
	reNothing    = regexp.MustCompile(`[^\s\S]`)
)

// expression translates stars, question marks, brackets and escapes.
func expression(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		switch {
		case strings.HasPrefix(rest, "**/") && (i == 0 || pattern[i-1] == '/'):
			b.WriteString("(?:.*/)?")
			i += 3
		case rest[0] == '*':
			b.WriteString("[^/]*")
			i++
		case rest[0] == '?':
			b.WriteString("[^/]")
			i++
		case rest[0] == '[' && strings.IndexByte(rest[1:], ']') > 0:
			n := strings.IndexByte(rest[2:], ']') + 2
			b.WriteString(class(rest[1:n]))
			i += n + 1
		case rest[0] == '\\' && len(rest) > 1:
			i++
			fallthrough
		default:
			r := []rune(pattern[i:])[0]
			b.WriteString(regexp.QuoteMeta(string(r)))
			i += len(string(r))
		}
	}
	return b.String()
}

// class translates what stands between brackets.
func class(s string) string {
	negated := ""
	if s[0] == '!' || s[0] == '^' {
		negated, s = "^", s[1:]
	}
	return "[" + negated + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`, `]`, `\]`).Replace(s) + "]"
}

// judge says whose a file is, by each section in which a line matches it.
func judge(sections []*section, file string) (out []verdict) {
	for _, s := range sections {
		for i := len(s.rules) - 1; i >= 0; i-- {
			if r := s.rules[i]; r.matches.MatchString(file) && !s.excludes(file) {
				out = append(out, verdict{line: r.line, owners: r.owners, unclear: r.unclear, optional: s.optional})
				break
			}
		}
	}
	return out
}

func (s *section) excludes(file string) bool {
	return slices.ContainsFunc(s.rules, func(r rule) bool { return r.exclude && r.matches.MatchString(file) })
}
