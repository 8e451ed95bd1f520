package index

import (
	"math"
	"sort"
	"strings"
	"unicode/utf8"

	"xietiao/index/zh"
)

// term is one content word of a question with what it hits in a view.
type term struct {
	tok    token
	weight float64
	sim    []float32 // per segment: how well the segment has it, 0..1
	long   []uint8   // per segment: runes of the longest document word that hit
	df     int       // clauses it hits
	group  int       // terms joined by 、 or 和 share a group: one of them is enough
}

// groupContext marks the terms that are only context.
const groupContext = -1

// hits is what the terms of a question find in a view.
type hits struct {
	v       *view
	terms   []*term
	literal []float32 // per segment: share of the question's letter pairs it has
	grams   int       // letters and pairs of the question
	roles   []string  // role verbs of the question
	helps   bool      // the question asks who lends a hand
	total   float64   // Σ weights
}

// scored is a clause with its score.
type scored struct {
	clause  int
	cover   float64 // share of the question's weight that the clause has, 0..1
	score   float64 // cover and the bonuses: the order
	literal float64
}

// match looks every content token up in the view; words of the context count
// for weightContext of their weight.
func (v *view) match(tokens, context []token) *hits {
	h := &hits{v: v}
	defer func() {
		for _, tok := range context {
			h.add(v.lookup(tok), groupContext, weightContext)
		}
	}()
	group := 0
	for i, tok := range tokens {
		h.helps = h.helps || tok.tags&tagHelps != 0
		if tok.tags&tagOr != 0 {
			continue
		}
		if i > 0 && tokens[i-1].tags&tagOr == 0 {
			group++
		}
		switch tok.kind {
		case tokRole:
			h.roles = append(h.roles, tok.text)
			h.add(v.lookup(tok), group, weightRole)
		case tokTerm, tokRaw, tokOutside:
			h.add(v.lookup(tok), group, 1)
		}
	}
	h.literal, h.grams = v.literal(tokens)
	return h
}

func (h *hits) add(t *term, group int, factor float64) {
	t.group = group
	t.weight = h.v.weigh(t) * factor
	if t.weight <= 0 {
		return
	}
	h.terms = append(h.terms, t)
	h.total += t.weight
}

// lookup finds a token's words in the view.
func (v *view) lookup(tok token) *term {
	t := &term{tok: tok, sim: make([]float32, len(v.segs)), long: make([]uint8, len(v.segs))}
	exp := tok.exp
	if len(exp) == 0 {
		exp = []expansion{{tok.text, simSelf}}
	}
	for _, e := range exp {
		v.mark(t, e.text, e.sim)
	}
	if tok.kind == tokRaw {
		v.markPieces(t)
	}
	t.count(v)
	for _, w := range tok.inner {
		v.mark(t, w, simInner)
	}
	v.markOwners(t, exp)
	if t.df == 0 && tok.kind == tokTerm {
		v.markInner(t)
	}
	return t
}

func (v *view) mark(t *term, word string, sim float64) {
	n := uint8(min(255, utf8.RuneCountInString(word)))
	for i, w := range v.find(word) {
		for ; w != 0; w &= w - 1 {
			seg := i<<6 | trailing(w)
			if float32(sim) > t.sim[seg] {
				t.sim[seg] = float32(sim)
			}
			t.long[seg] = max(t.long[seg], n)
		}
	}
}

// markInner looks at the words inside a word that the plan does not have.
func (v *view) markInner(t *term) {
	for _, w := range v.t.innerWords(t.tok.text) {
		for _, e := range v.t.expand(w) {
			v.mark(t, e.text, e.sim*simCut)
		}
	}
	t.count(v)
}

// count sets df to the clauses that the term hits so far.
func (t *term) count(v *view) {
	t.df = 0
	last := -1
	for i, s := range t.sim {
		if c := v.segs[i].clause; s >= simWeak-0.1 && c != last {
			t.df, last = t.df+1, c
		}
	}
}

// markOwners gives a clause a little for what its unit is for.
func (v *view) markOwners(t *term, exp []expansion) {
	if t.tok.kind == tokRole || t.tok.end-t.tok.start == 1 {
		return
	}
	for _, o := range v.owners {
		best := 0.0
		for _, e := range exp {
			if e.sim > best && strings.Contains(o.words, e.text) {
				best = e.sim
			}
		}
		if best == 0 {
			continue
		}
		for _, s := range o.segs {
			t.sim[s] = max(t.sim[s], float32(best*simOwner))
		}
	}
}

// markPieces gives a raw run that is nowhere whole the share of its letter
// pairs that a segment has.
func (v *view) markPieces(t *term) {
	rs := []rune(t.tok.text)
	if len(rs) < 3 {
		return
	}
	share := float32(1) / float32(len(rs)-1)
	sum := make([]float32, len(v.segs))
	for i := 0; i+1 < len(rs); i++ {
		for k, w := range v.find(string(rs[i : i+2])) {
			for ; w != 0; w &= w - 1 {
				sum[k<<6|trailing(w)] += share
			}
		}
	}
	for i, s := range sum {
		if s *= simPieces; s > t.sim[i] {
			t.sim[i] = s
			t.long[i] = max(t.long[i], uint8(min(255, float32(len(rs))*s)))
		}
	}
}

// literal scores, per segment, the question's letters and letter pairs by BM25
// (k1 = 1.2, b = 0.75, every term once), as a share of what a segment with all
// of them would get. A duty's unit name counts as part of it. Frame words are
// left out. It orders clauses where no word list helps.
func (v *view) literal(tokens []token) (shares []float32, count int) {
	out := make([]float32, len(v.segs))
	grams := gramsOf(tokens)
	if len(grams) == 0 {
		return out, 0
	}
	total := 0.0
	for _, g := range grams {
		hit := v.find(g)
		for i, name := range v.unitText {
			if strings.Contains(name, g) {
				hit.add(i)
			}
		}
		df := float64(hit.count())
		n := float64(len(v.segs))
		idf := math.Log(1 + (n-df+0.5)/(df+0.5))
		if df == 0 {
			continue
		}
		total += idf
		for i, w := range hit {
			for ; w != 0; w &= w - 1 {
				out[i<<6|trailing(w)] += float32(idf)
			}
		}
	}
	if total == 0 {
		return out, len(grams)
	}
	for i := range out {
		n := float64(v.segs[i].end-v.segs[i].start) / 3
		out[i] = min(1, out[i]*float32(2.2/(1+1.2*(0.25+0.75*n/v.avgSeg))/total))
	}
	return out, len(grams)
}

// gramsOf returns the distinct letters and letter pairs of the content tokens.
func gramsOf(tokens []token) []string {
	var out []string
	seen := map[string]bool{}
	add := func(g string) {
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	prev := rune(0)
	for _, t := range tokens {
		if t.kind == tokFrame && t.tags&tagGeneric == 0 || t.kind == tokMissing || t.kind == tokUnit || t.start < 0 {
			if t.tags&tagFiller == 0 {
				prev = 0
			}
			continue
		}
		for _, r := range t.text {
			if !zh.IsHan(r) {
				prev = 0
				continue
			}
			add(string(r))
			if prev != 0 {
				add(string([]rune{prev, r}))
			}
			prev = r
		}
	}
	return out
}

// weigh is how much a term says: rare words more than common ones.
func (v *view) weigh(t *term) float64 {
	n := utf8.RuneCountInString(t.tok.text)
	switch {
	case t.tok.kind == tokOutside && t.df == 0 && v.culture:
		return weightOutside
	case t.df == 0 && t.tok.start < 0:
		return 0 // said in parts, and not in this plan
	case t.df == 0 && t.tok.kind == tokTerm && v.culture:
		return weightAbsent * generic(t)
	case t.df == 0 && t.tok.kind == tokRole:
		return 0
	case t.df == 0 && n == 1:
		return weightUnknown1
	case t.df == 0 && n == 2:
		return weightUnknown2
	case t.df == 0:
		return weightUnknown3
	}
	w := math.Log(1 + float64(len(v.clauses))/(float64(t.df)+0.5))
	if t.tok.kind == tokRaw && n == 1 {
		w = min(w, weightUnknown1)
	}
	if t.tok.kind == tokRaw && n == 2 && v.culture {
		w *= shareRaw
	}
	return w * generic(t)
}

func generic(t *term) float64 {
	if t.tok.tags&tagGeneric != 0 {
		return weightGeneric
	}
	return 1
}

// rank scores the clauses that accept lets through and orders them by score,
// then by the plan's own order.
func (h *hits) rank(accept func(c *clause) bool) []scored {
	var out []scored
	for i := range h.v.clauses {
		c := &h.v.clauses[i]
		if accept != nil && !accept(c) {
			continue
		}
		if s := h.score(i, c); s.cover > 0 {
			out = append(out, s)
		}
	}
	sort.SliceStable(out, func(a, b int) bool {
		if d := out[a].score - out[b].score; d > 1e-9 || d < -1e-9 {
			return d > 0
		}
		return out[a].clause < out[b].clause
	})
	return out
}

func (h *hits) score(i int, c *clause) scored {
	best, focus, literal := 0.0, 0.0, 0.0
	for s := c.segFrom; s < c.segTo; s++ {
		if h.v.segs[s].list {
			continue
		}
		cover, f := h.segment(s)
		if cover > best {
			best, focus = cover, f
		}
		literal = max(literal, float64(h.literal[s]))
	}
	all := 0.0
	for _, t := range h.terms {
		m := float32(0)
		for s := c.segFrom; s < c.segTo; s++ {
			if !h.v.segs[s].list {
				m = max(m, t.sim[s])
			}
		}
		all += t.weight * float64(m)
	}
	if h.total > 0 {
		all /= h.total
	}
	out := scored{clause: i, cover: shareSegment*best + (1-shareSegment)*all, literal: literal}
	out.score = out.cover + bonusFocus*focus + bonusLiteral*literal + h.roleFit(c)
	return out
}

// segment returns the share of the question's weight that a segment has, and
// the share of the segment's runes that the question's words account for.
func (h *hits) segment(s int) (cover, focus float64) {
	if h.total == 0 {
		return 0, 0
	}
	runes := 0
	for _, t := range h.terms {
		if t.sim[s] > 0 {
			cover += t.weight * float64(t.sim[s])
			runes += int(t.long[s])
		}
	}
	n := (h.v.segs[s].end - h.v.segs[s].start) / 3
	return cover / h.total, min(1, float64(runes)/float64(max(n, 6)))
}
