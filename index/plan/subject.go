package plan

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// actVerb matches the verb by which a sentence gives its subject something to
// do. Group 1 is set for verbs that alone make it a duty wherever they stand;
// the others do only in articles and below a title that announces duties.
var actVerb = regexp.MustCompile(`(?:主要|具体|统一|全面|共同|分别|应当|应|要|须|必须|依法|积极)*(?:(负责|牵头|承担)|协助|配合|会同|组织|做好|加强|建立|制定|制订|履行|按照|按|根据|依照|依据|在[^，。]{2,30}下|对[^，。]{2,40}负责|将|是|作为|的主要职责|的职责)`)

// maxSubject bounds the runes in which a sentence's subject and verb must stand.
const maxSubject = 140

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

// fieldList matches 商务、粮食和物资储备等部门 and 公安、交通运输部门: fields that a word after them makes departments.
var fieldList = regexp.MustCompile(`^([\p{Han}、（）]{2,80}?)等?((?:行政|主管|管理|有关|相关|行业|执法|监督)*(?:部门|机关|机构|单位))$`)

// subjectNames reads the units of a subject; nil when it is none.
func subjectNames(text string) []string {
	text = strings.TrimPrefix(shortFor.ReplaceAllString(text, ""), "由")
	if names, ok := unitList(text); ok {
		for _, n := range names {
			if !isNamedOrg(n) && !orgGroup.MatchString(n) {
				return nil
			}
		}
		return names
	}
	m := fieldList.FindStringSubmatch(text)
	if m == nil || !strings.ContainsAny(m[1], "、和") {
		return nil
	}
	names := splitNames(m[1])
	for _, n := range names {
		if verbInside.MatchString(n) || len([]rune(n)) > 12 {
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
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil || owner[i] == nil || p.taken[i] {
			continue
		}
		article := inArticle(owner[i])
		wide := article || p.announced(i)
		if !wide && !row[i] {
			continue
		}
		p.subjectItems(i, owner[i], wide)
	}
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
		cur.Due = dueDay(cur.Deadline, p.ownYear())
		cur.at = p.src.spans(at)
		p.plan.Items = append(p.plan.Items, *cur)
		cur = nil
	}
	for _, s := range p.sentences(p.paras[i].body()) {
		names, k, strong := p.subjectVerb(s)
		if k > 0 && (wide || strong) {
			flush()
			lead, support := subjectSides(names, p.src.str(span{s.from + k, s.to}))
			cur = &Item{No: itemNo(n), Lead: lead, Support: support, Extra: map[string]string{}}
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

func itemNo(n *node) int { return n.mark.no }

// subjectSides reads A会同B负责: A leads, B supports.
func subjectSides(names []string, rest string) (lead, support []string) {
	lead, support = names, []string{}
	if !strings.HasPrefix(rest, "会同") {
		return lead, support
	}
	rest = strings.TrimPrefix(rest, "会同")
	for _, m := range actVerb.FindAllStringIndex(rest, -1) {
		if with, ok := unitList(strings.TrimRight(rest[:m[0]], "，,")); ok {
			return lead, with
		}
	}
	return lead, support
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
