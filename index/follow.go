package index

// follow reads a question that leans on the one before it: 那妇联呢, 第四项呢,
// 它第三条具体是啥, 编制也是他们管吗. A question that stands by itself stays as it is.
func (r *request) follow(prev *request) *request {
	switch {
	case r.ordinal != 0 && len(r.units) == 0:
		return r.followNumber(prev)
	case !r.leans():
		return r
	case len(r.units) > 0 && !r.about():
		return r.followUnit(prev)
	case !r.about():
		return r.followMore(prev)
	}
	return r.followMatter(prev)
}

// leans tells whether the question is incomplete without the previous one.
func (r *request) leans() bool {
	if r.has(tagEllipsis | tagPronoun) {
		return true
	}
	return !r.has(tagWho | tagMulti | tagDuties | tagDocSay | tagFact)
}

// followNumber reads 第四项 after a section or after a unit's duties.
func (r *request) followNumber(prev *request) *request {
	if r.about() {
		return r
	}
	if us := prev.subjects(); len(us) > 0 && len(prev.answerSections()) == 0 {
		r.units = us
		return r
	}
	for _, path := range prev.answerSections() {
		if i := r.nthChild(parentPath(path), r.ordinal); i >= 0 {
			r.at = i + 1
			return r
		}
	}
	return r
}

// subjects are the units that the question named, else those its answer gave.
func (r *request) subjects() []int {
	if len(r.units) > 0 {
		return r.units
	}
	var out []int
	for _, row := range r.answer().Results {
		if row.Kind == KindDuty && !row.Related {
			if us, ok := r.v.dir.resolveRow(row.Unit); ok {
				out = append(out, us...)
			}
		}
	}
	return uniqueInOrder(out)
}

func (r *request) answerSections() []string {
	var out []string
	for _, row := range r.answer().Results {
		if row.Kind == KindSection {
			out = append(out, row.Section)
		}
	}
	return out
}

// parentPath is 四 for 四（三）, "" for 四.
func parentPath(path string) string {
	for i, c := range path {
		if c == '（' && i > 0 {
			return path[:i]
		}
	}
	return ""
}

// followUnit keeps the previous matter and asks another unit for it; where the
// previous question had no matter, it asks for the unit's duties.
func (r *request) followUnit(prev *request) *request {
	if !prev.about() {
		r.tags |= tagDuties
		return r
	}
	h := r.v.match(prev.content, nil)
	if list := h.rank(r.acceptUnits()); top(list).cover >= minFollow {
		r.content = prev.content
		r.relaxed = true
	} else {
		r.tags |= tagDuties
	}
	return r
}

// followMore asks the previous question again, for all who have a part.
func (r *request) followMore(prev *request) *request {
	r.content = append(append([]token{}, prev.content...), r.content...)
	r.units = prev.units
	r.tags |= prev.tags&(tagDuties|tagDocSay) | tagWho
	if r.says("别的", "其他", "其它", "另外", "还有谁", "还有哪") {
		r.without = prev.subjects()
		r.units = nil
		r.relaxed = true
	}
	return r
}

// followMatter asks for another matter. 他们 means the previous units where
// they have it, and the matter alone decides where they have not.
func (r *request) followMatter(prev *request) *request {
	r.tags |= prev.tags & (tagWho | tagMulti | tagDuties | tagDocSay)
	if r.has(tagEllipsis) {
		r.context = prev.content
	}
	if len(r.units) > 0 {
		return r
	}
	if !r.has(tagPronoun) && len(prev.units) == 0 {
		return r
	}
	us := prev.subjects()
	if len(us) == 0 || len(us) > 2 {
		return r
	}
	h := r.v.match(r.content, nil)
	all := top(h.rank(isAssigned))
	mine := top(h.rank(func(c *clause) bool { return isAssigned(c) && intersects(c.units, us) }))
	if mine.cover >= minCover && mine.cover >= all.cover-gapMargin {
		r.units = us
		r.context = nil
	}
	return r
}

func intersects(a, b []int) bool {
	for _, x := range a {
		if contains(b, x) {
			return true
		}
	}
	return false
}
