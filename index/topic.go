package index

import (
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

func itoa(n int) string { return strconv.Itoa(n) }

// The thresholds of deciding, on the share of a question's weight that a
// clause has (scored.cover).
const (
	minCover         = 0.3  // below this the documents do not speak of the matter
	shareNamed       = 0.6  // a unit that is named has the matter with this share of the best cover
	shareRarest      = 0.8  // of the weight of a word that stands once
	minGrams         = 3    // letters and pairs below which repeated letters prove nothing
	minEvidenceOther = 2.5  // the same in a plan of another field
	minCoverOther    = 0.1  // in a plan of another field, whose everyday words no list knows
	minCoverThing    = 0.7  // the same where the question is for a thing that plans do not hold
	minCoverOutside  = 0.8  // the same where the question names other business
	nearHeaviest     = 0.9  // a word of this share of the heaviest weight says as much
	maxGapCover      = 0.62 // a duty that has this much of the matter is its answer
	minLiteral       = 0.6  // share of the question's letters that proves a clause by itself
	minEvidence      = 1.0  // weight of known words below which nothing is proved
	minWish          = 0.5  // share that answers a wish which asks for nobody
	minFollow        = 0.25 // the same for a unit asked for in a follow-up
	gapMargin        = 0.2  // a section that has this much more than any duty is a gap
	shareMain        = 0.8  // further answers need this share of the best score
	shareMention     = 0.75 // the same where a verb was asked for word for word
	sharePart        = 0.94 // the same for one part of a list
	shareMulti       = 0.5  // the same where several units were asked for
	shareEssence     = 0.5  // a word of this share of the heaviest weight is essential
	maxRelated       = 3
	simEssential     = 0.5
)

// topic answers who is responsible for a matter.
func (r *request) topic() Answer {
	if r.asksElse() {
		return r.refuse(HintAttribute)
	}
	if len(r.missing) > 0 && len(r.units) == 0 && (r.has(tagDuties) || r.actor || !r.about()) {
		return r.refuse(HintNotMember)
	}
	if r.has(tagSeparate|tagMulti) || r.asksEach() || len(r.units) > 0 {
		if a, ok := r.separate(); ok {
			return a
		}
	}
	h := r.v.match(r.content, r.context)
	return r.decide(h)
}

// attribute refuses questions for what plans do not hold.
func (r *request) attribute() (Answer, bool) {
	for _, t := range r.tokens {
		if t.kind != tokFrame || r.v.holds(t.text) {
			continue
		}
		if t.tags&tagAttr != 0 && r.own&(tagWho|tagMulti) == 0 || t.tags&tagPerson != 0 && r.asksName() {
			return r.refuse(HintAttribute), true
		}
	}
	if r.asksNumber() {
		return r.refuse(HintAttribute), true
	}
	return Answer{}, false
}

// asksElse: how, how much, where, and nobody is asked for. Plans say who and what.
func (r *request) asksElse() bool {
	if r.own&(tagWho|tagMulti|tagDuties|tagDocSay|tagSeparate|tagMention|tagMember|tagHelps|tagFact|tagDocWord|tagEllipsis|tagPronoun|tagWhen) != 0 || len(r.units) > 0 || len(r.context) > 0 || r.ordinal != 0 && strings.ContainsAny(r.ordUnit, "项条点部章节款") {
		return false
	}
	if r.says("归", "负责", "主管", "分管", "牵头", "找", "对接", "对口", "联系", "职责", "谁", "哪家", "部门", "单位", "管不", "管吗", "任务", "原则", "目标", "条") {
		return false
	}
	if r.says("怎么", "如何", "怎样", "几", "多少", "哪年", "什么", "啥", "去哪", "推荐", "发一下", "好玩", "好看", "多久", "哪些") {
		return true
	}
	// 能不能不收钱吗 is a wish that some unit has to see to, where the plan is
	// plainly about it.
	return r.says("能不能", "可以吗", "好吗", "吗", "咋", "要不要") && highest(r.v.match(r.content, nil).rank(isAssigned)) < minWish
}

// asksName: who a person is (组长是谁, 局长叫什么); a title alone is narrative.
func (r *request) asksName() bool {
	return r.says("叫什么", "叫啥", "姓什么", "姓啥", "名字", "是谁", "哪位", "谁当", "谁任", "谁担任", "什么人")
}

// asksNumber: how many of a matter there are (全市农家书屋一共几家); plans count
// units and clauses only.
func (r *request) asksNumber() bool {
	return r.about() && len(r.units) == 0 && r.says("一共", "总共", "多少") && !r.has(tagWho|tagDuties|tagDocSay|tagMember) &&
		!r.says("单位", "部门", "哪", "谁", "条", "项", "点", "成员")
}

// asksWhen: a date is wanted and nothing else.
func (r *request) asksWhen() bool {
	return r.has(tagWhen) && !r.has(tagWho|tagMulti|tagDuties|tagDocSay)
}

// dates matches what a clause says about time.
var dates = regexp.MustCompile(`\d{1,2}月|\d{4}年|年底|年内|月底|季度|日前|日内|时限`)

// dated tells whether a clause says when.
func (r *request) dated(c *clause) bool {
	row := r.row(c)
	return row.Deadline != "" || dates.MatchString(row.Text)
}

func isAssigned(c *clause) bool { return c.kind != KindSection }
func isSection(c *clause) bool  { return c.kind == KindSection }

func (r *request) decide(h *hits) Answer {
	duties := h.rank(r.acceptUnits())
	if len(r.units) > 0 && !r.relaxed {
		if all := h.rank(isAssigned); highest(duties) < shareNamed*highest(all) {
			duties, r.units = all, nil // the matter is another's: 重大设施是住建局统筹的吗
		}
	}
	sections := h.rank(isSection)
	bestD, bestS := top(duties), top(sections)
	if r.relaxed && bestD.cover >= minFollow {
		return r.responsible(h, duties)
	}
	if max(highest(duties), highest(sections)) < r.needed(h) || max(h.evidence(bestD), h.evidence(bestS)) < r.proof() {
		return r.refuse(HintOfftopic)
	}
	if r.asksWhen() && (bestD.clause < 0 || !r.dated(&r.v.clauses[bestD.clause])) {
		return r.refuse(HintAttribute)
	}
	if len(r.units) > 0 && bestD.cover >= minCover {
		return r.responsible(h, duties)
	}
	if r.has(tagDocSay) && !r.has(tagWho|tagMulti) && bestS.cover >= bestD.cover-0.05 {
		return r.sectionAnswer(sections)
	}
	if bestS.cover > bestD.cover+gapMargin && bestD.cover < maxGapCover && h.lacksHeaviest(bestD) {
		if r.has(tagDocSay) && !r.has(tagWho) {
			return r.sectionAnswer(sections)
		}
		return r.gap(h, sections, duties)
	}
	if highest(duties) < r.needed(h) {
		return r.refuse(HintOfftopic)
	}
	return r.responsible(h, duties)
}

// evidence is the weight of the words of two and more runes that a clause has;
// a clause that repeats the question's letters needs no more.
func (h *hits) evidence(s scored) float64 {
	if s.clause < 0 {
		return 0
	}
	if s.literal >= minLiteral && h.grams >= minGrams {
		return minEvidenceOther
	}
	sum := 0.0
	for _, t := range h.terms {
		if t.df > 0 && t.tok.kind != tokRole && (t.tok.kind != tokRaw || t.tok.end-t.tok.start >= 2) {
			sum += t.weight * h.sim(t, s.clause)
		}
	}
	return sum
}

// proof is the evidence that an answer needs.
func (r *request) proof() float64 {
	if r.v.culture {
		return minEvidence
	}
	// One word that stands in one clause of a short document is as much as a
	// question can bring.
	return min(minEvidenceOther, shareRarest*math.Log(1+float64(len(r.v.clauses))/1.5))
}

// needed is the share of the question that a clause must have: more where the
// question names other business.
func (r *request) needed(h *hits) float64 {
	if !h.v.culture {
		return minCoverOther
	}
	for _, t := range h.terms {
		if t.tok.kind == tokOutside && t.df == 0 {
			return minCoverOutside
		}
	}
	if r.asksThing() {
		return minCoverThing
	}
	return minCover
}

// asksThing: the question is for something that plans do not hold (票价谁定):
// the matter beside it must be plainly the plan's.
func (r *request) asksThing() bool {
	for _, t := range r.tokens {
		if t.kind == tokFrame && t.tags&tagAttr != 0 && !r.v.holds(t.text) {
			return true
		}
	}
	return false
}

// lacksHeaviest tells whether the clause is without one of the words that say
// most in the question (those near the heaviest weight).
func (h *hits) lacksHeaviest(s scored) bool {
	heaviest := 0.0
	for _, t := range h.terms {
		if t.df > 0 {
			heaviest = max(heaviest, t.weight)
		}
	}
	for _, t := range h.terms {
		if t.df > 0 && t.weight >= nearHeaviest*heaviest && (s.clause < 0 || h.sim(t, s.clause) < simEssential) {
			return true
		}
	}
	return false
}

func highest(list []scored) float64 {
	best := 0.0
	for _, s := range list {
		best = max(best, s.cover)
	}
	return best
}

func top(list []scored) scored {
	if len(list) == 0 {
		return scored{clause: -1}
	}
	return list[0]
}

// acceptUnits lets through the clauses that give a duty; where the question
// names units and they have the matter, only theirs.
func (r *request) acceptUnits() func(*clause) bool {
	if len(r.without) > 0 {
		return func(c *clause) bool { return isAssigned(c) && !intersects(c.units, r.without) }
	}
	if len(r.units) == 0 {
		return isAssigned
	}
	return func(c *clause) bool {
		if !isAssigned(c) {
			return false
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
}

func (r *request) sectionAnswer(sections []scored) Answer {
	return Answer{Status: Answered, Intent: IntentSection, Results: []Row{r.row(&r.v.clauses[sections[0].clause])}, score: sections[0].score}
}

// gap says that the plan names the matter and gives it to nobody.
func (r *request) gap(h *hits, sections, duties []scored) Answer {
	a := Answer{Status: Unassigned, Intent: IntentResponsible, Results: []Row{r.row(&r.v.clauses[sections[0].clause])}, score: sections[0].score}
	for _, d := range duties {
		if d.cover < minCover || len(a.Results) > maxRelated {
			break
		}
		row := r.row(&r.v.clauses[d.clause])
		row.Related = true
		a.Results = append(a.Results, row)
	}
	return a
}

// responsible lists the clauses that have the matter: one where one stands
// out, all that share it otherwise, ordered by role.
func (r *request) responsible(h *hits, duties []scored) Answer {
	share := shareMain
	if r.has(tagMulti) {
		share = shareMulti
	}
	main := h.shared(duties, share)
	a := Answer{Status: Answered, Intent: IntentResponsible, Roles: h.roles}
	if len(h.roles) > 0 {
		a.Intent = IntentRole
	}
	if len(main) > 1 && r.has(tagMulti) {
		h.byRole(main)
	}
	for _, s := range main {
		row := r.row(&r.v.clauses[s.clause])
		if role := h.roleIn(row.Text); role != "" && row.Kind == KindDuty {
			row.Role = role
		}
		a.Results = append(a.Results, row)
	}
	if len(main) > 0 {
		a.score = main[0].score
	}
	a.NoLead = r.asksLead() && !r.leads(a.Results)
	return a
}

// byRole orders answers by the part their units play; those that have clearly
// less of the matter than the best follow after.
func (h *hits) byRole(list []scored) {
	best := h.plain(list[0].clause)
	rank := func(s scored) int {
		n := roleRank(h.v.clauses[s.clause].role)
		if h.plain(s.clause) < shareMain*best {
			n += rankTakesPart + 1
		}
		return n
	}
	sort.SliceStable(list, func(i, j int) bool { return rank(list[i]) < rank(list[j]) })
}

// shared keeps the clauses that answer as well as the first: with nearly its
// share of the question and every essential word it has. Words said in parts
// (穷+帮着) order clauses and do not count here: they point to one of several.
func (h *hits) shared(list []scored, share float64) []scored {
	if len(list) == 0 {
		return nil
	}
	best := h.plain(list[0].clause)
	essential := h.essential(list[0])
	out := list[:1:1]
	for _, s := range list[1:] {
		if best == 0 && s.cover < share*list[0].cover || h.plain(s.clause) < share*best || !h.holds(s, essential) {
			continue
		}
		out = append(out, s)
	}
	return out
}

// plain is a clause's share of the question without words said in parts.
func (h *hits) plain(c int) float64 {
	have, total := 0.0, 0.0
	for _, t := range h.terms {
		if t.tok.start < 0 {
			continue
		}
		total += t.weight
		have += t.weight * h.sim(t, c)
	}
	if total == 0 {
		return 0
	}
	return have / total
}

// essential are the heavy words that the best clause has; of words joined by
// 、 or 和 one is enough.
func (h *hits) essential(best scored) []*term {
	heaviest := 0.0
	for _, t := range h.terms {
		if t.tok.start >= 0 && h.sim(t, best.clause) >= simEssential {
			heaviest = max(heaviest, t.weight)
		}
	}
	var out []*term
	for _, t := range h.terms {
		if t.tok.start >= 0 && t.weight >= shareEssence*heaviest && h.sim(t, best.clause) >= simEssential {
			out = append(out, t)
		}
	}
	return out
}

func (h *hits) holds(s scored, essential []*term) bool {
	for _, t := range essential {
		ok := false
		for _, other := range h.terms {
			if other.group == t.group && h.sim(other, s.clause) >= simEssential {
				ok = true
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

func (h *hits) sim(t *term, c int) float64 {
	m := float32(0)
	for s := h.v.clauses[c].segFrom; s < h.v.clauses[c].segTo; s++ {
		m = max(m, t.sim[s])
	}
	return float64(m)
}

func (r *request) asksLead() bool {
	for _, t := range r.tokens {
		switch t.text {
		case "牵头", "牵头单位", "牵头部门", "挑头", "领头", "带头", "承头", "打头":
			return true
		}
	}
	return false
}

// leads tells whether a clause of the answer has 牵头 for what was asked.
func (r *request) leads(rows []Row) bool {
	for _, row := range rows {
		if len(row.Lead) > 0 || row.Kind == KindDuty && strings.Contains(row.Role, "牵头") {
			return true
		}
	}
	return false
}

// roleIn is the verb of the part of a duty that the question is about: a clause
// may lead one thing and take part in another.
func (h *hits) roleIn(text string) string {
	parts := strings.FieldsFunc(text, func(x rune) bool { return x == '，' || x == '；' || x == ',' || x == ';' })
	best, role := 0.0, ""
	for _, p := range parts {
		folded := zh.Fold(p)
		sum := 0.0
		for _, t := range h.terms {
			sum += t.weight * t.simIn(folded)
		}
		if found := plan.RoleOf(p); found != "" && sum > best {
			best, role = sum, found
		}
	}
	return role
}

// simIn is how well a folded text has the term.
func (t *term) simIn(folded string) float64 {
	best := 0.0
	for _, e := range t.tok.exp {
		if e.sim > best && strings.Contains(folded, e.text) {
			best = e.sim
		}
	}
	if best == 0 && strings.Contains(folded, t.tok.text) {
		best = simSelf
	}
	return best
}
