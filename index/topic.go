package index

import (
	"regexp"
	"slices"
	"strings"

	"xietiao/index/zh"
)

// topic answers who is responsible for a matter.
func (r *request) topic() Answer {
	if a, ok := r.itself(); ok {
		return a
	}
	if r.asksElse() {
		return r.refuse(HintAttribute)
	}
	if len(r.missing) > 0 && len(r.units) == 0 && (r.has(tagDuties) || r.actor || !r.about()) {
		return r.refuse(HintNotMember)
	}
	if r.has(tagSeparate|tagMulti) || r.asksEach() || len(r.units) > 0 || r.asksTwo() {
		if a, ok := r.separate(); ok {
			return a
		}
	}
	if len(r.units) >= minNamed && r.has(tagDocSay) && !r.has(tagWho|tagMulti|tagDuties) {
		r.unname()
	}
	h := r.v.match(r.content, r.context)
	a := r.decide(h)
	if len(a.Results) > maxVague && r.vague() || len(a.Results) > 0 && r.onlyLetters() {
		return r.refuse(HintVague)
	}
	return a
}

// maxVague is how many rows may answer a question that names no matter.
const maxVague = 2

// vague tells whether the question has a word that decides nothing (制定, 推进) and
// no matter: so many have it that a list of them would be no answer.
func (r *request) vague() bool {
	if len(r.units)+len(r.context) > 0 || r.has(tagMulti|tagMention|tagDocSay|tagDuties) {
		return false
	}
	says := func(t token) bool { return t.kind != tokRole && !r.t.verbs[t.text] }
	return !slices.ContainsFunc(r.tokens, func(t token) bool { return t.tags&tagGeneric != 0 && says(t) }) &&
		!slices.ContainsFunc(r.content, func(t token) bool { return (t.start < 0 || t.end-t.start > 1) && says(t) })
}

// onlyLetters tells whether all the question has is letters that no list knows.
func (r *request) onlyLetters() bool {
	if len(r.units)+len(r.context)+r.ordinal > 0 || len(r.content) == 0 {
		return false
	}
	return !slices.ContainsFunc(r.content, func(t token) bool { return t.kind != tokRaw || t.end-t.start > 1 })
}

// minNamed is how many units a question for a passage must name for their names
// to be the passage's words (深化与工会、妇联、科协的合作写在哪条).
const minNamed = 3

// unname reads the units' names as words.
func (r *request) unname() {
	for _, t := range r.tokens {
		if t.kind == tokUnit {
			t.kind = tokRaw
			r.content = append(r.content, t)
		}
	}
	r.units = nil
}

func isAssigned(c *clause) bool { return c.kind != KindSection }
func isSection(c *clause) bool  { return c.kind == KindSection }

func (r *request) decide(h *hits) Answer {
	a := r.decided(h)
	a.Words = h.words(a.Results)
	return a
}

// words are the words of the rows that the question's words stand for.
func (h *hits) words(rows []Row) []string {
	var out []string
	for _, t := range h.terms {
		for _, e := range t.tok.exp {
			if e.sim >= minReach && slices.ContainsFunc(rows, func(r Row) bool { return strings.Contains(zh.Fold(r.Text), e.text) }) {
				out = append(out, e.text)
			}
		}
	}
	return out
}

func (r *request) decided(h *hits) Answer {
	duties := h.rank(r.acceptUnits())
	if len(r.units) > 0 && !r.relaxed {
		if all := h.rank(isAssigned); highest(duties) < shareNamed*highest(all) {
			duties, r.units = all, nil // the matter is another's: 重大设施是住建局统筹的吗
		}
	}
	sections := h.rank(isSection)
	if best := top(duties); best.clause >= 0 {
		duties = slices.DeleteFunc(duties, func(s scored) bool { return r.notTheirs(h, s.clause) })
		if highest(duties) < best.cover && r.notTheirs(h, best.clause) {
			return r.refuseFor(ReasonTheirs) // who has the rest of it has not this
		}
	}
	bestD, bestS := top(duties), top(sections)
	if a, ok := r.others(h, duties); ok {
		return a
	}
	if r.relaxed && bestD.cover >= minFollow {
		return r.responsible(h, duties)
	}
	if max(highest(duties), highest(sections)) < r.needed(h) {
		return r.refuseFor(ReasonShare)
	}
	if max(h.evidence(bestD), h.evidence(bestS)) < r.proof() {
		return r.refuseFor(ReasonEvidence)
	}
	if r.asksWhen() && (bestD.clause < 0 || !r.dated(&r.v.clauses[bestD.clause])) {
		a := r.refuse(HintAttribute)
		a.Reason = ReasonUndated
		return a
	}
	if len(r.units) > 0 && bestD.cover >= minCover {
		return r.responsible(h, duties)
	}
	if r.has(tagDocSay) && !r.has(tagWho|tagMulti) && bestS.cover >= bestD.cover-0.05 {
		return r.sectionAnswer(sections)
	}
	if h.isGap(bestS, bestD) {
		if r.has(tagDocSay) && !r.has(tagWho) {
			return r.sectionAnswer(sections)
		}
		return r.gap(h, sections, duties)
	}
	if highest(duties) < r.needed(h) {
		return r.refuseFor(ReasonShare)
	}
	if t := h.onlyTerm(); t != nil && t.tok.kind == tokTerm && len(r.content) == 1 && !r.has(tagMulti) && len(r.units) == 0 && bestS.clause >= 0 &&
		h.sim(t, bestS.clause) == simSelf && t.best(r.v, isAssigned) < simSynonym {
		return r.gap(h, sections, duties) // 博物馆谁管: the body names it, duties only what it is a kind of
	}
	if of := r.asksOf(h); len(of) > 0 && h.has(of, bestD) == 0 && !r.seesTo(bestD) {
		if bestS.cover >= minCover && h.has(of, bestS) == len(of) {
			return r.gap(h, sections, nil)
		}
		return r.refuseFor(ReasonAspect)
	}
	return r.responsible(h, duties)
}

// limits matches the words that limit a clause to what belongs to somebody: 团系统所属,
// 本单位下属.
var limits = regexp.MustCompile(`\p{Han}{0,6}(?:系统|所属|下属|直属)`)

// notTheirs tells whether a clause is limited to what belongs to its unit and the
// question is for something else, which the clause has only by its kind: 图书馆
// among 团系统所属的公共文化设施.
func (r *request) notTheirs(h *hits, i int) bool {
	c := &h.v.clauses[i]
	if c.kind != KindDuty || r.has(tagMulti) || intersects(c.units, r.units) {
		return false
	}
	limit := limits.FindString(zh.Fold(r.row(c).Text))
	for _, o := range h.v.owners {
		if limit != "" && slices.Contains(o.segs, c.segFrom) {
			limit += " " + o.words
		}
	}
	if limit == "" {
		return r.elsewhere(h, i)
	}
	if slices.ContainsFunc(h.terms, func(t *term) bool { return t.simIn(limit) > 0 }) {
		return false
	}
	return slices.ContainsFunc(h.terms, func(t *term) bool {
		return t.tok.kind == tokTerm && t.tok.start >= 0 && t.tok.tags&tagGeneric == 0 && t.df > 0 && h.sim(t, i) < simSynonym
	})
}

// place ends the names of places.
var place = regexp.MustCompile(`(?:馆|宫|文化站|礼堂|书屋|书房|剧院|剧场|影院|活动室)`)

// elsewhere tells whether the question names a place and the clause another, and no
// more: 文化礼堂 is no 工人文化宫, and whoever opens the one has not the other.
func (r *request) elsewhere(h *hits, i int) bool {
	text := zh.Fold(r.row(&h.v.clauses[i]).Text)
	if len(place.FindAllString(text, 2)) != 1 {
		return false
	}
	return slices.ContainsFunc(h.terms, func(t *term) bool {
		if t.tok.kind != tokTerm || t.tok.start < 0 || t.df == 0 || h.sim(t, i) > 0 {
			return false
		}
		at := place.FindStringIndex(t.tok.text)
		return at != nil && at[1] == len(t.tok.text)
	})
}

// others answers who has the matter besides the units that are not asked again:
// those that a question for all of them would show. Where there are none, it says
// so.
func (r *request) others(h *hits, theirs []scored) (Answer, bool) {
	if len(r.without) == 0 {
		return Answer{}, false
	}
	all := h.rank(isAssigned)
	if highest(all) < r.needed(h) || h.evidence(top(all)) < r.proof() {
		return Answer{}, false
	}
	accept := r.acceptUnits()
	main := slices.DeleteFunc(h.shared(all, shareMulti), func(s scored) bool { return !accept(&h.v.clauses[s.clause]) })
	if len(main) == 0 && highest(all) < minPart && highest(theirs) >= minCover {
		main = h.shared(theirs, shareMain) // no clause has it all: 编制 is another's than 文化队伍
	}
	if len(main) == 0 {
		return Answer{Status: Answered, Intent: IntentResponsible, Hint: HintNoOther}, true
	}
	return r.rows(h, main), true
}

// asksOf returns the words for what the question asks of a thing, and not for the
// thing: 人 and 配 in 文化站的人归谁配. A clause that has the thing alone is no
// answer to that. Words said in parts count, for they are of both.
func (r *request) asksOf(h *hits) []*term {
	i := slices.IndexFunc(r.tokens, func(t token) bool { return t.text == "的" })
	if i < 1 || i+2 >= len(r.tokens) || r.tokens[i+1].kind != tokRaw || r.tokens[i+2].tags&(tagWho|tagResp) == 0 {
		return nil
	}
	var of []*term
	for _, t := range h.terms {
		if t.tok.start < 0 || t.tok.start > r.tokens[i].start {
			of = append(of, t)
		}
	}
	return of
}

// has counts the words that a clause has.
func (h *hits) has(terms []*term, s scored) int {
	n := 0
	for _, t := range terms {
		if s.clause >= 0 && h.sim(t, s.clause) > 0 {
			n++
		}
	}
	return n
}

// seesTo tells whether a clause sees to things as a whole, and so to all of them.
func (r *request) seesTo(s scored) bool {
	return holdsAny(r.row(&r.v.clauses[s.clause]).Text, "管理", "运营", "建设", "保护", "维护")
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
	return func(c *clause) bool { return isAssigned(c) && r.within(c) }
}

func (r *request) sectionAnswer(sections []scored) Answer {
	return Answer{Status: Answered, Intent: IntentSection, Results: []Row{r.row(&r.v.clauses[sections[0].clause])}, score: sections[0].score}
}

// onlyTerm is the one word that a question is about, nil where there are more.
func (h *hits) onlyTerm() *term {
	var only *term
	for _, t := range h.terms {
		switch {
		case t.tok.kind == tokRole || t.tok.tags&tagGeneric != 0 || t.tok.kind == tokRaw && t.tok.end-t.tok.start < 2:
		case only != nil:
			return nil
		default:
			only = t
		}
	}
	return only
}

// best is how well the accepted clause that has the word best has it.
func (t *term) best(v *view, accept func(*clause) bool) float64 {
	best := float32(0)
	for i, s := range t.sim {
		if accept(&v.clauses[v.segs[i].clause]) {
			best = max(best, s)
		}
	}
	return float64(best)
}

// isGap tells whether a section has the matter and the best duty has not.
func (h *hits) isGap(section, duty scored) bool {
	return section.cover > duty.cover+gapMargin && duty.cover < maxGapCover && h.lacksHeaviest(duty)
}

// names tells whether a clause names the matter: one of the words that say most in
// the question stands in it, as asked or by another name for it. What the matter
// is only an instance of (文化惠民工程 for 送戏下乡) does not name it.
func (h *hits) names(s scored) bool {
	heaviest := 0.0
	for _, t := range h.terms {
		heaviest = max(heaviest, t.weight)
	}
	return slices.ContainsFunc(h.terms, func(t *term) bool {
		return t.weight >= shareEssence*heaviest && h.sim(t, s.clause) > 0 && h.namedBy(t, s.clause)
	})
}

// namedBy tells whether a clause has a term's matter by its name: a word as sure as
// a synonym, a pair of the term's own letters, or what it shortens.
func (h *hits) namedBy(t *term, c int) bool {
	if t.tok.start < 0 || len(t.tok.exp) == 0 || h.sim(t, c) >= simSynonym {
		return true
	}
	var names []string
	rs := []rune(t.tok.text)
	for i := 1; i < len(rs); i++ {
		names = append(names, string(rs[i-1:i+1]))
	}
	for _, e := range t.tok.exp {
		if shortens(t.tok.text, e.text) {
			names = append(names, e.text)
		}
	}
	return h.v.hasAny(&h.v.clauses[c], names)
}

// shortens tells whether the letters of a short form stand in order in the full one.
func shortens(short, full string) bool {
	rest := full
	for _, r := range short {
		_, after, ok := strings.Cut(rest, string(r))
		if !ok {
			return false
		}
		rest = after
	}
	return true
}

// gap says that the plan names the matter and gives it to nobody.
func (r *request) gap(h *hits, sections, duties []scored) Answer {
	if !h.names(sections[0]) {
		return r.refuseFor(ReasonUnnamed)
	}
	a := Answer{Status: Unassigned, Reason: ReasonGap, Intent: IntentResponsible, Results: []Row{r.row(&r.v.clauses[sections[0].clause])}, score: sections[0].score}
	for _, d := range duties {
		if d.cover < minCover || len(a.Results) > maxRelated {
			break
		}
		if !h.names(d) {
			continue
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
	return r.rows(h, h.shared(duties, share))
}

// rows is the answer with the clauses that have the matter.
func (r *request) rows(h *hits, main []scored) Answer {
	a := Answer{Status: Answered, Intent: IntentResponsible, Roles: h.roles}
	if len(main) > maxPlain && !r.has(tagMulti) && main[0].score*shareMain < main[maxPlain].score {
		h.byRole(main) // so common a matter is everybody's: ask which side of it
		main = main[:maxChoices]
		a.Status = Ambiguous
	}
	if len(h.roles) > 0 {
		a.Intent = IntentRole
	}
	if len(main) > 1 && r.has(tagMulti) {
		h.byRole(main)
	}
	for _, s := range main {
		a.Results = append(a.Results, h.row(r, s))
	}
	if len(main) > 0 {
		a.score = main[0].score
	}
	a.NoLead = r.asksLead() && !r.leads(a.Results)
	return a
}

// shared keeps the clauses that answer as well as the first: with nearly its
// share of the question and every essential word it has. Words said in parts
// (穷+帮着) order clauses and hardly count here: they point to one of several.
func (h *hits) shared(list []scored, share float64) []scored {
	if len(list) == 0 {
		return nil
	}
	best := h.plain(list[0].clause)
	essential := h.essential(list[0])
	out := list[:1:1]
	for _, s := range list[1:] {
		least := share * shareParts
		if best == 0 {
			least = share
		}
		if s.cover < least*list[0].cover || h.plain(s.clause) < share*best || !h.holds(s, essential) {
			continue
		}
		out = append(out, s)
	}
	return out
}

// plain is a clause's share of the question without words said in parts; 0 where
// nothing specific is left.
func (h *hits) plain(c int) float64 {
	have, total, specific := 0.0, 0.0, 0.0
	for _, t := range h.terms {
		if t.tok.start < 0 {
			continue
		}
		total += t.weight
		have += t.weight * h.sim(t, c)
		if t.tok.kind != tokRole && t.tok.tags&tagGeneric == 0 && t.tok.end-t.tok.start >= 2 {
			specific += t.weight
		}
	}
	if specific < minEvidence {
		return 0 // common words alone do not make clauses alike
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
