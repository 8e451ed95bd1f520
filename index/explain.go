package index

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"xietiao/index/zh"
)

// Reason is why a question got no answer. A refusal has one of these, or its Hint.
type Reason string

const (
	ReasonShare    Reason = "share"    // no clause has enough of what is asked
	ReasonEvidence Reason = "evidence" // only common words are shared with the documents
	ReasonTheirs   Reason = "theirs"   // the clause is for what belongs to its unit, or for another place
	ReasonAspect   Reason = "aspect"   // the clause has the thing, and not what is asked of it
	ReasonUnnamed  Reason = "unnamed"  // a section is near, and does not name the matter
	ReasonUndated  Reason = "undated"  // a date is asked for, and the clause has none
	ReasonDocument Reason = "document" // another document's number
	ReasonNoDuty   Reason = "noduty"   // the unit has no duty in the plan
	ReasonGap      Reason = "gap"      // unassigned: a section names the matter, and no duty has it
)

// WordKind says what a word of a question is.
type WordKind string

const (
	WordTerm    WordKind = "term"    // of the field
	WordRole    WordKind = "role"    // 牵头, 参与
	WordUnit    WordKind = "unit"    // a unit of the plan
	WordMissing WordKind = "missing" // a unit that the plan does not name
	WordOutside WordKind = "outside" // other business
	WordFrame   WordKind = "frame"   // asks, and is not looked for
	WordLetters WordKind = "letters" // in no list
	WordParts   WordKind = "parts"   // said in parts: 健身+义工
)

// Match says how a word of a question is a word of the documents.
type Match string

const (
	MatchSame    Match = "same"
	MatchSynonym Match = "synonym"
	MatchCommon  Match = "common"  // an everyday word for it, or an instance of it
	MatchRelated Match = "related" // near in meaning only
	MatchInner   Match = "inner"   // a word inside the word
	MatchPieces  Match = "pieces"  // pairs of its letters
	MatchOwner   Match = "owner"   // what the clause's unit is for
	MatchAlias   Match = "alias"   // another name of the unit
)

// Word is a word of a question.
type Word struct {
	Text    string
	Kind    WordKind
	Earlier bool    // of the question before
	Weight  float64 // how much it says; 0: it is not looked for
	Senses  []Sense // what it stands for in the documents, the surest first
}

// Sense is a word or a unit of the documents that a word stands for; Sim is how surely, 0 to 1.
type Sense struct {
	Text string
	By   Match
	Sim  float64
}

// Candidate is a clause with what it has of a question.
type Candidate struct {
	Row      Row
	Share    float64 // of the weight of the question's words, 0 to 1
	Evidence float64 // the weight of the words that prove something
	Score    float64 // the order: the share, and what counts beside it
	Hits     []Hit
}

// Hit is a word that a clause has.
type Hit struct {
	Word int // in Reading.Words
	Sense
}

// Reading is how one question was understood in one document.
type Reading struct {
	Q          string
	Plan       string // 文号, else title
	Clean      string // the question as it was read: folded and mended
	Repairs    []Repair
	Words      []Word
	Candidates []Candidate // the best clauses, the best first
	Needed     float64     // the share that an answer needs
	Proof      float64     // and the evidence
	Status     Status
	Reason     Reason
	Office     *Approved // the office's answer, which goes before all of this
}

const (
	shownCandidates = 5
	shownSenses     = 8
)

// Explain answers as Ask does, and tells how: one Reading, or one for each question of
// a message that has several. What a list of matters is answered by, each for itself,
// is explained as if it were one. Errors are those of Ask.
func (ix *Index) Explain(ctx context.Context, q Query) (Answer, []Reading, error) {
	a, err := ix.Ask(ctx, q)
	if err != nil {
		return Answer{}, nil, err
	}
	parts := []Part{{q.Q, a}}
	if len(a.Parts) > 0 {
		parts, q.Prev = a.Parts, ""
	}
	var out []Reading
	for _, p := range parts {
		r, err := ix.reading(ctx, Query{Q: p.Q, Prev: q.Prev, Plan: q.Plan}, p.Answer)
		if err != nil {
			return Answer{}, nil, err
		}
		out = append(out, r)
	}
	return a, out, nil
}

// reading explains the answer in the document that gave it, or the one that came nearest.
func (ix *Index) reading(ctx context.Context, q Query, a Answer) (Reading, error) {
	plans, err := ix.meant(q)
	if err != nil {
		return Reading{}, err
	}
	if named := ix.namedIn(q.Q, plans); len(named) > 0 {
		plans = named
	}
	if len(a.Results) > 0 {
		plans = ix.names.exact[a.Results[0].Plan]
	}
	if plans, err = ix.narrow(ctx, plans, q); err != nil {
		return Reading{}, err
	}
	if before := ix.questions(plans, q.Prev); len(before) > 0 {
		q.Prev = before[len(before)-1]
	}
	var best Reading
	for i, k := range plans {
		v := ix.views.get(k)
		r := v.read(ix.t, q.Q)
		if q.Prev != "" {
			r = r.follow(v.read(ix.t, q.Prev))
		}
		if one := r.explain(); i == 0 || one.share() > best.share() {
			best = one
		}
	}
	best.Q, best.Status, best.Reason, best.Office = q.Q, a.Status, a.Reason, a.Office
	return best, nil
}

func (r Reading) share() float64 {
	if len(r.Candidates) == 0 {
		return 0
	}
	return r.Candidates[0].Share
}

func (r *request) explain() Reading {
	h := r.v.match(r.content, r.context)
	out := Reading{Plan: r.v.name, Clean: r.clean, Repairs: r.repairs, Needed: r.needed(h), Proof: r.proof()}
	at := map[*term]int{}
	add := func(tok token, t *term, earlier bool) {
		w := Word{Text: tok.text, Kind: wordKind(tok), Earlier: earlier}
		if t != nil {
			w.Weight, w.Senses = t.weight, r.v.senses(tok)
			at[t] = len(out.Words)
		}
		for _, u := range tok.units {
			w.Senses = append(w.Senses, r.v.dir.sense(u, tok.text))
		}
		out.Words = append(out.Words, w)
	}
	for _, tok := range r.tokens {
		i := slices.IndexFunc(h.terms, func(t *term) bool {
			return t.group != groupContext && t.tok.start == tok.start && t.tok.text == tok.text
		})
		if i < 0 {
			add(tok, nil, false)
			continue
		}
		add(tok, h.terms[i], false)
	}
	for _, t := range h.terms {
		if _, ok := at[t]; !ok {
			add(t.tok, t, true)
		}
	}
	var found []scored
	if len(r.units) > 0 {
		found = h.rank(r.acceptUnits())
	}
	if len(found) == 0 {
		found = h.rank(nil)
	}
	for _, s := range found[:min(len(found), shownCandidates)] {
		c := Candidate{Row: r.row(&r.v.clauses[s.clause]), Share: s.cover, Evidence: h.evidence(s), Score: s.score}
		for _, t := range h.terms {
			if i, ok := at[t]; ok && h.sim(t, s.clause) > 0 {
				c.Hits = append(c.Hits, Hit{i, h.how(t, s.clause)})
			}
		}
		slices.SortStableFunc(c.Hits, func(a, b Hit) int { return cmp.Compare(a.Word, b.Word) })
		out.Candidates = append(out.Candidates, c)
	}
	return out
}

func wordKind(t token) WordKind {
	switch {
	case t.start < 0:
		return WordParts
	case t.kind == tokFrame:
		return WordFrame
	case t.kind == tokTerm:
		return WordTerm
	case t.kind == tokRole:
		return WordRole
	case t.kind == tokUnit:
		return WordUnit
	case t.kind == tokMissing:
		return WordMissing
	case t.kind == tokOutside:
		return WordOutside
	}
	return WordLetters
}

// senses are what a word stands for and the document has.
func (v *view) senses(tok token) (out []Sense) {
	if len(tok.exp) == 0 && v.holds(tok.text) {
		out = append(out, Sense{tok.text, MatchSame, simSelf})
	}
	for _, e := range tok.exp {
		if len(out) < shownSenses && v.holds(e.text) {
			out = append(out, Sense{e.text, matchOf(tok.text, e), e.sim})
		}
	}
	return out
}

// matchOf tells a relation by how sure it is: two synonyms, one after the other, are
// surer than an everyday word, and its synonym than what is only near.
func matchOf(said string, e expansion) Match {
	switch {
	case e.text == said:
		return MatchSame
	case e.sim > simInstance:
		return MatchSynonym
	case e.sim > simRelated:
		return MatchCommon
	}
	return MatchRelated
}

// sense is a unit as the plan spells it.
func (d *directory) sense(u int, said string) Sense {
	s := Sense{d.units[u].name, MatchAlias, simSelf}
	if slices.Contains(d.units[u].forms, zh.Fold(said)) {
		s.By = MatchSame
	}
	return s
}

// how tells by what word of its own a clause has a term.
func (h *hits) how(t *term, c int) Sense {
	sim, clause := h.sim(t, c), &h.v.clauses[c]
	has := func(word string) bool { return h.v.hasAny(clause, []string{word}) }
	near := func(x float64) bool { return float32(x) == float32(sim) }
	for _, e := range t.tok.exp {
		if near(e.sim) && has(e.text) {
			return Sense{e.text, matchOf(t.tok.text, e), e.sim}
		}
	}
	if len(t.tok.exp) == 0 && near(simSelf) {
		return Sense{t.tok.text, MatchSame, simSelf}
	}
	for _, w := range append(slices.Clone(t.tok.inner), h.v.t.innerWords(t.tok.text)...) {
		for _, e := range h.v.t.expand(w) {
			if (near(simInner) || near(e.sim*simCut)) && has(e.text) {
				return Sense{e.text, MatchInner, sim}
			}
		}
	}
	if pieces := h.v.pieces(t.tok.text, clause); t.tok.kind == tokRaw && pieces != "" {
		return Sense{pieces, MatchPieces, sim}
	}
	return Sense{h.v.ownerOf(clause), MatchOwner, sim}
}

// pieces are the pairs of a run's letters that a clause has.
func (v *view) pieces(run string, c *clause) string {
	var out []string
	rs := []rune(run)
	for i := 1; i < len(rs); i++ {
		if pair := string(rs[i-1 : i+1]); v.hasAny(c, []string{pair}) {
			out = append(out, pair)
		}
	}
	return strings.Join(out, " ")
}

// ownerOf is the unit of a clause.
func (v *view) ownerOf(c *clause) string {
	if c.unit < 0 {
		return ""
	}
	return v.dir.units[c.unit].name
}
