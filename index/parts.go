package index

// part is one piece of a list in a question.
type part struct {
	tokens []token
	clause int     // which comma-separated stretch it stands in
	owner  []token // what stands before 的 in it: 文化队伍 in 文化队伍的编制
}

// separate answers each part of 立项、用地、建设标准分别找谁 by itself. What stands
// outside the list (建个文化场馆) counts a little, as context; where nothing
// does, the other parts.
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
	seen := map[int]bool{}
	answered := 0
	for i, p := range parts {
		if list >= 0 && p.clause != list {
			continue
		}
		ctx := contextOf(parts, i, list)
		if len(p.owner) > 0 && len(p.owner) < len(p.tokens) && r.has(tagSeparate) {
			p.tokens = p.tokens[len(p.owner):]
			ctx = append(ctx, p.owner...)
		}
		alone := r.v.match(p.tokens, nil)
		h := r.v.match(p.tokens, ctx)
		found := h.rank(r.acceptUnits())
		if len(found) == 0 || alone.score(found[0].clause, &r.v.clauses[found[0].clause]).cover < minCover {
			continue
		}
		answered++
		for _, s := range h.shared(found, share) {
			if !seen[s.clause] {
				seen[s.clause] = true
				a.Results = append(a.Results, r.row(&r.v.clauses[s.clause]))
				a.score = max(a.score, s.score)
			}
		}
	}
	return a, answered >= 2
}

// asksEach: the question asks several times, or says 各.
func (r *request) asksEach() bool {
	who := 0
	for _, t := range r.tokens {
		if t.tags&tagWho != 0 {
			who++
		}
	}
	return who >= 2 || r.says("各归", "各是", "各找", "各由", "各管", "各有", "各在", "两条", "三条", "两头", "三样", "两样", "三件", "两件", "三块", "两块")
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

func contextOf(parts []part, i, list int) []token {
	var outside, siblings []token
	for j, p := range parts {
		switch {
		case j == i:
		case list >= 0 && p.clause != list:
			outside = append(outside, p.tokens...)
		default:
			siblings = append(siblings, p.tokens...)
		}
	}
	if len(outside) > 0 {
		return outside
	}
	return siblings
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
