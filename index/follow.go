package index

import (
	"slices"

	"xietiao/index/zh"
)

// follow reads a question that leans on the one before it: 那妇联呢, 第四项呢,
// 它第三条具体是啥, 编制也是他们管吗. A question that stands by itself stays as it is.
func (r *request) follow(prev *request) *request {
	empty := !r.about() && len(r.units) == 0
	if empty && len(r.missing) > 0 {
		r.asMember = prev.memberAsked() // 卫健局呢: not in the plan, whatever was asked
		return r
	}
	switch {
	case empty && r.step() != 0:
		return r.followStep(prev)
	case empty && r.marked(prev):
		return r
	case r.ordinal != 0 && len(r.units) == 0:
		return r.followNumber(prev)
	case empty && r.standsAlone():
		return r
	case empty && r.bareNumber():
		return r.followNumber(prev)
	case !r.leans() && !empty:
		return r
	case len(r.units) > 0 && !r.about():
		return r.followUnit(prev)
	case empty && r.has(tagPronoun) && r.has(tagDuties):
		r.units = prev.subjects()
		return r
	case empty && r.asksAgain():
		return r.followMore(prev)
	case empty:
		return r
	}
	return r.followMatter(prev)
}

// asksAgain tells whether a question without a matter or a unit asks on about the
// previous one: it has a word that asks, or one that points back and nothing that
// the plan does not know. Everything else (asdf, 你真笨) is not about the plan.
func (r *request) asksAgain() bool {
	points := false
	for _, t := range r.tokens {
		switch {
		case t.kind == tokRole, t.tags&(tagWho|tagMulti|tagSeparate|tagMention|tagHelps|tagFollow) != 0:
			return true
		case t.tags&(tagDuties|tagDocSay|tagPronoun|tagEllipsis|tagWhen|tagCount|tagItemWord) != 0:
			points = true
		}
	}
	return points && !slices.ContainsFunc(r.tokens, r.strange)
}

// strange tells whether a token is no word of questions: what no list knows, and
// what is said to the bot or about it.
func (r *request) strange(t token) bool {
	return t.kind == tokRaw || t.tags&(tagTalk|tagThanks|tagGreeting|tagAck) != 0
}

// bareNumber reads a number that is all of the question as an ordinal.
func (r *request) bareNumber() bool {
	if n, ok := zh.Number(r.clean); ok && n >= 1 && n <= maxBareNumber {
		r.ordinal, r.ordUnit = n, "条"
		return true
	}
	return false
}

// maxBareNumber bounds what may count duties; 666 does not.
const maxBareNumber = 20

// step is +1 for 下一条, -1 for 上一条, else 0.
func (r *request) step() int {
	switch {
	case r.says("下一条", "下一项", "下一个", "后一条", "后面一条", "接下来", "再下一"):
		return 1
	case r.says("上一条", "上一项", "前一条", "前面一条"):
		return -1
	}
	return 0
}

// followStep goes one clause on or back from the first row of the last answer.
func (r *request) followStep(prev *request) *request {
	rows := prev.answer().Results
	if len(rows) == 0 {
		return r
	}
	row := rows[0]
	switch {
	case row.Kind == KindDuty && row.No != nil:
		if us, ok := r.v.dir.resolveRow(row.Unit); ok {
			if r.units, r.ordinal = us, *row.No+r.step(); r.ordinal < 1 {
				r.at = -1
			}
		}
	case row.Kind == KindSection:
		parent := parentPath(row.Section)
		n := 0
		for _, s := range r.v.plan.Sections {
			if !childOf(s.Path, parent) {
				continue
			}
			n++
			if s.Path == row.Section {
				if r.at = r.nthChild(parent, n+r.step()) + 1; r.at == 0 {
					r.at = -1
				}
				break
			}
		}
	}
	return r
}

// marked reads (四) after an answer from a section.
func (r *request) marked(prev *request) bool {
	m := innerMarker.FindStringSubmatch(r.clean)
	if m == nil {
		return false
	}
	n, ok := zh.Number(m[1])
	if !ok {
		return false
	}
	for _, path := range prev.answerSections() {
		for _, parent := range []string{parentPath(path), path} {
			if i := r.nthChild(parent, n); parent != "" && i >= 0 {
				r.at = i + 1
				return true
			}
		}
	}
	return false
}

// standsAlone tells whether a question without content is whole: a fact, a
// title, a greeting.
func (r *request) standsAlone() bool {
	if r.factAsked() != "" || len(quoted(r.clean)) > 0 || r.memberAsked() {
		return true
	}
	if _, ok := r.titled(); ok && !r.has(tagPronoun|tagEllipsis) {
		return true
	}
	if r.has(tagPronoun | tagEllipsis) {
		return false
	}
	return r.has(tagAttr) || r.has(tagGreeting|tagThanks|tagHelp|tagCommand|tagPerson) && !r.has(tagWho|tagMulti)
}

// leans tells whether the question is incomplete without the previous one.
func (r *request) leans() bool {
	if r.has(tagEllipsis | tagPronoun) {
		return true
	}
	return !r.has(tagWho | tagMulti | tagDuties | tagDocSay | tagFact)
}

// followNumber reads 第四项 after a section or after a unit's duties.
func (r *request) followNumber(prev *request) *request {
	if r.about() {
		return r
	}
	if us := prev.subjects(); len(us) > 0 && len(prev.answerSections()) == 0 {
		r.units = us
		return r
	}
	for _, path := range prev.answerSections() {
		if i := r.nthChild(parentPath(path), r.ordinal); i >= 0 {
			r.at = i + 1
			return r
		}
	}
	return r
}

// subjects are the units that the question named, else those its answer gave.
func (r *request) subjects() []int {
	if len(r.units) > 0 {
		return r.units
	}
	var out []int
	for _, row := range r.answer().Results {
		if row.Kind == KindDuty && !row.Related {
			if us, ok := r.v.dir.resolveRow(row.Unit); ok {
				out = append(out, us...)
			}
		}
	}
	return uniqueInOrder(out)
}

func (r *request) answerSections() []string {
	var out []string
	for _, row := range r.answer().Results {
		if row.Kind == KindSection {
			out = append(out, row.Section)
		}
	}
	return out
}

// parentPath is 四 for 四（三）, "" for 四.
func parentPath(path string) string {
	for i, c := range path {
		if c == '（' && i > 0 {
			return path[:i]
		}
	}
	return ""
}

// followUnit keeps the previous matter and asks another unit for it; where the
// previous question had no matter, it asks for the unit's duties.
func (r *request) followUnit(prev *request) *request {
	if prev.memberAsked() {
		r.asMember = true
		return r
	}
	if !prev.about() {
		r.tags |= tagDuties
		r.content = append(r.content, rolesOf(prev.content)...) // 妇联参与什么 … 团委呢
		return r
	}
	h := r.v.match(prev.content, nil)
	if list := h.rank(r.acceptUnits()); top(list).cover >= minFollow {
		r.content = prev.content
		r.relaxed = true
	} else {
		r.tags |= tagDuties
	}
	return r
}

func rolesOf(tokens []token) []token {
	var out []token
	for _, t := range tokens {
		if t.kind == tokRole {
			out = append(out, t)
		}
	}
	return out
}

// followMore asks the previous question again, for all who have a part.
func (r *request) followMore(prev *request) *request {
	if f := prev.factAsked(); f == FactMemberCount || f == FactMembers {
		r.clean = "成员单位" + r.clean
		return r
	}
	r.content = append(append([]token{}, prev.content...), r.content...)
	r.units = prev.units
	r.tags |= prev.tags&(tagDuties|tagDocSay) | tagWho
	if r.says("别的", "其他", "其它", "另外", "还有谁", "还有哪") {
		r.without = prev.subjects()
		r.units = nil
		r.relaxed = true
	}
	return r
}

// followMatter asks for another matter. 他们 means the previous units where
// they have it, and the matter alone decides where they have not.
func (r *request) followMatter(prev *request) *request {
	r.tags |= prev.tags & (tagWho | tagMulti | tagDuties | tagDocSay)
	if r.has(tagEllipsis) {
		r.context = prev.content
	}
	if len(r.units) > 0 {
		return r
	}
	if !r.has(tagPronoun) && len(prev.units) == 0 {
		return r
	}
	us := prev.subjects()
	if len(us) == 0 || len(us) > 2 {
		return r
	}
	h := r.v.match(r.content, nil)
	all := top(h.rank(isAssigned))
	mine := top(h.rank(func(c *clause) bool { return isAssigned(c) && intersects(c.units, us) }))
	if mine.cover >= minCover && mine.cover >= all.cover-gapMargin {
		r.units = us
		r.context = nil
	}
	return r
}

func intersects(a, b []int) bool {
	return slices.ContainsFunc(a, func(x int) bool { return slices.Contains(b, x) })
}
