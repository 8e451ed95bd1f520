package plan

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// actVerb matches the verb by which a sentence gives its subject something to
// do. Group 1 is set for verbs that alone make it a duty wherever they stand;
// the others do only in articles and below a title that announces duties.
var actVerb = regexp.MustCompile(`(?:主要|具体|统一|全面|共同|分别|应当|应|要|须|必须|依法|积极)*(?:(负责|牵头|承担)|协助|配合|会同|组织|做好|加强|建立|制定|制订|履行|按照|按|根据|依照|依据|在[^，。]{2,30}[下内]|对[^，。]{2,40}(?:负责|实施|进行)|将|是|作为|的?主要职责|的?职责|应当|要)`)

// maxSubject bounds the runes in which a sentence's subject and verb must stand.
const maxSubject = 180

// subject reads the units that a sentence begins with, and how many runes they
// take. None when the sentence has another subject.
func (p *parser) subject(s span) ([]string, int) {
	names, n, _ := p.subjectVerb(s)
	return names, n
}

func (p *parser) subjectVerb(s span) (names []string, n int, strong bool) {
	t := p.src.str(span{s.from, min(s.to, s.from+maxSubject)})
	if k := strings.IndexAny(t, "。；;：:“《"); k >= 0 {
		t = t[:k]
	}
	for _, m := range actVerb.FindAllStringSubmatchIndex(t, -1) {
		if m[0] == 0 {
			return nil, 0, false
		}
		head := strings.TrimRight(t[:m[0]], "，,")
		if strings.Contains(dropBrackets(head), "，") {
			return nil, 0, false
		}
		if names := subjectNames(head); len(names) > 0 {
			return names, utf8.RuneCountInString(t[:m[0]]), m[2] >= 0
		}
	}
	return nil, 0, false
}

// shortFor matches （以下简称联席会议） behind a name.
var shortFor = regexp.MustCompile(`[（(](?:以下|下)?(?:统?简?称)[^）)]*[）)]`)

// Fields that a word after them makes departments.
var (
	// fieldsEtc matches 商务、粮食和物资储备等部门.
	fieldsEtc = regexp.MustCompile(`^([\p{Han}、（）]{2,160})等([\p{Han}]{0,8}(?:部门|机关|机构|单位)(?:或者[\p{Han}]{2,8}部门)?)$`)
	// fields matches 公安、交通运输部门.
	fields = regexp.MustCompile(`^([\p{Han}、（）]{2,160}?)((?:行政|主管|管理)*(?:部门|机关))$`)
)

// actInside matches words that no field's name holds.
var actInside = regexp.MustCompile(`协调|主持|指导|组织|相关|有关|其他|依据`)

// subjectNames reads the units of a subject; nil when it is none.
func subjectNames(text string) []string {
	text = strings.TrimPrefix(shortFor.ReplaceAllString(text, ""), "由")
	if k := strings.LastIndex(text, "的"); k > 0 && isNamedOrg(firstName(text[k+len("的"):])) {
		text = text[k+len("的"):] // 海岸带范围内的镇人民政府
	}
	if names, ok := unitList(text); ok {
		for _, n := range names {
			if !isNamedOrg(n) && !orgGroup.MatchString(n) {
				return nil
			}
		}
		return names
	}
	m := fieldsEtc.FindStringSubmatch(text)
	if m == nil {
		m = fields.FindStringSubmatch(text)
	}
	if m == nil || !strings.Contains(m[1], "、") {
		return nil
	}
	names, _ := cutList(m[1])
	for _, n := range names {
		if actInside.MatchString(n) || verbInside.MatchString(n) || len([]rune(n)) > 12 {
			return nil
		}
	}
	if last := len(names) - 1; !strings.Contains(text, "等") {
		names[last] += m[2]
	}
	return names
}

// readSubjects makes items of sentences whose subject is a unit: 公安部门负责….
// They count in articles, below titles that announce duties, and where several
// stand in a row; elsewhere a unit as subject is only prose.
func (p *parser) readSubjects(owner []*node) {
	row := p.subjectRows()
	plain := p.plainSentences(owner)
	// Where headings, brackets or tables give the work out, the document's
	// title announces those, not every sentence.
	byTitle := dutyTitle.MatchString(p.plan.Title) && (len(p.plan.Units) >= minHeads || len(p.plan.Items) >= minListed)
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil || owner[i] == nil || p.taken[i] {
			continue
		}
		article := inArticle(owner[i])
		wide := article || plain || p.announced[i] && !byTitle
		if !wide && !row[i] {
			if wide = p.manySubjects(i); !wide {
				continue
			}
		}
		p.subjectItems(i, owner[i], wide)
	}
}

// plainSentences reports a document without numbers and other items in which
// several named bodies are each given something to do.
func (p *parser) plainSentences(owner []*node) bool {
	if len(p.plan.Units)+len(p.plan.Items) > 0 {
		return false
	}
	n := 0
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil || owner[i] == nil {
			continue
		}
		if p.paras[i].mark.kind != markNone {
			return false
		}
		n += p.namedSubjects(i)
	}
	return n >= minRow
}

// allGroups reports names that are generic groups and nothing else: 各地、各部门
// are exhorted everywhere and given no duty by it.
func allGroups(names []string) bool {
	for _, n := range names {
		if !orgGroup.MatchString(n) {
			return false
		}
	}
	return true
}

// manySubjects reports a paragraph in which several named bodies each get a
// sentence: 民政部门要…。公安机关要…。财政部门要….
func (p *parser) manySubjects(i int) bool { return p.namedSubjects(i) >= minRow }

// namedSubjects counts the sentences of a paragraph that a named body begins.
func (p *parser) namedSubjects(i int) int {
	n := 0
	for _, s := range p.sentences(p.paras[i].body()) {
		names, _ := p.subject(s)
		n += b2i(len(names) > 0 && isNamedOrg(names[0]) && !orgGroup.MatchString(names[0]))
	}
	return n
}

func inArticle(n *node) bool {
	for ; n != nil; n = n.parent {
		if n.mark.kind == markArticle {
			return true
		}
	}
	return false
}

// minRow is how many neighbouring paragraphs must begin 某局负责 to be a list.
const minRow = 3

// subjectRows marks paragraphs that stand in a row of such sentences.
func (p *parser) subjectRows() []bool {
	row := make([]bool, len(p.paras))
	from := -1
	for i := 0; i <= len(p.paras); i++ {
		if i < len(p.paras) && p.role[i] == roleBody && p.paras[i].table == nil {
			if _, n, strong := p.subjectVerb(p.paras[i].body()); n > 0 && strong {
				if from < 0 {
					from = i
				}
				continue
			}
		}
		for k := from; from >= 0 && i-from >= minRow && k < i; k++ {
			row[k] = true
		}
		from = -1
	}
	return row
}

// subjectItems cuts a paragraph into the stretches of one subject each.
func (p *parser) subjectItems(i int, n *node, wide bool) {
	var cur *Item
	var at span
	flush := func() {
		if cur == nil {
			return
		}
		cur.Text = p.src.str(at)
		cur.Deadline = deadline("", cur.Text)
		cur.Due = DueDay(cur.Deadline, p.ownYear())
		cur.at = p.src.spans(at)
		p.taken[i] = true
		p.plan.Items = append(p.plan.Items, *cur)
		cur = nil
	}
	pa := p.paras[i]
	for _, s := range p.jobs(pa.body()) {
		entry := inArticle(n) || pa.mark.kind != markNone && s.from == pa.body().from
		names, k, strong := p.subjectVerb(s)
		if rest := p.src.str(span{s.from + k, s.to}); k > 0 && (strong || wide && !strings.HasSuffix(rest, "：") && (entry || !allGroups(names))) {
			flush()
			lead, support := p.subjectSides(names, rest)
			cur = &Item{No: n.mark.no, Lead: lead, Support: support, Extra: map[string]string{}}
			if n.parent != nil {
				cur.Section = n.parent.path
			}
			at = s
		} else if cur != nil {
			at.to = s.to
		}
	}
	flush()
}

// jobs are the sentences of a stretch, cut at each ； behind which another unit
// gets a job of its own: A负责甲；B负责乙。
func (p *parser) jobs(in span) []span {
	var out []span
	for _, s := range p.sentences(in) {
		names, _, strong := p.subjectVerb(s)
		for i := s.from; i < s.to && len(names) > 0 && strong; i++ {
			if !strings.ContainsRune("；;", p.src.text[i]) {
				continue
			}
			if more, _, own := p.subjectVerb(span{i + 1, s.to}); own && len(more) > 0 && isNamedOrg(more[0]) {
				out = append(out, span{s.from, i + 1})
				s.from = i + 1
			}
		}
		out = append(out, s)
	}
	return out
}

// nearBytes is how soon behind the verb 会同 must follow: 牵头，会同….
const nearBytes = 3 * 5

// besides matches a later clause with a subject of its own: ，生态环境部门负责….
var besides = regexp.MustCompile(`[，；]([\p{Han}、（）]{3,60}?)(?:应当)?(负责|牵头|配合|协助|组织|根据|按照)`)

// subjectSides tells who leads: A会同B负责 gives A the lead and B support, as
// does A协助; further clauses with their own subjects add theirs.
func (p *parser) subjectSides(names []string, rest string) (lead, support []string) {
	lead, support = names, []string{}
	if strings.HasPrefix(rest, "协助") || strings.HasPrefix(rest, "配合") {
		lead, support = []string{}, names
	}
	if k := strings.Index(rest, "会同"); k >= 0 && k <= nearBytes {
		with := rest[k+len("会同"):]
		clause, _, _ := strings.Cut(with, "，")
		if more, ok := unitList(clause); ok {
			support = more
		}
		for _, m := range actVerb.FindAllStringIndex(with, -1) {
			if more, ok := unitList(strings.TrimRight(with[:m[0]], "，,")); ok {
				support = appendNew(support, more)
				break
			}
		}
	}
	for _, m := range besides.FindAllStringSubmatch(rest, -1) {
		more := subjectNames(m[1])
		if actInside.MatchString(m[1]) && !orgGroup.MatchString(m[1]) {
			continue
		}
		if partOf(m[2]) == partSupport {
			support = appendNew(support, more)
		} else {
			lead = appendNew(lead, more)
		}
	}
	return lead, support
}

// byPhrase matches 由市财政局牵头 and 由市教育局负责 inside a sentence.
var byPhrase = regexp.MustCompile(`由([\p{Han}、（）()]{2,90}?)(?:具体|共同|统一)?(?:牵头|负责|承担|会同)`)

// readProse makes items of paragraphs that say 由某局牵头 in running text.
// Only names that are surely bodies count, and, where the document gives its
// work out in other ways, only entries of the lists that do.
func (p *parser) readProse(owner []*node) {
	few := len(p.plan.Items) < minListed
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil || owner[i] == nil || p.taken[i] {
			continue
		}
		if !few && !p.itemsIn[owner[i].parent] {
			continue
		}
		t := p.text(i)
		m := byPhrase.FindStringSubmatchIndex(t)
		if m == nil {
			continue
		}
		names, ok := unitList(t[m[2]:m[3]])
		if !ok || !isNamedOrg(names[0]) {
			continue
		}
		var sh share
		lead, support := p.subjectSides(names, strings.TrimLeft(clauseOf(t[m[1]:]), "，,"))
		sh.add(partLead, lead...)
		sh.add(partSupport, support...)
		p.addItem(&work{node: owner[i], text: p.paras[i].body(), by: []mention{{para: i, at: p.paras[i].body()}}, share: sh})
	}
}

// clauseOf is the text up to the end of the sentence.
func clauseOf(t string) string {
	if k := strings.IndexAny(t, "。；"); k >= 0 {
		return t[:k]
	}
	return t
}

// sentences cuts a stretch behind each 。.
func (p *parser) sentences(s span) []span {
	var out []span
	from := s.from
	for i := s.from; i < s.to; i++ {
		if p.src.text[i] == '。' {
			out = append(out, span{from, i + 1})
			from = i + 1
		}
	}
	if from < s.to {
		out = append(out, span{from, s.to})
	}
	return out
}
