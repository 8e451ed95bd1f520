package index

import (
	"strings"
	"unicode/utf8"
)

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
			row := r.row(c)
			for _, w := range words {
				if role := roleWith(row.Text, w); role != "" && c.kind == KindDuty {
					row.Role = role
					break
				}
			}
			a.Results = append(a.Results, row)
		}
	}
	return a, len(a.Results) > 0
}

// mentioned returns the words that the question wants found as they are: role
// verbs and other words in quotation marks, or verbs alone (哪几家写了牵头).
func (r *request) mentioned() []string {
	var words []string
	for _, w := range quoted(r.clean) {
		if isRoleRun(w) || (r.has(tagMention) || r.says("写", "用", "带")) && (r.has(tagWho|tagMulti) || r.says("附件", "职责", "分工")) {
			words = append(words, w)
		}
	}
	if len(words) == 0 && !r.about() && r.has(tagMulti) && len(r.units) == 0 && r.says("牵头单位", "牵头部门") {
		return []string{"牵头"} // 哪些单位是牵头单位
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

// isRoleRun tells whether the word is made of role verbs: 统筹指导, 参与.
func isRoleRun(s string) bool {
	for s != "" {
		cut := false
		for _, v := range roleVerbs {
			if rest, ok := strings.CutPrefix(s, v); ok {
				s, cut = rest, true
				break
			}
		}
		if !cut {
			return false
		}
	}
	return true
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
