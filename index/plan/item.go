package plan

import (
	"regexp"
	"sort"
	"strings"
)

// mention is a place that says who does the matter before it.
type mention struct {
	para  int
	at    span // brackets included
	whole bool // it fills its paragraph
	label bool // it is written as 责任单位：…, without brackets
	share share
}

// work is an item while it is put together.
type work struct {
	node  *node
	text  span
	by    []mention
	head  bool // the text before the mention is only the node's heading
	share share
}

// readItems makes items of the texts that name their own units.
func (p *parser) readItems(owner []*node) {
	var works []*work
	var last *work
	start, node := 0, (*node)(nil)
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil {
			last, node = nil, nil
			continue
		}
		if n := owner[i]; n != node || node == nil || n.mark.kind == markNone && last == nil {
			if n != node || n.mark.kind == markNone {
				start, last = p.paras[i].from+b2i(n.para == i)*n.mark.end, nil
			}
			node = n
		}
		for _, m := range p.mentions(i) {
			before := p.trim(span{start, m.at.from})
			if before.len() == 0 && last != nil {
				last.by = append(last.by, m)
				last.share.merge(m.share)
			} else if before.len() > 0 {
				last = &work{node: node, text: before, by: []mention{m}, share: m.share, head: node.mark.kind != markNone && p.isHeading(node, before)}
				works = append(works, last)
			}
			start = m.at.to
		}
	}
	works = p.addSilent(p.cover(works))
	for _, w := range works {
		if len(w.share.names) > 0 || len(w.by) == 0 {
			p.addItem(w)
			p.itemsIn[w.node.parent] = true
		}
	}
}

// minListed is how many entries of a list must name their units, on lines of
// their own, for one entry without such lines to be an item as well.
const minListed = 3

// addSilent adds the last entry of a list whose other entries all name their
// units on lines of their own: an item of which the text does not say who does it.
func (p *parser) addSilent(works []*work) []*work {
	has := map[*node]bool{}
	for _, w := range works {
		has[w.node] = w.by[0].whole
	}
	for _, n := range p.nodes {
		if n.parent == nil || n != n.parent.kids[len(n.parent.kids)-1] || len(n.parent.kids) <= minListed || len(n.kids) > 0 {
			continue
		}
		if _, own := has[n]; own {
			continue
		}
		all := true
		for _, k := range n.parent.kids[:len(n.parent.kids)-1] {
			all = all && has[k]
		}
		if all {
			works = append(works, &work{node: n, text: n.head})
		}
	}
	return works
}

// nodeOf maps each paragraph to the section it stands in.
func (p *parser) nodeOf() []*node {
	owner := make([]*node, len(p.paras))
	for _, n := range p.nodes {
		for _, i := range n.paras {
			owner[i] = n
		}
	}
	return owner
}

// isHeading reports whether text is only the heading of its section.
func (p *parser) isHeading(n *node, text span) bool {
	return text.from >= n.text.from && text.to <= p.paras[n.para].to && text.len() <= maxTitle &&
		!strings.ContainsAny(strings.TrimSuffix(p.src.str(text), "。"), "。；")
}

// trim drops marks and space at the ends of a text that belong to its neighbours.
func (p *parser) trim(s span) span {
	for s.from < s.to && strings.ContainsRune("。；，、;,. ）)：:", p.src.text[s.from]) {
		s.from++
	}
	for s.from < s.to && strings.ContainsRune(" （(", p.src.text[s.to-1]) {
		s.to--
	}
	return s
}

func (p *parser) addItem(w *work) {
	rule := p.rule
	if len(w.by) == 0 || w.by[0].para <= rule.from {
		rule.also = ""
	}
	lead, support := w.share.sides(rule)
	text := p.src.str(w.text)
	it := Item{No: w.node.mark.no, Text: text, Lead: lead, Support: support, Extra: map[string]string{}}
	if m := readMarker(p.src.text[w.text.from:w.text.to]); m.kind != markNone && w.text.from != w.node.head.from {
		it.No, it.Text = m.no, p.src.str(span{w.text.from + m.end, w.text.to})
	}
	if w.text.from == w.node.head.from {
		it.Title = p.sectionTitle(w.node)
	}
	if w.node.parent != nil {
		it.Section = w.node.parent.path
	}
	for k, v := range w.share.extra {
		it.Extra[k] = v
	}
	it.Deadline = w.share.deadline(text)
	it.Due = DueDay(it.Deadline, p.ownYear())
	places := []span{w.text}
	for _, m := range w.by {
		places = append(places, m.at)
	}
	for _, s := range places {
		p.src.own(s)
		p.take(s)
	}
	it.at = p.src.spans(w.text)
	p.plan.Items = append(p.plan.Items, it)
}

// take notes the paragraphs that an item holds.
func (p *parser) take(s span) {
	i := sort.Search(len(p.paras), func(i int) bool { return p.paras[i].to > s.from })
	for ; i < len(p.paras) && p.paras[i].from < s.to; i++ {
		p.taken[i] = true
	}
}

func (p *parser) readRule() {
	for i := range p.paras {
		if p.paras[i].table != nil {
			continue
		}
		t := p.text(i)
		if m := alsoAll.FindStringSubmatch(t); m != nil && isBody(m[1]) {
			p.rule.also, p.rule.from = m[1], i
		}
		if !strings.Contains(t, "牵头") {
			continue
		}
		p.rule.first = p.rule.first || firstLeads.MatchString(t)
		if m := markLeads.FindStringSubmatch(t); m != nil {
			p.rule.mark = m[1]
		}
	}
}

// unitLabel matches a label that names units and may stand in running text
// without brackets: 责任单位：, 牵头部门：.
var unitLabel = regexp.MustCompile(`(?:牵头|主要责任|主责|主办|责任|负责|承办|落实|实施|主管|指导|配合|协办|协助|协同|参与|参加)(?:责任)?(?:单位|部门)(?:[（(][^）)]{0,16}[)）])?[：:]`)

// mentions finds the places of a paragraph that say who does what stands before them.
func (p *parser) mentions(i int) []mention {
	pa := p.paras[i]
	text := p.src.text[pa.from:pa.to]
	if pa.mark.kind == markNone && isLabelLine(string(text[:min(len(text), 40)])) {
		if s, ok := readShare(strings.Trim(p.spacedList(pa.span), "（）()〔〕[]【】。")); ok {
			return []mention{{para: i, at: pa.span, whole: true, label: true, share: s}}
		}
	}
	var out []mention
	end := pa.from + pa.mark.end
	for _, b := range brackets(p.src.text, pa.body()) {
		if s, ok := readShare(p.spacedList(span{b.from + 1, b.to - 1})); ok {
			whole := b.from == pa.from && pa.to-b.to <= 1
			out = append(out, mention{para: i, at: b, whole: whole, share: s})
			end = b.to
		}
	}
	if m, ok := p.inlineLabel(i, end); ok {
		return append(out, m)
	}
	if m, ok := p.bareUnits(i, end); ok {
		return append(out, m)
	}
	if m, ok := p.lastSentence(i, end); ok {
		return append(out, m)
	}
	return out
}

// bareUnits finds a bracket at the end of an entry that holds nothing but
// units: 2.开展督导。（县综合执法局，各乡镇）.
func (p *parser) bareUnits(i, from int) (mention, bool) {
	pa := p.paras[i]
	all := brackets(p.src.text, span{from, pa.to})
	if len(all) == 0 {
		return mention{}, false
	}
	b := all[len(all)-1]
	if pa.to-b.to > 1 || b.len() > maxSubject {
		return mention{}, false
	}
	names, ok := unitList(p.spacedList(span{b.from + 1, b.to - 1}))
	if !ok || !isNamedOrg(names[0]) {
		return mention{}, false
	}
	body := pa.body()
	switch {
	case b.from == pa.from:
		if pa.mark.kind != markNone || len(names) < minHeads || i == 0 || !strings.ContainsRune("。；", p.src.text[pa.from-1]) {
			return mention{}, false
		}
	case strings.ContainsRune("。；！", p.src.text[b.from-1]):
	default:
		if t := p.src.str(span{body.from, b.from}); pa.mark.kind == markNone || len(names) < minHeads || isBody(lastName(t)) || isBuilding(lastName(t)) && len(t) == 0 {
			return mention{}, false
		}
	}
	var s share
	s.add(partDuty, names...)
	return mention{para: i, at: b, whole: b.from == pa.from, share: s}, true
}

// lastSentence finds a sentence at the end of an entry that only says who does
// it and by when: 县人社局牵头，县民政局、县财政局配合，2024年底前完成。
func (p *parser) lastSentence(i, from int) (mention, bool) {
	pa := p.paras[i]
	all := p.sentences(span{max(from, pa.from+pa.mark.end), pa.to})
	if len(all) == 0 {
		return mention{}, false
	}
	at := all[len(all)-1]
	if at.len() > maxSubject || pa.mark.kind != markNone && at.from == pa.body().from {
		return mention{}, false
	}
	t := p.src.str(at)
	if !strings.HasSuffix(t, "。") {
		return mention{}, false
	}
	s, ok := readSentence(strings.TrimRight(t, "。"))
	return mention{para: i, at: at, whole: at == pa.span, share: s}, ok
}

// spacedList is a stretch in which white space between two names parts them.
func (p *parser) spacedList(s span) string {
	var b strings.Builder
	for i := s.from; i < s.to; i++ {
		if i > s.from && p.src.spaced(i) && !p.src.broken(i) {
			b.WriteByte(' ')
		}
		b.WriteRune(p.src.text[i])
	}
	return cellList(b.String())
}

// inlineLabel finds 责任单位：A、B at the end of a paragraph.
func (p *parser) inlineLabel(i, from int) (mention, bool) {
	pa := p.paras[i]
	t := p.src.str(span{from, pa.to})
	at := unitLabel.FindStringIndex(t)
	if at == nil {
		return mention{}, false
	}
	start := from + len([]rune(t[:at[0]]))
	if start > pa.from && !p.src.spaced(start) && strings.ContainsRune("各由等对为向和与的、，或“", p.src.text[start-1]) {
		return mention{}, false
	}
	s, ok := readShare(strings.TrimRight(p.spacedList(span{start, pa.to}), "。"))
	return mention{para: i, at: span{start, pa.to}, label: true, share: s}, ok
}

// brackets returns the outermost bracketed stretches of a text, brackets
// included, whatever their shape and width.
func brackets(text []rune, in span) []span {
	var out []span
	depth, open := 0, 0
	for i := in.from; i < in.to; i++ {
		switch text[i] {
		case '（', '(', '〔', '[', '［', '【':
			if depth == 0 {
				open = i
			}
			depth++
		case '）', ')', '〕', ']', '］', '】':
			if depth == 0 {
				continue
			}
			if depth--; depth == 0 {
				out = append(out, span{open, i + 1})
			}
		}
	}
	return out
}

// beforeTable is where a section ends, or the first table in it begins.
func (p *parser) beforeTable(n *node) int {
	for i := n.para; i < len(p.paras) && p.paras[i].from < n.text.to; i++ {
		if p.paras[i].table != nil {
			return p.paras[i].from
		}
	}
	return n.text.to
}

// cover widens items to the text their units answer for: a mention at a
// heading covers the section below it, one behind the last of several entries
// without their own covers them all.
func (p *parser) cover(works []*work) []*work {
	count := map[*node]int{}
	for _, w := range works {
		for n := w.node; n != nil; n = n.parent {
			count[n]++
		}
	}
	for _, w := range works {
		n := w.node
		if behind := p.trim(span{w.by[len(w.by)-1].at.to, p.beforeTable(n)}); w.head && count[n] == 1 && behind.len() > 0 {
			w.text.to = behind.to
			continue
		}
		if up := n.parent; up != nil && up.mark.kind != markNone && n.mark.kind >= markNum && len(up.kids) > 1 &&
			up.kids[len(up.kids)-1] == n && p.beforeTable(up) >= w.text.to && count[up] == 1 && w.text.from == n.head.from {
			w.node, w.text.from = up, up.head.from
		}
	}
	return works
}
