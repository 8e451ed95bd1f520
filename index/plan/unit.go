package plan

import (
	"regexp"
	"sort"
	"strings"
)

// headKind says how a unit's heading is written.
type headKind int

const (
	headLine  headKind = iota // a line of its own: 市教育局, （一）市教育局职责
	headRunIn                 // 市教育局：…, 县委宣传部。负责…
	headList                  // 市财政局履行下列职责：, a list below it
	headBody                  // 主要职责 of the body that the document sets up
)

// head is the place where a text turns to one unit, or to several that share
// what follows.
type head struct {
	kind  headKind
	para  int
	names []string
	place span // the names
	body  int  // where its text begins in the source; the paragraph's end for a line
}

const (
	maxHead  = 80 // runes of a heading with several units
	maxLabel = 60 // runes before the colon of a run-in heading
	minHeads = 2  // headings without a title that announces duties must come in company
)

// readUnits finds unit headings and the duties below them.
func (p *parser) readUnits() {
	p.findAnnounced()
	p.heads = append(p.accept(p.candidates()), p.bodyHeads()...)
	sort.Slice(p.heads, func(i, j int) bool { return p.heads[i].para < p.heads[j].para })
	extra := 0 // paragraphs beyond the first that a unit before had
	for i, h := range p.heads {
		end, last := len(p.paras), i+1 == len(p.heads)
		if !last {
			end = p.heads[i+1].para
		}
		limit := end
		if last && len(p.heads) > 1 {
			limit = min(end, h.para+1+b2i(h.kind != headRunIn)+extra)
		}
		extra = max(extra, p.readDuties(h, end, limit))
	}
}

// candidates reads every paragraph that begins like a unit's heading.
func (p *parser) candidates() []head {
	var out []head
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil || isLabelLine(p.src.str(span{p.paras[i].from, min(p.paras[i].to, p.paras[i].from+maxName)})) {
			continue
		}
		for _, read := range []func(int) (head, bool){p.lineHead, p.runInHead, p.listHead} {
			if h, ok := read(i); ok {
				out = append(out, h)
				break
			}
		}
	}
	return out
}

// dutyWord matches what a heading adds to the unit's name: 职责, 主要职责, 工作任务.
var dutyWord = regexp.MustCompile(`(?:的|及其|及)?(?:主要|工作|具体)?(?:职责|职能|任务)(?:分工|任务)?$`)

// bullets are marks that stand before a heading.
const bullets = "★☆●◆■▲△·•※○◇□ "

// names reads a text that is nothing but units' names, a duty word and marks
// around them aside.
func headNames(text string) ([]string, bool) {
	text = strings.TrimRight(strings.TrimLeft(text, bullets), "：: ")
	names, ok := unitList(text)
	if !ok {
		names, ok = unitList(dutyWord.ReplaceAllString(text, ""))
	}
	if !ok {
		return branchNames(text)
	}
	for _, n := range names {
		if !isNamedOrg(n) {
			return nil, false
		}
	}
	return names, true
}

// branchNames reads 移动公司、电信公司等龙岩分公司（简称…）: the bodies before 等.
func branchNames(text string) ([]string, bool) {
	list, rest, ok := strings.Cut(shortFor.ReplaceAllString(text, ""), "等")
	if !ok || !isOrg(rest) && !countGroup.MatchString(rest) {
		return nil, false
	}
	names, sure := splitNames(list), 0
	for _, n := range names {
		if verbInside.MatchString(n) || len([]rune(n)) > maxName {
			return nil, false
		}
		sure += b2i(isOrg(n))
	}
	return names, len(names) > 1 && sure >= len(names)-1
}

// lineHead reads a heading that fills its line: 市教育局, （一）市教育局, ★市教育局：.
func (p *parser) lineHead(i int) (head, bool) {
	pa := p.paras[i]
	b := pa.body()
	if b.len() > maxHead {
		return head{}, false
	}
	names, ok := headNames(p.src.str(b))
	return head{kind: headLine, para: i, names: names, place: b, body: pa.to}, ok
}

// runInHead reads 市教育局：负责…, 县委宣传部。负责… .
func (p *parser) runInHead(i int) (head, bool) {
	pa := p.paras[i]
	b := pa.body()
	depth := 0
	for k := b.from; k < min(b.to, b.from+maxLabel); k++ {
		switch r := p.src.text[k]; r {
		case '（', '(':
			depth++
		case '）', ')':
			depth--
		case '：', ':', '。', '—', '－':
			if depth > 0 {
				continue
			}
			names, ok := headNames(p.src.str(span{b.from, k}))
			if ok && r == '。' && len(p.mentions(i)) > 0 {
				return head{}, false // a title, and a bracket that says who does it
			}
			for k < b.to && strings.ContainsRune("：:。—－", p.src.text[k]) {
				k++
			}
			return head{kind: headRunIn, para: i, names: names, place: span{b.from, k}, body: k}, ok && k < b.to
		}
	}
	return head{}, false
}

// listVerb matches what stands between a unit and the list of its duties:
// 履行下列职责：, 的主要职责是：, 负责…工作：. The names stand before it.
var listVerb = regexp.MustCompile(`^(?:[（(][^）)]*[）)])?(?:(?:具体|主要)?(?:负责|承担|履行)|(?:是|作为|应当|要|应|的)?[^。：:]{0,60}(?:职责|责任|任务|职能)[^。：:]{0,12}[：:]$)`)

// listHead reads a sentence that announces a list of one body's duties:
// 第五条 市财政局履行下列职责：.
func (p *parser) listHead(i int) (head, bool) {
	pa := p.paras[i]
	b := pa.body()
	if b.len() > 2*maxHead || i+1 >= len(p.paras) || !strings.ContainsRune("：:", p.src.text[pa.to-1]) {
		return head{}, false
	}
	next := p.paras[i+1]
	if next.table != nil || next.mark.kind != markNone && (next.mark.no != 1 || next.mark.kind <= pa.mark.kind) {
		return head{}, false
	}
	names, n := p.subject(b)
	for _, name := range names {
		if !isNamedOrg(name) {
			return head{}, false
		}
	}
	if len(names) == 0 || strings.ContainsRune(p.src.str(b), '。') || !listVerb.MatchString(p.src.str(span{b.from + n, b.to})) {
		return head{}, false
	}
	if own, _ := p.subject(next.body()); len(own) > 0 {
		return head{}, false // every entry names its own unit
	}
	return head{kind: headList, para: i, names: names, place: span{b.from, b.from + n}, body: pa.to}, true
}

// dutyTitle matches titles under which units get their duties.
var dutyTitle = regexp.MustCompile(`职责|分工|责任单位|任务分解|部门责任|工作责任`)

// accept keeps the candidates that really are headings: announced by a title,
// or several alike. Names listed one per line head nothing.
func (p *parser) accept(cands []head) []head {
	count := map[headKind]int{}
	var kept []head
	for k, h := range cands {
		if h.kind == headLine && p.listed(cands, k) {
			continue
		}
		kept = append(kept, h)
		count[h.kind]++
	}
	var out []head
	for _, h := range kept {
		if h.kind == headList || count[h.kind] >= minHeads || p.announced[h.para] {
			out = append(out, h)
		}
	}
	return out
}

// listed reports whether a heading's neighbours are headings too, with nothing
// between: a list of members, or the addressees.
func (p *parser) listed(cands []head, k int) bool {
	next := cands[k].para + 1
	if next >= len(p.paras) || p.role[next] != roleBody || p.paras[next].table != nil {
		return true
	}
	near := func(j int) bool {
		return j >= 0 && j < len(cands) && cands[j].kind == headLine
	}
	if near(k+1) && cands[k+1].para == next {
		return true
	}
	return near(k-1) && cands[k-1].para == cands[k].para-1
}

// findAnnounced marks the paragraphs below a title that speaks of duties: the
// document's own, a short line above, or a heading of a wider number.
func (p *parser) findAnnounced() {
	p.announced = make([]bool, len(p.paras))
	whole := dutyTitle.MatchString(p.plan.Title)
	var below [markCircle + 1]bool // by the kind of number a paragraph has
	for i, pa := range p.paras {
		p.announced[i] = whole || below[pa.mark.kind]
		if pa.table != nil || pa.len() > 2*maxTitle && pa.mark.kind > markHan {
			continue
		}
		t := p.text(i)
		says := pa.len() <= 2*maxTitle && dutyTitle.MatchString(t)
		if pa.mark.kind == markNone {
			if says && pa.len() <= maxTitle && !strings.ContainsAny(t, "。；") {
				for k := range below {
					below[k] = true
				}
			}
			continue
		}
		for k := range below {
			kind := markKind(k)
			if kind > pa.mark.kind || kind == markNone && pa.mark.kind <= markHanParen {
				below[k] = says || below[k] && pa.mark.kind > markHan
			}
		}
	}
}

// readDuties gives the paragraphs from the head up to end to its units; those
// from limit on only as far as they are numbered. It returns how many
// unnumbered paragraphs followed the first.
func (p *parser) readDuties(h head, end, limit int) (extra int) {
	c := collector{p: p}
	if h.body < p.paras[h.para].to {
		c.text(0, span{h.body, p.paras[h.para].to})
	}
	for i := h.para + 1; i < end && p.belongs(&c, h, i, i >= limit); i++ {
		pa := p.paras[i]
		if pa.mark.kind == markNone && len(c.duties) > 0 {
			extra++
		}
		c.para(pa)
		p.role[i] = roleDuty
		p.src.own(pa.span)
	}
	if len(c.duties) == 0 {
		return 0
	}
	p.role[h.para] = roleHead
	p.src.own(p.paras[h.para].span)
	ds := c.finish()
	for _, n := range h.names {
		p.addUnit(n, ds, p.src.spans(h.place))
	}
	return extra
}

// addUnit adds duties under a name; a unit that is headed twice keeps one entry.
func (p *parser) addUnit(name string, ds []Duty, at []Span) {
	if i, ok := p.unitAt[name]; ok {
		u := &p.plan.Units[i]
		u.Duties = append(u.Duties, ds...)
		return
	}
	p.unitAt[name] = len(p.plan.Units)
	p.plan.Units = append(p.plan.Units, Unit{Name: name, Aliases: []string{}, Duties: append([]Duty(nil), ds...), at: at})
}

// belongs reports whether paragraph i goes on with the unit of h.
func (p *parser) belongs(c *collector, h head, i int, late bool) bool {
	pa := p.paras[i]
	if p.role[i] != roleBody || pa.table != nil {
		return false
	}
	hm := p.paras[h.para].mark.kind
	if k := pa.mark.kind; k != markNone {
		switch {
		case hm != markNone && k <= hm, k <= markArticle:
			return false
		case c.kind != markNone:
			return k >= c.kind
		case hm == markNone && k < markNum:
			return len(c.duties) == 0 && pa.mark.no == 1
		}
		return len(c.duties) == 0 || pa.mark.no == 1
	}
	if len(c.duties) == 0 || hm != markNone && hm != markArticle && (h.kind != headRunIn || !late) {
		return true
	}
	if h.kind == headList && c.kind == markNone && strings.ContainsRune("；;", p.src.text[pa.from-1]) {
		return true
	}
	ended := strings.ContainsRune("。；;！", p.src.text[pa.from-1])
	if !ended {
		return pa.len() > maxTitle/2 || strings.ContainsAny(p.text(i), "。；;")
	}
	return c.kind == markNone && !late && pa.len() > maxTitle/2
}

// collector gathers a unit's duties from its paragraphs.
type collector struct {
	p      *parser
	kind   markKind // of the numbered duties
	duties []dutyText
}

type dutyText struct {
	no   int
	text span
}

// para adds a paragraph: a duty of its own when its number is of the unit's
// list, else more of the duty before it.
func (c *collector) para(pa para) {
	if pa.mark.kind != markNone && (c.kind == markNone || pa.mark.kind == c.kind) {
		c.kind = pa.mark.kind
		c.text(pa.mark.no, pa.body())
		return
	}
	if n := len(c.duties); n > 0 {
		c.duties[n-1].text.to = pa.to
		return
	}
	c.text(0, pa.body())
}

// text adds a stretch, cut where numbers stand inside it.
func (c *collector) text(no int, s span) {
	for _, d := range c.p.inlineList(no, s) {
		if d.text.len() > 0 {
			c.duties = append(c.duties, d)
		}
	}
}

func (c *collector) finish() []Duty {
	var out []Duty
	for _, d := range c.duties {
		t := c.p.src.str(d.text)
		out = append(out, Duty{No: d.no, Text: t, Role: RoleOf(t), at: c.p.src.spans(d.text)})
	}
	return out
}

// inlineList cuts 1.…；2.…；3.… inside one paragraph. The numbers must count
// from one and follow a stop, so that decimals and quantities stay whole.
func (p *parser) inlineList(no int, s span) []dutyText { return p.listFrom(no, s, 1) }

// listFrom is inlineList for numbers that may also count from another start.
func (p *parser) listFrom(no int, s span, start int) []dutyText {
	first := readMarker(p.src.text[s.from:min(s.to, s.from+maxMarker)])
	if first.kind < markNum || first.no != 1 && first.no != start {
		return []dutyText{{no, s}}
	}
	out := []dutyText{{first.no, span{s.from + first.end, s.to}}}
	for i := s.from + first.end; i < s.to; i++ {
		if !strings.ContainsRune("；;。，,", p.src.text[i-1]) && !p.src.spaced(i) {
			continue
		}
		m := readMarker(p.src.text[i:min(s.to, i+maxMarker)])
		last := &out[len(out)-1]
		if m.kind == first.kind && m.no == last.no+1 {
			last.text.to = i
			out = append(out, dutyText{m.no, span{i + m.end, s.to}})
		}
	}
	return out
}
