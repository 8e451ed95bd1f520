package index

import (
	"sort"
	"strings"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// roleVerbs are the verbs that plans use for a unit's part, in the order of
// rank in which answers list them.
var roleVerbs = []string{
	"牵头", "主管", "主办", "承担", "统筹", "统一管理", "协调", "组织", "推进", "推动", "指导", "管理",
	"参与", "协助", "配合", "协同", "协办", "支持", "鼓励", "纳入", "会同",
}

func isRoleVerb(s string) bool {
	for _, v := range roleVerbs {
		if v == s {
			return true
		}
	}
	return false
}

// Ranks of parts in a matter, in the order answers list them.
const (
	rankLead = iota
	rankCarries
	rankOversees
	rankDoes
	rankTakesPart
)

// roleFit prefers the clause whose verb was asked for, and a clause that does
// the thing over one that takes part in it.
func (h *hits) roleFit(c *clause) float64 {
	if c.role == "" {
		return 0
	}
	fit := 0.0
	asked := false
	for _, r := range h.roles {
		if strings.Contains(c.role, r) {
			fit = bonusRole
		}
		if roleRank(r) >= rankTakesPart {
			asked = true
		}
	}
	if h.helps {
		if roleRank(c.role) >= rankTakesPart {
			return fit + bonusRole
		}
		return fit
	}
	if !asked && roleRank(c.role) >= rankTakesPart {
		fit -= malusRole
	}
	return fit
}

// roleRank orders role runs: 牵头, then 负责 and 承担, then 统筹 and 协调, then
// the doing verbs, then 参与, 协助, 配合.
func roleRank(role string) int {
	for _, v := range []string{"参与", "协助", "配合", "协同", "协办", "支持"} {
		if strings.HasPrefix(role, v) {
			return rankTakesPart
		}
	}
	switch {
	case strings.Contains(role, "牵头"):
		return rankLead
	case strings.Contains(role, "负责"), strings.Contains(role, "承担"), strings.Contains(role, "主管"), strings.Contains(role, "主办"), strings.Contains(role, "统一管理"):
		return rankCarries
	case strings.Contains(role, "统筹"), strings.Contains(role, "协调"):
		return rankOversees
	}
	return rankDoes
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

// row is a clause's row with the verb that it has for the matter.
func (h *hits) row(r *request, s scored) Row {
	row := r.row(&r.v.clauses[s.clause])
	if role := h.roleIn(row.Text); role != "" && row.Kind == KindDuty {
		row.Role = role
	}
	return row
}

// roleIn is the verb of the part of a duty that the question is about: a clause
// may lead one thing and take part in another.
func (h *hits) roleIn(text string) string {
	parts := strings.FieldsFunc(text, isClauseMark)
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

func isClauseMark(x rune) bool { return x == '，' || x == '；' || x == ',' || x == ';' }

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
