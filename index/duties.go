package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// within tells whether the clause belongs to a unit that the question names,
// or the question names none.
func (r *request) within(c *clause) bool {
	return len(r.units) == 0 || intersects(c.units, r.units)
}

// unitDuties answers what units do: all their duties, those with a role asked
// for, or the one with the number asked for.
func (r *request) unitDuties() (Answer, bool) {
	if len(r.units) == 0 {
		r.bareUnit()
	}
	if r.says("不负责", "不管什么", "不用管", "不归") {
		return r.refuse(HintAttribute), true
	}
	if len(r.units) == 0 {
		if len(r.missing) > 0 && !r.about() || r.facilityDuties() {
			return r.refuse(HintNotMember), true
		}
		return Answer{}, false
	}
	if r.about() && (r.named() || !r.has(tagDuties)) {
		return Answer{}, false
	}
	a := Answer{Status: Answered, Intent: IntentDuties, Units: r.unitNames(), Missing: r.missing}
	if len(r.units) > 1 && r.has(tagCompare|tagOr) {
		a.Intent = IntentCompare
	}
	for _, u := range r.units {
		a.Results = append(a.Results, r.dutiesOf(u)...)
	}
	if r.ordinal != 0 {
		if a.Results = pick(a.Results, r.ordinal); len(a.Results) == 0 {
			return r.refuse(HintPlace), true
		}
	}
	if len(a.Results) == 0 {
		return r.refuseFor(ReasonNoDuty), true
	}
	a.NoLead = r.asksLead() && !r.leads(a.Results)
	return a, true
}

// allDuties answers 各单位的职责 with the duties of every unit.
func (r *request) allDuties() (Answer, bool) {
	about := func(t token) bool {
		return t.kind != tokRole && t.tags&tagGeneric == 0 && r.solid(t) && !holdsAny(t.text, "单位", "部门", "职责", "分工")
	}
	if len(r.units)+len(r.missing) > 0 || r.ordinal != 0 || r.has(tagWho|tagDocSay) || slices.ContainsFunc(r.content, about) ||
		!r.has(tagDuties) && !r.says("职责", "分工") ||
		!r.says("各", "所有", "全部", "全体", "每个", "每家") || !r.says("单位", "部门", "全部职责", "全部的职责") {
		return Answer{}, false
	}
	a := Answer{Status: Answered, Intent: IntentDuties}
	for i := range r.v.clauses {
		if c := &r.v.clauses[i]; c.kind == KindDuty {
			a.Results = append(a.Results, r.row(c))
		}
	}
	return a, len(a.Results) > 0
}

// facilityDuties: 图书馆负责什么 asks what a house does that the plan gives nothing to.
func (r *request) facilityDuties() bool {
	if !r.has(tagDuties) || r.own&(tagWho|tagMulti|tagDocSay) != 0 {
		return false
	}
	for i, t := range r.tokens {
		if t.kind != tokTerm || t.start < 0 || i+1 >= len(r.tokens) || r.tokens[i+1].tags&(tagDuties|tagResp) == 0 && r.tokens[i+1].text != "有" && r.tokens[i+1].text != "的" {
			continue
		}
		for _, house := range []string{"馆", "站", "剧院", "书房", "学校"} {
			if strings.HasSuffix(t.text, house) {
				r.missing = append(r.missing, t.text)
				return true
			}
		}
	}
	return false
}

// pick keeps the row with number n, -1 for the last.
func pick(rows []Row, n int) []Row {
	if n < 0 && len(rows) > 0 {
		return rows[len(rows)-1:]
	}
	for i, row := range rows {
		if row.No != nil && *row.No == n {
			return rows[i : i+1]
		}
	}
	return nil
}

// dutiesOf lists a unit's clauses; where the question asks for a verb
// (教育局牵头的有哪些) and some have it, those.
func (r *request) dutiesOf(u int) []Row {
	var all, with []Row
	for i := range r.v.clauses {
		c := &r.v.clauses[i]
		if !isAssigned(c) || !slices.Contains(c.units, u) {
			continue
		}
		row := r.row(c)
		all = append(all, row)
		for _, t := range r.content {
			if t.kind == tokRole && r.v.plays(c, u, t.text) {
				if role := roleWith(row.Text, t.text); role != "" && c.kind == KindDuty {
					row.Role = role
				}
				with = append(with, row)
				break
			}
		}
	}
	if len(with) > 0 {
		return with
	}
	return all
}

// roleWith is the verb run of a part of a clause that has the verb.
func roleWith(text, verb string) string {
	for _, p := range strings.FieldsFunc(text, isClauseMark) {
		if role := plan.RoleOf(p); strings.Contains(role, verb) {
			return role
		}
	}
	return ""
}

// plays tells whether unit u has the role in clause c.
func (v *view) plays(c *clause, u int, role string) bool {
	if c.kind == KindDuty {
		return strings.Contains(c.role, role) || roleWith(v.plan.Units[v.dir.units[c.unit].duty].Duties[c.pos].Text, role) != ""
	}
	it := v.plan.Items[c.pos]
	names := it.Support
	if roleRank(role) <= rankCarries {
		names = it.Lead
	}
	for _, n := range names {
		if slices.Contains(v.dir.alias[zh.Fold(n)], u) {
			return true
		}
	}
	return false
}

// bareUnit reads a bare name (人社, 教育) as a department where the question has
// no other content and asks for duties.
func (r *request) bareUnit() {
	alone := len(r.tokens) == 1
	if !r.has(tagDuties) && !alone || r.has(tagWho) || len(r.missing) > 0 {
		return
	}
	var bare []token
	for _, t := range r.content {
		if t.kind == tokRole || t.tags&(tagGeneric|tagDuties) != 0 || t.end-t.start < 2 {
			continue
		}
		bare = append(bare, t)
	}
	if len(bare) != 1 {
		return
	}
	if us := r.v.dir.bare(bare[0].text); len(us) > 0 {
		r.units = us
		r.drop(bare[0])
	}
}

// maxBare is the length of a bare name in runes.
const maxBare = 6

// bare finds the department whose name is s without its ending: 人社, 发改.
func (d *directory) bare(s string) []int {
	if utf8.RuneCountInString(s) > maxBare {
		return nil
	}
	for _, suffix := range []string{"局", "委", "办", "部", "中心", "厅", "台", "会", "联"} {
		if us := d.alias[s+suffix]; len(us) > 0 {
			return d.prefer(s+suffix, us)
		}
	}
	return nil
}

func (r *request) drop(tok token) {
	kept := r.content[:0:0]
	for _, t := range r.content {
		if t.start != tok.start {
			kept = append(kept, t)
		}
	}
	r.content = kept
}
