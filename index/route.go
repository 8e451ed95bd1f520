package index

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"xietiao/index/zh"
)

// Facts of a document.
const (
	FactTitle       = "title"
	FactDocNo       = "doc_no"
	FactIssuer      = "issuer"
	FactDate        = "date"
	FactOffice      = "office"
	FactMembers     = "members"
	FactMemberCount = "member_count"
)

func (r *request) says(words ...string) bool {
	for _, w := range words {
		if strings.Contains(r.clean, w) {
			return true
		}
	}
	return false
}

// asksCount: how many, in any wording.
func (r *request) asksCount() bool {
	return r.says("多少", "几个", "几家", "几多", "共有", "总共", "一共", "总数", "数量", "数目")
}

// fact answers questions about the document itself.
func (r *request) fact() (Answer, bool) {
	if r.about() && !r.numberHead() {
		return Answer{}, false
	}
	name := r.factAsked()
	if name == "" {
		return Answer{}, false
	}
	value, ok := r.v.factValue(name)
	if !ok {
		return r.refuse(HintAttribute), true
	}
	return Answer{Status: Answered, Intent: IntentFact, Results: []Row{r.factRow(name, value)}}, true
}

func (r *request) factRow(name, value string) Row {
	return Row{Kind: KindFact, Plan: r.v.name, Fact: name, Value: value, Cite: r.v.name}
}

// factAsked names the fact that the question wants, "" where it wants none.
func (r *request) factAsked() string {
	members := r.says("成员", "组成", "名单") || r.says("协调组", "领导小组", "联席会议") && r.says("哪些单位", "哪些部门", "有谁", "多少家", "几家", "多少个", "几个", "多少单位", "多少部门", "哪些家", "哪几家")
	switch {
	case len(r.units) > 0 && !r.says("办公室"):
		return ""
	case r.numberHead(), r.says("编号") && r.has(tagDocWord), r.says("文号", "几号文", "字号", "文件号", "文件编号", "编号是", "编号多少", "什么号", "多少号"):
		return FactDocNo
	case r.says("办公室", "协调办") && r.says("设在", "挂在", "放在", "在哪", "是哪", "挂靠", "设哪", "挂哪", "放哪") && !r.says("主任", "电话"):
		return FactOffice
	case r.says("落款") && r.says("日期", "时间", "哪天", "几号"), r.says("印发", "发布", "下发", "发文", "发的", "成文", "出台", "公布", "颁布", "出来", "下来", "签发", "印的", "生效") && (r.has(tagWhen) || r.says("日期", "时间", "哪天", "哪年", "几年", "几月", "几号", "啥时")):
		return FactDate
	case r.says("全名", "全称", "标题", "题目", "叫什么", "叫啥", "名称", "文件名", "完整名字", "全部名字"):
		return FactTitle
	case (members || r.says("单位", "部门", "家")) && r.asksCount():
		return FactMemberCount
	case members && (r.has(tagMulti|tagWho|tagDocSay|tagDuties) || r.says("名单", "列", "有谁", "哪些", "哪几")):
		return FactMembers
	case r.says("印发", "发布", "下发", "发文", "制发", "落款", "发的", "出台", "颁布", "出的", "印的") && (r.has(tagWho) || r.says("谁", "哪") || r.says("机关", "单位", "部门")):
		return FactIssuer
	}
	return ""
}

// numberHead tells whether the question names the document by the head of its
// number (乐公共协) and asks for the rest.
func (r *request) numberHead() bool {
	head := zh.Fold(r.v.plan.DocNo)
	if i := strings.IndexAny(head, "〔[("); i > 0 {
		head = head[:i]
		return utf8.RuneCountInString(head) >= 2 && strings.Contains(r.clean, head) && r.says("几号", "多少号", "号")
	}
	return false
}

// factValue quotes a fact as the source writes it.
func (v *view) factValue(name string) (string, bool) {
	p := v.plan
	value := ""
	switch name {
	case FactTitle:
		value = p.Title
	case FactDocNo:
		value = p.DocNo
	case FactIssuer:
		value = p.Issuer
	case FactDate:
		if value = p.DateText; value == "" {
			value = p.Date
		}
	case FactOffice:
		value = p.Office
	case FactMembers:
		value = strings.Join(p.Members, "、")
	case FactMemberCount:
		if len(p.Members) > 0 {
			value = strconv.Itoa(len(p.Members))
		}
	}
	return value, value != ""
}

// member answers whether a department belongs to the group, from the list.
func (r *request) member() (Answer, bool) {
	listed := r.says("成员", "名单", "组成部门", "组成单位", "29家", "参加协调组") || r.says("在里面", "在里头", "在不在", "在协调组")
	if !listed || len(r.v.plan.Members) == 0 || len(r.units) == 0 && len(r.missing) == 0 {
		return Answer{}, false
	}
	if !r.has(tagYesNo|tagMember) || r.has(tagDuties) && !r.has(tagYesNo) {
		return Answer{}, false
	}
	yes := len(r.missing) == 0
	for _, u := range r.units {
		yes = yes && r.v.isMember(u)
	}
	value, _ := r.v.factValue(FactMembers)
	a := Answer{Status: Answered, Intent: IntentMember, Member: &yes, Missing: r.missing, Results: []Row{r.factRow(FactMembers, value)}}
	a.Units = r.unitNames()
	return a, true
}

func (r *request) unitNames() []string {
	var out []string
	for _, u := range r.units {
		out = append(out, r.v.dir.units[u].name)
	}
	return out
}

func (v *view) isMember(u int) bool {
	for _, m := range v.plan.Members {
		if v.dir.units[u].has(zh.Fold(m)) {
			return true
		}
	}
	return false
}

// place answers questions for a part of the document by its number or title:
// 第三项任务, 第四部分, 基本原则有哪几条.
func (r *request) place() (Answer, bool) {
	if r.at > 0 {
		return r.sectionAt(r.at - 1)
	}
	if len(r.units) > 0 || len(r.missing) > 0 {
		return Answer{}, false
	}
	if r.ordinal != 0 {
		if a, ok := r.byNumber(); ok {
			return a, true
		}
	}
	if r.has(tagWho) && !r.has(tagDocSay|tagDuties) {
		return Answer{}, false
	}
	return r.byTitle()
}

// byNumber finds 第N项, 第N部分, 第N条. A matter named besides (第7项技术经理人…)
// is answered by its clause.
func (r *request) byNumber() (Answer, bool) {
	if strings.HasPrefix(r.ordUnit, "部") || strings.HasPrefix(r.ordUnit, "章") || strings.HasPrefix(r.ordUnit, "大") || strings.HasPrefix(r.ordUnit, "节") {
		return r.sectionAt(r.nthChild("", r.ordinal))
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
	if parent, ok := r.titled(); ok {
		return r.sectionAt(r.nthChild(r.v.plan.Sections[parent].Path, r.ordinal))
	}
	return Answer{}, false
}

// itemAnswer answers with one numbered item; without units it is a gap.
func (r *request) itemAnswer(c *clause) Answer {
	it := r.v.plan.Items[c.pos]
	a := Answer{Status: Answered, Intent: IntentResponsible, Results: []Row{r.row(c)}}
	if len(it.Lead)+len(it.Support) == 0 {
		a.Status = Unassigned
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
	if n < 0 {
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
	for i, s := range r.v.plan.Sections {
		title := strings.TrimRight(zh.Fold(s.Title), "。:")
		if title == "" || strings.HasPrefix(s.Path, "附件") {
			continue
		}
		if n := utf8.RuneCountInString(title); n >= 3 && n > size && strings.Contains(r.clean, title) {
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
			if t := zh.Fold(s.Title); utf8.RuneCountInString(t) <= 8 && strings.Contains(t, w) {
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

func topLevel(path string) bool { return childOf(path, "") }

// byTitle answers 主要目标是什么: a title and nothing else of content.
func (r *request) byTitle() (Answer, bool) {
	i, ok := r.titled()
	if !ok {
		return Answer{}, false
	}
	title := zh.Fold(r.v.plan.Sections[i].Title)
	for _, t := range r.content {
		if t.kind == tokRole || t.tags&(tagGeneric|tagFact|tagDuties|tagDocSay) != 0 || strings.Contains(title, t.text) {
			continue
		}
		return Answer{}, false
	}
	return r.sectionAt(i)
}

// mention lists the clauses that have a verb word for word: 哪些单位的职责写的
// 是"协助". With a matter besides (标准制定这块写"参与"的), only its clauses.
func (r *request) mention() (Answer, bool) {
	words := r.mentioned()
	if len(words) == 0 {
		return Answer{}, false
	}
	var content []token
	for _, t := range r.content {
		if t.kind != tokRole && t.tags&(tagDuties|tagFact) == 0 && r.solid(t) && !containedIn(t.text, words) {
			content = append(content, t)
		}
	}
	h := r.v.match(content, nil)
	a := Answer{Status: Answered, Intent: IntentRole, Roles: words}
	list := h.rank(isAssigned)
	if h.total > 0 && top(list).cover < minCover {
		return Answer{}, false
	}
	for i := range r.v.clauses {
		c := &r.v.clauses[i]
		if isAssigned(c) && r.within(c) && r.v.hasAny(c, words) && (h.total == 0 || h.score(i, c).cover >= shareMention*top(list).cover) {
			a.Results = append(a.Results, r.row(c))
		}
	}
	return a, len(a.Results) > 0
}

// mentioned returns the words that the question wants found as they are: role
// verbs and other words in quotation marks, or verbs alone (哪几家写了牵头).
func (r *request) mentioned() []string {
	var words []string
	for _, w := range quoted(r.clean) {
		if isRoleVerb(w) || r.has(tagMention) && r.has(tagWho|tagMulti|tagDuties) {
			words = append(words, w)
		}
	}
	if len(words) > 0 || !r.has(tagMention) || r.about() {
		return words
	}
	for _, t := range r.tokens {
		if t.kind == tokRole {
			words = append(words, t.text)
		}
	}
	return words
}

func containedIn(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(w, s) || strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// quotes are the pairs of marks that people put around a word.
var quotes = []struct{ open, close string }{{"“", "”"}, {"「", "」"}, {"‘", "’"}, {"\"", "\""}, {"'", "'"}, {"《", "》"}}

// maxQuoted is the length in runes of a quotation that is one word.
const maxQuoted = 8

func quoted(s string) []string {
	var out []string
	for _, q := range quotes {
		for rest := s; ; {
			_, after, ok := strings.Cut(rest, q.open)
			if !ok {
				break
			}
			word, tail, ok := strings.Cut(after, q.close)
			if !ok {
				break
			}
			if n := utf8.RuneCountInString(word); n >= 2 && n <= maxQuoted {
				out = append(out, word)
			}
			rest = tail
		}
	}
	return out
}

func (v *view) hasAny(c *clause, words []string) bool {
	for s := c.segFrom; s < c.segTo; s++ {
		for _, w := range words {
			if strings.Contains(v.text[v.segs[s].start:v.segs[s].end], w) {
				return true
			}
		}
	}
	return false
}

// within tells whether the clause belongs to a unit that the question names,
// or the question names none.
func (r *request) within(c *clause) bool {
	if len(r.units) == 0 {
		return true
	}
	for _, u := range c.units {
		for _, w := range r.units {
			if u == w {
				return true
			}
		}
	}
	return false
}

// unitDuties answers what units do: all their duties, those with a role asked
// for, or the one with the number asked for.
func (r *request) unitDuties() (Answer, bool) {
	if len(r.units) == 0 {
		r.bareUnit()
	}
	if len(r.units) == 0 {
		if len(r.missing) > 0 && !r.about() {
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
		a.Results = pick(a.Results, r.ordinal)
	}
	if len(a.Results) == 0 {
		return r.refuse(HintOfftopic), true
	}
	return a, true
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
		if !isAssigned(c) || !contains(c.units, u) {
			continue
		}
		row := r.row(c)
		all = append(all, row)
		for _, t := range r.content {
			if t.kind == tokRole && r.v.plays(c, u, t.text) {
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

// plays tells whether unit u has the role in clause c.
func (v *view) plays(c *clause, u int, role string) bool {
	if c.kind == KindDuty {
		return strings.Contains(c.role, role)
	}
	it := v.plan.Items[c.pos]
	names := it.Support
	if roleRank(role) <= rankCarries {
		names = it.Lead
	}
	for _, n := range names {
		if contains(v.dir.alias[zh.Fold(n)], u) {
			return true
		}
	}
	return false
}

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// bareUnit reads a bare name (人社, 教育) as a department where the question has
// no other content and asks for duties.
func (r *request) bareUnit() {
	if !r.has(tagDuties) || r.has(tagWho) {
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

// bare finds the department whose name is s without its ending: 人社, 发改.
func (d *directory) bare(s string) []int {
	for _, suffix := range []string{"局", "委", "办", "部", "中心", "厅", "台", "会", "联"} {
		if us, ok := d.resolve(s + suffix); ok {
			return us
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
