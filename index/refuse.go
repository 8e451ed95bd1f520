package index

import (
	"math"
	"regexp"
	"strings"
)

// attribute refuses questions for what plans do not hold.
func (r *request) attribute() (Answer, bool) {
	for _, t := range r.tokens {
		if t.kind != tokFrame || r.v.holds(t.text) {
			continue
		}
		if t.tags&tagAttr != 0 && (r.own&(tagWho|tagMulti) == 0 || len(r.content)+len(r.units) == 0) || t.tags&tagPerson != 0 && r.asksName() {
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
