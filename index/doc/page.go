package doc

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A page is a parsed html document whose content has been told from its frame.
type page struct {
	root  *html.Node
	body  *html.Node
	sizes map[*html.Node]size
	frame map[*html.Node]bool // roots of parts that are no content
}

// size measures the text below a node, without what is hidden.
type size struct {
	text  int // runes outside links, white space not counted
	link  int // runes inside links
	stops int // sentence marks: 。；
	paras int // block elements that directly hold text
}

func (s *size) add(o size) {
	s.text += o.text
	s.link += o.link
	s.stops += o.stops
	s.paras += o.paras
}

// frameWords mark id and class names of a page's frame, as whole words.
var frameWords = regexp.MustCompile(`(?i)(?:^|[\s_-])(?:nav|navbar|menu|submenu|breadcrumbs?|crumbs?|position|location|share|sharebox|bdsharebuttonbox|social|footer|foot|bottom|header|top|topbar|toolbar|tools?|sidebar|side|related|recommend|copyright|search|login|qrcode|ewm|print|fontsize|pagination|comment|comments|banner|ads?|logo|dqwz|wzdh|gjc|xgxx|xglj)(?:$|[\s_-])`)

// contentWords mark id and class names of containers that content systems of
// government sites put around an article.
var contentWords = regexp.MustCompile(`(?i)(?:^|\s)(?:ucap-content|trs_editor|trs_ueditor|trs_preappend|trs_paper\w*|view|pages_content|zoom|zoomcon|article[_-]?con(?:tent)?|articlecontent|articletext|news_?content|news_?con|info_?content|xl_?content|xxgk_?content|detail_?content|content_?body|con_?text|text_?con|art_?con|custom_unionstyle|easysite-news-text|bt_content|wz_?content|p-?content|main-?txt|pages_print|js_content|rich_media_content|editor-content|entry-content|post-content)(?:$|\s)`)

// Shares and sizes that decide what content is; tuned on gov.cn pages.
const (
	frameLinkShare   = 0.6  // a part whose text is mostly links is navigation
	containerShare   = 0.4  // of the visible text, that a known container must hold
	containerEnough  = 400  // or as many runes
	densityShare     = 0.6  // of a node's text, that a child must hold to be descended into
	densityLoss      = 0.1  // of the text, that a descent may leave behind
	densityStops     = 1    // sentence marks that a descent may leave behind
	maxFrameRunes    = 600  // a part named like a frame but holding more than this with sentences is content
	maxFrameSentence = 3    // sentence marks of such a part
	layoutCellShare  = 0.8  // of a table's text in one cell: the table is layout
	layoutParas      = 5    // with as many paragraphs in it
	nestedShare      = 0.5  // of a table's text in nested tables: layout
	pageTitleWindow  = 1500 // runes at the head of the content in which the page's title is looked for
)

func newPage(root *html.Node) *page {
	p := &page{root: root, sizes: map[*html.Node]size{}, frame: map[*html.Node]bool{}}
	p.body = find(root, func(n *html.Node) bool { return n.DataAtom == atom.Body })
	if p.body == nil {
		p.body = root
	}
	p.measure(p.body, false)
	p.markFrame(p.body)
	p.measure(p.body, false) // again, without the frame
	return p
}

func find(n *html.Node, ok func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			return d
		}
	}
	return nil
}

func (p *page) measure(n *html.Node, inLink bool) size {
	var s size
	if hidden(n) || p.frame[n] {
		p.sizes[n] = s
		return s
	}
	if n.Type == html.TextNode {
		k, stops := 0, 0
		for _, r := range n.Data {
			if !unicode.IsSpace(r) {
				k++
			}
			if r == '。' || r == '；' {
				stops++
			}
		}
		if inLink {
			return size{link: k}
		}
		return size{text: k, stops: stops}
	}
	inLink = inLink || n.DataAtom == atom.A
	direct := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		cs := p.measure(c, inLink)
		s.add(cs)
		direct = direct || !isBlock(c) && cs.text+cs.link > 0
	}
	if direct && isBlock(n) {
		s.paras++
	}
	p.sizes[n] = s
	return s
}

// markFrame finds the topmost parts that are frame by tag, by name or by being
// made of links. What holds sentences is spared.
func (p *page) markFrame(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || hidden(c) {
			continue
		}
		if p.isFrame(c) {
			p.frame[c] = true
			continue
		}
		p.markFrame(c)
	}
}

func (p *page) isFrame(n *html.Node) bool {
	s := p.sizes[n]
	if s.text+s.link == 0 || contentWords.MatchString(attr(n, "id")) || contentWords.MatchString(attr(n, "class")) {
		return false
	}
	if s.text > maxFrameRunes && s.stops > maxFrameSentence {
		return false
	}
	switch n.DataAtom {
	case atom.Nav, atom.Footer, atom.Aside:
		return true
	case atom.Tr, atom.Td, atom.Th, atom.Tbody, atom.Thead, atom.P, atom.Body, atom.H1, atom.Span, atom.A:
		return false
	case atom.Header:
		return find(n, func(d *html.Node) bool { return d.DataAtom == atom.H1 }) == nil
	}
	named := frameWords.MatchString(attr(n, "id")) || frameWords.MatchString(attr(n, "class"))
	if named && s.stops <= maxFrameSentence && find(n, func(d *html.Node) bool { return d.DataAtom == atom.H1 }) == nil {
		return true
	}
	links := float64(s.link) >= frameLinkShare*float64(s.text+s.link)
	return links && s.stops == 0 && isBlock(n) && s.link > 0 && countLinks(n) >= 3
}

func countLinks(n *html.Node) int {
	k := 0
	for d := range n.Descendants() {
		if d.DataAtom == atom.A {
			k++
		}
	}
	return k
}

// content gives the nodes that hold the document, in page order.
func (p *page) content() []*html.Node {
	total := p.sizes[p.body].text
	var found []*html.Node
	sum := 0
	p.containers(p.body, &found, &sum)
	if sum > 0 && (float64(sum) >= containerShare*float64(total) || sum >= containerEnough) {
		return found
	}
	return []*html.Node{p.descend(p.body)}
}

func (p *page) containers(n *html.Node, found *[]*html.Node, sum *int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		s := p.sizes[c]
		if c.Type != html.ElementNode || s.text == 0 {
			continue
		}
		if c.DataAtom != atom.A && (contentWords.MatchString(attr(c, "id")) || contentWords.MatchString(attr(c, "class")) || c.DataAtom == atom.Article) {
			*found = append(*found, c)
			*sum += s.text
			continue
		}
		p.containers(c, found, sum)
	}
}

// descend goes down while one child holds nearly all the text and what stays
// behind are no sentences.
func (p *page) descend(n *html.Node) *html.Node {
	for {
		all := p.sizes[n]
		var best *html.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if isBlock(c) && (best == nil || p.sizes[c].text > p.sizes[best].text) {
				best = c
			}
		}
		if best == nil || best.DataAtom == atom.P || best.DataAtom == atom.Table || best.DataAtom == atom.Li ||
			best.DataAtom == atom.Ul || best.DataAtom == atom.Ol || best.DataAtom == atom.Dl || best.DataAtom == atom.Pre {
			return n
		}
		s := p.sizes[best]
		left := float64(all.text - s.text)
		if float64(s.text) < densityShare*float64(all.text) || left > densityLoss*float64(all.text) || all.stops-s.stops > densityStops {
			return n
		}
		n = best
	}
}

// title is the page's own heading, which content systems keep outside the
// content container.
func (p *page) title() string {
	if h := find(p.body, func(n *html.Node) bool { return n.DataAtom == atom.H1 && !hidden(n) }); h != nil {
		if t := squeezeAll(nodeText(h)); t != "" {
			return t
		}
	}
	m := find(p.root, func(n *html.Node) bool {
		return n.DataAtom == atom.Meta && strings.EqualFold(attr(n, "name"), "ArticleTitle")
	})
	if m != nil {
		return squeezeAll(attr(m, "content"))
	}
	return ""
}

func nodeText(n *html.Node) string {
	var sb strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.TextNode:
			sb.WriteString(d.Data)
		case d.DataAtom == atom.Br:
			sb.WriteString(" ")
		}
	}
	return sb.String()
}

func squeezeAll(s string) string { return squeeze(strings.ToValidUTF8(s, "\ufffd")) }
