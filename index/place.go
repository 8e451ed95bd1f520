package index

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// place answers questions for a part of the document by its number or title:
// 第三项任务, 第四部分, 基本原则有哪几条.
func (r *request) place() (Answer, bool) {
	switch {
	case r.at > 0:
		return r.sectionAt(r.at - 1)
	case r.at < 0:
		return r.refuse(HintPlace), true
	}
	if len(r.units) > 0 || len(r.missing) > 0 {
		return Answer{}, false
	}
	if i, ok := r.byMarkers(); ok {
		return r.numbered(i)
	}
	if r.ordinal != 0 {
		if a, ok := r.byNumber(); ok {
			return a, true
		}
	}
	if r.own&(tagWho|tagMulti|tagWhen) != 0 && !r.has(tagDocSay|tagDuties) {
		return Answer{}, false
	}
	return r.byTitle()
}

// markers match 四(三), 四、(三) and 第四部分第三条; innerMarker matches (四) alone.
var (
	markers     = regexp.MustCompile(`([一二三四五六七八九十]+|[0-9]+)[、,.]?\s*(\()([一二三四五六七八九十]+|[0-9]+)\)`)
	twoOrdinals = regexp.MustCompile(`第?([一二三四五六七八九十]+|[0-9]+)(?:大?部分|章|大点|大项|大块|大条).{0,4}?(第?)([一二三四五六七八九十]+|[0-9]+)(?:条|项|点|节|款|小点|个|块|部分|小节)`)
	innerMarker = regexp.MustCompile(`\(([一二三四五六七八九十]+)\)`)
	fromLast    = regexp.MustCompile(`倒数第([一二三四五六七八九十]+|[0-9]+)`)
)

// byMarkers finds a section by the printed markers of its address; -1 where
// there is none at that address.
func (r *request) byMarkers() (int, bool) {
	for _, pattern := range []*regexp.Regexp{markers, twoOrdinals} {
		m := pattern.FindStringSubmatch(r.clean)
		if m == nil {
			continue
		}
		outer, ok := zh.Number(m[1])
		inner, ok2 := zh.Number(m[3])
		if !ok || !ok2 {
			continue
		}
		i := r.nthChild("", outer)
		if i >= 0 {
			i = r.nthChild(r.v.plan.Sections[i].Path, inner)
		}
		if i >= 0 || m[2] != "" { // 第三部分两个组 counts, and asks for no address
			return i, true
		}
	}
	parent, ok := r.titled()
	if !ok {
		return 0, false
	}
	path := r.v.plan.Sections[parent].Path
	if m := innerMarker.FindStringSubmatch(r.clean); m != nil {
		n, _ := zh.Number(m[1])
		return r.nthChild(path, n), true
	}
	if m := fromLast.FindStringSubmatch(r.clean); m != nil {
		n, _ := zh.Number(m[1])
		return r.nthChild(path, max(0, r.children(path)+1-n)), true
	}
	return 0, false
}

// numbered answers with the section at i. Where i is -1, the document has no part
// with the number that was said, and says nothing unless the question has a
// matter too (第七部分里图书角谁管).
func (r *request) numbered(i int) (Answer, bool) {
	if i >= 0 {
		return r.sectionAt(i)
	}
	title := ""
	if t, ok := r.titled(); ok {
		title = r.v.titles[t].folded
	}
	if !r.onlySays(title) {
		return Answer{}, false
	}
	return r.refuse(HintPlace), true
}

func (r *request) children(path string) int {
	n := 0
	for _, s := range r.v.plan.Sections {
		if childOf(s.Path, path) {
			n++
		}
	}
	return n
}

// byNumber finds 第N项, 第N部分, 第N条. A matter named besides (第7项技术经理人…)
// is answered by its clause.
func (r *request) byNumber() (Answer, bool) {
	if strings.HasPrefix(r.ordUnit, "部") || strings.HasPrefix(r.ordUnit, "章") || strings.HasPrefix(r.ordUnit, "大") || strings.HasPrefix(r.ordUnit, "节") {
		return r.numbered(r.nthChild("", r.ordinal))
	}
	for i := range r.v.clauses {
		c := &r.v.clauses[i]
		if c.kind == KindTask && c.no == r.ordinal && c.no > 0 {
			return r.itemAnswer(c), true
		}
	}
	if i, ok := r.sectionPath("第" + zh.FormatNumber(max(r.ordinal, 0)) + "条"); ok {
		return r.sectionAt(i)
	}
	parent, ok := r.titled()
	if !ok && !r.about() && (strings.HasPrefix(r.ordUnit, "项") || strings.HasPrefix(r.ordUnit, "条")) {
		parent, ok = r.titledBy("任务") // 第三项 of a plan is its third task
	}
	if ok {
		return r.numbered(r.nthChild(r.v.plan.Sections[parent].Path, r.ordinal))
	}
	if strings.HasPrefix(r.ordUnit, "项") || strings.HasPrefix(r.ordUnit, "条") {
		return r.numbered(-1)
	}
	return Answer{}, false
}

// titledBy finds the one top section whose short title has the word.
func (r *request) titledBy(word string) (int, bool) {
	found := -1
	for i, s := range r.v.plan.Sections {
		if topLevel(s.Path) && strings.Contains(s.Title, word) {
			if found >= 0 {
				return -1, false
			}
			found = i
		}
	}
	return found, found >= 0
}

// itemAnswer answers with one numbered item; without units it is a gap.
func (r *request) itemAnswer(c *clause) Answer {
	it := r.v.plan.Items[c.pos]
	a := Answer{Status: Answered, Intent: IntentResponsible, Results: []Row{r.row(c)}}
	if len(it.Lead)+len(it.Support) == 0 {
		a.Status, a.Reason = Unassigned, ReasonGap
	}
	return a
}

func (r *request) sectionPath(path string) (int, bool) {
	for i, s := range r.v.plan.Sections {
		if s.Path == path {
			return i, true
		}
	}
	return 0, false
}

func (r *request) sectionAt(i int) (Answer, bool) {
	if i < 0 {
		return Answer{}, false
	}
	s := r.v.plan.Sections[i]
	row := Row{Kind: KindSection, Plan: r.v.name, Section: s.Path, Title: s.Title, Text: s.Text, Cite: strings.TrimSpace(r.v.name + " " + s.Path)}
	return Answer{Status: Answered, Intent: IntentSection, Results: []Row{row}}, true
}

// nthChild is the section number n (-1: the last) directly under a path; "" is
// the top. -1 where there is none.
func (r *request) nthChild(path string, n int) int {
	last, count := -1, 0
	for i, s := range r.v.plan.Sections {
		if !childOf(s.Path, path) {
			continue
		}
		count++
		last = i
		if count == n {
			return i
		}
	}
	if n == -1 {
		return last
	}
	return -1
}

// childOf tells whether path stands directly under parent: 四（三） under 四.
func childOf(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	if !ok || rest == "" {
		return false
	}
	if parent == "" {
		_, isNumber := zh.Number(rest)
		return isNumber || strings.HasPrefix(rest, "第")
	}
	if inner, ok := strings.CutPrefix(rest, "（"); ok {
		i := strings.Index(inner, "）")
		return i >= 0 && i+len("）") == len(inner)
	}
	_, isNumber := zh.Number(strings.TrimPrefix(rest, "·"))
	return isNumber
}

// titled finds the section whose title the question names: 主要目标, or a word
// of it that no other title has (任务 for 主要任务, 原则 for 基本原则).
func (r *request) titled() (int, bool) {
	best, size := -1, 0
	said := plainTitle(r.clean)
	for i, t := range r.v.titles {
		if strings.HasPrefix(r.v.plan.Sections[i].Path, "附件") {
			continue
		}
		if n := utf8.RuneCountInString(t.plain); n >= 3 && n > size && strings.Contains(said, t.plain) {
			best, size = i, n
		}
	}
	if best >= 0 {
		return best, true
	}
	for _, w := range []string{"任务", "原则", "目标", "保障措施", "工作要求", "要求", "职责", "制度", "组成"} {
		if !r.says(w) {
			continue
		}
		for i, s := range r.v.plan.Sections {
			if t := r.v.titles[i].folded; strings.Contains(t, w) && utf8.RuneCountInString(t) <= 8 {
				if best >= 0 && topLevel(r.v.plan.Sections[best].Path) == topLevel(s.Path) {
					return -1, false
				}
				if best < 0 {
					best = i
				}
			}
		}
		if best >= 0 {
			return best, true
		}
	}
	return -1, false
}

// title is a section's title in the forms that questions are compared with.
type title struct {
	folded string
	plain  string // without its marks
}

func titlesOf(sections []plan.Section) []title {
	out := make([]title, len(sections))
	for i, s := range sections {
		folded := zh.Fold(s.Title)
		out[i] = title{folded, plainTitle(folded)}
	}
	return out
}

// plainTitle is a folded title without its marks, as people retype it.
func plainTitle(folded string) string {
	return strings.Map(func(r rune) rune {
		if zh.IsPunct(r) || r == ' ' {
			return -1
		}
		return r
	}, folded)
}

func topLevel(path string) bool { return childOf(path, "") }

// byTitle answers 主要目标是什么: a title and nothing else of content.
func (r *request) byTitle() (Answer, bool) {
	i, ok := r.titled()
	if !ok {
		return Answer{}, false
	}
	if !r.onlySays(r.v.titles[i].folded) {
		return Answer{}, false
	}
	return r.sectionAt(i)
}

// onlySays tells whether the question has no content besides a folded title's.
func (r *request) onlySays(title string) bool {
	for _, t := range r.content {
		if t.start >= 0 && t.kind != tokRole && t.tags&(tagGeneric|tagFact|tagDuties|tagDocSay) == 0 && !strings.Contains(title, t.text) {
			return false
		}
	}
	return true
}
