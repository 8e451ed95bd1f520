package index

import (
	"slices"
	"strings"
)

// part is one piece of a list in a question.
type part struct {
	tokens []token
	clause int     // which comma-separated stretch it stands in
	owner  []token // what stands before 的 in it: 文化队伍 in 文化队伍的编制
}

// separate answers each part of 立项、用地、建设标准分别找谁 by itself; what the
// parts share counts a little, as context.
func (r *request) separate() (Answer, bool) {
	parts := r.parts()
	if len(parts) < 2 {
		return Answer{}, false
	}
	a := Answer{Status: Answered, Intent: IntentResponsible}
	share := shareMulti
	if r.has(tagSeparate) || r.asksEach() {
		share = sharePart
	}
	list := longest(parts)
	parts, shared := split(parts, list)
	seen := map[int]bool{}
	answered := 0
	for _, p := range parts {
		alone := r.v.match(p.tokens, nil)
		h := r.v.match(p.tokens, shared)
		found := h.rank(r.acceptUnits())
		cover := 0.0
		if len(found) > 0 {
			cover = alone.score(found[0].clause, &r.v.clauses[found[0].clause]).cover
		}
		if body, ok := alone.onlyBody(); ok && list >= 0 && len(r.units) == 0 {
			found, cover = []scored{body}, body.cover
		}
		if cover < minCover {
			continue
		}
		answered++
		for _, s := range h.shared(found, share) {
			if !seen[s.clause] && h.keepsContext(found[0], s) {
				seen[s.clause] = true
				a.Results = append(a.Results, h.row(r, s))
				a.score = max(a.score, s.score)
			}
		}
	}
	if !slices.ContainsFunc(a.Results, func(row Row) bool { return row.Kind != KindSection }) {
		a.Status, a.Reason = Unassigned, ReasonGap
	}
	return a, answered >= 2
}

// onlyBody finds the section that has a matter which no duty has.
func (h *hits) onlyBody() (scored, bool) {
	body := top(h.rank(isSection))
	return body, h.isGap(body, top(h.rank(isAssigned)))
}

// keepsContext tells whether a clause has the shared words that the best one has.
func (h *hits) keepsContext(best, s scored) bool {
	for _, t := range h.terms {
		if t.group == groupContext && h.sim(t, best.clause) >= simContext && h.sim(t, s.clause) < simContext {
			return false
		}
	}
	return true
}

// split tells the parts of a list from what they share: 文化场馆 in
// 建个文化场馆，立项、用地分别找谁; 文化队伍 in 文化队伍的编制和政策; 文化权益 in
// 妇女、残疾人的文化权益.
func split(parts []part, list int) (peers []part, shared []token) {
	for _, p := range parts {
		if list >= 0 && p.clause != list {
			shared = append(shared, p.tokens...)
			continue
		}
		peers = append(peers, p)
	}
	last := &peers[len(peers)-1]
	first := &peers[0]
	switch {
	case len(last.owner) > 0 && len(last.owner) < len(last.tokens):
		shared = append(shared, last.tokens[len(last.owner):]...)
		last.tokens = last.owner
	case len(first.owner) > 0 && len(first.owner) < len(first.tokens):
		shared = append(shared, first.owner...)
		first.tokens = first.tokens[len(first.owner):]
	}
	return peers, shared
}

// idioms are said of things that have nothing to do with each other.
var idioms = strings.NewReplacer("各是各的", "", "各管各的", "", "各归各的", "", "各找各的", "", "各有各的", "")

// asksEach: the question asks several times, or says 各.
func (r *request) asksEach() bool {
	who := 0
	for _, t := range r.tokens {
		if t.tags&tagWho != 0 {
			who++
		}
	}
	if who >= 2 {
		return true
	}
	return holdsAny(idioms.Replace(r.clean), "各归", "各是", "各找", "各由", "各管", "各有", "各在", "两条", "三条", "两头", "三样", "两样", "三件", "两件", "三块", "两块")
}

// asksTwo: two matters that no clause has both of (文化礼堂和残疾人文化谁负责).
func (r *request) asksTwo() bool {
	parts := r.parts()
	if len(parts) != 2 || parts[0].clause != parts[1].clause {
		return false
	}
	both := append(append([]token{}, parts[0].tokens...), parts[1].tokens...)
	if highest(r.v.match(both, nil).rank(nil)) >= minBoth {
		return false
	}
	first := top(r.v.match(parts[0].tokens, nil).rank(isAssigned))
	second := top(r.v.match(parts[1].tokens, nil).rank(isAssigned))
	return first.cover >= minPart && second.cover >= minPart && first.clause != second.clause
}

// longest is the stretch that is a list while another is none; -1 where every
// stretch is a part by itself.
func longest(parts []part) int {
	count := map[int]int{}
	for _, p := range parts {
		count[p.clause]++
	}
	best := -1
	for c, n := range count {
		if n >= 2 && (best < 0 || n > count[best] || n == count[best] && c < best) {
			best = c
		}
	}
	if best >= 0 && len(parts)-count[best] > 1 {
		return -1
	}
	return best
}

// parts cuts the content at 、 and, and commas; parts that hold nothing known
// are dropped.
func (r *request) parts() []part {
	var out []part
	var cur, owner []token
	stretch := 0
	flush := func() {
		for _, t := range cur {
			if t.kind == tokTerm && t.tags&tagGeneric == 0 || t.kind == tokRaw && r.solid(t) {
				out = append(out, part{cur, stretch, owner})
				break
			}
		}
		cur, owner = nil, nil
	}
	for _, t := range r.tokens {
		switch {
		case t.start < 0: // said in parts all over the question
		case t.text == "," || t.text == ";":
			flush()
			stretch++
		case t.tags&tagOr != 0:
			flush()
		case t.text == "的":
			owner = cur[:len(cur):len(cur)]
		case t.kind == tokRaw || t.kind == tokTerm || t.kind == tokOutside:
			cur = append(cur, t)
		}
	}
	flush()
	return out
}
