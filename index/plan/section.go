package plan

import (
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// node is a section while the tree is built.
type node struct {
	mark   marker
	path   string
	para   int  // paragraph of the heading
	head   span // heading without its number
	text   span // from the number to the end of the last child
	parent *node
	kids   []*node
	paras  []int // own paragraphs, the heading's included
}

// maxTitle bounds the runes of a heading that stands on its own line; a longer
// one runs into its text.
const maxTitle = 50

// readSections builds the tree of printed numbers and writes Plan.Sections.
// Paragraphs that belong to the frame or to unmarked unit headings open no
// section; they extend the one they stand in.
func (p *parser) readSections() {
	var stack []*node
	var last *node
	for i := range p.paras {
		pa := &p.paras[i]
		if p.role[i] == roleFrame {
			stack, last = nil, nil
			continue
		}
		if pa.mark.kind == markNone || p.insideUnit(i) {
			if last == nil {
				last = p.lead(i)
			}
			last.paras = append(last.paras, i)
			for n := last; n != nil; n = n.parent {
				n.text.to = max(n.text.to, pa.to)
			}
			continue
		}
		for len(stack) > 0 && stack[len(stack)-1].mark.kind >= pa.mark.kind {
			stack = stack[:len(stack)-1]
		}
		n := &node{mark: pa.mark, para: i, text: pa.span, head: pa.body(), paras: []int{i}}
		if len(stack) > 0 {
			n.parent = stack[len(stack)-1]
			n.parent.kids = append(n.parent.kids, n)
		}
		for up := n.parent; up != nil; up = up.parent {
			up.text.to = max(up.text.to, pa.to)
		}
		stack = append(stack, n)
		p.nodes = append(p.nodes, n)
		last = n
	}
	p.writeSections()
}

// lead opens the section without a number that holds what stands before the
// first numbered one.
func (p *parser) lead(i int) *node {
	n := &node{para: i, text: p.paras[i].span, head: span{p.paras[i].from, p.paras[i].from}}
	p.nodes = append(p.nodes, n)
	return n
}

// fillOwn sets what each section says beyond its children, duties and items.
func (p *parser) fillOwn() {
	for k, n := range p.nodes {
		var b strings.Builder
		opens, last := p.openers(), ""
		for k, i := range n.paras {
			if p.role[i] == roleBody && !p.taken[i] && p.paras[i].table == nil {
				if b.Len() > 0 && (opens[i] || opens[n.paras[k-1]] || endsSentence(last)) {
					b.WriteByte('\n')
				}
				last = p.src.str(p.paras[i].body())
				b.WriteString(last)
			}
		}
		p.plan.Sections[k].Own = b.String()
	}
}

func (p *parser) insideUnit(i int) bool { return p.role[i] == roleDuty }

func (p *parser) writeSections() {
	for _, n := range p.nodes {
		n.path = address(n)
		s := Section{Path: n.path, Title: p.sectionTitle(n), Text: p.lines(span{n.text.from + n.mark.end, n.text.to})}
		if rest, ok := strings.CutPrefix(s.Text, s.Title+"\n"); ok && s.Title != "" {
			s.Text = rest // a heading on a line of its own is the title alone
		}
		p.src.own(n.text)
		s.at = p.src.spans(n.text)
		p.plan.Sections = append(p.plan.Sections, s)
	}
}

// lines is a stretch of the source, paragraph by paragraph: line ends that cut
// a sentence (page breaks) are gone, those between paragraphs stay.
func (p *parser) lines(sp span) string {
	opens := p.openers()
	last := ""
	var b strings.Builder
	first := sort.Search(len(p.paras), func(i int) bool { return p.paras[i].to > sp.from })
	for k, pa := range p.paras[first:] {
		i := first + k
		if pa.from >= sp.to {
			break
		}
		piece := p.src.str(span{max(pa.from, sp.from), min(pa.to, sp.to)})
		if piece == "" {
			continue
		}
		if b.Len() > 0 && (opens[i] || opens[i-1] || endsSentence(last)) {
			b.WriteByte('\n')
		}
		b.WriteString(piece)
		last = piece
	}
	return b.String()
}

// endsSentence tells whether a line ends where a sentence or list entry does.
func endsSentence(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, "”’）)」』"))
	return strings.ContainsRune("。！？；：!?;:", r)
}

// openers tells which paragraphs open a section or a unit's duties.
func (p *parser) openers() map[int]bool {
	if p.opens == nil {
		p.opens = map[int]bool{}
		for _, n := range p.nodes {
			p.opens[n.para] = true
		}
		for _, h := range p.heads {
			p.opens[h.para] = true
		}
	}
	return p.opens
}

// byWhom matches a bracket behind a heading that says who does it.
var byWhom = regexp.MustCompile(`[〔【\[［（(](?:总?牵头|主?责任|主办|承办|协办|负责|配合|完成)[^〕】\]］）)]{0,6}[：:].*$`)

// sectionTitle is the heading: the whole line when it is short, else the part
// before the first full stop or colon of a run-in heading.
func (p *parser) sectionTitle(n *node) string {
	h := byWhom.ReplaceAllString(p.src.str(n.head), "")
	if n.mark.kind == markAnnex && h == "" && len(n.paras) > 1 {
		return p.src.str(p.paras[n.paras[1]].span)
	}
	if k := strings.IndexAny(h, "。：:；"); k > 0 {
		return h[:k]
	}
	if len([]rune(h)) <= maxTitle {
		return h
	}
	return ""
}

// address is the path of printed numbers from the widest part down. Articles
// are numbered through the whole document, so chapters stay out of their path.
func address(n *node) string {
	own := n.mark.path
	up := n.parent
	if up != nil && n.mark.kind >= markArticle && n.mark.kind <= markDec4 {
		for up != nil && up.mark.kind != markAnnex {
			up = up.parent
		}
	}
	if up == nil {
		return own
	}
	if up.mark.kind == markAnnex {
		return up.path + "·" + own
	}
	return up.path + own
}
