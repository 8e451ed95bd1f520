package index

// separate answers each part of 立项、用地、建设标准分别找谁 by itself; the words of
// the other parts count a little, as context.
func (r *request) separate() (Answer, bool) {
	parts := r.parts()
	if len(parts) < 2 {
		return Answer{}, false
	}
	a := Answer{Status: Answered, Intent: IntentResponsible}
	seen := map[int]bool{}
	answered := 0
	for i, part := range parts {
		var others []token
		for j, other := range parts {
			if j != i {
				others = append(others, other...)
			}
		}
		alone := r.v.match(part, nil)
		h := r.v.match(part, others)
		list := h.rank(r.acceptUnits())
		if len(list) == 0 || alone.score(list[0].clause, &r.v.clauses[list[0].clause]).cover < minCover {
			continue
		}
		answered++
		for _, s := range h.shared(list, false) {
			if !seen[s.clause] {
				seen[s.clause] = true
				a.Results = append(a.Results, r.row(&r.v.clauses[s.clause]))
			}
		}
	}
	return a, answered >= 2
}

// parts cuts the content at 、 and, and commas; parts that hold nothing known
// are dropped.
func (r *request) parts() [][]token {
	var out [][]token
	var cur []token
	flush := func() {
		for _, t := range cur {
			if t.kind == tokTerm && t.tags&tagGeneric == 0 || t.kind == tokRaw && r.solid(t) {
				out = append(out, cur)
				break
			}
		}
		cur = nil
	}
	for _, t := range r.tokens {
		switch {
		case t.tags&tagOr != 0 || t.text == "," || t.text == ";":
			flush()
		case t.kind == tokRaw || t.kind == tokTerm || t.kind == tokOutside:
			cur = append(cur, t)
		}
	}
	flush()
	return out
}
