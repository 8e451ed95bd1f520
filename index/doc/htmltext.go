package doc

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlReader writes the content of a page as blocks.
type htmlReader struct {
	b    *builder
	page *page
	line strings.Builder // the text of the line under way, white space as in the source
	auto string          // label of a list item that waits for its text
	cell *[]string       // inside a data cell lines go here instead of into blocks
}

// state is what a line inherits from its elements.
type state struct {
	style  string
	center bool
	pre    bool
	list   *olist
}

// olist is an ordered list under way.
type olist struct {
	next, step int
	kind       string
	bullets    bool
}

func (r *htmlReader) read() error {
	nodes := r.page.content()
	if err := r.dropFrame(nodes); err != nil {
		return err
	}
	title := r.page.title()
	var probe strings.Builder
	for _, n := range nodes {
		if probe.Len() > pageTitleWindow*3 {
			break
		}
		probe.WriteString(nodeText(n))
	}
	if title != "" && !strings.Contains(bare(probe.String()), bare(title)) {
		r.b.add(Block{Text: title, Style: "title"})
	}
	for _, n := range nodes {
		if err := r.walk(n, state{}); err != nil {
			return err
		}
		r.flush(state{})
	}
	return nil
}

// bare is s without white space, for comparing.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// dropFrame lists the visible lines outside the content nodes.
func (r *htmlReader) dropFrame(nodes []*html.Node) error {
	inside := map[*html.Node]bool{}
	for _, n := range nodes {
		inside[n] = true
	}
	var line strings.Builder
	end := func() {
		r.b.drop(squeeze(line.String()))
		line.Reset()
	}
	var walk func(n *html.Node, out bool) error
	walk = func(n *html.Node, out bool) error {
		if hidden(n) {
			return nil
		}
		if inside[n] {
			out = false
		}
		out = out || r.page.frame[n]
		if n.Type == html.TextNode {
			if out {
				line.WriteString(n.Data)
			}
			return r.b.bud.Time()
		}
		blk := isBlock(n) || n.DataAtom == atom.Br
		if blk {
			end()
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if err := walk(c, out); err != nil {
				return err
			}
		}
		if blk {
			end()
		}
		return nil
	}
	err := walk(r.page.body, !inside[r.page.body])
	end()
	return err
}

// flush ends the line under way.
func (r *htmlReader) flush(st state) {
	text := r.line.String()
	r.line.Reset()
	if st.pre {
		text = strings.TrimRight(text, " \t\n")
	} else {
		text = squeeze(text)
	}
	if text == "" {
		return
	}
	label := r.auto
	r.auto = ""
	if r.cell != nil {
		*r.cell = append(*r.cell, label+text)
		return
	}
	style := st.style
	if style == "" && st.center {
		style = "center"
	}
	r.b.add(Block{Text: label + text, Style: style, Auto: len([]rune(label))})
}

var centred = regexp.MustCompile(`(?i)text-align\s*:\s*(center|left|right|justify)`)

// enter derives the state inside element n.
func (st state) enter(n *html.Node) state {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		st.style = "heading" + n.Data[1:]
	case atom.Center:
		st.center = true
	case atom.Pre:
		st.pre = true
	case atom.Ol:
		st.list = &olist{next: 1, step: 1, kind: attr(n, "type")}
		if v, err := strconv.Atoi(strings.TrimSpace(attr(n, "start"))); err == nil {
			st.list.next = v
		}
		if m := listStyle.FindStringSubmatch(attr(n, "style")); m != nil {
			st.list.kind = strings.ToLower(m[1])
		}
		if hasAttr(n, "reversed") {
			st.list.step = -1
			if !hasAttr(n, "start") {
				st.list.next = countItems(n)
			}
		}
	case atom.Ul:
		st.list = &olist{bullets: true}
	}
	if isBlock(n) {
		align := strings.ToLower(attr(n, "align"))
		if m := centred.FindStringSubmatch(attr(n, "style")); m != nil {
			align = strings.ToLower(m[1])
		}
		if align != "" {
			st.center = align == "center"
		}
	}
	return st
}

var listStyle = regexp.MustCompile(`(?i)list-style(?:-type)?\s*:\s*([\w-]+)`)

func countItems(n *html.Node) int {
	k := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Li {
			k++
		}
	}
	return k
}

func (r *htmlReader) walk(n *html.Node, st state) error {
	if hidden(n) || r.page.frame[n] {
		return nil
	}
	if n.Type == html.TextNode {
		r.text(n.Data, st)
		return r.b.bud.Time()
	}
	switch n.DataAtom {
	case atom.Br, atom.Hr:
		r.flush(st)
		return nil
	case atom.Del:
		r.b.drop(squeeze(nodeText(n)))
		return nil
	case atom.Table:
		return r.table(n, st)
	}
	block := isBlock(n)
	if block {
		r.flush(st)
	}
	inner := st.enter(n)
	if n.DataAtom == atom.Li {
		r.auto = st.list.label(n)
	}
	if err := r.children(n, inner); err != nil {
		return err
	}
	if block {
		r.flush(inner)
	}
	if n.DataAtom == atom.Li {
		r.auto = ""
	}
	return nil
}

func (r *htmlReader) children(n *html.Node, st state) error {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := r.walk(c, st); err != nil {
			return err
		}
	}
	return nil
}

func (r *htmlReader) text(s string, st state) {
	if !st.pre {
		r.line.WriteString(s)
		return
	}
	for i, part := range strings.Split(s, "\n") {
		if i > 0 {
			r.flush(st)
		}
		r.line.WriteString(part)
	}
}

// label counts one item of the list and renders its number.
func (l *olist) label(li *html.Node) string {
	if l == nil || l.bullets {
		return ""
	}
	if v, err := strconv.Atoi(strings.TrimSpace(attr(li, "value"))); err == nil {
		l.next = v
	}
	n := l.next
	l.next += l.step
	kind := "decimal"
	switch l.kind {
	case "a", "lower-alpha", "lower-latin":
		kind = "lowerLetter"
	case "A", "upper-alpha", "upper-latin":
		kind = "upperLetter"
	case "i", "lower-roman":
		kind = "lowerRoman"
	case "I", "upper-roman":
		kind = "upperRoman"
	case "none":
		return ""
	case "cjk-ideographic", "simp-chinese-informal", "trad-chinese-informal", "cjk-decimal":
		return withSpace(numeral("chineseCountingThousand", n) + listComma)
	}
	return withSpace(numeral(kind, n) + ".")
}

// squeeze normalises the white space of a line of html: none at the ends, none
// at a source line end beside a Han character or full-width mark, none between
// letter-spaced Han characters (主 要 内 容), else one space per run.
func squeeze(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\u200c', '\u200d', '\ufeff', '\u00ad', '\u2060', 0:
			return -1
		}
		return r
	}, s)
	words := strings.FieldsFunc(s, isSpace)
	if len(words) == 0 {
		return ""
	}
	gaps := gapsOf(s)
	var sb strings.Builder
	sb.WriteString(words[0])
	for i := 1; i < len(words); i++ {
		before, after := lastRune(words[i-1]), firstRune(words[i])
		wide := isWide(before) || isWide(after)
		spaced := lone(words[i-1]) && lone(words[i])
		if !(gaps[i-1] && wide) && !spaced {
			sb.WriteByte(' ')
		}
		sb.WriteString(words[i])
	}
	return sb.String()
}

// gapsOf tells for each inner run of white space whether it holds a line end.
func gapsOf(s string) []bool {
	s = strings.TrimFunc(s, isSpace)
	var gaps []bool
	in := false
	for _, r := range s {
		if !isSpace(r) {
			in = false
			continue
		}
		if !in {
			in = true
			gaps = append(gaps, false)
		}
		if r == '\n' {
			gaps[len(gaps)-1] = true
		}
	}
	return gaps
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// isWide tells Han characters and full-width marks, beside which a line end
// means nothing.
func isWide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef || r >= 0x2018 && r <= 0x201d
}

// lone tells a word of one Han character.
func lone(w string) bool {
	n := 0
	for range w {
		n++
	}
	return n == 1 && unicode.Is(unicode.Han, firstRune(w))
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) rune {
	rs := []rune(s[max(0, len(s)-4):])
	return rs[len(rs)-1]
}
