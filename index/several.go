package index

import (
	"slices"
	"strings"

	"xietiao/index/zh"
)

// Part is the answer to one of several questions in a message.
type Part struct {
	Q      string
	Answer Answer
}

// maxParts bounds the questions of one message that are answered one by one.
const maxParts = 6

// questions are the questions of a message where it has several that are whole by
// themselves and nothing that belongs to all of them; else none.
func (ix *Index) questions(plans []int, message string) []string {
	pieces := strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune("，,；;。？?！!\n", r) })
	if len(pieces) < 2 {
		return nil
	}
	var out []string
	for _, p := range pieces {
		whole, empty := false, true
		for _, k := range plans {
			v := ix.views.get(k)
			r := v.read(ix.t, p)
			whole = whole || r.whole()
			empty = empty && !r.about() && len(r.units)+len(r.missing) == 0
		}
		switch {
		case whole:
			out = append(out, strings.TrimSpace(zh.CleanQuestion(p)))
		case !empty:
			return nil
		}
	}
	if len(out) < 2 || len(out) > maxParts {
		return nil
	}
	return out
}

// whole tells whether the question asks something by itself.
func (r *request) whole() bool {
	if r.has(tagPronoun | tagEllipsis | tagCommand) {
		return false
	}
	if r.factAsked() != "" || r.memberAsked() {
		return true
	}
	asks := r.own&(tagWho|tagDuties) != 0 || r.own&tagMulti != 0 && r.says("哪", "谁")
	return asks && (r.about() || len(r.units)+len(r.missing) > 0 || slices.ContainsFunc(r.tokens, func(t token) bool {
		return t.kind != tokRole && t.tags&tagGeneric != 0 // 文化谁管: too wide, but asked
	}))
}

// each answers the questions of a message one by one, where the answer to the
// message as a whole leaves one of them out.
func (ix *Index) each(plans []int, q Query, whole Answer) Answer {
	questions := ix.questions(plans, q.Q)
	all, answered := true, false
	out := Answer{Status: Unknown, Intent: IntentNone}
	for _, text := range questions {
		a := ix.approve(Query{Q: text, Plan: q.Plan}, ix.answer(plans, Query{Q: text, Plan: q.Plan}))
		out.Parts = append(out.Parts, Part{text, a})
		all = all && a.Status != Unknown && !slices.ContainsFunc(a.Results, func(row Row) bool { return !row.Related && !holdsRow(whole.Results, row) })
		if a.Status == Unknown {
			continue
		}
		if !answered || rankOf(a) < rankOf(out) {
			out.Status, out.Intent = a.Status, a.Intent
		}
		answered = true
		for _, row := range a.Results {
			if !holdsRow(out.Results, row) {
				out.Results = append(out.Results, row)
			}
		}
	}
	if all || !answered {
		return whole
	}
	if out.Status == Ambiguous {
		out.Status = Answered // no number can choose for several questions
	}
	return out
}

func holdsRow(rows []Row, row Row) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.Kind == row.Kind && r.Cite == row.Cite && r.Fact == row.Fact })
}
